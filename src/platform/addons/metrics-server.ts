import { duration, seconds } from "../../arguments/duration";
import { boolean } from "../../arguments/formats";
import type { Definition } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { controllerReplicas } from "./shared/controller-replicas";

/** The arguments of metrics-server. Its namespace defaults to "kube-system". */
export interface MetricsServerArgs extends PlatformAddonArgs {
    /**
     * Whether the certificates of kubelets are not verified. Defaults to false. Required if kubelets have self-signed
     * certificates, as on kind and on many on-premises clusters.
     */
    insecureKubeletTls?: boolean;
    /** The scrape interval, at least "10s". Defaults to "15s". Autoscalers see changes no sooner. */
    resolution?: string;
}

export const metricsServer: Definition<MetricsServerArgs> = {
    title: "metrics-server",
    purpose: "Reports the CPU and memory usage of pods and nodes, for autoscalers and `kubectl top`.",
    homepage: "https://github.com/kubernetes-sigs/metrics-server",
    version: "0.8.1",
    charts: [
        {
            name: "metrics-server",
            version: "3.13.1",
            repository: "https://kubernetes-sigs.github.io/metrics-server/",
        },
    ],
    namespace: "kube-system",
    kubernetes: { min: "1.31", max: "1.36" },
    kubernetesSource: "https://github.com/kubernetes-sigs/metrics-server#compatibility-matrix (1.31 or newer)",
    after: ["kubePrometheusStack"],
    upgrades: {
        notes: [
            "It owns the API v1beta1.metrics.k8s.io. Many clusters include metrics-server: set `existing: true` there.",
            "If the pods of that API are gone, no namespace can be deleted: remove the APIService as well.",
        ],
    },
    fields: { insecureKubeletTls: boolean, resolution: duration },
    check: ({ resolution }, problems) => {
        // https://github.com/kubernetes-sigs/metrics-server/blob/master/FAQ.md
        if (typeof resolution === "string" && seconds(resolution) < 10) {
            problems.add(
                "resolution",
                `is "${resolution}", but kubelets measure every 10 seconds; it must be "10s" or more`,
            );
        }
    },
    values: ({ insecureKubeletTls, resolution }, context) => ({
        "metrics-server": {
            replicas: controllerReplicas(context),
            ...(context.highlyAvailable && { podDisruptionBudget: { enabled: true, minAvailable: 1 } }),
            args: [
                ...(insecureKubeletTls ? ["--kubelet-insecure-tls"] : []),
                ...(resolution ? [`--metric-resolution=${seconds(resolution)}s`] : []),
            ],
            ...(context.small && { resources: { requests: { cpu: "25m", memory: "64Mi" } } }),
            ...(context.has("kubePrometheusStack") && {
                metrics: { enabled: true },
                serviceMonitor: { enabled: true },
            }),
        },
    }),
    outputs: () => ({ apiVersion: "metrics.k8s.io/v1beta1" }),
};
