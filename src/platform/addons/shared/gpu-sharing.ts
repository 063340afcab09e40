import { integer, oneOf, boolean } from "../../../arguments/formats";
import { object, required } from "../../../arguments/rules";
import { GpuSharingMode } from "../../../pod/gpu-args";

/** How GPUs are shared between pods. */
export interface GpuSharingArgs {
    /** How they share it. */
    mode: GpuSharingMode;
    /** The number of pods that share a GPU, from 2 to 100. A node reports that many GPUs for each one. */
    replicas: number;
    /**
     * Whether shared GPUs are exposed as `nvidia.com/gpu.shared`, so that no pod that requests a whole GPU gets a
     * shared one. Defaults to false: they are exposed as `nvidia.com/gpu`. After a change, pods that request the old
     * name stay pending.
     */
    rename?: boolean;
}

/** How MIG devices are exposed to pods. */
export const MigStrategy = {
    /** MIG devices are not exposed. */
    None: "none",
    /** All MIG devices of a node have the same profile and are exposed as `nvidia.com/gpu`. */
    Single: "single",
    /** Each profile is exposed under its own name, such as `nvidia.com/mig-1g.10gb`. */
    Mixed: "mixed",
} as const;
export type MigStrategy = (typeof MigStrategy)[keyof typeof MigStrategy];

/** The rule of the arguments above. */
export const gpuSharingRule = object<GpuSharingArgs>({
    mode: required(oneOf(Object.values(GpuSharingMode)), 'choose "time-slicing" or "mps"'),
    replicas: required(integer(2, 100), "give the number of pods that share a GPU"),
    rename: boolean,
});

/** The rule of a MIG strategy. */
export const migStrategyRule = oneOf(Object.values(MigStrategy));

/** Returns the resource that a pod requests for a GPU. */
export const gpuResource = (sharing?: GpuSharingArgs): string =>
    sharing?.rename ? "nvidia.com/gpu.shared" : "nvidia.com/gpu";

/**
 * Returns the configuration of NVIDIA's device plugin. JSON is valid YAML.
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
                    : // A pod that requests two would get two time slices of the same GPU.
                      { timeSlicing: { ...shared, failRequestsGreaterThanOne: true } },
        },
        undefined,
        2,
    );
}
