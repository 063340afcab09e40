import * as path from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { boolean, bytes, dnsSubdomain, imageRef, matching } from "../arguments/formats";
import { list, object, type Problems, required, rule, type Rule } from "../arguments/rules";

/** A volume that is created for each pod and deleted with it. */
export interface EphemeralVolumeArgs {
    /** Size of the volume, for example "500Gi". */
    size: pulumi.Input<string>;
    /**
     * The storage class of the volume. Defaults to the configuration `kubernetes-mlops:storageClass`, else to the cluster's
     * default class.
     */
    storageClass?: pulumi.Input<string>;
}

/** A volume that is mounted into the pods of a workload: exactly one of its first five fields is set. */
export interface MountArgs {
    /** Name of an existing PersistentVolumeClaim of the workload's namespace. */
    claim?: pulumi.Input<string>;
    /** Name of an existing Secret of the namespace, each key of which is a file. Always read-only. */
    secret?: pulumi.Input<string>;
    /** Name of an existing ConfigMap of the namespace, each key of which is a file. Always read-only. */
    configMap?: pulumi.Input<string>;
    /** A volume that is created for each pod and deleted with it, for example for temporary files that are large. */
    ephemeral?: EphemeralVolumeArgs;
    /**
     * An image, `repository@sha256:…`, whose files are mounted. Always read-only. Needs Kubernetes 1.35 and containerd 2.1.
     */
    image?: pulumi.Input<string>;
    /** Absolute path in the container at which the volume is mounted, for example "/data". */
    mountPath: pulumi.Input<string>;
    /** Directory or file of the volume to mount, relative to its root. Defaults to the root. */
    subPath?: pulumi.Input<string>;
    /**
     * Whether the volume is read-only. If it is, Kubernetes leaves the group and the mode of its files as they are: the
     * user of the container, or group 1000, must be allowed to read them, and `subPath` must exist. Otherwise it makes
     * every file writable for group 1000 when the volume is first mounted, which takes long for many files. Defaults to
     * false.
     */
    readOnly?: pulumi.Input<boolean>;
}

const mountPath = rule((value) => {
    if (typeof value !== "string" || !/^\/\S*$/.test(value)) {
        return "it must be a path that starts with a slash";
    }
    // Source: ValidateVolumeMounts of Kubernetes.
    return value.includes(":") ? "it must not contain a colon" : undefined;
});

/** The rules of the sources of a volume. */
const sources: Record<Source, Rule> = {
    claim: required(
        dnsSubdomain,
        "set the name of a PersistentVolumeClaim, or one of secret, configMap, ephemeral, image",
    ),
    secret: required(dnsSubdomain, "set the name of a Secret"),
    configMap: required(dnsSubdomain, "set the name of a ConfigMap"),
    ephemeral: object<EphemeralVolumeArgs>({
        size: required(bytes, 'set the size of the volume, for example "500Gi"'),
        storageClass: dnsSubdomain,
    }),
    image: required(imageRef, "set it to repository@sha256:…, such as the ref of an Image"),
};

type Source = "claim" | "secret" | "configMap" | "ephemeral" | "image";
const sourceNames = Object.keys(sources) as Source[];

/** Returns the sources of a mount that are set. */
const sourcesOf = (mount: MountArgs): Source[] =>
    sourceNames.filter((name) => mount[name] !== undefined && mount[name] !== null);

const mountRule: Rule = (value, at, problems) => {
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    const given = isObject ? sourcesOf(value as MountArgs) : [];
    const checked = given.length === 0 ? ["claim"] : given;
    const unset: Rule = () => undefined;
    const ruleOf = (name: Source) => (checked.includes(name) ? sources[name] : unset);
    if (given.length > 1) {
        problems.add(at, `sets ${given.join(" and ")}; keep one of them: a mount has one source`);
    }
    return object<MountArgs>({
        claim: ruleOf("claim"),
        secret: ruleOf("secret"),
        configMap: ruleOf("configMap"),
        ephemeral: ruleOf("ephemeral"),
        image: ruleOf("image"),
        mountPath: required(mountPath, 'set the path in the container, for example "/data"'),
        subPath: matching(
            /^(?!\/)(?!(.*\/)?\.\.(\/|$))\S+$/,
            "it must be a path relative to the root of the volume, without ..",
        ),
        readOnly: boolean,
    })(value, at, problems);
};

/** The rule of `mounts`. */
export const mountsRule = list(required(mountRule, "remove the entry or set claim and mountPath"));

/** Paths of a container, and what is there. */
export type OwnPaths = Record<string, string>;

/** The paths of every container that no volume of the user may be mounted at, in, or above. */
const everywhere: OwnPaths = {
    "/tmp": "the directory for temporary files",
    "/dev": "the directory of devices, in which resources.sharedMemory is the size of shm",
    "/proc": "the directory of processes",
    "/sys": "the directory of the kernel",
};

/**
 * Checks the mounts of a container together, and against the paths that its component mounts itself: a mount below
 * one of them would need a directory there, and one above it would get a directory for it.
 */
export function checkMounts(mounts: MountArgs[] = [], own: OwnPaths, problems: Problems): void {
    const paths = mounts.map(({ mountPath }) =>
        typeof mountPath === "string" ? path.posix.resolve(mountPath) : undefined,
    );
    for (const twice of new Set(paths.filter((one, index) => one !== undefined && paths.indexOf(one) !== index))) {
        problems.add("mounts", `has two volumes at ${twice}; give one of them another mountPath`);
    }
    for (const [index, mount] of mounts.entries()) {
        const source = sourcesOf(mount)[0];
        if (mount.readOnly === false && ["secret", "configMap", "image"].includes(source ?? "")) {
            problems.add(
                `mounts[${index}].readOnly`,
                `is false, but a mount of ${source} is always read-only; remove it`,
            );
        }
    }
    for (const [index, mountPath] of paths.entries()) {
        const problem = mountPath && overlapProblem(mountPath, { ...everywhere, ...own });
        if (problem) {
            problems.add(
                `mounts[${index}].mountPath`,
                `is "${mountPath}"; ${problem}: mount it elsewhere, such as at "/data"`,
            );
        }
    }
}

/** Returns with which of these paths a mount would interfere, if with any. */
function overlapProblem(mountPath: string, own: OwnPaths): string | undefined {
    for (const [taken, what] of Object.entries(own)) {
        if (isWithin(mountPath, taken)) {
            return `${taken} is ${what}`;
        }
        if (isWithin(taken, mountPath)) {
            return `it contains ${taken}, ${what}`;
        }
    }
    return undefined;
}

/** Returns whether a path is that of a directory, or below it. */
export const isWithin = (one: string, directory: string): boolean =>
    `${path.posix.resolve(one)}/`.startsWith(`${path.posix.resolve(directory)}/`.replace("//", "/"));
