import type { types } from "@pulumi/kubernetes";
import * as core from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";

import { configured } from "../arguments/config";
import { hashedName } from "../arguments/hash";
import type { ClaimArgs } from "./claim-args";
import { objectMeta } from "./metadata";

/** A claim whose name begins with this one. What cannot be changed in a claim is part of its name. */
export function buildClaim(
    name: string,
    args: ClaimArgs,
    namespace: pulumi.Input<string>,
    labels: Record<string, string>,
): types.input.core.v1.PersistentVolumeClaim {
    const accessMode = args.accessMode ?? "ReadWriteOnce";
    const fixed = { accessMode, storageClass: args.storageClass };
    return {
        // Pods wait for their volume. The provider's own wait is for a claim that is new: it does not end for one that
        // an earlier stack has left, bound as that is.
        metadata: objectMeta(hashedName(name, fixed), namespace, labels, {
            "pulumi.com/skipAwait": "true",
        }),
        spec: {
            accessModes: [accessMode],
            storageClassName: args.storageClass,
            resources: { requests: { storage: args.size ?? "10Gi" } },
        },
    };
}

/** The name of the claim that exists, or of the one that is created: `<name>-<8 characters>`. */
export function createClaim(
    name: string,
    args: ClaimArgs,
    target: { resource: string; namespace: pulumi.Input<string>; labels: Record<string, string> },
    parent: pulumi.Resource,
): pulumi.Input<string> {
    const { claim, storageClass = configured("storageClass"), retain = true } = args;
    const { resource, namespace, labels } = target;
    return (
        claim ??
        new core.PersistentVolumeClaim(resource, buildClaim(name, { ...args, storageClass }, namespace, labels), {
            parent,
            retainOnDelete: retain,
        }).metadata.name
    );
}
