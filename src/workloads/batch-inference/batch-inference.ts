import * as batch from "@pulumi/kubernetes/batch/v1";
import * as pulumi from "@pulumi/pulumi";

import { failOutput } from "../../arguments/inputs";
import { validate } from "../../arguments/validate";
import { createGpuClaimTemplate } from "../../pod/gpu-claim";
import { batchNames, batchObjects } from "../../pod/names";
import { ownership } from "../../pod/ownership";
import { createRecord } from "../../pod/record";
import { createEnvironmentSecret } from "../../pod/secret";
import type { BatchInferenceArgs } from "./args";
import { buildBatchCronJob } from "./cron-job";
import { type BatchContext, buildBatchJob, batchLabels, buildRerunJob } from "./job";
import { checkAcross, fields } from "./rules";
import { batchProblem } from "./shards";

/**
 * Applies a model to a data set: a Job that divides the work into shards, or a CronJob that starts such a Job on a
 * schedule.
 *
 * A shard that fails is retried up to `retries` times while the others continue. `pulumi up` waits for all shards, and
 * fails if one has used up its retries. Completed shards are not run again by the same run; `rerun` names those to run
 * again. Changing the image, the command, the URIs or anything else in the pod starts a new run of all shards, as does
 * changing `retries` or `parallelism`; `timeout` changes in place.
 *
 * The container receives these variables: SHARD_INDEX, counted from 0, and SHARD_COUNT; INPUT_DIR and INPUT_URI,
 * OUTPUT_DIR and OUTPUT_URI, MODEL_DIR and MODEL_URI, the directory and the URI of each; with `schedule` also RUN_NAME,
 * the name of the run.
 */
export class BatchInference extends pulumi.ComponentResource {
    /**
     * The URI of the results: `outputUri`, known when all shards have completed. With `schedule`, the URI below which each
     * run has its own directory.
     */
    public readonly results: pulumi.Output<string>;
    /** Name of the Job, or of the CronJob. */
    public readonly jobName: pulumi.Output<string>;

    constructor(name: string, args: BatchInferenceArgs, opts?: pulumi.ComponentResourceOptions) {
        const checked = validate("BatchInference", name, args, fields, checkAcross);
        const owned = ownership("BatchInference", name, opts);
        const objectsName = checked.name ?? name;
        const inference = owned.claim(args, checked, batchObjects(objectsName, checked.schedule !== undefined));
        super("kubernetes-mlops:index:BatchInference", name, {}, owned.options);

        const labels = batchLabels(objectsName);
        const secretName = batchNames.secret(objectsName);
        const secret =
            inference.secretEnv &&
            createEnvironmentSecret(
                name,
                {
                    // Not named after its content: a new password is no reason to run all shards again.
                    secretName,
                    namespace: inference.workspace.namespace,
                    labels,
                    values: inference.secretEnv,
                },
                { parent: this, deleteBeforeReplace: true },
            );
        const context: BatchContext = {
            secretName: secret && secretName,
            claimTemplate: createGpuClaimTemplate(name, batchNames.gpuClaim(objectsName), inference, labels, this),
        };
        const childOpts = { parent: this, dependsOn: secret ? [secret] : [] };
        const run =
            inference.schedule === undefined
                ? createRun(name, objectsName, inference, context, childOpts)
                : createScheduledRuns(name, objectsName, inference, inference.schedule, context, childOpts);

        this.jobName = run.name;
        this.results = run.results;
        owned.check();
        this.registerOutputs({ results: this.results, jobName: this.jobName });
    }
}

interface BatchRun {
    name: pulumi.Output<string>;
    results: pulumi.Output<string>;
}

/** Registers the CronJob. The URI of the results does not depend on any run. */
function createScheduledRuns(
    name: string,
    objectsName: string,
    args: BatchInferenceArgs,
    schedule: pulumi.Input<string>,
    context: BatchContext,
    opts: { parent: pulumi.Resource; dependsOn: pulumi.Resource[] },
): BatchRun {
    const { namespace } = args.workspace;
    const record = createRecord(name, batchNames.record(objectsName), namespace, batchLabels(objectsName), opts.parent);
    const manifest = buildBatchCronJob(objectsName, { ...args, schedule }, context);
    const cronJob = new batch.CronJob(`${name}-cron`, manifest, {
        ...opts,
        dependsOn: [record, ...opts.dependsOn],
    });
    return { name: cronJob.metadata.name, results: pulumi.output(args.outputUri) };
}

/** Registers the Job, and one for each shard that is run again. */
function createRun(
    name: string,
    objectsName: string,
    args: BatchInferenceArgs,
    context: BatchContext,
    opts: { parent: pulumi.Resource; dependsOn: pulumi.Resource[] },
): BatchRun {
    const job = new batch.Job(`${name}-job`, buildBatchJob(objectsName, args, context), opts);
    const again = args.rerun?.shards ?? [];
    const reruns = again.map(
        (shard) =>
            new batch.Job(`${name}-shard-${shard}`, buildRerunJob(objectsName, args, shard, context), {
                ...opts,
                dependsOn: job,
            }),
    );
    const results = pulumi
        .all([args.outputUri, args.shards, job.status, reruns.map(({ metadata }) => metadata.name)])
        .apply(([output, shards, status]) => {
            const problem = batchProblem(shards, again, status);
            return problem === undefined ? output : failOutput<string>(`BatchInference "${name}": ${problem}`);
        });
    return { name: job.metadata.name, results };
}
