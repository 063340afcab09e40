import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { seconds } from "../duration";
import type { TrainingJobArgs, TrainingOutputArgs } from "../workloads/training-job";
import { contentHash } from "./hash";
import { mapInput } from "./inputs";
import { labelsOf, objectMeta } from "./metadata";
import { modelDir, outputVolume } from "./model";
import { podTemplate } from "./pod";

type Job = types.input.batch.v1.Job;
type PersistentVolumeClaim = types.input.core.v1.PersistentVolumeClaim;

const component = "training";

/** Where a run writes: into a directory of a claim, or to an address of its own. */
export interface TrainingTarget {
    /** The claim's name, unless results go to `output.uri`. */
    claim?: pulumi.Input<string>;
    /** The address of the run of this name. */
    uriOf(run: string): pulumi.Output<string>;
}

/** The claim that holds the results of all runs, a directory each. */
export function trainingClaim(name: string, args: TrainingJobArgs): PersistentVolumeClaim {
    const output = args.output ?? {};
    return {
        // The Job waits for its volume. The provider's own wait is for a claim that is new: it does not end for one that
        // an earlier stack has left, bound as that is.
        metadata: objectMeta(claimName(name, output), args.workspace.namespace, labelsOf(name, component), {
            "pulumi.com/skipAwait": "true",
        }),
        spec: {
            accessModes: [output.accessMode ?? "ReadWriteOnce"],
            storageClassName: output.storageClass,
            resources: { requests: { storage: output.size ?? "10Gi" } },
        },
    };
}

/** What cannot be changed in a claim is part of its name: another class makes a new claim beside the old one. */
function claimName(name: string, output: TrainingOutputArgs): pulumi.Output<string> {
    const fixed = contentHash({ accessMode: output.accessMode ?? "ReadWriteOnce", storageClass: output.storageClass });
    return pulumi.interpolate`${name}-${fixed}`;
}

/** The Job of one run. What cannot be changed in a Job is part of its name, so that a change is a new run. */
export function trainingJob(
    name: string,
    args: TrainingJobArgs,
    target: TrainingTarget,
    secretName: string | undefined,
): Job {
    const run = runName(name, args, target, secretName);
    const timeout = mapInput(args.timeout ?? "24h", seconds);
    const labels = { ...labelsOf(name, component), "kueue.x-k8s.io/queue-name": args.workspace.queue };
    return {
        metadata: objectMeta(run, args.workspace.namespace, labels, {
            // The Job's own time limit comes first: its words are clearer than those of a wait that was given up.
            "pulumi.com/timeoutSeconds": mapInput(timeout, (limit) => String(limit + 300)),
            ...(args.triggers && {
                "kubernetes-mlops/triggers": pulumi.all(args.triggers).apply((all) => all.join(", ")),
            }),
        }),
        spec: {
            backoffLimit: args.retries ?? 2,
            activeDeadlineSeconds: timeout,
            ...fixedSpec(name, args, target, run, secretName),
        },
    };
}

/** The fields of a Job that cannot be changed. */
function fixedSpec(
    name: string,
    args: TrainingJobArgs,
    target: TrainingTarget,
    run: pulumi.Input<string>,
    secretName: string | undefined,
) {
    return {
        // A pod that made way (a drained node, a preemption) has not failed and takes no retry away. There is no rule
        // that fails a Job at once: the provider's wait does not see that kind of failure and would go on to its end.
        podFailurePolicy: {
            rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
        },
        template: podTemplate(args, {
            labels: labelsOf(name, component),
            spec: { restartPolicy: "Never" },
            env: {
                MODEL_URI: pulumi.output(run).apply((known) => target.uriOf(known)),
                MODEL_DIR: modelDir,
            },
            model: outputVolume(target.claim, run),
            secretName,
        }),
    };
}

/** The same run has the same name, also in an update that is run again after it was killed, which then finds it. */
function runName(
    name: string,
    args: TrainingJobArgs,
    target: TrainingTarget,
    secretName: string | undefined,
): pulumi.Output<string> {
    const content = { ...fixedSpec(name, args, target, "run", secretName), triggers: args.triggers };
    return pulumi.interpolate`${name}-${contentHash(content)}`;
}
