import type * as pulumi from "@pulumi/pulumi";

import { bytes, dnsSubdomain, integer, matching, nonEmptyString, oneOf } from "../arguments/formats";
import { object, plain, type Problems, type Rule } from "../arguments/rules";

/** How several pods share a GPU. */
export const GpuSharingMode = {
    /** They take turns. Nothing keeps one from using all the memory. */
    TimeSlicing: "time-slicing",
    /** They compute at the same time (MPS), each with its part of the memory. */
    Mps: "mps",
} as const;
export type GpuSharingMode = (typeof GpuSharingMode)[keyof typeof GpuSharingMode];

/** Who makes a GPU, which decides what it is called in the cluster. */
export const GpuVendor = {
    /** `nvidia.com/gpu`, with the labels of GPU feature discovery. */
    Nvidia: "nvidia",
    /** `amd.com/gpu`, with the labels of AMD's node labeller. */
    Amd: "amd",
    /** `gpu.intel.com/xe`. */
    Intel: "intel",
} as const;
export type GpuVendor = (typeof GpuVendor)[keyof typeof GpuVendor];

/** The GPUs that each pod of a workload gets. Resource name, node labels and tolerations follow from it. */
export interface GpuArgs {
    /** How many GPUs, parts or shares each pod gets. Defaults to 1; more than one share is refused. */
    count?: pulumi.Input<number>;
    /** Who makes them. Defaults to NVIDIA. */
    vendor?: GpuVendor;
    /**
     * The model, as the nodes are labelled with it (`kubectl get nodes --label-columns nvidia.com/gpu.product`), for
     * example "NVIDIA-H100-80GB-HBM3"; with `deviceClass` as the driver tells it. Defaults to any.
     */
    product?: pulumi.Input<string>;
    /**
     * The least memory that each GPU has, for example "40Gi". A GPU sold as one of 80 GB has a little less than
     * "80Gi". NVIDIA only, as others do not label nodes with a number. Defaults to any.
     */
    memory?: pulumi.Input<string>;
    /**
     * The part of a GPU (MIG) in place of a whole one, for example "1g.10gb". Asks for `nvidia.com/mig-<profile>`, which
     * nodes have whose MIG strategy is "mixed".
     */
    mig?: string;
    /** A share of a GPU in place of a whole one, from nodes whose GPUs are shared in this way. */
    sharing?: GpuSharingMode;
    /**
     * The name of the resource, where the cluster's device plugin does not call it as usual: "nvidia.com/gpu.shared"
     * where shares are renamed.
     */
    resource?: string;
    /**
     * A class of devices in place of a resource (dynamic resource allocation, `resource.k8s.io/v1`, Kubernetes 1.34 and
     * newer), for example "gpu.nvidia.com", or "mig.nvidia.com" together with `mig`. Each pod then gets a claim of its
     * own.
     */
    deviceClass?: string;
}

const why = "it decides which resource is asked for: give a text";

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
            'it must be a profile as nvidia-smi lists them, such as "1g.10gb"',
        ),
    ),
    sharing: known(oneOf(Object.values(GpuSharingMode))),
    resource: known(
        matching(
            /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/,
            'it must be a name with its domain, such as "nvidia.com/gpu.shared"',
        ),
    ),
    deviceClass: known(dnsSubdomain),
});

/** What is wrong with fields that each are right. */
export function checkGpu(gpu: GpuArgs | undefined, problems: Problems): void {
    if (gpu === undefined) {
        return;
    }
    const add = (field: string, problem: string) => problems.add(`gpu.${field}`, problem);
    const vendor = gpu.vendor ?? GpuVendor.Nvidia;
    for (const field of ["memory", "mig", "sharing"] as const) {
        if (gpu[field] !== undefined && vendor !== GpuVendor.Nvidia) {
            add(field, `is known of NVIDIA's GPUs only, and gpu.vendor is "${vendor}"; leave one of them out`);
        }
    }
    if (gpu.product !== undefined && vendor === GpuVendor.Intel) {
        add("product", 'is not known of GPUs whose gpu.vendor is "intel"; name a label under podSpec.nodeSelector');
    }
    if (gpu.mig !== undefined && gpu.memory !== undefined) {
        add("memory", `is what the profile says that gpu.mig names, ${gpu.mig}; leave one of them out`);
    }
    for (const [one, other] of [
        ["mig", "sharing"],
        ["mig", "resource"],
        ["resource", "deviceClass"],
        ["sharing", "deviceClass"],
    ] as const) {
        if (gpu[one] !== undefined && gpu[other] !== undefined) {
            add(one, `is given besides gpu.${other}; leave one of them out`);
        }
    }
    if (gpu.sharing !== undefined && typeof gpu.count === "number" && gpu.count > 1) {
        add("count", `is ${gpu.count}; several shares may be of one GPU and bring no more: leave it out`);
    }
}
