import { cronSchedule, timeZone } from "../../arguments/cron";
import { imageRef, integer } from "../../arguments/formats";
import { list, object, plain, type Problems, required, rule, type RulesOf } from "../../arguments/rules";
import { checkWorkload } from "../../pod/args";
import { modelProblem } from "../../pod/model-volume";
import { runFields } from "../../runs/args";
import { addressProblem } from "./address";
import type { BatchInferenceArgs, RerunArgs } from "./args";
import { mostRerun } from "./shards";

const address = rule(addressProblem);

export const fields = {
    ...runFields,
    input: required(address, 'say what is worked on, for example "s3://claims/november"'),
    output: required(address, 'say where the results go, for example "s3://scores/november"'),
    shards: required(integer(1, 10000), "say into how many parts the work is divided"),
    model: rule(modelProblem),
    parallelism: integer(1, 10000),
    rerun: object<RerunArgs>({
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
} satisfies RulesOf<BatchInferenceArgs>;

export function checkAcross(args: BatchInferenceArgs, problems: Problems): void {
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
