/** The specs of objects that start runs on a schedule. */
import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { seconds } from "../arguments/duration";
import { mapInput } from "../arguments/inputs";
import type { WorkspaceArgs } from "../pod/args";
import type { MetadataArgs } from "../pod/metadata-args";
import { queueLabels } from "./queue";
import { runTimeout } from "./run";
import type { ScheduledRunArgs } from "./schedule-args";

type CronJobSpec = types.input.batch.v1.CronJobSpec;
type JobSpec = types.input.batch.v1.JobSpec;

/** Default time zone of schedules, independent of the clock of the cluster. */
export const defaultTimeZone = "Etc/UTC";

/** An update overrides what someone has changed by hand, such as `suspend`, instead of failing with a conflict. */
export const overridesManualChanges = { "pulumi.com/patchForce": "true" };

/** The name of the run in the variable RUN_NAME: the name of the Job, from a label of its pods. */
export const jobNameVariable: Record<string, types.input.core.v1.EnvVarSource> = {
    RUN_NAME: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-name']" } },
};

/** Returns the fields that the specs of a CronJob and of a CronWorkflow have in common. */
export function startPolicy(args: ScheduledRunArgs, concurrency: pulumi.Input<string> = "Forbid") {
    return {
        concurrencyPolicy: concurrency,
        startingDeadlineSeconds: mapInput(args.startingDeadline ?? "1h", seconds),
        suspend: args.suspend ?? false,
    };
}

/** The arguments that decide when the runs of a CronJob start, and how long each may take. */
interface CronJobArgs extends ScheduledRunArgs, Pick<MetadataArgs, "labels" | "annotations"> {
    workspace: WorkspaceArgs;
    queuePriority?: pulumi.Input<string>;
    schedule: pulumi.Input<string>;
    timeout?: pulumi.Input<string>;
    concurrency?: pulumi.Input<string>;
}

/**
 * Returns the spec of a CronJob.
 *
 * @param labels - Labels of the Job of each run.
 * @param job - The spec of the Job of each run, without its time limit.
 */
export function buildCronJobSpec(args: CronJobArgs, labels: Record<string, string>, job: JobSpec): CronJobSpec {
    return {
        schedule: args.schedule,
        timeZone: args.timeZone ?? defaultTimeZone,
        ...startPolicy(args, args.concurrency),
        jobTemplate: {
            metadata: {
                labels: { ...args.labels, ...labels, ...queueLabels(args) },
                ...(args.annotations && { annotations: args.annotations }),
            },
            spec: { activeDeadlineSeconds: runTimeout(args), ...job },
        },
    };
}
