import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { mapInput } from "../../arguments/inputs";
import { buildPodTemplate } from "../../pod/pod-template";
import { defaultParallelism, indexVariable } from "../../runs/indexed-job";
import { buildCleanup } from "../../runs/obsolete";
import {
    buildFailurePolicy,
    podCounts,
    type RunIdentity,
    runMeta,
    runTimeout,
    runTolerations,
    uidOf,
} from "../../runs/run";
import type { SweepArgs } from "./args";
import { component, type SweepContext, sweepLabels, trialFile, buildTrialEnv, buildTrialVolume } from "./trial-pod";

type Job = types.input.batch.v1.Job;

/** The same for a Job: the number of trials, and the name of the ConfigMap with their parameters. */
export interface SweepJobContext extends SweepContext {
    trials: number;
    trialsName: pulumi.Input<string>;
}

/** Returns the Job of all trials, each of which is an index. */
export function buildSweepJob(name: string, args: SweepArgs, context: SweepJobContext, identity: RunIdentity): Job {
    const { maxFailedTrials } = args;
    const { claim, secretName, claimTemplate, trials, trialsName } = context;
    const index = "$(JOB_COMPLETION_INDEX)";
    const directory = pulumi.interpolate`${identity.run}/$(RUN_UID)`;
    return {
        metadata: runMeta(name, component, identity, args),
        spec: {
            maxFailedIndexes:
                maxFailedTrials === undefined
                    ? undefined
                    : mapInput(maxFailedTrials, (most) => Math.min(most, context.trials)),
            activeDeadlineSeconds: deadlineSeconds(args, context.trials),
            completionMode: "Indexed",
            ...podCounts(identity, trials, args.parallelism ?? defaultParallelism(trials)),
            backoffLimitPerIndex: args.retries ?? 2,
            podFailurePolicy: buildFailurePolicy(args.retry, "FailIndex"),
            template: buildPodTemplate(args, {
                labels: sweepLabels(name),
                spec: { restartPolicy: "Never", ...buildCleanup(args.image, identity.cleanup, ["model"]) },
                env: {
                    ...buildTrialEnv(name, args, context, directory, index),
                    TRIAL_NAME: pulumi.interpolate`${identity.run}-${index}`,
                },
                envValueFrom: { ...indexVariable, ...uidOf("batch.kubernetes.io/controller-uid") },
                volumes: [
                    buildTrialVolume(claim, directory, index),
                    {
                        volumes: [{ name: "trial", configMap: { name: trialsName } }],
                        mounts: [{ name: "trial", mountPath: trialFile, subPathExpr: `${index}.json`, readOnly: true }],
                    },
                ],
                secretName,
                claimTemplate,
                tolerations: runTolerations(args),
            }),
        },
    };
}

/** Returns the time limit of a sweep in seconds: the timeout, or less if the budget is used up before. */
function deadlineSeconds(args: SweepArgs, trials: number): pulumi.Input<number> {
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
