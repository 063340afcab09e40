import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { hashedName } from "../../arguments/hash";
import { mapInput } from "../../arguments/inputs";
import { labelsOf } from "../../pod/metadata";
import { inputVolume, modelDir } from "../../pod/model-volume";
import { buildPodTemplate } from "../../pod/pod-template";
import { jobNameVariable } from "../../runs/cron-job";
import { defaultParallelism, indexVariable } from "../../runs/indexed-job";
import { ignoreDisruptions, runMeta, runTimeout, runTolerations } from "../../runs/run";
import { untilEnded } from "../../runs/status";
import type { BatchInferenceArgs } from "./args";
import { buildDataVolume } from "./data-volume";

type Job = types.input.batch.v1.Job;

const component = "batch-inference";

/** Returns the labels of all objects of a batch inference. */
export const batchLabels = (name: string): Record<string, string> => labelsOf(name, component);

/** The directories of the input and the output in the container, in INPUT_DIR and OUTPUT_DIR. */
const inputDir = "/input";
const outputDir = "/output";

/** The names of the objects to which a run refers. */
export interface BatchContext {
    /** Name of the Secret with the values of `secretEnv`. */
    secretName?: pulumi.Input<string>;
    /** Name of the ResourceClaimTemplate, with `gpu.deviceClass`. */
    claimTemplate?: pulumi.Input<string>;
}

/** Returns the Job of all shards, each of which is an index. Its name is a hash of its immutable fields. */
export function buildBatchJob(name: string, args: BatchInferenceArgs, context: BatchContext): Job {
    const fixed = fixedSpec(name, args, context);
    const run = hashedName(name, { ...fixed, triggers: args.triggers });
    return {
        metadata: runMeta(name, component, run, args, untilEnded),
        spec: { activeDeadlineSeconds: runTimeout(args), ...fixed },
    };
}

/** Returns the Job that runs one shard again, with `rerun.image` if it is set. */
export function buildRerunJob(name: string, args: BatchInferenceArgs, shard: number, context: BatchContext): Job {
    const image = args.rerun?.image ?? args.image;
    const template = buildShardPod(name, { ...args, image }, context, shard);
    const fixed = { podFailurePolicy: ignoreDisruptions, template };
    return {
        metadata: runMeta(name, component, hashedName(name, { ...fixed, triggers: args.triggers }), args),
        spec: { backoffLimit: args.retries ?? 2, activeDeadlineSeconds: runTimeout(args), ...fixed },
    };
}

/** Returns the immutable fields of a Job, and `parallelism`, which Pulumi's provider treats as immutable. */
export function fixedSpec(name: string, args: BatchInferenceArgs, context: BatchContext) {
    return {
        completionMode: "Indexed",
        completions: args.shards,
        parallelism: args.parallelism ?? mapInput(args.shards, defaultParallelism),
        backoffLimitPerIndex: args.retries ?? 2,
        podFailurePolicy: ignoreDisruptions,
        template: buildShardPod(name, args, context),
    };
}

/** Returns the pod template of a shard: the one of its index, or the given one. */
function buildShardPod(name: string, args: BatchInferenceArgs, context: BatchContext, shard?: number) {
    const { model, inputUri, outputUri, schedule } = args;
    // Scheduled runs must not overwrite the results of each other.
    const run = schedule === undefined ? undefined : "$(RUN_NAME)";
    return buildPodTemplate(args, {
        labels: batchLabels(name),
        spec: { restartPolicy: "Never" },
        env: {
            ...(shard !== undefined && { SHARD_INDEX: String(shard) }),
            SHARD_COUNT: mapInput(args.shards, String),
            ...(model !== undefined && { MODEL_URI: model, MODEL_DIR: modelDir }),
            INPUT_URI: inputUri,
            INPUT_DIR: inputDir,
            OUTPUT_URI: run === undefined ? outputUri : mapInput(outputUri, (uri) => `${uri}/${run}`),
            OUTPUT_DIR: outputDir,
        },
        envValueFrom: {
            ...(shard === undefined && { SHARD_INDEX: indexVariable.JOB_COMPLETION_INDEX! }),
            ...(run !== undefined && jobNameVariable),
        },
        volumes: [
            ...(model === undefined ? [] : [inputVolume(model)]),
            buildDataVolume("input", inputDir, inputUri, { readOnly: true }),
            buildDataVolume("output", outputDir, outputUri, { run }),
        ],
        ...context,
        tolerations: runTolerations(args),
    });
}
