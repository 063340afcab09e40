import { cronSchedule, timeZone } from "../../arguments/cron";
import { duration, durationPattern, seconds } from "../../arguments/duration";
import { integer, matching, oneOf, truth } from "../../arguments/formats";
import { object, plain, type Problems, required } from "../../arguments/rules";
import { checkWorkload, workloadFields } from "../../pod/args";
import { checkClaim, claimFields } from "../../pod/claim-args";
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
    output: object({
        ...claimFields,
        uri: matching(/^[a-z][a-z0-9+.-]*:\/\/\S+[^\s/]$/, 'it must be an address such as "s3://models/fraud"'),
    }),
    backend: plain(oneOf(Object.values(ScheduleBackend)), "it decides what is created: give one of ScheduleBackend"),
};

export function checkAcross(args: ScheduleArgs, problems: Problems): void {
    checkWorkload(args, problems);
    checkClaim(args.output, "output", problems);
    const { uri, ...claim } = args.output ?? {};
    if (uri !== undefined && Object.keys(claim).length > 0) {
        problems.add("output", "describes a claim besides a uri; leave one of them out");
    }
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
