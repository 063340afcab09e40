import { integer, oneOf, truth } from "../../../arguments/formats";
import { object, required } from "../../../arguments/rules";
import { GpuSharingMode } from "../../../pod/gpu-args";

/** How GPUs are shared between pods. */
export interface GpuSharingArgs {
    /** In turns or at the same time. */
    mode: GpuSharingMode;
    /** How many pods share a GPU: each GPU counts as so many. From 2 to 100. */
    replicas: number;
    /**
     * Whether shared GPUs are called `nvidia.com/gpu.shared`, so that no pod gets one that asked for a whole one.
     * Defaults to false: they are called `nvidia.com/gpu`. A change takes them from pods that wait for the old name.
     */
    rename?: boolean;
}

/** How GPUs that are cut into parts (MIG) are offered to pods. */
export const MigStrategy = {
    /** Parts are not offered. */
    None: "none",
    /** All parts of a node have the same size and count as `nvidia.com/gpu`. */
    Single: "single",
    /** Each size has a name of its own, such as `nvidia.com/mig-1g.10gb`. */
    Mixed: "mixed",
} as const;
export type MigStrategy = (typeof MigStrategy)[keyof typeof MigStrategy];

/** The rule of the arguments above. */
export const gpuSharingRule = object<GpuSharingArgs>({
    mode: required(oneOf(Object.values(GpuSharingMode)), 'choose "time-slicing" or "mps"'),
    replicas: required(integer(2, 100), "say how many pods share a GPU"),
    rename: truth,
});

/** The rule of a MIG strategy. */
export const migStrategyRule = oneOf(Object.values(MigStrategy));

/** The resource that a pod asks for to get a GPU. */
export const gpuResource = (sharing?: GpuSharingArgs): string =>
    sharing?.rename ? "nvidia.com/gpu.shared" : "nvidia.com/gpu";

/**
 * The configuration of NVIDIA's device plugin. JSON is YAML, so no YAML has to be written.
 * Source: https://github.com/NVIDIA/k8s-device-plugin#shared-access-to-gpus
 */
export function devicePluginConfig({ mode, replicas, rename }: GpuSharingArgs): string {
    const shared = { renameByDefault: rename ?? false, resources: [{ name: "nvidia.com/gpu", replicas }] };
    return JSON.stringify(
        {
            version: "v1",
            sharing:
                mode === GpuSharingMode.Mps
                    ? { mps: shared }
                    : // A pod that asks for two would get two turns of the same GPU.
                      { timeSlicing: { ...shared, failRequestsGreaterThanOne: true } },
        },
        undefined,
        2,
    );
}
