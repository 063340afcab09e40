import { dnsSubdomain } from "../../arguments/formats";
import type { Definition } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import {
    devicePluginConfig,
    gpuResource,
    gpuSharingRule,
    type GpuSharingArgs,
    MigStrategy,
    migStrategyRule,
} from "./shared/gpu-sharing";

/** The arguments of NVIDIA's device plugin. Its namespace defaults to "nvidia-device-plugin". */
export interface NvidiaDevicePluginArgs extends PlatformAddonArgs {
    /** How GPUs are shared between pods. Defaults to none: a pod has whole GPUs. */
    sharing?: GpuSharingArgs;
    /** How MIG devices are exposed. Defaults to "none". Create them on the nodes, or with the GPU operator. */
    migStrategy?: MigStrategy;
    /** The RuntimeClass of its pods, if NVIDIA's is not the nodes' default runtime. Defaults to none. */
    runtimeClass?: string;
}

export const nvidiaDevicePlugin: Definition<NvidiaDevicePluginArgs> = {
    title: "NVIDIA device plugin",
    purpose: "Exposes the NVIDIA GPUs of nodes that have a driver, and labels these nodes with their GPUs.",
    homepage: "https://github.com/NVIDIA/k8s-device-plugin",
    version: "0.20.0",
    charts: [
        { name: "nvidia-device-plugin", version: "0.20.0", repository: "https://nvidia.github.io/k8s-device-plugin" },
    ],
    namespace: "nvidia-device-plugin",
    privileged: true,
    kubernetes: { min: "1.31", max: "1.36" },
    kubernetesSource:
        "https://github.com/NVIDIA/k8s-device-plugin (Chart.yaml: 1.10 or newer; here the range of the other add-ons)",
    requires: () => ["nodeFeatureDiscovery"],
    upgrades: {
        notes: [
            "Running pods keep their GPUs while the plugin is replaced.",
            "Its chart refuses the namespace `default`.",
        ],
    },
    fields: { sharing: gpuSharingRule, migStrategy: migStrategyRule, runtimeClass: dnsSubdomain },
    values: ({ sharing, migStrategy, runtimeClass }) => ({
        "nvidia-device-plugin": {
            gfd: { enabled: true },
            // GPU feature discovery would install a second Node Feature Discovery.
            nfd: { enabled: false },
            ...(migStrategy && { migStrategy }),
            ...(runtimeClass && { runtimeClassName: runtimeClass }),
            ...(sharing && { config: { map: { default: devicePluginConfig(sharing) }, default: "default" } }),
        },
    }),
    outputs: ({ sharing }) => ({ gpuResource: gpuResource(sharing) }),
};
