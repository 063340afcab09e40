import type { types } from "@pulumi/kubernetes";
import type * as batch from "@pulumi/kubernetes/batch/v1";
import * as pulumi from "@pulumi/pulumi";

import type { BestTrial, SweepArgs } from "../workloads/sweep";
import { bestTrialProgram } from "./best-trial";
import { gpuNeeds } from "./gpu";
import { hashedName } from "./hash";
import { defaultParallelism, endOf, indexesOf, indexVariable, type JobStatus } from "./indexed";
import { mapInput } from "./inputs";
import { labelsOf, objectMeta } from "./metadata";
import { claimUri, modelDir, type PodVolumes } from "./model";
import { podTemplate } from "./pod";
import { disruptionsAreNoFailures, runMeta, runTimeout, runTolerations } from "./run";
import { untilEnded } from "./run-status";
import type { Trial } from "./trials";

type Job = types.input.batch.v1.Job;
type Pod = types.input.core.v1.Pod;
type ConfigMap = types.input.core.v1.ConfigMap;

export const component = "sweep";

/** The labels of all that belongs to a sweep. */
export const sweepLabels = (name: string): Record<string, string> => labelsOf(name, component);

/** Where a trial finds its parameters, as the variable TRIAL_FILE says. */
export const trialFile = "/trial/parameters.json";

/** What a sweep refers to, besides its arguments. */
export interface SweepContext {
    /** The claim's name. */
    claim: pulumi.Input<string>;
    /** The name of the Secret that holds `secretEnv`. */
    secretName?: pulumi.Input<string>;
    /** The name of the template of GPU claims, with `gpu.deviceClass`. */
    claimTemplate?: pulumi.Input<string>;
}

/** The same of a Job: how many trials there are, and the name of the ConfigMap in which they are written down. */
export interface SweepJobContext extends SweepContext {
    trials: number;
    trialsName: pulumi.Input<string>;
}

/** The trials, a file each, which is called after the trial's index. */
export function trialsConfigMap(name: string, args: SweepArgs, trials: Trial[]): ConfigMap {
    const data = Object.fromEntries(trials.map((trial, index) => [`${index}.json`, JSON.stringify(trial)]));
    const named = hashedName(`${name}-trials`, data);
    return { metadata: objectMeta(named, args.workspace.namespace, sweepLabels(name)), data, immutable: true };
}

/** Variables that all trials have, whatever runs them; `trial` is how one refers to its own name. */
export function trialVariables(
    name: string,
    args: SweepArgs,
    context: SweepContext,
    run: pulumi.Input<string>,
    trial: string,
): Record<string, pulumi.Input<string>> {
    return {
        TRIAL_FILE: trialFile,
        MODEL_DIR: modelDir,
        MODEL_URI: claimUri(context.claim, run, trial),
        RESULT_FILE: `${modelDir}/result.json`,
        ...trackingVariables(name, args),
    };
}

/** What a client of the tracking server is told. */
const trackingVariables = (name: string, { tracking }: SweepArgs): Record<string, pulumi.Input<string>> =>
    tracking === undefined
        ? {}
        : { MLFLOW_TRACKING_URI: tracking.uri, MLFLOW_EXPERIMENT_NAME: tracking.experiment ?? name };

/** The directory of each trial, of its own in the claim. */
export function trialVolume(claim: pulumi.Input<string>, run: pulumi.Input<string>, trial: string): PodVolumes {
    return {
        volumes: [{ name: "model", persistentVolumeClaim: { claimName: claim } }],
        mounts: [{ name: "model", mountPath: modelDir, subPathExpr: pulumi.interpolate`${run}/${trial}` }],
    };
}

/** The Job of all trials, each of which is an index. What cannot be changed in a Job is part of its name. */
export function sweepJob(name: string, args: SweepArgs, context: SweepJobContext): Job {
    const run = hashedName(name, { ...fixedSpec(name, args, context, "run"), triggers: args.triggers });
    const { maxFailedTrials } = args;
    return {
        metadata: runMeta(name, component, run, args, untilEnded),
        spec: {
            maxFailedIndexes:
                maxFailedTrials === undefined
                    ? undefined
                    : mapInput(maxFailedTrials, (most) => Math.min(most, context.trials)),
            activeDeadlineSeconds: deadline(args, context.trials),
            ...fixedSpec(name, args, context, run),
        },
    };
}

/** The fields of a Job that cannot be changed, among them one that Pulumi's provider takes for such: `parallelism`. */
function fixedSpec(name: string, args: SweepArgs, context: SweepJobContext, run: pulumi.Input<string>) {
    const { claim, secretName, claimTemplate, trials, trialsName } = context;
    const index = "$(JOB_COMPLETION_INDEX)";
    return {
        completionMode: "Indexed",
        completions: trials,
        parallelism: args.parallelism ?? defaultParallelism(trials),
        backoffLimitPerIndex: args.retries ?? 2,
        podFailurePolicy: disruptionsAreNoFailures,
        template: podTemplate(args, {
            labels: sweepLabels(name),
            spec: { restartPolicy: "Never" },
            env: {
                ...trialVariables(name, args, context, run, index),
                TRIAL_NAME: pulumi.interpolate`${run}-${index}`,
            },
            envFrom: indexVariable,
            volumes: [
                trialVolume(claim, run, index),
                {
                    volumes: [{ name: "trial", configMap: { name: trialsName } }],
                    mounts: [{ name: "trial", mountPath: trialFile, subPathExpr: `${index}.json`, readOnly: true }],
                },
            ],
            secretName,
            claimTemplate,
            tolerations: runTolerations(args),
        }),
    };
}

/** The time limit of a sweep, in seconds: the timeout, or that of a budget which is used up before. */
function deadline(args: SweepArgs, trials: number): pulumi.Input<number> {
    const { gpuHours } = args.budget ?? {};
    if (gpuHours === undefined) {
        return runTimeout(args);
    }
    const count = args.gpu?.count ?? 1;
    const parallelism = args.parallelism ?? defaultParallelism(trials);
    return mapInput(runTimeout(args), (limit) =>
        mapInput(gpuHours, (hours) =>
            mapInput(count, (gpus) =>
                mapInput(parallelism, (pods) =>
                    Math.max(1, Math.min(limit, Math.floor((hours * 3600) / (gpus * Math.min(pods, trials))))),
                ),
            ),
        ),
    ) as pulumi.Input<number>;
}

/** What a pod needs besides to record the trials in the tracking server. */
function recording(
    name: string,
    args: SweepArgs,
    { claim, trialsName }: SweepJobContext,
    run: pulumi.Input<string>,
): { env: Record<string, pulumi.Input<string>>; volumes: PodVolumes[] } {
    return {
        env: {
            ...trackingVariables(name, args),
            RUN: run,
            RUN_URI: claimUri(claim, run),
        },
        volumes: [
            {
                volumes: [{ name: "trials", configMap: { name: trialsName } }],
                mounts: [{ name: "trials", mountPath: "/trials", readOnly: true }],
            },
        ],
    };
}

/** Of a workload's variables those with which one logs in to the tracking server. */
const credentials = <T>(variables: Record<string, T> | undefined): Record<string, T> | undefined =>
    variables &&
    Object.fromEntries(Object.entries(variables).filter(([variable]) => variable.startsWith("MLFLOW_TRACKING_")));

/**
 * The pod that compares the results of the trials that have succeeded. What it finds is its termination message, which
 * is part of its status: it needs no account, and the program reads it without a call.
 */
export function bestPod(
    name: string,
    args: SweepArgs,
    context: SweepJobContext,
    job: Pick<batch.Job, "metadata" | "status">,
): Pod {
    const { workspace, image, runAsUser, collectorImage = image, objective, tracking } = args;
    const record = tracking && recording(name, args, context, job.metadata.name);
    const { nodeSelector, tolerations, securityContext } = (args.podSpec ?? {}) as Record<string, unknown>;
    const { metadata, spec } = podTemplate(
        {
            workspace,
            image: collectorImage,
            command: ["python3", "-c", bestTrialProgram({ record: record !== undefined })],
            ...(record && { env: credentials(args.env), secretEnv: credentials(args.secretEnv) }),
            resources: { cpu: "50m", memory: "128Mi" },
            runAsUser,
            // It goes where the trials could go, as their volume may be only there.
            podSpec: { nodeSelector, tolerations, securityContext },
        },
        {
            labels: labelsOf(name, `${component}-best`),
            spec: { restartPolicy: "Never", automountServiceAccountToken: false },
            env: {
                METRIC: objective.metric,
                GOAL: objective.goal ?? "maximize",
                TRIALS: job.status.apply((status?: JobStatus) => status?.completedIndexes ?? ""),
                ...record?.env,
            },
            volumes: [
                {
                    volumes: [{ name: "results", persistentVolumeClaim: { claimName: context.claim } }],
                    mounts: [
                        { name: "results", mountPath: "/results", subPath: job.metadata.name, readOnly: true },
                    ] as types.input.core.v1.VolumeMount[],
                },
                ...(record?.volumes ?? []),
            ],
            secretName: context.secretName,
            tolerations: mapInput(runTolerations(args), (spot) => [...gpuNeeds(args.gpu).tolerations, ...spot]),
        },
    );
    const { labels } = metadata as { labels: Record<string, string> };
    return {
        metadata: objectMeta(hashedName(`${name}-best`, spec!), workspace.namespace, labels, {
            "pulumi.com/waitFor": 'jsonpath={$[?(@.phase=="Succeeded"||@.phase=="Failed")].phase}',
        }),
        spec,
    };
}

/** What is looked at of the status of the pod that compares. */
export interface BestPodStatus {
    phase?: string;
    message?: string;
    containerStatuses?: { state?: { terminated?: { exitCode: number; message?: string } } }[];
}

/** What has become of a sweep: the best trial, or why there is none; neither while nobody knows. */
export interface Outcome {
    best?: BestTrial;
    problem?: string;
    /** What is no reason to fail. */
    warning?: string;
}

/** What has become of a sweep, as the status of its Job and that of the pod that compares tell. */
export function sweepOutcome(told: {
    trials: Trial[];
    maxFailedTrials?: number;
    timeout?: string;
    gpuHours?: number;
    job?: JobStatus;
    pod?: BestPodStatus;
}): Outcome {
    const { trials, pod } = told;
    const end = endOf(told.job);
    if (end === undefined) {
        return {};
    }
    const failed = indexesOf(end.failed).length;
    const look = "see their pods' logs, and mend it, or change triggers to run it again";
    if (end.failure?.reason === "MaxFailedIndexesExceeded" || failed > (told.maxFailedTrials ?? Infinity)) {
        const most = told.maxFailedTrials ?? 0;
        return {
            problem: `${failed} of ${trials.length} trials have failed (${end.failed}), and maxFailedTrials is ${most}; ${look}`,
        };
    }
    if (end.succeeded === "") {
        return { problem: `no trial has succeeded: ${end.failure?.message ?? "there is none"}; ${look}` };
    }
    if (end.failure?.reason === "DeadlineExceeded" && told.gpuHours === undefined) {
        const timeout = told.timeout ?? "24h";
        return { problem: `it has taken longer than its timeout, ${timeout}; give more time and change triggers` };
    }
    const { exitCode, message } = pod?.containerStatuses?.[0]?.state?.terminated ?? {};
    if (pod?.phase === "Failed" || (exitCode ?? 0) !== 0) {
        const why = (message ?? pod?.message ?? "its pod has failed").trim();
        return { problem: `the results of the trials cannot be compared: ${why}` };
    }
    if (message === undefined) {
        return {};
    }
    const { trial, value, unrecorded } = JSON.parse(message) as { trial: number; value: number; unrecorded?: string };
    return {
        best: { trial: String(trial), parameters: trials[trial]!, value },
        ...(unrecorded !== undefined && {
            warning: `its trials are not in the tracking server: ${unrecorded}; mend it, delete the pod that compares them, and run pulumi up --refresh`,
        }),
    };
}
