import * as pulumi from "@pulumi/pulumi";

import { labelsOf } from "../../pod/metadata";
import { claimUri, modelDir, type PodVolumes } from "../../pod/model-volume";
import type { SweepArgs } from "./args";

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
export const trackingVariables = (name: string, { tracking }: SweepArgs): Record<string, pulumi.Input<string>> =>
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
