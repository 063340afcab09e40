import type { Context, KubernetesObject } from "../catalog/definition";

/** A Service whose metrics Prometheus scrapes. */
export interface MonitoredService {
    /** The name of the monitor. */
    name: string;
    /** The labels of the Service, which no other Service in its namespace has. */
    labels: Record<string, string>;
    /** Its name, if another Service has the same labels. */
    service?: string;
    /** The name of its port. */
    port: string;
    /** Whether it requires TLS and a token. Its certificate is self-signed, so it is not verified. */
    secure?: boolean;
}

/**
 * Returns ServiceMonitors for Services whose chart has no usable one: a chart that looks for the kind ServiceMonitor in
 * the cluster does not render it in the first preview.
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
