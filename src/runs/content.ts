import * as pulumi from "@pulumi/pulumi";

import { hashOf } from "../arguments/hash";
import { mapInputs, outputOf } from "../arguments/inputs";
import type { RunArgs } from "./args";

/** The hashes of a run. */
export interface RunHashes {
    /** Of what decides the result. */
    content: string;
    /** Of that, and of what else its pods are made of. */
    pods: string;
}

/** Arguments that say how a run is supervised. They change in place. */
const supervision = ["name", "retries", "timeout", "startTimeout", "wait", "allowFailure"];

/** Arguments that decide where and how the pods run, and not what they compute. */
const placement = ["workspace", "spot", "retry"];

/**
 * Returns the hashes of a run from its arguments, and not from its pods, which change for other reasons as well: with a
 * version of this package, or with a label that a company adds to all pods.
 *
 * Changing the placement does not repeat a run that has completed. It replaces one that has not, because the placement
 * may be why it cannot run.
 *
 * @param defaults - Defaults of arguments, so that setting an argument to its default is no change.
 * @param details - What decides the result besides the arguments, such as where it is written.
 * @param placed - The arguments of this type of workload that belong to the placement. One that is otherwise part of
 * the supervision belongs here if it cannot be changed in place.
 */
export function hashRun<Args extends RunArgs>(
    args: Args,
    defaults: Partial<Args>,
    details: object,
    placed: string[] = [],
): pulumi.Output<RunHashes> {
    const fields = Object.entries({ ...defaults, ...args, secretEnv: Object.keys(args.secretEnv ?? {}).sort() });
    const select = (isSelected: (field: string) => boolean) =>
        Object.fromEntries(fields.filter(([field, value]) => value !== undefined && isSelected(field)));
    const isPlaced = (field: string) => placed.includes(field) || placement.includes(field);
    const content = { ...select((field) => !isPlaced(field) && !supervision.includes(field)), details };
    const hashes = mapInputs({ content, placement: select(isPlaced) }, (known): RunHashes => ({
        content: hashOf(known.content),
        pods: hashOf(known),
    }));
    // A hash of secret values reveals only whether a guess is right; Pulumi would hide all that is derived from it.
    return pulumi.unsecret(outputOf(hashes));
}
