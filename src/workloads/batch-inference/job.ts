import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { hashedName } from "../../arguments/hash";
import { mapInput } from "../../arguments/inputs";
import { labelsOf } from "../../pod/metadata";
import { inputVolume, modelDir } from "../../pod/model-volume";
import { buildPodTemplate } from "../../pod/pod-template";
import { defaultParallelism, indexVariable } from "../../runs/indexed-job";
import { disruptionsAreNoFailures, runMeta, runTimeout, runTolerations } from "../../runs/run";
import { untilEnded } from "../../runs/status";
import { addressVolume } from "./address";
import type { BatchInferenceArgs } from "./args";

type Job = types.input.batch.v1.Job;

const component = "batch-inference";

/** The labels of all that belongs to a batch inference. */
export const batchLabels = (name: string): Record<string, string> => labelsOf(name, component);

/** Where the container finds the input and leaves the output, as INPUT_DIR and OUTPUT_DIR say. */
const inputDir = "/input";
const outputDir = "/output";

/** What a run refers to, besides its arguments. */
export interface BatchContext {
    /** The name of the Secret that holds `secretEnv`. */
    secretName?: pulumi.Input<string>;
    /** The name of the template of GPU claims, with `gpu.deviceClass`. */
    claimTemplate?: pulumi.Input<string>;
}

/** The Job of all shards, each of which is an index. What cannot be changed in a Job is part of its name. */
export function buildBatchJob(name: string, args: BatchInferenceArgs, context: BatchContext): Job {
    const fixed = fixedSpec(name, args, context);
    const run = hashedName(name, { ...fixed, triggers: args.triggers });
    return {
        metadata: runMeta(name, component, run, args, untilEnded),
        spec: { activeDeadlineSeconds: runTimeout(args), ...fixed },
    };
}

/** The Job that does one shard once more, with the image that has been mended where there is one. */
export function buildRerunJob(name: string, args: BatchInferenceArgs, shard: number, context: BatchContext): Job {
    const image = args.rerun?.image ?? args.image;
    const template = podOf(name, { ...args, image }, context, shard);
    const fixed = { podFailurePolicy: disruptionsAreNoFailures, template };
    return {
        metadata: runMeta(name, component, hashedName(name, { ...fixed, triggers: args.triggers }), args),
        spec: { backoffLimit: args.retries ?? 2, activeDeadlineSeconds: runTimeout(args), ...fixed },
    };
}

/** The fields of a Job that cannot be changed, among them one that Pulumi's provider takes for such: `parallelism`. */
export function fixedSpec(name: string, args: BatchInferenceArgs, context: BatchContext) {
    return {
        completionMode: "Indexed",
        completions: args.shards,
        parallelism: args.parallelism ?? mapInput(args.shards, defaultParallelism),
        backoffLimitPerIndex: args.retries ?? 2,
        podFailurePolicy: disruptionsAreNoFailures,
        template: podOf(name, args, context),
    };
}

/** The pod of a shard: that of its index, or of this one. */
function podOf(name: string, args: BatchInferenceArgs, context: BatchContext, shard?: number) {
    const { model, input, output, schedule } = args;
    // Runs that come again and again keep out of each other's way.
    const run = schedule === undefined ? undefined : "$(RUN_NAME)";
    return buildPodTemplate(args, {
        labels: batchLabels(name),
        spec: { restartPolicy: "Never" },
        env: {
            ...(shard !== undefined && { SHARD_INDEX: String(shard) }),
            SHARD_COUNT: mapInput(args.shards, String),
            ...(model !== undefined && { MODEL_URI: model, MODEL_DIR: modelDir }),
            INPUT_URI: input,
            INPUT_DIR: inputDir,
            OUTPUT_URI: run === undefined ? output : mapInput(output, (uri) => `${uri}/${run}`),
            OUTPUT_DIR: outputDir,
        },
        envFrom: {
            ...(shard === undefined && { SHARD_INDEX: indexVariable.JOB_COMPLETION_INDEX! }),
            ...(run !== undefined && {
                RUN_NAME: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-name']" } },
            }),
        },
        volumes: [
            ...(model === undefined ? [] : [inputVolume(model)]),
            addressVolume("input", inputDir, input, { readOnly: true }),
            addressVolume("output", outputDir, output, { run }),
        ],
        ...context,
        tolerations: runTolerations(args),
    });
}
