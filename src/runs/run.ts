import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { seconds } from "../arguments/duration";
import { mapInput, mapInputs } from "../arguments/inputs";
import { labelsOf, objectMeta } from "../pod/metadata";
import { containerName } from "../pod/pod-template";
import type { RetryArgs, RunArgs } from "./args";
import { priorityLabel, priorityName, queueName } from "./queue";

/** Returns the time limit of a run in seconds. */
export function runTimeout(args: Pick<RunArgs, "timeout">): pulumi.Input<number> {
    return mapInput(args.timeout ?? "24h", seconds);
}

/** What a run is called, and whether it has to do anything. */
export interface RunIdentity {
    /** Name of the run and of its Job. */
    run: pulumi.Input<string>;
    /** Hash of what decides the result. */
    content: pulumi.Input<string>;
    /** Whether a run of the same content has completed before: the Job then only stands for it, and has no pods. */
    isDone: pulumi.Input<boolean>;
    /** Paths that its pods delete; see obsolete.ts. */
    cleanup: pulumi.Input<string[]>;
}

/** Marks a Job that only stands for a run that has completed before. */
export const doneAnnotation = "kubernetes-mlops/completed-before";

/**
 * Returns the metadata of a run. It is admitted by a queue.
 *
 * @param queueIfDone - The queue of an object that only stands for a run. Defaults to none.
 */
export function runMeta(
    name: string,
    component: string,
    { run, isDone }: RunIdentity,
    args: RunArgs,
    queueIfDone?: string,
): types.input.meta.v1.ObjectMeta {
    const { queue } = args.workspace;
    const ownQueue = mapInputs({ queue, isDone }, (known) => (known.isDone ? queueIfDone : known.queue));
    return objectMeta(
        run,
        args.workspace.namespace,
        {
            ...labelsOf(name, component),
            ...((queue ?? queueIfDone) !== undefined && { [queueName]: ownQueue as pulumi.Input<string> }),
            ...priorityLabel(args),
        },
        {
            ...(args.triggers && {
                "kubernetes-mlops/triggers": pulumi.all(args.triggers).apply((all) => all.join(", ")),
            }),
            [doneAnnotation]: mapInput(isDone, (known) => (known ? "true" : undefined)) as pulumi.Input<string>,
            // The component follows the run itself; see tracked-run.ts.
            "pulumi.com/skipAwait": "true",
            // Deleted at once, so that the name can be used again before the last pod is gone.
            "pulumi.com/deletionPropagationPolicy": "background",
        },
    );
}

/**
 * The fields of a Job that cannot be changed, or not without disturbing the run. They are set when the object is
 * created. A run with other content has another name.
 */
const fixedOfJob = [
    // With a wildcard, because the provider would replace a field that is named by the live one, take that for the
    // input, and find it changed the next time, as the API server has added labels.
    "template.*",
    "completions",
    "parallelism",
    "completionMode",
    "podFailurePolicy",
    "backoffLimitPerIndex",
].map((field) => `spec.${field}`);
/** Kueue refuses another queue, and a priority that is added or removed. */
const fixedMetadata = [
    `metadata.annotations["${doneAnnotation}"]`,
    ...[queueName, priorityName].map((label) => `metadata.labels["${label}"]`),
];

/** The options of a Job: it is deleted before another takes its place, so that what it occupies is free by then. */
export const runOptions = { deleteBeforeReplace: true, ignoreChanges: [...fixedOfJob, ...fixedMetadata] };

/** The same for the custom resources of operators, of which nothing can be changed. */
export const operatorRunOptions = { deleteBeforeReplace: true, ignoreChanges: ["spec.*", ...fixedMetadata] };

/** Returns how many pods of a Job must succeed, and how many run at once: none if its run has completed before. */
export function podCounts(
    { isDone }: Pick<RunIdentity, "isDone">,
    completions?: pulumi.Input<number>,
    parallelism = completions,
) {
    const unlessDone = (count: pulumi.Input<number> | undefined) =>
        mapInputs({ isDone, count }, (known) => (known.isDone ? 0 : known.count)) as pulumi.Input<number>;
    return { completions: unlessDone(completions), parallelism: unlessDone(parallelism) };
}

/** Returns the variable RUN_UID, to which later variables and mounts may refer as $(RUN_UID), from a label of the pod. */
export const uidOf = (label: string): Record<string, types.input.core.v1.EnvVarSource> => ({
    RUN_UID: { fieldRef: { fieldPath: `metadata.labels['${label}']` } },
});

/**
 * Returns which failures of pods count as retries: those of pods that were disrupted (a drained node, a preemption) do
 * not, nor those with an exit code of `retry.always`; one of `retry.never` fails the Job, or its index, at once.
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
 */
export function buildFailurePolicy(
    retry: RetryArgs | undefined,
    fail: "FailJob" | "FailIndex",
): types.input.batch.v1.PodFailurePolicy {
    // The API server requires sorted values without duplicates.
    const sorted = (codes: pulumi.Input<number>[]) =>
        mapInputs(codes, (known) => [...new Set(known as number[])].sort((a, b) => a - b));
    const onExitCodes = (action: string, codes: pulumi.Input<number>[] = []) =>
        codes.length === 0 ? [] : [{ action, onExitCodes: { containerName, operator: "In", values: sorted(codes) } }];
    return {
        rules: [
            { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
            ...onExitCodes(fail, retry?.never),
            ...onExitCodes("Ignore", retry?.always),
        ],
    };
}

/**
 * The taints that clouds give to spot nodes. AWS gives none.
 * Sources: https://cloud.google.com/kubernetes-engine/docs/concepts/spot-vms,
 * https://learn.microsoft.com/azure/aks/spot-node-pool
 */
const spotTaints = [
    { key: "cloud.google.com/gke-spot", operator: "Equal", value: "true", effect: "NoSchedule" },
    { key: "kubernetes.azure.com/scalesetpriority", operator: "Equal", value: "spot", effect: "NoSchedule" },
];

/** Returns the tolerations of the pods of a run, for spot nodes if they are allowed. */
export function runTolerations(args: Pick<RunArgs, "spot">): pulumi.Input<types.input.core.v1.Toleration[]> {
    return mapInput(args.spot ?? false, (spot) => (spot ? spotTaints : []));
}
