import * as core from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";

import { failOutput } from "../arguments/inputs";
import { objectMeta } from "../pod/metadata";
import { historyAnnotations, resultField, type RunHistory, runsField } from "./history";
import type { RunOwner } from "./tracked-run";

/** Registers the record of a component's runs, with which the current result changes. */
export function createRunRecord(
    name: string,
    { namespace, recordName }: RunOwner,
    labels: Record<string, string>,
    history: pulumi.Output<RunHistory>,
    parent: pulumi.Resource,
): core.ConfigMap {
    // Each is an Output of its own, so that a preview shows the rest of the record while they are unknown.
    const annotations = Object.fromEntries(
        ([resultField, runsField] as const).map((field) => [
            field,
            history.apply((known) => historyAnnotations(known)[field]) as pulumi.Output<string>,
        ]),
    );
    return new core.ConfigMap(
        `${name}-record`,
        { metadata: objectMeta(recordName, namespace, labels, annotations) },
        { parent },
    );
}

/** Returns the current result as far as there is one. */
export const knownResult = (record: core.ConfigMap): pulumi.Output<string | undefined> =>
    record.metadata.apply(({ annotations = {} }): string | undefined => annotations[resultField]);

/**
 * Returns the current result from the record. There is none before the first run has completed; whatever uses it then
 * fails.
 */
export function currentResult({ title }: RunOwner, record: core.ConfigMap): pulumi.Output<string> {
    return record.metadata.apply(
        ({ annotations = {} }) =>
            annotations[resultField] ??
            failOutput<string>(`${title}: no run has completed yet, so it has no result to use`),
    );
}

/**
 * Defines a property of a component that is created when it is first read: an Output that fails although nothing uses
 * it would fail the program.
 */
export function defineResult(component: pulumi.Resource, property: string, create: () => pulumi.Output<unknown>): void {
    let result: pulumi.Output<unknown> | undefined;
    Object.defineProperty(component, property, { enumerable: false, get: () => (result ??= create()) });
}
