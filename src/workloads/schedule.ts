import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as batch from "@pulumi/kubernetes/batch/v1";
import * as pulumi from "@pulumi/pulumi";

import { cronSchedule, timeZone } from "../cron";
import { duration, durationPattern, seconds } from "../duration";
import {
    cronJob,
    cronWorkflow,
    scheduleLabels,
    ScheduleContext,
    ScheduleTarget,
    workflowRules,
} from "../manifests/schedule";
import { integer, matching, object, oneOf, plain, Problems, required, truth, validate } from "../validation";
import { checkClaim, claimFields, claimOf } from "./claim";
import { gpuClaimTemplate } from "./gpu-claim";
import { podRole } from "./role";
import { environmentSecret } from "./secret";
import type { TrainingOutputArgs } from "./training-job";
import { checkWorkload, WorkloadArgs, workloadFields } from "./workload";

/** What is done when it is time for a run and the one before is still under way. */
export enum ScheduleConcurrency {
    /** The new one waits until the other is through, if that is within the `startingDeadline`, or is left out. */
    Forbid = "Forbid",
    /** Both run. */
    Allow = "Allow",
    /** The other one is stopped. */
    Replace = "Replace",
}

/** What starts the runs. */
export enum ScheduleBackend {
    /** A CronJob of Kubernetes. */
    CronJob = "CronJob",
    /** A CronWorkflow of Argo Workflows, whose user interface then shows the runs. */
    CronWorkflow = "CronWorkflow",
}

/** The arguments of a Schedule. */
export interface ScheduleArgs extends WorkloadArgs {
    /**
     * When it runs: minute, hour, day of the month, month and day of the week, for example "0 3 * * 1-5", or one of
     * "@hourly", "@daily", "@weekly", "@monthly" and "@yearly".
     */
    schedule: pulumi.Input<string>;
    /** The time zone of the `schedule`, for example "Europe/Berlin". Defaults to "Etc/UTC". */
    timeZone?: pulumi.Input<string>;
    /** What is done when the run before is still under way. Defaults to Forbid: runs never overlap. */
    concurrency?: pulumi.Input<ScheduleConcurrency>;
    /**
     * How late a run may start that could not start in time, because the cluster was down or the run before took too
     * long; after that it is left out. At least "10s". Defaults to "1h". It also is how far the controller looks back:
     * without a limit a cluster that was down long enough to miss 100 runs might not start another.
     */
    startingDeadline?: pulumi.Input<string>;
    /** Whether no further runs are started, until it is false again. Runs under way go on. Defaults to false. */
    suspend?: pulumi.Input<boolean>;
    /** How many runs that were through are kept with their logs. Their results always stay. Defaults to 3. */
    successfulRunsHistoryLimit?: pulumi.Input<number>;
    /** How many runs that have failed are kept with their logs. Defaults to 3. */
    failedRunsHistoryLimit?: pulumi.Input<number>;
    /**
     * How often a failed pod is tried again in one run. Pods that had to make way for others do not count, but for those
     * of a CronWorkflow. Defaults to 2.
     */
    retries?: pulumi.Input<number>;
    /**
     * How long one run may take, retries included, for example "90m" or "6h"; then it is stopped and has failed.
     * Defaults to "24h".
     */
    timeout?: pulumi.Input<string>;
    /**
     * Whether pods may run on spot nodes, which cost less and may go at any time: the taints that the clouds give them
     * are tolerated. Defaults to false.
     */
    spot?: pulumi.Input<boolean>;
    /** Where the results are kept. Defaults to a claim of 10Gi that the component creates. */
    output?: TrainingOutputArgs;
    /** What starts the runs. Another one is created, and the old one deleted with its runs. Defaults to CronJob. */
    backend?: ScheduleBackend;
}

const fields = {
    ...workloadFields,
    schedule: required(cronSchedule, 'say when it runs, for example "0 3 * * *" or "@daily"'),
    timeZone,
    concurrency: oneOf(Object.values(ScheduleConcurrency)),
    startingDeadline: duration,
    suspend: truth,
    successfulRunsHistoryLimit: integer(0, 1000),
    failedRunsHistoryLimit: integer(0, 1000),
    retries: integer(0, 1000),
    timeout: duration,
    spot: truth,
    output: object({
        ...claimFields,
        uri: matching(/^[a-z][a-z0-9+.-]*:\/\/\S+[^\s/]$/, 'it must be an address such as "s3://models/fraud"'),
    }),
    backend: plain(oneOf(Object.values(ScheduleBackend)), "it decides what is created: give one of ScheduleBackend"),
};

function checkAcross(args: ScheduleArgs, problems: Problems): void {
    checkWorkload(args, problems);
    checkClaim(args.output, "output", problems);
    const { uri, ...claim } = args.output ?? {};
    if (uri !== undefined && Object.keys(claim).length > 0) {
        problems.add("output", "describes a claim besides a uri; leave one of them out");
    }
    for (const field of ["env", "secretEnv"] as const) {
        if ("RUN_NAME" in (args[field] ?? {})) {
            problems.add(
                `${field}.RUN_NAME`,
                "is what the run is called, after which its results are; name it otherwise",
            );
        }
    }
    const { startingDeadline } = args;
    const isLength = typeof startingDeadline === "string" && durationPattern.test(startingDeadline);
    if (isLength && seconds(startingDeadline) < 10) {
        problems.add(
            "startingDeadline",
            `is "${startingDeadline}"; it must be at least "10s", as it is looked only so often`,
        );
    }
    if (args.backend === ScheduleBackend.CronWorkflow && args.command === undefined) {
        problems.add("command", "is missing; Argo Workflows does not look into images: give the command");
    }
}

/**
 * A training, or whatever else ends by itself, on a schedule.
 *
 * Every argument changes in place and counts from the next run on; a run that is under way goes on as it was started.
 * `pulumi up` waits for no run. `kubectl create job --from=cronjob/<name> <run>` starts one by hand.
 *
 * In the container RUN_NAME is the name of the run, MODEL_DIR the directory to write its result to, and MODEL_URI the
 * result's address. Each run has a directory of its own; nothing deletes those of earlier runs. With `output.uri` the
 * directory is the pod's own, from which the program uploads to that address.
 */
export class Schedule extends pulumi.ComponentResource {
    /** The name of the CronJob or CronWorkflow, with which the names of its runs begin. */
    public readonly scheduleName: pulumi.Output<string>;
    /** The address below which each run has its result, under its name: `pvc://<claim>`, or `output.uri`. */
    public readonly outputUri: pulumi.Output<string>;

    constructor(name: string, args: ScheduleArgs, opts?: pulumi.ComponentResourceOptions) {
        const checked = validate("Schedule", name, args, fields, checkAcross);
        super("kubernetes-mlops:index:Schedule", name, {}, opts);

        const { namespace, serviceAccount } = checked.workspace;
        const labels = scheduleLabels(name);
        const target = scheduleTarget(name, checked, this);
        const secret =
            checked.secretEnv &&
            environmentSecret(
                name,
                // Not named after its content: a run that is under way finds it when a pod is tried again.
                { secretName: `${name}-env`, namespace, labels, values: checked.secretEnv },
                { parent: this, deleteBeforeReplace: true },
            );
        const context: ScheduleContext = {
            target,
            secretName: secret && `${name}-env`,
            claimTemplate: gpuClaimTemplate(name, checked, labels, this),
        };
        if (checked.backend === ScheduleBackend.CronWorkflow) {
            const role = `${name}-workflow`;
            const account = podRole(name, { role, namespace, labels, rules: workflowRules, serviceAccount }, this);
            const schedule = new CustomResource(
                `${name}-cronworkflow`,
                cronWorkflow(name, checked, { ...context, serviceAccountName: account.serviceAccountName }),
                { parent: this, dependsOn: secret ? [secret, account.binding] : account.binding },
            );
            this.scheduleName = schedule.metadata.name;
        } else {
            const schedule = new batch.CronJob(`${name}-cronjob`, cronJob(name, checked, context), {
                parent: this,
                dependsOn: secret,
            });
            this.scheduleName = schedule.metadata.name;
        }

        this.outputUri = pulumi.output(target.uri);
        this.registerOutputs({ scheduleName: this.scheduleName, outputUri: this.outputUri });
    }
}

function scheduleTarget(name: string, args: ScheduleArgs, parent: pulumi.Resource): ScheduleTarget {
    const { uri, ...output } = args.output ?? {};
    if (uri !== undefined) {
        return { uri };
    }
    const target = { resource: `${name}-model`, namespace: args.workspace.namespace, labels: scheduleLabels(name) };
    const claim = claimOf(name, output, target, parent);
    return { claim, uri: pulumi.interpolate`pvc://${claim}` };
}
