import { matching, boolean } from "../../arguments/formats";
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

/** The arguments of the NVIDIA GPU Operator. Its namespace defaults to "gpu-operator". */
export interface GpuOperatorArgs extends PlatformAddonArgs {
    /**
     * Whether it installs the driver on the nodes. Defaults to true. Set it to false if the nodes' image includes a
     * driver, as on most managed GPU nodes.
     */
    driver?: boolean;
    /**
     * The version of the driver, for example "580.95.05". Defaults to the one that the operator was released with. A
     * change evicts the pods with GPUs, one node after the other.
     */
    driverVersion?: string;
    /**
     * Whether it configures the container runtime of the nodes. Defaults to true. Set it to false if the nodes' image
     * has it configured.
     */
    toolkit?: boolean;
    /** How GPUs are shared between pods. Defaults to none: a pod has whole GPUs. */
    sharing?: GpuSharingArgs;
    /** How MIG devices are exposed. Defaults to "single". */
    migStrategy?: MigStrategy;
    /**
     * The MIG configuration of GPUs that support MIG, on nodes without the label `nvidia.com/mig.config`:
     * "all-disabled" or a configuration such as "all-1g.10gb". Defaults to "all-disabled". A change ends the pods that
     * use these GPUs.
     */
    migConfig?: string;
}

const configName = "device-plugin-config";

export const gpuOperator: Definition<GpuOperatorArgs> = {
    title: "NVIDIA GPU Operator",
    purpose: "Sets up NVIDIA GPUs: driver, container runtime, device plugin, MIG and DCGM metrics.",
    homepage: "https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/",
    version: "26.7.0",
    charts: [{ name: "gpu-operator", version: "v26.7.0", repository: "https://helm.ngc.nvidia.com/nvidia" }],
    namespace: "gpu-operator",
    privileged: true,
    kubernetes: { min: "1.31", max: "1.36" },
    kubernetesSource:
        "https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/platform-support.html (the page of v26 could not be read; the range of the other add-ons)",
    crds: {
        "clusterpolicies.nvidia.com": ["v1"],
        "computedomaincliques.resource.nvidia.com": ["v1beta1"],
        "computedomains.resource.nvidia.com": ["v1beta1"],
        "gpuclusters.nvidia.com": ["v1alpha1"],
        "nvidiadrivers.nvidia.com": ["v1alpha1"],
    },
    requires: () => ["nodeFeatureDiscovery"],
    after: ["kubePrometheusStack"],
    excludes: () => ({
        nvidiaDevicePlugin: "the GPU operator installs the device plugin itself",
        dcgmExporter: "the GPU operator installs the DCGM exporter itself",
        nvidiaDraDriver: "the GPU operator owns the CRDs of resource.nvidia.com, and both would allocate the same GPUs",
    }),
    upgrades: {
        notes: [
            "A new driver version evicts the pods with GPUs, one node after the other, and restarts the operator's pods on all nodes.",
            "A change of `sharing` or `migConfig` restarts the device plugins; running pods keep their GPUs, unless their GPU is repartitioned.",
        ],
    },
    hooks: "A hook Job updates the CRDs before an upgrade. Here, they are upgraded with the chart. The hook that deletes CRDs is disabled, and the one that waits for GPUCluster objects before it has nothing to do: none is created.",
    fields: {
        driver: boolean,
        driverVersion: matching(/^\d+(\.\d+){1,2}$/, 'it must be a version such as "580.95.05"'),
        toolkit: boolean,
        sharing: gpuSharingRule,
        migStrategy: migStrategyRule,
        migConfig: matching(
            /^[a-z0-9]([-a-z0-9.+_]*[a-z0-9])?$/,
            'it must be the name of a MIG configuration such as "all-disabled" or "all-1g.10gb"',
        ),
    },
    check: ({ driver, driverVersion, migStrategy, migConfig }, problems) => {
        if (driver === false && driverVersion !== undefined) {
            problems.add("driverVersion", "is set, but driver is false; remove one of them");
        }
        if (migStrategy === MigStrategy.None && migConfig !== undefined && migConfig !== "all-disabled") {
            problems.add(
                "migConfig",
                'partitions GPUs, but migStrategy is "none", which exposes no MIG devices; use "single" or "mixed"',
            );
        }
    },
    values: (settings, context) => {
        const { driver, driverVersion, toolkit, sharing, migStrategy, migConfig } = settings;
        const monitored = context.has("kubePrometheusStack");
        return {
            "gpu-operator": {
                nfd: { enabled: false },
                // Its pods need more than the baseline Pod Security Standard allows.
                psa: { enabled: true },
                operator: { upgradeCRD: false, cleanupCRD: false },
                driver: { enabled: driver ?? true, ...(driverVersion && { version: driverVersion }) },
                toolkit: { enabled: toolkit ?? true },
                mig: { strategy: migStrategy ?? MigStrategy.Single },
                migManager: { config: { default: migConfig ?? "all-disabled" } },
                dcgmExporter: { enabled: true, serviceMonitor: { enabled: monitored } },
                ...(sharing && {
                    devicePlugin: {
                        config: {
                            create: true,
                            name: configName,
                            default: "default",
                            data: { default: devicePluginConfig(sharing) },
                        },
                    },
                }),
            },
        };
    },
    outputs: ({ sharing }) => ({ gpuResource: gpuResource(sharing) }),
};
