import * as pulumi from "@pulumi/pulumi";

import { bytes, dnsSubdomain, oneOf } from "../arguments/formats";
import { type Problems, rule, type RulesOf } from "../arguments/rules";

/** From where a volume may be mounted. */
export const AccessMode = {
    /** By pods of one node. Supported by every kind of storage. */
    ReadWriteOnce: "ReadWriteOnce",
    /** By one pod of the whole cluster. */
    ReadWriteOncePod: "ReadWriteOncePod",
    /** By pods of any node. Needs shared storage such as NFS or CephFS. */
    ReadWriteMany: "ReadWriteMany",
} as const;
export type AccessMode = (typeof AccessMode)[keyof typeof AccessMode];

/** A PersistentVolumeClaim: an existing one, or one that the component creates. */
export interface ClaimArgs {
    /**
     * Name of an existing PersistentVolumeClaim of the namespace. Defaults to one that the component creates with
     * `size`, `storageClass` and `accessMode`.
     */
    claim?: pulumi.Input<string>;
    /** Size of the created claim. It can grow if its storage class allows expansion. Defaults to "10Gi". */
    size?: pulumi.Input<string>;
    /**
     * The storage class of the claim that is created. Defaults to the configuration `kubernetes-mlops:storageClass`,
     * else to the cluster's default class. Another class makes a new claim; the old one stays with what is in it.
     */
    storageClass?: pulumi.Input<string>;
    /**
     * Access mode of the created claim. Changing it creates another claim and keeps the old one with its data, unless
     * `retain` is false. Defaults to ReadWriteOnce: all pods that use the claim run on one node.
     */
    accessMode?: pulumi.Input<AccessMode>;
    /**
     * Whether the created claim stays in the cluster with its data when it is removed from the stack. Deleting the
     * namespace deletes it regardless. Defaults to true.
     */
    retain?: boolean;
}

/** The rules of the fields above. */
export const claimFields = {
    claim: dnsSubdomain,
    size: bytes,
    storageClass: dnsSubdomain,
    accessMode: oneOf(Object.values(AccessMode)),
    retain: rule((value) => (typeof value === "boolean" ? undefined : "it must be true or false, and not an Output")),
} satisfies RulesOf<ClaimArgs>;

/** Checks the fields together. */
export function checkClaim(args: ClaimArgs | undefined, path: string, problems: Problems): void {
    const { claim, size, storageClass, accessMode, retain } = args ?? {};
    if (claim !== undefined && (size ?? storageClass ?? accessMode ?? retain) !== undefined) {
        problems.add(path, "sets both claim and fields of a new claim; remove one of them");
    }
}
