import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as pulumi from "@pulumi/pulumi";

import { hashedName } from "../arguments/hash";
import { mapInput } from "../arguments/inputs";
import type { WorkloadArgs } from "./args";
import { claimName, vendors } from "./gpu";
import { type GpuArgs, GpuVendor } from "./gpu-args";
import { objectMeta } from "./metadata";

/**
 * The template of the claims of pods: a device class, and what its devices must be like.
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
 * The name of the template of a workload's GPU claims, which is created where `gpu.deviceClass` asks for one. It cannot
 * be changed, so its name is that of its content.
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
    const template = new CustomResource(
        `${name}-gpu`,
        {
            apiVersion: "resource.k8s.io/v1",
            kind: "ResourceClaimTemplate",
            metadata: objectMeta(hashedName(templateName, spec), args.workspace.namespace, labels),
            spec,
        },
        // Pods of a successor find the new template before the old one goes.
        { parent, replaceOnChanges: ["spec"] },
    );
    return template.metadata.name;
}
