/** The names of all add-ons in the arguments of a Platform, in the order of the documentation. */
export const addonNames = [
    "certManager",
    "externalSecrets",
    "kyverno",
    "metricsServer",
    "kubePrometheusStack",
    "prometheusAdapter",
    "loki",
    "alloy",
    "opencost",
    "nodeFeatureDiscovery",
    "gpuOperator",
    "nvidiaDevicePlugin",
    "nvidiaDraDriver",
    "dcgmExporter",
    "kueue",
    "kaiScheduler",
    "volcano",
    "jobset",
    "leaderWorkerSet",
    "kubeflowTrainer",
    "kuberay",
    "argoWorkflows",
    "keda",
    "gatewayApi",
    "envoyGateway",
    "inferenceExtension",
    "kserve",
    "cloudnativePg",
    "seaweedfs",
    "mlflow",
    "jupyterhub",
] as const;

/** The name of an add-on in the arguments of a Platform. */
export type AddonName = (typeof addonNames)[number];

/** Returns the name of an add-on for resources and files: `kubePrometheusStack` → `kube-prometheus-stack`. */
export function kebabCase(name: string): string {
    return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
