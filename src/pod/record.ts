import * as core from "@pulumi/kubernetes/core/v1";
import type * as pulumi from "@pulumi/pulumi";

import { objectMeta } from "./metadata";

/**
 * Registers an empty ConfigMap that records which stack a workload belongs to. An object with `pulumi.com/patchForce`
 * depends on it if no other object is created first: if the workload belongs to another stack, the conflict on the
 * ConfigMap ends the update before that object is overwritten.
 */
export function createRecord(
    name: string,
    recordName: string,
    namespace: pulumi.Input<string>,
    labels: Record<string, string>,
    parent: pulumi.Resource,
): pulumi.Resource {
    return new core.ConfigMap(`${name}-record`, { metadata: objectMeta(recordName, namespace, labels) }, { parent });
}
