import * as pulumi from "@pulumi/pulumi";

import type { WorkloadArgs } from "../../pod/args";
import type { TrainingOutputArgs } from "../../runs/output-args";

/** What is done when it is time for a run and the one before is still under way. */
export const ScheduleConcurrency = {
    /** The new one waits until the other is through, if that is within the `startingDeadline`, or is left out. */
    Forbid: "Forbid",
    /** Both run. */
    Allow: "Allow",
    /** The other one is stopped. */
    Replace: "Replace",
} as const;
export type ScheduleConcurrency = (typeof ScheduleConcurrency)[keyof typeof ScheduleConcurrency];

/** What starts the runs. */
export const ScheduleBackend = {
    /** A CronJob of Kubernetes. */
    CronJob: "CronJob",
    /** A CronWorkflow of Argo Workflows, whose user interface then shows the runs. */
    CronWorkflow: "CronWorkflow",
} as const;
export type ScheduleBackend = (typeof ScheduleBackend)[keyof typeof ScheduleBackend];

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
