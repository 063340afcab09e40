import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { hashedName } from "../../arguments/hash";
import { mapInput } from "../../arguments/inputs";
import { literal } from "../../arguments/words";
import { buildGpuRequirements } from "../../pod/gpu";
import { labelsOf, objectMeta } from "../../pod/metadata";
import { claimUri } from "../../pod/model-volume";
import { sweepNames } from "../../pod/names";
import { buildPodTemplate } from "../../pod/pod-template";
import { buildClaimVolume, type PodVolumes } from "../../pod/volumes";
import { runTolerations } from "../../runs/run";
import type { SweepArgs } from "./args";
import { buildBestTrialProgram } from "./best-trial-program";
import type { SweepJobContext } from "./job";
import { component, buildTrackingEnv } from "./trial-pod";

type Pod = types.input.core.v1.Pod;
type PodSpec = types.input.core.v1.PodSpec;

/** The trials of a run that are compared. */
export interface TrialsOfRun {
    run: pulumi.Input<string>;
    /** The directory of the run in the claim. */
    directory: pulumi.Input<string>;
    /** The indexes that have succeeded, such as "0,2-5"; undefined while the run has not ended. */
    succeeded: pulumi.Output<string | undefined>;
}

/** Returns the additional variables and volumes of a pod that records the trials in the tracking server. */
function buildRecording(
    name: string,
    args: SweepArgs,
    { claim, trialsName }: SweepJobContext,
    { run, directory }: TrialsOfRun,
): { env: Record<string, pulumi.Input<string>>; volumes: PodVolumes[] } {
    return {
        env: {
            ...buildTrackingEnv(name, args),
            RUN: run,
            RUN_URI: claimUri(claim, directory),
        },
        volumes: [
            {
                volumes: [{ name: "trials", configMap: { name: trialsName } }],
                mounts: [{ name: "trials", mountPath: "/trials", readOnly: true }],
            },
        ],
    };
}

/** Returns the variables with the credentials of the tracking server. */
const selectCredentials = <T>(variables: Record<string, T> | undefined): Record<string, T> | undefined =>
    variables &&
    Object.fromEntries(Object.entries(variables).filter(([variable]) => variable.startsWith("MLFLOW_TRACKING_")));

/**
 * Returns the pod that compares the results of the trials that have succeeded. It writes the best one to its
 * termination message, which is part of its status: it needs no permissions, and Pulumi reads the status anyway.
 */
export function buildBestTrialPod(name: string, args: SweepArgs, context: SweepJobContext, trials: TrialsOfRun): Pod {
    const { workspace, image, runAsUser, collectorImage = image, objective, tracking } = args;
    const record = tracking && buildRecording(name, args, context, trials);
    const { nodeSelector, tolerations, securityContext } = (args.podSpec ?? {}) as Record<string, unknown>;
    const { metadata, spec } = buildPodTemplate(
        {
            workspace,
            image: collectorImage,
            command: ["python3", "-c", buildBestTrialProgram({ record: record !== undefined })],
            ...(record && {
                env: selectCredentials(args.env),
                secretEnv: selectCredentials(args.secretEnv),
                envFrom: args.envFrom,
            }),
            resources: { cpu: "50m", memory: "128Mi" },
            runAsUser,
            podLabels: args.podLabels,
            podAnnotations: args.podAnnotations,
            // It is scheduled like the trials, because their volume may be available only there.
            podSpec: { nodeSelector, tolerations, securityContext },
        },
        {
            labels: labelsOf(name, `${component}-best`),
            spec: { restartPolicy: "Never", automountServiceAccountToken: false },
            env: {
                METRIC: literal(objective.metric),
                GOAL: objective.goal ?? "maximize",
                TRIALS: trials.succeeded.apply((indexes) => indexes ?? ""),
                ...record?.env,
            },
            volumes: [
                buildClaimVolume("results", context.claim, {
                    mountPath: "/results",
                    subPath: trials.directory,
                    readOnly: true,
                }),
                ...(record?.volumes ?? []),
            ],
            secretName: context.secretName,
            tolerations: mapInput(runTolerations(args), (spot) => [
                ...buildGpuRequirements(args.gpu).tolerations,
                ...spot,
            ]),
        },
    );
    const { labels, annotations } = metadata as Record<string, Record<string, string>>;
    const whileRunning = <T>(value: T) =>
        trials.succeeded.apply((indexes) => (indexes === undefined ? value : undefined)) as pulumi.Output<T>;
    // Nothing can be compared yet, so the pod must not start, and another one takes its place.
    const gates = [{ name: "kubernetes-mlops/run-has-not-ended" }];
    const gated: PodSpec = { ...(spec as PodSpec), schedulingGates: whileRunning(gates) };
    return {
        metadata: objectMeta(hashedName(sweepNames.best(name), gated), workspace.namespace, labels!, {
            ...annotations,
            "pulumi.com/waitFor": 'jsonpath={$[?(@.phase=="Succeeded"||@.phase=="Failed")].phase}',
            "pulumi.com/skipAwait": whileRunning("true"),
        }),
        spec: gated,
    };
}
