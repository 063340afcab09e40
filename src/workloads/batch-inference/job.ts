import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { mapInput } from "../../arguments/inputs";
import { literal } from "../../arguments/words";
import { labelsOf } from "../../pod/metadata";
import { buildModelVolume, modelDir } from "../../pod/model-volume";
import { buildPodTemplate } from "../../pod/pod-template";
import { hashRun, type RunHashes } from "../../runs/content";
import { jobNameVariable } from "../../runs/cron-job";
import { defaultParallelism, indexVariable } from "../../runs/indexed-job";
import {
    buildFailurePolicy,
    podCounts,
    type RunIdentity,
    runMeta,
    runTimeout,
    runTolerations,
    uidOf,
} from "../../runs/run";
import type { BatchInferenceArgs } from "./args";
import { buildDataVolume } from "./data-volume";

type Job = types.input.batch.v1.Job;

const component = "batch-inference";

/** Returns the labels of all objects of a batch inference. */
export const batchLabels = (name: string): Record<string, string> => labelsOf(name, component);

/** The directories of the input and the output in the container, in INPUT_DIR and OUTPUT_DIR. */
export const inputDir = "/input";
export const outputDir = "/output";

/** The names of the objects to which a run refers. */
export interface BatchContext {
    /** Name of the Secret with the values of `secretEnv`. */
    secretName?: pulumi.Input<string>;
    /** Name of the ResourceClaimTemplate, with `gpu.deviceClass`. */
    claimTemplate?: pulumi.Input<string>;
}

/** Returns the hashes of a run of all shards. How many of them run at once makes no difference. */
export const hashBatch = (args: BatchInferenceArgs): pulumi.Output<RunHashes> =>
    hashRun(args, {
        defaults: { parallelism: parallelism(args) },
        placement: ["parallelism", "retries"],
        ignored: ["rerun"],
    });

/** Returns the Job of all shards, each of which is an index. */
export function buildBatchJob(
    name: string,
    args: BatchInferenceArgs,
    context: BatchContext,
    identity: RunIdentity,
): Job {
    const { run } = identity;
    const template = buildShardPod(name, args, context, pulumi.interpolate`${run}/$(RUN_UID)`, {
        variables: uidOf("batch.kubernetes.io/controller-uid"),
    });
    return {
        metadata: runMeta(name, component, identity, args),
        spec: {
            activeDeadlineSeconds: runTimeout(args),
            ...indexedSpec(args),
            ...podCounts(identity, args.shards, parallelism(args)),
            template,
        },
    };
}

/**
 * Returns the Job that runs one shard again, with `rerun.image` if it is set.
 *
 * @param directory - The directory of the run whose shard it is.
 */
export function buildRerunJob(
    name: string,
    args: BatchInferenceArgs,
    shard: number,
    context: BatchContext,
    identity: RunIdentity,
    directory: pulumi.Input<string>,
): Job {
    const image = args.rerun?.image ?? args.image;
    return {
        metadata: runMeta(name, component, identity, args),
        spec: {
            backoffLimit: args.retries ?? 2,
            activeDeadlineSeconds: runTimeout(args),
            ...podCounts(identity),
            podFailurePolicy: buildFailurePolicy(args.retry, "FailJob"),
            template: buildShardPod(name, { ...args, image }, context, directory, { shard }),
        },
    };
}

/** Returns the spec of the Job of each scheduled run, without its time limit. */
export const buildScheduledSpec = (name: string, args: BatchInferenceArgs, context: BatchContext) => ({
    ...indexedSpec(args),
    completions: args.shards,
    parallelism: parallelism(args),
    template: buildShardPod(name, args, context, "$(RUN_NAME)", { variables: jobNameVariable }),
});

const parallelism = (args: BatchInferenceArgs) => args.parallelism ?? mapInput(args.shards, defaultParallelism);

const indexedSpec = (args: BatchInferenceArgs) => ({
    completionMode: "Indexed",
    backoffLimitPerIndex: args.retries ?? 2,
    podFailurePolicy: buildFailurePolicy(args.retry, "FailIndex"),
});

/**
 * Returns the pod template of a shard: the one of its index, or the given one.
 *
 * @param directory - The directory of the run below the output, which may contain variables: runs must not overwrite
 * the results of each other.
 */
function buildShardPod(
    name: string,
    args: BatchInferenceArgs,
    context: BatchContext,
    directory: pulumi.Input<string>,
    { shard, variables }: { shard?: number; variables?: Record<string, types.input.core.v1.EnvVarSource> },
) {
    const { model, inputUri, outputUri } = args;
    return buildPodTemplate(args, {
        labels: batchLabels(name),
        spec: { restartPolicy: "Never" },
        env: {
            ...(shard !== undefined && { SHARD_INDEX: String(shard) }),
            SHARD_COUNT: mapInput(args.shards, String),
            ...(model !== undefined && { MODEL_URI: literal(model), MODEL_DIR: modelDir }),
            INPUT_URI: literal(inputUri),
            INPUT_DIR: inputDir,
            OUTPUT_URI: pulumi.interpolate`${literal(outputUri)}/${directory}`,
            OUTPUT_DIR: outputDir,
        },
        envValueFrom: {
            ...(shard === undefined && { SHARD_INDEX: indexVariable.JOB_COMPLETION_INDEX! }),
            ...variables,
        },
        volumes: [
            ...(model === undefined ? [] : [buildModelVolume(model)]),
            buildDataVolume("input", inputDir, inputUri, { readOnly: true }),
            buildDataVolume("output", outputDir, outputUri, { directory }),
        ],
        ...context,
        tolerations: runTolerations(args),
    });
}
