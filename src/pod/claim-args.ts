import * as pulumi from "@pulumi/pulumi";

import { bytes, dnsSubdomain, oneOf } from "../arguments/formats";
import { type Problems, rule, type RulesOf } from "../arguments/rules";

/** Who may mount a volume, and how. */
export const AccessMode = {
    /** Pods of one node. Every kind of storage has it. */
    ReadWriteOnce: "ReadWriteOnce",
    /** One pod of the whole cluster. */
    ReadWriteOncePod: "ReadWriteOncePod",
    /** Pods of any node. Needs shared storage such as NFS or CephFS. */
    ReadWriteMany: "ReadWriteMany",
} as const;
export type AccessMode = (typeof AccessMode)[keyof typeof AccessMode];

/** A volume: one that exists, or one that is created. */
export interface ClaimArgs {
    /**
     * An existing PersistentVolumeClaim of the namespace. Defaults to one that the component creates with `size`,
     * `storageClass` and `accessMode`.
     */
    claim?: pulumi.Input<string>;
    /** The size of the claim that is created. It can grow where its storage class allows it. Defaults to "10Gi". */
    size?: pulumi.Input<string>;
    /**
     * The storage class of the claim that is created. Defaults to the configuration `kubernetes-mlops:storageClass`,
     * else to the cluster's default class. Another class makes a new claim; the old one stays with what is in it.
     */
    storageClass?: pulumi.Input<string>;
    /**
     * Who may mount the claim that is created. Defaults to ReadWriteOnce: all pods that use it then run on one node.
     * Another mode makes a new claim; the old one stays with what is in it.
     */
    accessMode?: pulumi.Input<AccessMode>;
    /**
     * Whether the claim that is created is left in the cluster, with all that is in it, when the component is removed.
     * Defaults to true. Deleting its namespace deletes it all the same.
     */
    retain?: boolean;
}

/** The rules of the fields above. */
export const claimFields = {
    claim: dnsSubdomain,
    size: bytes,
    storageClass: dnsSubdomain,
    accessMode: oneOf(Object.values(AccessMode)),
    retain: rule((value) => (typeof value === "boolean" ? undefined : "it must be true or false, and no Output")),
} satisfies RulesOf<ClaimArgs>;

/** What is wrong with fields that each are right. */
export function checkClaim(args: ClaimArgs | undefined, path: string, problems: Problems): void {
    const { claim, size, storageClass, accessMode, retain } = args ?? {};
    if (claim !== undefined && (size ?? storageClass ?? accessMode ?? retain) !== undefined) {
        problems.add(path, "describes a new claim besides an existing one; leave one of them out");
    }
}
