import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { hashedName } from "../../arguments/hash";
import { mapInput } from "../../arguments/inputs";
import { buildPodTemplate } from "../../pod/pod-template";
import { defaultParallelism, indexVariable } from "../../runs/indexed-job";
import { ignoreDisruptions, runMeta, runTimeout, runTolerations } from "../../runs/run";
import { untilEnded } from "../../runs/status";
import type { SweepArgs } from "./args";
import { component, type SweepContext, sweepLabels, trialFile, trialVariables, trialVolume } from "./trial-pod";

type Job = types.input.batch.v1.Job;

/** The same of a Job: how many trials there are, and the name of the ConfigMap in which they are written down. */
export interface SweepJobContext extends SweepContext {
    trials: number;
    trialsName: pulumi.Input<string>;
}

/** The Job of all trials, each of which is an index. What cannot be changed in a Job is part of its name. */
export function buildSweepJob(name: string, args: SweepArgs, context: SweepJobContext): Job {
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
        podFailurePolicy: ignoreDisruptions,
        template: buildPodTemplate(args, {
            labels: sweepLabels(name),
            spec: { restartPolicy: "Never" },
            env: {
                ...trialVariables(name, args, context, run, index),
                TRIAL_NAME: pulumi.interpolate`${run}-${index}`,
            },
            envValueFrom: indexVariable,
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
