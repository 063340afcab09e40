import type { types } from "@pulumi/kubernetes";

import { buildCronJobSpec, jobNameVariable } from "../../runs/cron-job";
import { buildFailurePolicy } from "../../runs/run";
import type { ScheduleArgs } from "./args";
import {
    buildRunPod,
    historyLimits,
    type RunName,
    type ScheduleContext,
    scheduleLabels,
    scheduleMeta,
} from "./run-pod";

/** Returns the CronJob of a schedule. */
export function buildCronJob(name: string, args: ScheduleArgs, context: ScheduleContext): types.input.batch.v1.CronJob {
    const labels = scheduleLabels(name);
    const spec = buildCronJobSpec(args, labels, {
        backoffLimit: args.retries ?? 2,
        podFailurePolicy: buildFailurePolicy(args.retry, "FailJob"),
        template: buildRunPod(args, context, jobName, { labels, spec: { restartPolicy: "Never" } }),
    });
    return { metadata: scheduleMeta(name, args), spec: { ...spec, ...historyLimits(args) } };
}

const jobName: RunName = { envValueFrom: jobNameVariable, directory: { subPathExpr: "$(RUN_NAME)" } };
