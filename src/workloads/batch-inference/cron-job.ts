import type { types } from "@pulumi/kubernetes";

import { objectMeta } from "../../pod/metadata";
import { runTimeout } from "../../runs/run";
import type { BatchInferenceArgs } from "./args";
import { type BatchContext, batchLabels, fixedSpec } from "./job";

type CronJob = types.input.batch.v1.CronJob;

/** The CronJob that makes such a Job each time. All of it can be changed in place. */
export function buildBatchCronJob(name: string, args: BatchInferenceArgs, context: BatchContext): CronJob {
    const labels = batchLabels(name);
    const { namespace, queue } = args.workspace;
    return {
        metadata: objectMeta(name, namespace, labels),
        spec: {
            schedule: args.schedule!,
            timeZone: args.timeZone,
            // Two runs at once would take each other's place and write the same files.
            concurrencyPolicy: "Forbid",
            // Without it a CronJob that has missed a hundred starts never starts again.
            startingDeadlineSeconds: 3600,
            jobTemplate: {
                metadata: { labels: { ...labels, ...(queue !== undefined && { "kueue.x-k8s.io/queue-name": queue }) } },
                spec: { activeDeadlineSeconds: runTimeout(args), ...fixedSpec(name, args, context) },
            },
        },
    };
}
