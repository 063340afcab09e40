import { cronSchedule } from "../../arguments/cron";
import { imageRef, integer } from "../../arguments/formats";
import { list, object, plain, type Problems, required, rule, type RulesOf } from "../../arguments/rules";
import { checkWorkload } from "../../pod/args";
import { modelDir, modelProblem } from "../../pod/model-volume";
import { runFields } from "../../runs/args";
import { checkScheduledRun, scheduledRunFields } from "../../runs/schedule-args";
import type { BatchInferenceArgs, RerunArgs } from "./args";
import { dataUriProblem } from "./data-volume";
import { inputDir, outputDir } from "./job";
import { mostRerun } from "./shards";

const dataUri = rule(dataUriProblem);

export const fields = {
    ...runFields,
    inputUri: required(dataUri, 'set the URI of the input data, for example "s3://claims/november"'),
    outputUri: required(dataUri, 'set the URI of the results, for example "s3://scores/november"'),
    shards: required(integer(1, 10000), "set the number of pods among which the work is divided"),
    model: rule(modelProblem),
    parallelism: integer(1, 10000),
    rerun: object<RerunArgs>({
        shards: plain(
            required(
                list(required(integer(0, 9999), "remove the entry or set it to an integer")),
                "list the shards that have failed",
            ),
            "it must be a plain value, because it decides which Jobs are created",
        ),
        image: imageRef,
    }),
    schedule: cronSchedule,
    ...scheduledRunFields,
} satisfies RulesOf<BatchInferenceArgs>;

export function checkAcross(args: BatchInferenceArgs, problems: Problems): void {
    checkWorkload(args, problems, {
        [inputDir]: "INPUT_DIR, the directory of the input",
        [outputDir]: "OUTPUT_DIR, the directory of the results",
        ...(args.model !== undefined && { [modelDir]: "MODEL_DIR, the directory of the model" }),
    });
    const { schedule, shards, rerun } = args;
    for (const field of Object.keys(scheduledRunFields) as (keyof typeof scheduledRunFields)[]) {
        if (schedule === undefined && args[field] !== undefined) {
            problems.add(field, "has no effect without schedule; set schedule, or remove it");
        }
    }
    checkScheduledRun(args, problems);
    for (const field of ["rerun", "triggers"] as const) {
        if (schedule !== undefined && args[field] !== undefined) {
            problems.add(
                field,
                "cannot be combined with schedule, which runs all shards each time; remove one of them",
            );
        }
    }
    for (const field of ["wait", "allowFailure", "startTimeout"] as const) {
        if (schedule !== undefined && args[field] !== undefined) {
            problems.add(field, "has no effect with schedule, as pulumi up waits for no scheduled run; remove it");
        }
    }
    const again = rerun?.shards ?? [];
    if (rerun?.shards?.length === 0 || again.length > mostRerun) {
        problems.add("rerun.shards", `has ${again.length} entries; it must have from 1 to ${mostRerun}`);
    }
    for (const shard of new Set(again.filter((one, index) => again.indexOf(one) !== index))) {
        problems.add("rerun.shards", `has ${shard} more than once; remove the duplicates`);
    }
    const last = typeof shards === "number" ? shards - 1 : Infinity;
    for (const shard of again.filter((one) => one > last)) {
        problems.add("rerun.shards", `has ${shard}; shards are counted from 0 to ${last}`);
    }
}
