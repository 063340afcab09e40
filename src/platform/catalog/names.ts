/** Every add-on that a platform may have, as it is called in the arguments, in the order of the documentation. */
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

/** An add-on, as it is called in the arguments. */
export type AddonName = (typeof addonNames)[number];

/** `kubePrometheusStack` → `kube-prometheus-stack`: how an add-on is called in names of resources and files. */
export function kebabCase(name: string): string {
    return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
