import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { seconds } from "../../arguments/duration";
import { mapInput } from "../../arguments/inputs";
import { labelsOf, objectMeta } from "../../pod/metadata";
import { modelDir, outputVolume, type PodVolumes } from "../../pod/model-volume";
import { buildPodTemplate } from "../../pod/pod-template";
import { runTolerations } from "../../runs/run";
import type { ScheduleArgs } from "./args";

type PodTemplateSpec = types.input.core.v1.PodTemplateSpec;

const component = "schedule";

/** The labels of everything that belongs to a schedule. */
export function scheduleLabels(name: string): Record<string, string> {
    return labelsOf(name, component);
}

/** Where runs write: into directories of a claim, or to addresses of their own, each called after the run. */
export interface ScheduleTarget {
    /** The claim's name, unless results go to `output.uri`. */
    claim?: pulumi.Input<string>;
    /** The address below which the runs' own are. */
    uri: pulumi.Input<string>;
}

/** What a schedule refers to, besides its arguments. */
export interface ScheduleContext {
    target: ScheduleTarget;
    /** The name of the Secret that holds `secretEnv`. */
    secretName?: pulumi.Input<string>;
    /** The name of the template of GPU claims, with `gpu.deviceClass`. */
    claimTemplate?: pulumi.Input<string>;
}

export function scheduleMeta(name: string, args: ScheduleArgs): types.input.meta.v1.ObjectMeta {
    return objectMeta(name, args.workspace.namespace, scheduleLabels(name), {
        // What somebody has suspended by hand is taken back without a conflict.
        "pulumi.com/patchForce": "true",
    });
}

/** What both kinds of schedules call the same. */
export function policy(args: ScheduleArgs) {
    return {
        concurrencyPolicy: args.concurrency ?? "Forbid",
        startingDeadlineSeconds: mapInput(args.startingDeadline ?? "1h", seconds),
        suspend: args.suspend ?? false,
        successfulJobsHistoryLimit: args.successfulRunsHistoryLimit ?? 3,
        failedJobsHistoryLimit: args.failedRunsHistoryLimit ?? 3,
    };
}

export function queueLabel({ workspace }: ScheduleArgs): Record<string, pulumi.Input<string>> {
    return workspace.queue === undefined ? {} : { "kueue.x-k8s.io/queue-name": workspace.queue };
}

/** How a run is told what it is called, and how its directory in the claim. */
export interface RunName {
    envFrom?: Record<string, types.input.core.v1.EnvVarSource>;
    env?: Record<string, string>;
    directory: Pick<types.input.core.v1.VolumeMount, "subPath" | "subPathExpr">;
}

/** The pod of a run. */
export function buildRunPod(
    args: ScheduleArgs,
    { target, secretName, claimTemplate }: ScheduleContext,
    { envFrom, env, directory }: RunName,
    details: { labels: Record<string, pulumi.Input<string>>; spec: Partial<types.input.core.v1.PodSpec> },
): PodTemplateSpec {
    return buildPodTemplate(args, {
        ...details,
        envFrom,
        env: { ...env, MODEL_URI: mapInput(target.uri, (uri) => `${uri}/$(RUN_NAME)`), MODEL_DIR: modelDir },
        volumes: [resultVolume(target.claim, directory)],
        secretName,
        claimTemplate,
        tolerations: runTolerations(args),
    });
}

function resultVolume(claim: pulumi.Input<string> | undefined, directory: RunName["directory"]): PodVolumes {
    return claim === undefined
        ? outputVolume(undefined, "")
        : {
              volumes: [{ name: "model", persistentVolumeClaim: { claimName: claim } }],
              mounts: [{ name: "model", mountPath: modelDir, ...directory }],
          };
}
