import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { mapInput } from "../../arguments/inputs";
import { escapeReferences } from "../../arguments/words";
import { labelsOf, objectMeta } from "../../pod/metadata";
import { modelDir, buildOutputVolume } from "../../pod/model-volume";
import { scheduleNames } from "../../pod/names";
import { buildPodTemplate, type PodDetails } from "../../pod/pod-template";
import { buildClaimVolume, type PodVolumes } from "../../pod/volumes";
import { overridesManualChanges } from "../../runs/cron-job";
import { runTolerations } from "../../runs/run";
import type { ScheduleArgs } from "./args";

type PodTemplateSpec = types.input.core.v1.PodTemplateSpec;

const component = "schedule";

/** Returns the labels of all objects of a schedule. */
export function scheduleLabels(name: string): Record<string, string> {
    return labelsOf(name, component);
}

/** Where runs write: to directories of a claim or URIs that are named after the run. */
export interface ScheduleTarget {
    /** Name of the claim, unless results go to `output.uri`. */
    claim?: pulumi.Input<string>;
    /** The URI below which each run has its own. */
    uri: pulumi.Input<string>;
}

/** The names of the objects to which a schedule refers. */
export interface ScheduleContext {
    target: ScheduleTarget;
    /** Name of the Secret with the values of `secretEnv`. */
    secretName?: pulumi.Input<string>;
    /** Name of the ResourceClaimTemplate, with `gpu.deviceClass`. */
    claimTemplate?: pulumi.Input<string>;
}

export function scheduleMeta(name: string, args: ScheduleArgs): types.input.meta.v1.ObjectMeta {
    return objectMeta(
        scheduleNames.cronJob(name),
        args.workspace.namespace,
        scheduleLabels(name),
        overridesManualChanges,
    );
}

/** Returns how many ended runs are kept, in the fields of a CronJob and of a CronWorkflow. */
export function historyLimits(args: ScheduleArgs) {
    return {
        successfulJobsHistoryLimit: args.successfulRunsHistoryLimit ?? 3,
        failedJobsHistoryLimit: args.failedRunsHistoryLimit ?? 3,
    };
}

/** How a run receives its name in RUN_NAME, and how its directory in the claim is named after it. */
export interface RunName {
    envValueFrom?: Record<string, types.input.core.v1.EnvVarSource>;
    env?: Record<string, string>;
    directory: Pick<types.input.core.v1.VolumeMount, "subPath" | "subPathExpr">;
}

/** Returns the pod template of a run. */
export function buildRunPod(
    args: ScheduleArgs,
    { target, secretName, claimTemplate }: ScheduleContext,
    { envValueFrom, env, directory }: RunName,
    details: Pick<PodDetails, "labels" | "spec" | "templateEngine">,
): PodTemplateSpec {
    return buildPodTemplate(args, {
        ...details,
        envValueFrom,
        env: {
            ...env,
            MODEL_URI: mapInput(target.uri, (uri) => `${escapeReferences(uri)}/$(RUN_NAME)`),
            MODEL_DIR: modelDir,
        },
        volumes: [buildResultVolume(target.claim, directory)],
        secretName,
        claimTemplate,
        tolerations: runTolerations(args),
    });
}

function buildResultVolume(claim: pulumi.Input<string> | undefined, directory: RunName["directory"]): PodVolumes {
    return claim === undefined
        ? buildOutputVolume(undefined, "")
        : buildClaimVolume("model", claim, { mountPath: modelDir, ...directory });
}
