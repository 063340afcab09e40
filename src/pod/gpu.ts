import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { mapInput } from "../arguments/inputs";
import { bytesOf } from "../arguments/quantity";
import { type GpuArgs, GpuVendor } from "./gpu-args";

type Toleration = types.input.core.v1.Toleration;
type NodeSelectorRequirement = types.input.core.v1.NodeSelectorRequirement;

/**
 * What GPUs are called in the cluster.
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

/** The name of a pod's claim, and of the request in it. */
export const claimName = "gpu";

/** What a pod says in order to get its GPUs. */
export interface GpuNeeds {
    /** Extended resources of the container, by name. */
    resources: Record<string, pulumi.Input<string>>;
    /** What the labels of the node must say. */
    nodeRequirements: NodeSelectorRequirement[];
    /** The taints that GPU nodes usually have. */
    tolerations: Toleration[];
    /** The claims of the container and of the pod. */
    claims?: { container: types.input.core.v1.ResourceClaim[]; pod: types.input.core.v1.PodResourceClaim[] };
}

/** What a pod says in order to get these GPUs; with a device class the name of the claims' template is needed. */
export function gpuNeeds(gpu: GpuArgs | undefined, claimTemplate?: pulumi.Input<string>): GpuNeeds {
    if (gpu === undefined) {
        return { resources: {}, nodeRequirements: [], tolerations: [] };
    }
    const vendor = vendors[gpu.vendor ?? GpuVendor.Nvidia];
    // Nodes whose GPUs are parts or shares have the taint of whole ones.
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
        nodeRequirements: nodeRequirements(gpu, vendor.product),
        tolerations,
    };
}

/** How a profile is written in the name of a resource. */
const migSuffix = (profile: string): string => profile.replaceAll("+", ".");

function nodeRequirements(gpu: GpuArgs, productLabel: string | undefined): NodeSelectorRequirement[] {
    const requirements: NodeSelectorRequirement[] = [];
    if (gpu.product !== undefined && productLabel !== undefined) {
        requirements.push({ key: productLabel, operator: "In", values: [gpu.product] });
    }
    if (gpu.memory !== undefined) {
        // The label is in MiB, and there is no "at least".
        const below = mapInput(gpu.memory, (memory) => [String(Math.ceil(bytesOf(memory) / 2 ** 20) - 1)]);
        requirements.push({ key: "nvidia.com/gpu.memory", operator: "Gt", values: below });
    }
    if (gpu.sharing !== undefined) {
        requirements.push({ key: "nvidia.com/gpu.sharing-strategy", operator: "In", values: [gpu.sharing] });
    }
    return requirements;
}
