import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { mapInput } from "../arguments/inputs";
import { bytesOf } from "../arguments/quantity";
import { type GpuArgs, GpuVendor } from "./gpu-args";

type Toleration = types.input.core.v1.Toleration;
type NodeSelectorRequirement = types.input.core.v1.NodeSelectorRequirement;

/**
 * Resource names and node labels of GPUs.
 *
 * Sources: https://github.com/NVIDIA/k8s-device-plugin#gpu-feature-discovery-labels,
 * https://github.com/ROCm/k8s-device-plugin/tree/master/cmd/k8s-node-labeller,
 * https://github.com/intel/intel-device-plugins-for-kubernetes/tree/main/cmd/gpu_plugin
 */
export const vendors: Record<GpuVendor, { resource: string; product?: string; driver: string }> = {
    [GpuVendor.Nvidia]: { resource: "nvidia.com/gpu", product: "nvidia.com/gpu.product", driver: "gpu.nvidia.com" },
    [GpuVendor.Amd]: { resource: "amd.com/gpu", product: "amd.com/gpu.product-name", driver: "gpu.amd.com" },
    [GpuVendor.Intel]: { resource: "gpu.intel.com/xe", driver: "gpu.intel.com" },
};

/** Name of a pod's ResourceClaim, and of the request in it. */
export const claimName = "gpu";

/** The parts of a pod that request its GPUs. */
export interface GpuRequirements {
    /** Extended resources of the container, by name. */
    resources: Record<string, pulumi.Input<string>>;
    /** Requirements for the labels of the node. */
    nodeRequirements: NodeSelectorRequirement[];
    /** Tolerations of the taints that GPU nodes usually have. */
    tolerations: Toleration[];
    /** The ResourceClaims of the container and of the pod. */
    claims?: { container: types.input.core.v1.ResourceClaim[]; pod: types.input.core.v1.PodResourceClaim[] };
}

/** Returns the parts of a pod that request its GPUs. A device class needs the name of the ResourceClaimTemplate. */
export function buildGpuRequirements(gpu: GpuArgs | undefined, claimTemplate?: pulumi.Input<string>): GpuRequirements {
    if (gpu === undefined) {
        return { resources: {}, nodeRequirements: [], tolerations: [] };
    }
    const vendor = vendors[gpu.vendor ?? GpuVendor.Nvidia];
    // Nodes with MIG devices or shared GPUs have the taint of whole GPUs.
    const tolerations = [{ key: vendor.resource, operator: "Exists", effect: "NoSchedule" }];
    if (gpu.deviceClass !== undefined) {
        return {
            resources: {},
            nodeRequirements: [],
            tolerations,
            claims: {
                container: [{ name: claimName }],
                pod: [{ name: claimName, resourceClaimTemplateName: claimTemplate }],
            },
        };
    }
    const name = gpu.resource ?? (gpu.mig === undefined ? vendor.resource : `nvidia.com/mig-${migSuffix(gpu.mig)}`);
    return {
        resources: { [name]: mapInput(gpu.count ?? 1, String) },
        nodeRequirements: buildNodeRequirements(gpu, vendor.product),
        tolerations,
    };
}

/** Returns a MIG profile as it is written in a resource name. */
const migSuffix = (profile: string): string => profile.replaceAll("+", ".");

function buildNodeRequirements(gpu: GpuArgs, productLabel: string | undefined): NodeSelectorRequirement[] {
    const requirements: NodeSelectorRequirement[] = [];
    if (gpu.product !== undefined && productLabel !== undefined) {
        requirements.push({ key: productLabel, operator: "In", values: [gpu.product] });
    }
    if (gpu.memory !== undefined) {
        // The label is in MiB, and there is no operator "at least".
        const below = mapInput(gpu.memory, (memory) => [String(Math.ceil(bytesOf(memory) / 2 ** 20) - 1)]);
        requirements.push({ key: "nvidia.com/gpu.memory", operator: "Gt", values: below });
    }
    if (gpu.sharing !== undefined) {
        requirements.push({ key: "nvidia.com/gpu.sharing-strategy", operator: "In", values: [gpu.sharing] });
    }
    return requirements;
}
