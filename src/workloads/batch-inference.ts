import * as batch from "@pulumi/kubernetes/batch/v1";
import * as pulumi from "@pulumi/pulumi";

import { cronSchedule, timeZone } from "../cron";
import {
    addressProblem,
    batchCronJob,
    batchJob,
    batchLabels,
    batchProblem,
    type BatchContext,
    mostRerun,
    rerunJob,
} from "../manifests/batch-inference";
import { modelProblem } from "../manifests/model";
import { failOutput, integer, list, object, plain, Problems, required, rule, validate } from "../validation";
import { gpuClaimTemplate } from "./gpu-claim";
import { RunArgs, runFields } from "./run";
import { environmentSecret } from "./secret";
import { checkWorkload, imageRef } from "./workload";

/** The shards that are done once more, after a run that has failed for them. */
export interface RerunArgs {
    /** Their numbers, from 0 on; at most 100. All others stay as they are. */
    shards: number[];
    /**
     * The image that does them, where the one of the run was wrong. Defaults to that of the run. Another image does them
     * once more.
     */
    image?: pulumi.Input<string>;
}

/** The arguments of a BatchInference. `retries` are those of each shard. */
export interface BatchInferenceArgs extends RunArgs {
    /**
     * What is worked on, for example "s3://claims/november", or "pvc://<claim>/<directory>", which is mounted read-only
     * at INPUT_DIR. Any other address is handed over as INPUT_URI, to be downloaded to INPUT_DIR. Another one is a new
     * run.
     */
    input: pulumi.Input<string>;
    /**
     * Where the results go, for example "s3://scores/november", or "pvc://<claim>/<directory>", which is mounted at
     * OUTPUT_DIR. Any other address is handed over as OUTPUT_URI, to be uploaded to from OUTPUT_DIR. Another one is a
     * new run. With `schedule` each run has a directory of its own below it.
     */
    output: pulumi.Input<string>;
    /** Into how many parts the work is divided, each a pod of its own. Another number is a new run. */
    shards: pulumi.Input<number>;
    /** The model, as in a ModelServer: mounted at MODEL_DIR, or handed over as MODEL_URI. Another one is a new run. */
    model?: pulumi.Input<string>;
    /** How many shards are done at once. Defaults to all of them, but no more than 8. Another number is a new run. */
    parallelism?: pulumi.Input<number>;
    /** Does some shards once more, after a run that has failed for them. Not with `schedule`. */
    rerun?: RerunArgs;
    /**
     * When it is run again and again, as a CronJob has it, for example "30 2 * * *". Defaults to one run, which
     * `pulumi up` waits for. A run that is due while one is still at work is left out.
     */
    schedule?: pulumi.Input<string>;
    /** The time zone of `schedule`, for example "Europe/Berlin". Defaults to that of the cluster, often UTC. */
    timeZone?: pulumi.Input<string>;
}

const address = rule(addressProblem);

const fields = {
    ...runFields,
    input: required(address, 'say what is worked on, for example "s3://claims/november"'),
    output: required(address, 'say where the results go, for example "s3://scores/november"'),
    shards: required(integer(1, 10000), "say into how many parts the work is divided"),
    model: rule(modelProblem),
    parallelism: integer(1, 10000),
    rerun: object({
        shards: plain(
            required(
                list(required(integer(0, 9999), "leave the entry out or give a number")),
                "list those that have failed",
            ),
            "it decides which Jobs there are: give numbers",
        ),
        image: imageRef,
    }),
    schedule: cronSchedule,
    timeZone,
};

function checkAcross(args: BatchInferenceArgs, problems: Problems): void {
    checkWorkload(args, problems);
    const { schedule, shards, rerun } = args;
    if (args.timeZone !== undefined && schedule === undefined) {
        problems.add("timeZone", "is given without schedule; leave it out or give both");
    }
    for (const field of ["rerun", "triggers"] as const) {
        if (schedule !== undefined && args[field] !== undefined) {
            problems.add(field, "is given besides schedule, which runs all of it again; leave one of them out");
        }
    }
    const again = rerun?.shards ?? [];
    if (rerun?.shards?.length === 0 || again.length > mostRerun) {
        problems.add("rerun.shards", `has ${again.length} shards; it must be from 1 to ${mostRerun}`);
    }
    for (const shard of new Set(again.filter((one, index) => again.indexOf(one) !== index))) {
        problems.add("rerun.shards", `has ${shard} twice; leave one of them out`);
    }
    const last = typeof shards === "number" ? shards - 1 : Infinity;
    for (const shard of again.filter((one) => one > last)) {
        problems.add("rerun.shards", `has ${shard}; the last shard is ${last}`);
    }
}

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
            environmentSecret(
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
            claimTemplate: gpuClaimTemplate(name, checked, labels, this),
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
    const cronJob = new batch.CronJob(`${name}-cron`, batchCronJob(name, args, context), opts);
    return { name: cronJob.metadata.name, results: pulumi.output(args.output) };
}

/** A Job, and one for each shard that is done once more. */
function oneRun(
    name: string,
    args: BatchInferenceArgs,
    context: BatchContext,
    opts: pulumi.CustomResourceOptions,
): BatchRun {
    const job = new batch.Job(`${name}-job`, batchJob(name, args, context), opts);
    const again = args.rerun?.shards ?? [];
    const reruns = again.map(
        (shard) =>
            new batch.Job(`${name}-shard-${shard}`, rerunJob(name, args, shard, context), {
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
