import type * as pulumi from "@pulumi/pulumi";

import { bytes, dnsSubdomain, integer, matching, nonEmptyString, oneOf } from "../arguments/formats";
import { object, plain, type Problems, type Rule } from "../arguments/rules";

/** How several pods share a GPU. */
export const GpuSharingMode = {
    /** They take turns. A pod can use up all of the memory. */
    TimeSlicing: "time-slicing",
    /** They compute at the same time (MPS), each with a share of the memory. */
    Mps: "mps",
} as const;
export type GpuSharingMode = (typeof GpuSharingMode)[keyof typeof GpuSharingMode];

/** The vendor of a GPU, which decides its resource name and node labels. */
export const GpuVendor = {
    /** `nvidia.com/gpu`, with the labels of GPU feature discovery. */
    Nvidia: "nvidia",
    /** `amd.com/gpu`, with the labels of AMD's node labeller. */
    Amd: "amd",
    /** `gpu.intel.com/xe`. */
    Intel: "intel",
} as const;
export type GpuVendor = (typeof GpuVendor)[keyof typeof GpuVendor];

/** The GPUs of each pod of a workload. They decide the resource name, node affinity and tolerations of the pod. */
export interface GpuArgs {
    /** Number of GPUs, MIG devices or shared GPUs of each pod. At most 1 with `sharing`. Defaults to 1. */
    count?: pulumi.Input<number>;
    /** Vendor of the GPUs. Defaults to NVIDIA. */
    vendor?: GpuVendor;
    /**
     * Product name of the GPUs as in the label of the nodes (`kubectl get nodes --label-columns
     * nvidia.com/gpu.product`), for example "NVIDIA-H100-80GB-HBM3"; with `deviceClass`, as the DRA driver reports it.
     * Defaults to any.
     */
    product?: pulumi.Input<string>;
    /**
     * Minimum memory of each GPU, for example "40Gi". A GPU that is sold with 80 GB has a little less than "80Gi".
     * NVIDIA only, because other vendors do not label nodes with a number. Defaults to any.
     */
    memory?: pulumi.Input<string>;
    /**
     * MIG profile, for example "1g.10gb", instead of whole GPUs. Requests `nvidia.com/mig-<profile>`, which nodes with
     * the MIG strategy "mixed" provide. Defaults to none.
     */
    mig?: string;
    /** How the GPU is shared with other pods, on nodes that share their GPUs in this way. Defaults to whole GPUs. */
    sharing?: GpuSharingMode;
    /**
     * Name of the resource, if the device plugin of the cluster uses another name, such as "nvidia.com/gpu.shared" for
     * renamed shared GPUs. Defaults to the usual name of the vendor.
     */
    resource?: string;
    /**
     * DeviceClass, for example "gpu.nvidia.com", or "mig.nvidia.com" together with `mig`: requests devices through
     * dynamic resource allocation (`resource.k8s.io/v1`, Kubernetes 1.34 and later) instead of a resource name. Each
     * pod has its own ResourceClaim. Defaults to none.
     */
    deviceClass?: string;
}

const why = "it must be a plain value, because it decides which resource is requested";

const known = (rule: Rule): Rule => plain(rule, why);

/** The rules of the fields above. */
export const gpuRule = object<GpuArgs>({
    count: integer(1, 1024),
    vendor: known(oneOf(Object.values(GpuVendor))),
    product: nonEmptyString,
    memory: bytes,
    mig: known(
        matching(
            /^\d+(c\.\d+)?g\.\d+gb(\+[a-z.]+)*$/,
            'it must be a MIG profile as nvidia-smi lists it, such as "1g.10gb"',
        ),
    ),
    sharing: known(oneOf(Object.values(GpuSharingMode))),
    resource: known(
        matching(
            /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/,
            'it must be a resource name with a domain, such as "nvidia.com/gpu.shared"',
        ),
    ),
    deviceClass: known(dnsSubdomain),
});

/** Checks the fields together. */
export function checkGpu(gpu: GpuArgs | undefined, problems: Problems): void {
    if (gpu === undefined) {
        return;
    }
    const add = (field: string, problem: string) => problems.add(`gpu.${field}`, problem);
    const vendor = gpu.vendor ?? GpuVendor.Nvidia;
    for (const field of ["memory", "mig", "sharing"] as const) {
        if (gpu[field] !== undefined && vendor !== GpuVendor.Nvidia) {
            add(field, `is supported for NVIDIA GPUs only, and gpu.vendor is "${vendor}"; remove one of them`);
        }
    }
    if (gpu.product !== undefined && vendor === GpuVendor.Intel) {
        add("product", 'is not supported with gpu.vendor "intel"; select nodes with podSpec.nodeSelector instead');
    }
    if (gpu.mig !== undefined && gpu.memory !== undefined) {
        add(
            "memory",
            `cannot be combined with gpu.mig, whose profile ${gpu.mig} decides the memory; remove one of them`,
        );
    }
    for (const [one, other] of [
        ["mig", "sharing"],
        ["mig", "resource"],
        ["resource", "deviceClass"],
        ["sharing", "deviceClass"],
    ] as const) {
        if (gpu[one] !== undefined && gpu[other] !== undefined) {
            add(one, `cannot be combined with gpu.${other}; remove one of them`);
        }
    }
    if (gpu.sharing !== undefined && typeof gpu.count === "number" && gpu.count > 1) {
        add(
            "count",
            `is ${gpu.count}; it must be 1 with gpu.sharing, because several shares may be of the same GPU: remove it`,
        );
    }
}
