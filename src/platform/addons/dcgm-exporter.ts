import { dnsSubdomain, boolean } from "../../arguments/formats";
import type { Definition } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";

/** The arguments of NVIDIA's DCGM exporter. Its namespace defaults to "dcgm-exporter". */
export interface DcgmExporterArgs extends PlatformAddonArgs {
    /** The RuntimeClass of its pods, if NVIDIA's is not the nodes' default runtime. Defaults to none. */
    runtimeClass?: string;
    /**
     * Whether metrics have the labels of the pod that uses the GPU. Defaults to false: they have only its name and
     * namespace, as `exported_pod` and `exported_namespace`.
     */
    podLabels?: boolean;
}

export const dcgmExporter: Definition<DcgmExporterArgs> = {
    title: "DCGM exporter",
    purpose:
        "Exports metrics of NVIDIA GPUs to Prometheus: utilization, memory, temperature and errors, and the pod that uses each.",
    homepage: "https://docs.nvidia.com/datacenter/dcgm/latest/gpu-telemetry/dcgm-exporter.html",
    version: "4.8.2",
    charts: [
        {
            name: "dcgm-exporter",
            version: "4.8.2",
            repository: "https://nvidia.github.io/dcgm-exporter/helm-charts",
        },
    ],
    namespace: "dcgm-exporter",
    privileged: true,
    kubernetes: { min: "1.31", max: "1.36" },
    kubernetesSource:
        "https://github.com/NVIDIA/dcgm-exporter (Chart.yaml: 1.19 or newer; here the range of the other add-ons)",
    requires: () => ["nodeFeatureDiscovery"],
    after: ["kubePrometheusStack"],
    upgrades: { notes: ["It needs NVIDIA's driver and container toolkit on the nodes."] },
    fields: { runtimeClass: dnsSubdomain, podLabels: boolean },
    values: ({ runtimeClass, podLabels }, context) => ({
        "dcgm-exporter": {
            ...(runtimeClass && { runtimeClassName: runtimeClass }),
            serviceMonitor: { enabled: context.has("kubePrometheusStack") },
            kubernetes: { enablePodLabels: podLabels ?? false },
            kubernetesDRA: { enabled: context.has("nvidiaDraDriver") },
            // On nodes without a GPU it would crash.
            nodeSelector: { "feature.node.kubernetes.io/pci-10de.present": "true" },
            tolerations: [{ operator: "Exists" }],
        },
    }),
};
