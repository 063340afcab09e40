import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as pulumi from "@pulumi/pulumi";

import { gpuClaimSpec } from "../manifests/gpu";
import { hashedName } from "../manifests/hash";
import { objectMeta } from "../manifests/metadata";
import type { WorkloadArgs } from "./workload";

/**
 * The name of the template of a workload's GPU claims, which is created where `gpu.deviceClass` asks for one. It cannot
 * be changed, so its name is that of its content.
 */
export function gpuClaimTemplate(
    name: string,
    args: WorkloadArgs,
    labels: Record<string, string>,
    parent: pulumi.Resource,
): pulumi.Output<string> | undefined {
    if (args.gpu?.deviceClass === undefined) {
        return undefined;
    }
    const spec = gpuClaimSpec(args.gpu);
    const template = new CustomResource(
        `${name}-gpu`,
        {
            apiVersion: "resource.k8s.io/v1",
            kind: "ResourceClaimTemplate",
            metadata: objectMeta(hashedName(`${name}-gpu`, spec), args.workspace.namespace, labels),
            spec,
        },
        // Pods of a successor find the new template before the old one goes.
        { parent, replaceOnChanges: ["spec"] },
    );
    return template.metadata.name;
}
