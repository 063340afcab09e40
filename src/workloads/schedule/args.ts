import * as pulumi from "@pulumi/pulumi";

import type { WorkloadArgs } from "../../pod/args";
import type { RetryArgs } from "../../runs/args";
import type { TrainingOutputArgs } from "../../runs/output-args";
import type { ScheduledRunArgs } from "../../runs/schedule-args";

/** What happens when a run is due while the previous one is still in progress. */
export const ScheduleConcurrency = {
    /**
     * The new run waits until the previous one has ended, and is skipped if that takes longer than `startingDeadline`.
     */
    Forbid: "Forbid",
    /** Both run. */
    Allow: "Allow",
    /** The previous run is stopped. */
    Replace: "Replace",
} as const;
export type ScheduleConcurrency = (typeof ScheduleConcurrency)[keyof typeof ScheduleConcurrency];

/** The resource kind that starts the runs. */
export const ScheduleBackend = {
    /** A Kubernetes CronJob. Needs no add-on. */
    CronJob: "CronJob",
    /** A CronWorkflow of Argo Workflows, whose user interface shows the runs. Needs the add-on `argoWorkflows`. */
    CronWorkflow: "CronWorkflow",
} as const;
export type ScheduleBackend = (typeof ScheduleBackend)[keyof typeof ScheduleBackend];

/** The arguments of a Schedule. */
export interface ScheduleArgs extends WorkloadArgs, ScheduledRunArgs {
    /**
     * When runs start, as a cron schedule: minute, hour, day of the month, month and day of the week, for example
     * "0 3 * * 1-5", or one of "@hourly", "@daily", "@weekly", "@monthly" and "@yearly".
     */
    schedule: pulumi.Input<string>;
    /** What happens when a run is due while the previous one is still in progress. Defaults to Forbid. */
    concurrency?: pulumi.Input<ScheduleConcurrency>;
    /** How many completed runs are kept with their logs. Results are never deleted. Defaults to 3. */
    successfulRunsHistoryLimit?: pulumi.Input<number>;
    /** How many failed runs are kept with their logs. Defaults to 3. */
    failedRunsHistoryLimit?: pulumi.Input<number>;
    /**
     * How often a failed pod is retried in each run. Disrupted pods (a drained node, a preemption) do not count, except
     * with a CronWorkflow. Defaults to 2.
     */
    retries?: pulumi.Input<number>;
    /** Exit codes that are never retried, and exit codes that always are. Only with a CronJob. Defaults to none. */
    retry?: RetryArgs;
    /**
     * How long each run may take, including retries, for example "90m" or "6h"; then it is stopped and has failed.
     * Defaults to "24h".
     */
    timeout?: pulumi.Input<string>;
    /**
     * Whether pods may run on spot nodes, which cost less and can be reclaimed at any time: they tolerate the taints
     * that cloud providers set on those nodes. Defaults to false.
     */
    spot?: pulumi.Input<boolean>;
    /**
     * Name of the WorkloadPriorityClass by which Kueue orders runs in a queue, and which may preempt runs of a lower
     * priority. It acts where Kueue admits the runs: with `workspace.queue`, or in a namespace with a default queue. Defaults
     * to none, the lowest priority.
     */
    queuePriority?: pulumi.Input<string>;
    /** Where results are kept. Defaults to a PersistentVolumeClaim of 10Gi that the component creates. */
    output?: TrainingOutputArgs;
    /**
     * The resource kind that starts the runs. Changing it deletes the old resource together with its runs. Defaults to
     * CronJob.
     */
    backend?: ScheduleBackend;
}
