import * as pulumi from "@pulumi/pulumi";

import { literal } from "../../arguments/words";
import { labelsOf } from "../../pod/metadata";
import { buildOutputVolume, claimUri, modelDir } from "../../pod/model-volume";
import type { PodVolumes } from "../../pod/volumes";
import type { SweepArgs } from "./args";

export const component = "sweep";

/** Returns the labels of all objects of a sweep. */
export const sweepLabels = (name: string): Record<string, string> => labelsOf(name, component);

/** Directory of the file with the parameters of a trial, which is in the variable TRIAL_FILE. */
export const trialDir = "/trial";
export const trialFile = `${trialDir}/parameters.json`;

/** The names of the objects to which a sweep refers. */
export interface SweepContext {
    /** Name of the claim. */
    claim: pulumi.Input<string>;
    /** Name of the Secret with the values of `secretEnv`. */
    secretName?: pulumi.Input<string>;
    /** Name of the ResourceClaimTemplate, with `gpu.deviceClass`. */
    claimTemplate?: pulumi.Input<string>;
}

/** Returns the variables of all trials with any backend; `trial` is a reference to the name of the trial. */
export function buildTrialEnv(
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
        ...buildTrackingEnv(name, args),
    };
}

/** Returns the variables of a client of the tracking server. */
export const buildTrackingEnv = (name: string, { tracking }: SweepArgs): Record<string, pulumi.Input<string>> =>
    tracking === undefined
        ? {}
        : { MLFLOW_TRACKING_URI: literal(tracking.uri), MLFLOW_EXPERIMENT_NAME: literal(tracking.experiment ?? name) };

/** Returns the volume of a trial: its own directory in the claim. */
export function buildTrialVolume(claim: pulumi.Input<string>, run: pulumi.Input<string>, trial: string): PodVolumes {
    return buildOutputVolume(claim, pulumi.interpolate`${run}/${trial}`);
}
