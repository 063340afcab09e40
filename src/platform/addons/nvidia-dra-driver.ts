import { matching, boolean } from "../../arguments/formats";
import { CaInjector, type Definition } from "../catalog/definition";
import type { AddonName } from "../catalog/names";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { controllerReplicas } from "./shared/controller-replicas";

/** The arguments of NVIDIA's DRA driver. Its namespace defaults to "dra-driver-nvidia-gpu". */
export interface NvidiaDraDriverArgs extends PlatformAddonArgs {
    /**
     * Whether it allocates GPUs through ResourceClaims. Defaults to true. Set it to false to leave them to the device
     * plugin; both at the same time are not possible.
     */
    gpus?: boolean;
    /** Whether it allocates NVLink connections between nodes (ComputeDomains, as on GB200). Defaults to false. */
    computeDomains?: boolean;
    /** The root directory of the driver on the nodes. Defaults to "/"; the GPU operator uses "/run/nvidia/driver". */
    driverRoot?: string;
    /**
     * Whether a webhook refuses invalid parameters in ResourceClaims. Defaults to false: the pod that uses them fails.
     * Requires cert-manager, which is then installed as well; while the webhook is down, ResourceClaims of all drivers
     * are refused.
     */
    webhook?: boolean;
}

const both = "both would allocate the same GPUs; set `gpus: false` to use only the ComputeDomains of the DRA driver";

export const nvidiaDraDriver: Definition<NvidiaDraDriverArgs> = {
    title: "NVIDIA DRA driver",
    purpose:
        "Allocates NVIDIA GPUs through dynamic resource allocation: pods request properties of a GPU, not only a number.",
    homepage: "https://github.com/kubernetes-sigs/dra-driver-nvidia-gpu",
    version: "0.4.1",
    charts: [
        {
            name: "dra-driver-nvidia-gpu",
            version: "0.4.1",
            repository: "oci://registry.k8s.io/dra-driver-nvidia/charts",
        },
    ],
    namespace: "dra-driver-nvidia-gpu",
    privileged: true,
    kubernetes: { min: "1.34", max: "1.36" },
    kubernetesSource:
        "https://github.com/kubernetes-sigs/dra-driver-nvidia-gpu (prerequisites: 1.34.2 or newer, or 1.32 with a feature gate)",
    crds: {
        "computedomaincliques.resource.nvidia.com": ["v1beta1"],
        "computedomains.resource.nvidia.com": ["v1beta1"],
    },
    requires: ({ webhook }) => {
        const needed: AddonName[] = ["nodeFeatureDiscovery"];
        return webhook ? [...needed, "certManager"] : needed;
    },
    excludes: ({ gpus = true }) => ({
        gpuOperator: "the GPU operator owns the CRDs of resource.nvidia.com, and both would allocate the same GPUs",
        ...(gpus && { nvidiaDevicePlugin: both }),
    }),
    caInjector: ({ webhook }) => (webhook ? CaInjector.CertManager : CaInjector.None),
    upgrades: {
        notes: [
            "Its version 0.4.1 is newer than 25.12.0, the last version under its old name, nvidia-dra-driver-gpu.",
            "The nodes need NVIDIA's driver 565 or newer (570.158.01 for ComputeDomains) and CDI in the container runtime.",
            "Its chart refuses the namespace `default`.",
        ],
    },
    fields: {
        gpus: boolean,
        computeDomains: boolean,
        driverRoot: matching(/^\/\S*$/, 'it must be an absolute path such as "/run/nvidia/driver"'),
        webhook: boolean,
    },
    check: ({ gpus, computeDomains }, problems) => {
        if (gpus === false && !computeDomains) {
            problems.add(
                "gpus",
                "is false, and so is computeDomains, so that it would allocate nothing; set one of them to true",
            );
        }
    },
    values: ({ gpus = true, computeDomains = false, driverRoot, webhook = false }, context) => ({
        "dra-driver-nvidia-gpu": {
            ...(driverRoot && { nvidiaDriverRoot: driverRoot }),
            // Without this, the chart refuses to allocate GPUs, in case a device plugin does as well; see `excludes`.
            gpuResourcesEnabledOverride: gpus,
            resources: { gpus: { enabled: gpus }, computeDomains: { enabled: computeDomains } },
            controller: {
                replicas: controllerReplicas(context),
                ...(context.highlyAvailable && { leaderElection: { enabled: true } }),
            },
            webhook: { enabled: webhook, ...(webhook && { replicas: controllerReplicas(context) }) },
        },
    }),
    outputs: ({ gpus = true }): Record<string, string> => (gpus ? { deviceClass: "gpu.nvidia.com" } : {}),
};
