import * as batch from "@pulumi/kubernetes/batch/v1";
import * as pulumi from "@pulumi/pulumi";

import { failOutput } from "../../arguments/inputs";
import { validate } from "../../arguments/validate";
import { createGpuClaimTemplate } from "../../pod/gpu-claim";
import { createEnvironmentSecret } from "../../pod/secret";
import type { BatchInferenceArgs } from "./args";
import { buildBatchCronJob } from "./cron-job";
import { type BatchContext, buildBatchJob, batchLabels, buildRerunJob } from "./job";
import { checkAcross, fields } from "./rules";
import { batchProblem } from "./shards";

/**
 * A model at work on a set of data: a Job that divides it into shards, or a CronJob that does so on a schedule.
 *
 * A shard that fails is tried again by itself, up to `retries` times, while the others go on. `pulumi up` waits for all
 * of them, and fails where one has failed for good. Shards that are through are never done again by the same run:
 * `rerun` names those to be done once more. A change of the image, the command, the addresses or anything else of the
 * pod is a new run of all shards, as is one of `retries` or `parallelism`; `timeout` changes in place.
 *
 * In the container SHARD_INDEX is the shard's number, from 0 on, and SHARD_COUNT how many there are; INPUT_DIR and
 * OUTPUT_DIR are directories, INPUT_URI and OUTPUT_URI their addresses, MODEL_DIR and MODEL_URI those of the model.
 */
export class BatchInference extends pulumi.ComponentResource {
    /**
     * Where the results are: `output`, known when all shards are through. With `schedule`, that below which each run has
     * its own.
     */
    public readonly results: pulumi.Output<string>;
    /** The name of the Job, or of the CronJob. */
    public readonly jobName: pulumi.Output<string>;

    constructor(name: string, args: BatchInferenceArgs, opts?: pulumi.ComponentResourceOptions) {
        const checked = validate("BatchInference", name, args, fields, checkAcross);
        super("kubernetes-mlops:index:BatchInference", name, {}, opts);

        const labels = batchLabels(name);
        const secret =
            checked.secretEnv &&
            createEnvironmentSecret(
                name,
                {
                    // Not named after its content: a new password is no reason to do all of it again.
                    secretName: `${name}-batch-env`,
                    namespace: checked.workspace.namespace,
                    labels,
                    values: checked.secretEnv,
                },
                { parent: this, deleteBeforeReplace: true },
            );
        const context: BatchContext = {
            secretName: secret && `${name}-batch-env`,
            claimTemplate: createGpuClaimTemplate(name, checked, labels, this),
        };
        const childOpts = { parent: this, dependsOn: secret };
        const run =
            checked.schedule === undefined
                ? oneRun(name, checked, context, childOpts)
                : scheduledRuns(name, checked, context, childOpts);

        this.jobName = run.name;
        this.results = run.results;
        this.registerOutputs({ results: this.results, jobName: this.jobName });
    }
}

interface BatchRun {
    name: pulumi.Output<string>;
    results: pulumi.Output<string>;
}

/** A CronJob. Its results are where they are said to be, whatever becomes of a run. */
function scheduledRuns(
    name: string,
    args: BatchInferenceArgs,
    context: BatchContext,
    opts: pulumi.CustomResourceOptions,
): BatchRun {
    const cronJob = new batch.CronJob(`${name}-cron`, buildBatchCronJob(name, args, context), opts);
    return { name: cronJob.metadata.name, results: pulumi.output(args.output) };
}

/** A Job, and one for each shard that is done once more. */
function oneRun(
    name: string,
    args: BatchInferenceArgs,
    context: BatchContext,
    opts: pulumi.CustomResourceOptions,
): BatchRun {
    const job = new batch.Job(`${name}-job`, buildBatchJob(name, args, context), opts);
    const again = args.rerun?.shards ?? [];
    const reruns = again.map(
        (shard) =>
            new batch.Job(`${name}-shard-${shard}`, buildRerunJob(name, args, shard, context), {
                ...opts,
                dependsOn: job,
            }),
    );
    const results = pulumi
        .all([args.output, args.shards, job.status, reruns.map(({ metadata }) => metadata.name)])
        .apply(([output, shards, status]) => {
            const problem = batchProblem(shards, again, status);
            return problem === undefined ? output : failOutput<string>(`BatchInference "${name}": ${problem}`);
        });
    return { name: job.metadata.name, results };
}
