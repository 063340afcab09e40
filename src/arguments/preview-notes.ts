/**
 * What a preview reports besides its diff, each in a line of its own, such as what it could not look at and so has not
 * checked.
 */
import * as pulumi from "@pulumi/pulumi";

import { isKnown } from "./inputs";

/** What has been said in each stack: programs of the Automation API may run in the same process. */
const notes = new WeakMap<object, Set<string>>();

/**
 * Prints a line in a preview.
 *
 * @param about - What it is about: of several lines about the same, only the first is printed.
 */
export function notePreview(message: string, about = message): void {
    const stack = pulumi.runtime.getStackResource();
    if (stack === undefined || !pulumi.runtime.isDryRun()) {
        return;
    }
    const said = notes.get(stack) ?? new Set();
    notes.set(stack, said);
    if (!said.has(about)) {
        said.add(about);
        void pulumi.log.info(message);
    }
}

/** Calls a function if the value of an Output is not known in this preview. */
export function whenUnknown(output: pulumi.Output<unknown>, call: () => void): void {
    // An Output that fails is reported elsewhere.
    void isKnown(output)
        .then((known) => !known && call())
        .catch(() => undefined);
}
