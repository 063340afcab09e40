import * as core from "@pulumi/kubernetes/core/v1";
import type * as pulumi from "@pulumi/pulumi";

import { objectMeta } from "./metadata";

/**
 * Registers an empty ConfigMap that says which stack a workload belongs to. It is created before objects that the stack
 * overwrites by force, so that one of another stack is a conflict before it is touched.
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
