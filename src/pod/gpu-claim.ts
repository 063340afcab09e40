import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as pulumi from "@pulumi/pulumi";

import { hashedName } from "../arguments/hash";
import { mapInput } from "../arguments/inputs";
import type { WorkloadArgs } from "./args";
import { claimName, vendors } from "./gpu";
import { type GpuArgs, GpuVendor } from "./gpu-args";
import { objectMeta } from "./metadata";
import { successorName } from "./successor";

/**
 * Returns the spec of the ResourceClaimTemplate of pods: a device class, and requirements for its devices.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
 */
export function buildGpuClaimSpec(gpu: GpuArgs): object {
    const { driver } = vendors[gpu.vendor ?? GpuVendor.Nvidia];
    const expressions: pulumi.Input<string>[] = [];
    if (gpu.product !== undefined) {
        expressions.push(
            mapInput(gpu.product, (name) => `device.attributes["${driver}"].productName == ${JSON.stringify(name)}`),
        );
    }
    if (gpu.memory !== undefined) {
        expressions.push(
            mapInput(
                gpu.memory,
                (memory) => `device.capacity["${driver}"].memory.compareTo(quantity("${memory}")) >= 0`,
            ),
        );
    }
    if (gpu.mig !== undefined) {
        expressions.push(`device.attributes["${driver}"].profile == "${gpu.mig}"`);
    }
    const exactly = {
        deviceClassName: gpu.deviceClass,
        allocationMode: "ExactCount",
        count: gpu.count ?? 1,
        ...(expressions.length > 0 && { selectors: expressions.map((expression) => ({ cel: { expression } })) }),
    };
    return { spec: { devices: { requests: [{ name: claimName, exactly }] } } };
}

/**
 * Registers the ResourceClaimTemplate of a workload if `gpu.deviceClass` is set, and returns its name. It is immutable,
 * so its name is a hash of its content.
 */
export function createGpuClaimTemplate(
    name: string,
    templateName: string,
    args: WorkloadArgs,
    labels: Record<string, string>,
    parent: pulumi.Resource,
): pulumi.Output<string> | undefined {
    if (args.gpu?.deviceClass === undefined) {
        return undefined;
    }
    const spec = buildGpuClaimSpec(args.gpu);
    const { namespace } = args.workspace;
    const resource = "apis/resource.k8s.io/v1/resourceclaimtemplates";
    const hashed = hashedName(templateName, spec);
    const template = new CustomResource(
        `${name}-gpu`,
        {
            apiVersion: "resource.k8s.io/v1",
            kind: "ResourceClaimTemplate",
            metadata: objectMeta(
                successorName(hashed, templateName, { resource, namespace, parent }),
                namespace,
                labels,
            ),
            spec,
        },
        // Pods of a successor need the new template before the old one is deleted.
        { parent, replaceOnChanges: ["spec"] },
    );
    return template.metadata.name;
}
