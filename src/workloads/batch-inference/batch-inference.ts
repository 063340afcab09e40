import * as batch from "@pulumi/kubernetes/batch/v1";
import * as pulumi from "@pulumi/pulumi";

import { validate } from "../../arguments/validate";
import { createGpuClaimTemplate } from "../../pod/gpu-claim";
import { withMetadata } from "../../pod/metadata-args";
import { batchNames, batchObjects } from "../../pod/names";
import { ownership } from "../../pod/ownership";
import { createRecord } from "../../pod/record";
import { createEnvironmentSecret } from "../../pod/secret";
import { createRunRecord, currentResult, defineResult, knownResult } from "../../runs/record";
import { runOptions } from "../../runs/run";
import { directoryOf, endOf, identityOf, planRun, runNameOf, runOwner, settle } from "../../runs/tracked-run";
import type { BatchInferenceArgs } from "./args";
import { buildBatchCronJob } from "./cron-job";
import { type BatchContext, buildBatchJob, batchLabels, buildRerunJob, hashBatch } from "./job";
import { planRerun } from "./rerun";
import { checkAcross, fields } from "./rules";
import { batchProblem } from "./shards";

/**
 * Applies a model to a data set: a Job that divides the work into shards, or a CronJob that starts such a Job on a
 * schedule.
 *
 * A shard that fails is retried up to `retries` times while the others continue. `pulumi up` waits for all shards, and
 * fails if one has used up its retries. Completed shards are not run again by the same run; `rerun` names those to run
 * again. Changing the image, the command, the URIs or anything else that decides the results starts a new run of all
 * shards, unless such a run has completed before: then its results are there. `timeout` changes in place; `retries`,
 * `parallelism` and where the pods are placed matter only to a run that has not completed.
 *
 * The container receives these variables: SHARD_INDEX, counted from 0, and SHARD_COUNT; INPUT_DIR and INPUT_URI,
 * OUTPUT_DIR and OUTPUT_URI, MODEL_DIR and MODEL_URI, the directory and the URI of each; with `schedule` also RUN_NAME,
 * the name of the run.
 */
export class BatchInference extends pulumi.ComponentResource {
    /**
     * The URI of the results of the last completed run: `<outputUri>/<run>/<UID of the Job>`. Fails if it is used before
     * any run has completed. With `schedule`, the URI below which each run has its own directory: `outputUri`.
     */
    declare public readonly results: pulumi.Output<string>;
    /** Name of the Job, or of the CronJob. */
    public readonly jobName: pulumi.Output<string>;

    constructor(name: string, args: BatchInferenceArgs, opts?: pulumi.ComponentResourceOptions) {
        const checked = validate("BatchInference", name, args, fields, checkAcross);
        const owned = ownership("BatchInference", name, opts);
        const objectsName = checked.name ?? name;
        const inference = owned.claim(args, checked, batchObjects(objectsName, checked.schedule !== undefined));
        super("kubernetes-mlops:index:BatchInference", name, {}, withMetadata(owned.options, inference));

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
                ? createRun(this, name, objectsName, inference, context, childOpts)
                : createScheduledRuns(name, objectsName, inference, inference.schedule, context, childOpts);

        this.jobName = run.name;
        defineResult(this, "results", run.results);
        owned.check();
        this.registerOutputs({ results: run.knownResults, jobName: this.jobName });
    }
}

interface BatchRun {
    name: pulumi.Output<string>;
    results: () => pulumi.Output<string>;
    knownResults: pulumi.Output<string | undefined>;
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
    const results = pulumi.output(args.outputUri);
    return { name: cronJob.metadata.name, results: () => results, knownResults: results };
}

/** Registers the Job, one for each shard that is run again, and the record. */
function createRun(
    component: BatchInference,
    name: string,
    objectsName: string,
    args: BatchInferenceArgs,
    context: BatchContext,
    opts: { parent: pulumi.Resource; dependsOn: pulumi.Resource[] },
): BatchRun {
    const owner = runOwner(component, `BatchInference "${name}"`, batchNames.record(objectsName), args);
    const plan = planRun(owner, objectsName, hashBatch(args));
    const identity = identityOf(plan);
    const job = new batch.Job(`${name}-job`, buildBatchJob(objectsName, args, context, identity), {
        ...runOptions,
        ...opts,
    });
    const end = endOf(owner, plan, "Job", job);
    const directory = directoryOf(plan, end);
    const again = args.rerun?.shards ?? [];
    const reruns = again.map((shard) => {
        const shardPlan = planRerun(objectsName, plan, shard, args, directory);
        const manifest = buildRerunJob(objectsName, args, shard, context, identityOf(shardPlan), directory);
        const shardJob = new batch.Job(`${name}-shard-${shard}`, manifest, { ...runOptions, ...opts, dependsOn: job });
        return endOf(owner, shardPlan, "Job", shardJob);
    });
    const outcome = pulumi
        .all([args.outputUri, args.shards, end, directory, pulumi.all(reruns)])
        .apply(([output, shards, known, below, ends]) => {
            const problem = batchProblem(shards, known, again, ends);
            return problem === undefined ? { result: `${output}/${below}` } : { problem };
        });
    const record = createRunRecord(name, owner, batchLabels(objectsName), settle(owner, plan, end, outcome), component);
    return {
        name: runNameOf(plan, job),
        results: () => currentResult(owner, record),
        knownResults: knownResult(record),
    };
}
