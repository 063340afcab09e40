import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import type { TrainingJobArgs } from "../workloads/training-job";
import { labelsOf } from "./metadata";
import { modelDir, outputVolume } from "./model";
import { podTemplate } from "./pod";
import { disruptionsAreNoFailures, runMeta, runName, runTimeout, runTolerations } from "./run";

type Job = types.input.batch.v1.Job;

const component = "training";

/** Where a run writes: into a directory of a claim, or to an address of its own. */
export interface TrainingTarget {
    /** The claim's name, unless results go to `output.uri`. */
    claim?: pulumi.Input<string>;
    /** The address of the run of this name. */
    uriOf(run: string): pulumi.Output<string>;
}

/** What a run refers to, besides its arguments. */
export interface TrainingContext {
    target: TrainingTarget;
    /** The name of the Secret that holds `secretEnv`. */
    secretName?: pulumi.Input<string>;
    /** The name of the template of GPU claims, with `gpu.deviceClass`. */
    claimTemplate?: pulumi.Input<string>;
}

/** The Job of one run. What cannot be changed in a Job is part of its name, so that a change is a new run. */
export function trainingJob(name: string, args: TrainingJobArgs, context: TrainingContext): Job {
    const content = { ...fixedSpec(name, args, context, "run"), triggers: args.triggers };
    const run = runName(name, content);
    return {
        metadata: runMeta(name, component, run, args),
        spec: {
            backoffLimit: args.retries ?? 2,
            activeDeadlineSeconds: runTimeout(args),
            ...fixedSpec(name, args, context, run),
        },
    };
}

/** The fields of a Job that cannot be changed. */
function fixedSpec(name: string, args: TrainingJobArgs, context: TrainingContext, run: pulumi.Input<string>) {
    const { target, secretName, claimTemplate } = context;
    return {
        podFailurePolicy: disruptionsAreNoFailures,
        template: podTemplate(args, {
            labels: labelsOf(name, component),
            spec: { restartPolicy: "Never" },
            env: {
                MODEL_URI: pulumi.output(run).apply((known) => target.uriOf(known)),
                MODEL_DIR: modelDir,
            },
            volumes: [outputVolume(target.claim, run)],
            secretName,
            claimTemplate,
            tolerations: runTolerations(args),
        }),
    };
}
