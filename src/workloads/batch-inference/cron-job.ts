import type { types } from "@pulumi/kubernetes";

import { objectMeta } from "../../pod/metadata";
import { batchNames } from "../../pod/names";
import { buildCronJobSpec, overridesManualChanges } from "../../runs/cron-job";
import type { BatchInferenceArgs } from "./args";
import { type BatchContext, batchLabels, buildScheduledSpec } from "./job";

type CronJob = types.input.batch.v1.CronJob;

/** Returns the CronJob that starts a Job of all shards on a schedule. All of it can be changed in place. */
export function buildBatchCronJob(
    name: string,
    args: BatchInferenceArgs & Required<Pick<BatchInferenceArgs, "schedule">>,
    context: BatchContext,
): CronJob {
    const labels = batchLabels(name);
    return {
        metadata: objectMeta(batchNames.cronJob(name), args.workspace.namespace, labels, overridesManualChanges),
        spec: buildCronJobSpec(args, labels, buildScheduledSpec(name, args, context)),
    };
}
