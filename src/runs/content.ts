import * as pulumi from "@pulumi/pulumi";

import { hashOf } from "../arguments/hash";
import { isEventual, mapInputs, outputOf } from "../arguments/inputs";
import { defaultResources } from "../pod/pod-template";
import type { RunArgs } from "./args";

/** The hashes of a run. */
export interface RunHashes {
    /** Of what decides the result. */
    content: string;
    /** Of that, and of what else its pods are made of. */
    pods: string;
    /** Of each argument that decides the result, to name those that differ between two runs. */
    fields: Record<string, string>;
}

/** Arguments that say how a run is supervised. They change in place. */
const supervision = [
    "name",
    "retries",
    "timeout",
    "startTimeout",
    "wait",
    "allowFailure",
    "keepResults",
    "labels",
    "annotations",
];

/** Arguments that decide where and how the pods run, and not what they compute. */
const placement = ["workspace", "spot", "retry", "queuePriority", "podLabels", "podAnnotations"];

/** What a type of workload adds to this. */
interface ContentOptions<Args> {
    /** Defaults of arguments, so that setting an argument to its default is no change. */
    defaults?: Partial<Args>;
    /** What decides the result besides the arguments, such as where it is written. */
    details?: object;
    /** What the pods are made of besides the arguments, such as the claim of their checkpoints. */
    podDetails?: object;
    /** More arguments of the placement. One of the supervision belongs here if it cannot be changed in place. */
    placement?: (keyof Args)[];
    /** Arguments that are in `details` as far as they matter, or change in place. */
    ignored?: (keyof Args)[];
}

/**
 * Returns the hashes of a run from its arguments, and not from its pods, which change for other reasons as well: with a
 * version of this package, or with a label that a company adds to all pods.
 *
 * Changing the placement does not repeat a run that has completed. It replaces one that has not, because the placement
 * may be why it cannot run.
 */
export function hashRun<Args extends RunArgs>(args: Args, options: ContentOptions<Args>): pulumi.Output<RunHashes> {
    const { defaults, details, podDetails, ignored = [] } = options;
    const fields = Object.entries({ ...withDefaults({ ...defaults, ...withoutUnset(args) }) }).filter(
        ([, value]) => !isEmpty(value),
    );
    const isPlacement = (field: string) =>
        placement.includes(field) || (options.placement ?? []).includes(field as keyof Args);
    const isContent = (field: string) =>
        !isPlacement(field) && !supervision.includes(field) && !ignored.includes(field as keyof Args);
    const select = (isSelected: (field: string) => boolean) =>
        Object.fromEntries(fields.filter(([field]) => isSelected(field)));
    const all = { content: { ...select(isContent), details }, placement: { ...select(isPlacement), ...podDetails } };
    const hashes = mapInputs(all, (known): RunHashes => {
        const { details: others, ...given } = known.content as { details?: object };
        const fields = Object.entries({ ...given, ...others }).filter(([, value]) => value !== undefined);
        return {
            content: hashOf(known.content),
            pods: hashOf(known),
            fields: Object.fromEntries(fields.map(([field, value]) => [field, hashOf(value, 4)])),
        };
    });
    // A hash of secret values reveals only whether a guess is right; Pulumi would hide all that is derived from it.
    return pulumi.unsecret(outputOf(hashes));
}

/**
 * Returns the arguments as they act: with the defaults that all runs have, and without the values of `secretEnv`, a new
 * one of which is no reason to run again.
 */
function withDefaults(args: RunArgs): object {
    const { resources, gpu, secretEnv } = args;
    return {
        readOnlyRootFilesystem: true,
        retries: 2,
        timeout: "24h",
        spot: false,
        ...args,
        resources: { ...defaultResources, ...withoutUnset(resources ?? {}) },
        // An empty `gpu` is one GPU.
        gpu: gpu && { count: 1, ...withoutUnset(gpu) },
        secretEnv: Object.keys(secretEnv ?? {}).sort(),
    };
}

const withoutUnset = <T extends object>(fields: T): T =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;

/** Returns whether an argument says nothing, such as an empty list. */
const isEmpty = (value: unknown): boolean =>
    value === undefined ||
    (typeof value === "object" && value !== null && !isEventual(value) && Object.keys(value).length === 0);
