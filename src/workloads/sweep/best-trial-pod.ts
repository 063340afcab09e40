import type { types } from "@pulumi/kubernetes";
import type * as batch from "@pulumi/kubernetes/batch/v1";
import * as pulumi from "@pulumi/pulumi";

import { hashedName } from "../../arguments/hash";
import { mapInput } from "../../arguments/inputs";
import { gpuNeeds } from "../../pod/gpu";
import { labelsOf, objectMeta } from "../../pod/metadata";
import { claimUri, type PodVolumes } from "../../pod/model-volume";
import { sweepNames } from "../../pod/names";
import { buildPodTemplate } from "../../pod/pod-template";
import type { JobStatus } from "../../runs/indexed-job";
import { runTolerations } from "../../runs/run";
import type { SweepArgs } from "./args";
import { bestTrialProgram } from "./best-trial-program";
import type { SweepJobContext } from "./job";
import { component, trackingVariables } from "./trial-pod";

type Pod = types.input.core.v1.Pod;

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
export function buildBestTrialPod(
    name: string,
    args: SweepArgs,
    context: SweepJobContext,
    job: Pick<batch.Job, "metadata" | "status">,
): Pod {
    const { workspace, image, runAsUser, collectorImage = image, objective, tracking } = args;
    const record = tracking && recording(name, args, context, job.metadata.name);
    const { nodeSelector, tolerations, securityContext } = (args.podSpec ?? {}) as Record<string, unknown>;
    const { metadata, spec } = buildPodTemplate(
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
        metadata: objectMeta(hashedName(sweepNames.best(name), spec!), workspace.namespace, labels, {
            "pulumi.com/waitFor": 'jsonpath={$[?(@.phase=="Succeeded"||@.phase=="Failed")].phase}',
        }),
        spec,
    };
}
