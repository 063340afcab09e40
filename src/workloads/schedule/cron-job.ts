import type { types } from "@pulumi/kubernetes";

import { disruptionsAreNoFailures, runTimeout } from "../../runs/run";
import type { ScheduleArgs } from "./args";
import {
    policy,
    queueLabel,
    type RunName,
    buildRunPod,
    type ScheduleContext,
    scheduleLabels,
    scheduleMeta,
} from "./run-pod";

/** A schedule that Kubernetes keeps. */
export function buildCronJob(name: string, args: ScheduleArgs, context: ScheduleContext): types.input.batch.v1.CronJob {
    const labels = scheduleLabels(name);
    return {
        metadata: scheduleMeta(name, args),
        spec: {
            schedule: args.schedule,
            timeZone: args.timeZone ?? "Etc/UTC",
            ...policy(args),
            jobTemplate: {
                metadata: { labels: { ...labels, ...queueLabel(args) } },
                spec: {
                    backoffLimit: args.retries ?? 2,
                    activeDeadlineSeconds: runTimeout(args),
                    podFailurePolicy: disruptionsAreNoFailures,
                    template: buildRunPod(args, context, runOfJob, { labels, spec: { restartPolicy: "Never" } }),
                },
            },
        },
    };
}

/** By the label that its pod gets. */
const runOfJob: RunName = {
    envFrom: { RUN_NAME: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-name']" } } },
    directory: { subPathExpr: "$(RUN_NAME)" },
};
