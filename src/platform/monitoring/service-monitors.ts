import type { Context, KubernetesObject } from "../catalog/definition";

/** A Service whose metrics are collected. */
export interface MonitoredService {
    /** The name of the monitor. */
    name: string;
    /** The labels that the Service has, and no other in its namespace. */
    labels: Record<string, string>;
    /** Its name, where another Service has the same labels. */
    service?: string;
    /** The name of its port. */
    port: string;
    /** Whether it speaks TLS and asks for a token. Its certificate is its own, so it is not checked. */
    secure?: boolean;
}

/**
 * The monitors of services whose own chart has none that could be used: where a chart looks for the kind ServiceMonitor
 * in the cluster, it could not be previewed before the first `up`.
 */
export function serviceMonitors(context: Context, services: MonitoredService[]): KubernetesObject[] {
    if (!context.has("kubePrometheusStack")) {
        return [];
    }
    return services.map(({ name, labels, service, port, secure }) => ({
        apiVersion: "monitoring.coreos.com/v1",
        kind: "ServiceMonitor",
        metadata: { name, namespace: context.namespace },
        spec: {
            selector: { matchLabels: labels },
            endpoints: [
                {
                    port,
                    ...(service && {
                        relabelings: [
                            { sourceLabels: ["__meta_kubernetes_service_name"], action: "keep", regex: service },
                        ],
                    }),
                    ...(secure && {
                        scheme: "https",
                        bearerTokenFile: "/var/run/secrets/kubernetes.io/serviceaccount/token",
                        tlsConfig: { insecureSkipVerify: true },
                    }),
                },
            ],
        },
    }));
}
