import { cronSchedule, timeZone } from "../../arguments/cron";
import { duration, durationPattern, seconds } from "../../arguments/duration";
import { integer, oneOf, truth } from "../../arguments/formats";
import { plain, type Problems, required, type RulesOf } from "../../arguments/rules";
import { checkWorkload, workloadFields } from "../../pod/args";
import { checkOutput, outputRule } from "../../runs/output-args";
import { type ScheduleArgs, ScheduleBackend, ScheduleConcurrency } from "./args";

export const fields = {
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
    output: outputRule,
    backend: plain(oneOf(Object.values(ScheduleBackend)), "it decides what is created: give one of ScheduleBackend"),
} satisfies RulesOf<ScheduleArgs>;

export function checkAcross(args: ScheduleArgs, problems: Problems): void {
    checkWorkload(args, problems);
    checkOutput(args.output, problems);
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
