import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import type { BatchInferenceArgs } from "../workloads/batch-inference";
import { hashedName } from "./hash";
import { defaultParallelism, endOf, indexesOf, indexVariable, type JobStatus } from "./indexed";
import { mapInput } from "./inputs";
import { labelsOf, objectMeta } from "./metadata";
import { inputVolume, modelDir, type PodVolumes } from "./model";
import { podTemplate } from "./pod";
import { disruptionsAreNoFailures, runMeta, runTimeout, runTolerations } from "./run";
import { untilEnded } from "./run-status";

type Job = types.input.batch.v1.Job;
type CronJob = types.input.batch.v1.CronJob;

const component = "batch-inference";

/** The labels of all that belongs to a batch inference. */
export const batchLabels = (name: string): Record<string, string> => labelsOf(name, component);

/** Where the container finds the input and leaves the output, as INPUT_DIR and OUTPUT_DIR say. */
const inputDir = "/input";
const outputDir = "/output";

/** A claim, or a directory in it. */
const inClaim = /^pvc:\/\/(?<claim>[a-z0-9][-a-z0-9.]*)(\/(?<path>[^/\s]+(\/[^/\s]+)*))?$/;

/** What is wrong with the address of an input or an output. */
export function addressProblem(uri: unknown): string | undefined {
    const isUri = typeof uri === "string" && /^[a-z][a-z0-9+.-]*:\/\/\S*[^\s/]$/.test(uri);
    return isUri && (inClaim.test(uri) || !uri.startsWith("pvc:")) && !/\/\.\.(\/|$)/.test(uri)
        ? undefined
        : 'it must be an address such as "s3://scores/november", "pvc://<claim>" or "pvc://<claim>/<directory>", without a slash at the end';
}

/** What a run refers to, besides its arguments. */
export interface BatchContext {
    /** The name of the Secret that holds `secretEnv`. */
    secretName?: pulumi.Input<string>;
    /** The name of the template of GPU claims, with `gpu.deviceClass`. */
    claimTemplate?: pulumi.Input<string>;
}

/** The Job of all shards, each of which is an index. What cannot be changed in a Job is part of its name. */
export function batchJob(name: string, args: BatchInferenceArgs, context: BatchContext): Job {
    const fixed = fixedSpec(name, args, context);
    const run = hashedName(name, { ...fixed, triggers: args.triggers });
    return {
        metadata: runMeta(name, component, run, args, untilEnded),
        spec: { activeDeadlineSeconds: runTimeout(args), ...fixed },
    };
}

/** The CronJob that makes such a Job each time. All of it can be changed in place. */
export function batchCronJob(name: string, args: BatchInferenceArgs, context: BatchContext): CronJob {
    const labels = batchLabels(name);
    const { namespace, queue } = args.workspace;
    return {
        metadata: objectMeta(name, namespace, labels),
        spec: {
            schedule: args.schedule!,
            timeZone: args.timeZone,
            // Two runs at once would take each other's place and write the same files.
            concurrencyPolicy: "Forbid",
            // Without it a CronJob that has missed a hundred starts never starts again.
            startingDeadlineSeconds: 3600,
            jobTemplate: {
                metadata: { labels: { ...labels, ...(queue !== undefined && { "kueue.x-k8s.io/queue-name": queue }) } },
                spec: { activeDeadlineSeconds: runTimeout(args), ...fixedSpec(name, args, context) },
            },
        },
    };
}

/** The Job that does one shard once more, with the image that has been mended where there is one. */
export function rerunJob(name: string, args: BatchInferenceArgs, shard: number, context: BatchContext): Job {
    const image = args.rerun?.image ?? args.image;
    const template = podOf(name, { ...args, image }, context, shard);
    const fixed = { podFailurePolicy: disruptionsAreNoFailures, template };
    return {
        metadata: runMeta(name, component, hashedName(name, { ...fixed, triggers: args.triggers }), args),
        spec: { backoffLimit: args.retries ?? 2, activeDeadlineSeconds: runTimeout(args), ...fixed },
    };
}

/** The fields of a Job that cannot be changed, among them one that Pulumi's provider takes for such: `parallelism`. */
function fixedSpec(name: string, args: BatchInferenceArgs, context: BatchContext) {
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
    return podTemplate(args, {
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

/** The volume of an address: of its claim, or the pod's own, to which or from which the container copies. */
function addressVolume(
    name: string,
    mountPath: string,
    uri: pulumi.Input<string>,
    { readOnly, run }: { readOnly?: true; run?: string },
): PodVolumes {
    const groupsOf = (known: string): { claim?: string; path?: string } => inClaim.exec(known)?.groups ?? {};
    return {
        volumes: mapInput(uri, (known) => {
            const { claim } = groupsOf(known);
            return [
                claim === undefined ? { name, emptyDir: {} } : { name, persistentVolumeClaim: { claimName: claim } },
            ];
        }),
        mounts: mapInput(uri, (known) => {
            const { claim, path } = groupsOf(known);
            if (claim === undefined) {
                return [{ name, mountPath }];
            }
            const directory = [path, run].filter((part) => part !== undefined).join("/");
            return [
                {
                    name,
                    mountPath,
                    ...(directory !== "" && (run === undefined ? { subPath: directory } : { subPathExpr: directory })),
                    ...(readOnly && { readOnly }),
                },
            ];
        }),
    };
}

/** Why a run has no complete results, or nothing if it has, or while nobody knows. */
export function batchProblem(shards: number, rerun: number[], status: JobStatus | undefined): string | undefined {
    const end = endOf(status);
    if (end?.failure === undefined) {
        return undefined;
    }
    const done = new Set([...indexesOf(end.succeeded), ...rerun]);
    const missing = Array.from({ length: shards }, (_, shard) => shard).filter((shard) => !done.has(shard));
    if (missing.length === 0) {
        return undefined;
    }
    const listed = missing.slice(0, mostRerun).join(", ");
    return (
        `${missing.length} of ${shards} shards are not done: ${end.failure.message || end.failure.reason}; mend what was ` +
        `wrong and do them alone, with rerun: { shards: [${[...rerun, listed].join(", ")}] }`
    );
}

/** The most shards that are done once more by themselves, each of which is a Job. */
export const mostRerun = 100;
