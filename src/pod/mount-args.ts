import * as path from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { boolean, dnsSubdomain, matching } from "../arguments/formats";
import { list, object, type Problems, required, rule } from "../arguments/rules";

/** A PersistentVolumeClaim that is mounted into the pods of a workload. */
export interface MountArgs {
    /** Name of the PersistentVolumeClaim, in the workload's namespace. */
    claim: pulumi.Input<string>;
    /** Absolute path in the container at which the volume is mounted, for example "/data". */
    mountPath: pulumi.Input<string>;
    /** Directory of the volume to mount, relative to its root. Defaults to the root. */
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

/** The rule of `mounts`. */
export const mountsRule = list(
    required(
        object<MountArgs>({
            claim: required(dnsSubdomain, "set the name of a PersistentVolumeClaim"),
            mountPath: required(mountPath, 'set the path in the container, for example "/data"'),
            subPath: matching(
                /^(?!\/)(?!(.*\/)?\.\.(\/|$))\S+$/,
                "it must be a path relative to the root of the volume, without ..",
            ),
            readOnly: boolean,
        }),
        "remove the entry or set claim and mountPath",
    ),
);

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
