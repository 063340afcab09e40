import { cronSchedule } from "../../arguments/cron";
import { duration } from "../../arguments/duration";
import { boolean, dnsSubdomain, integer, oneOf } from "../../arguments/formats";
import { plain, type Problems, required, type RulesOf } from "../../arguments/rules";
import { checkWorkload, workloadFields } from "../../pod/args";
import { modelDir } from "../../pod/model-volume";
import { retryRule } from "../../runs/args";
import { checkOutput, outputRule } from "../../runs/output-args";
import { checkScheduledRun, scheduledRunFields } from "../../runs/schedule-args";
import { type ScheduleArgs, ScheduleBackend, ScheduleConcurrency } from "./args";

export const fields = {
    ...workloadFields,
    schedule: required(cronSchedule, 'set a cron schedule, for example "0 3 * * *" or "@daily"'),
    ...scheduledRunFields,
    concurrency: oneOf(Object.values(ScheduleConcurrency)),
    successfulRunsHistoryLimit: integer(0, 1000),
    failedRunsHistoryLimit: integer(0, 1000),
    retries: integer(0, 1000),
    retry: retryRule,
    timeout: duration,
    spot: boolean,
    queuePriority: dnsSubdomain,
    output: outputRule,
    backend: plain(
        oneOf(Object.values(ScheduleBackend)),
        "it must be a plain value, because it decides which objects are created",
    ),
} satisfies RulesOf<ScheduleArgs>;

export function checkAcross(args: ScheduleArgs, problems: Problems): void {
    checkWorkload(args, problems, {
        [modelDir]: "MODEL_DIR, the directory of the result",
        ...(args.backend === ScheduleBackend.CronWorkflow && {
            "/argo": "a directory of Argo Workflows",
            "/var/run/argo": "a directory of Argo Workflows",
        }),
    });
    checkOutput(args.output, problems);
    for (const field of ["env", "secretEnv"] as const) {
        if ("RUN_NAME" in (args[field] ?? {})) {
            problems.add(`${field}.RUN_NAME`, "is set by the component to the name of the run; use another name");
        }
    }
    checkScheduledRun(args, problems);
    if (args.backend === ScheduleBackend.CronWorkflow) {
        if (args.command === undefined) {
            problems.add("command", "is missing; Argo Workflows does not use the command of the image: set it");
        }
        const { uri } = args.output ?? {};
        if (typeof uri === "string" && uri.includes("{{")) {
            problems.add(
                "output.uri",
                `is "${uri}"; it must not contain {{, which Argo Workflows would read: change it`,
            );
        }
        if (args.retry !== undefined) {
            problems.add("retry", 'is not supported with backend "CronWorkflow"; remove it, or use a CronJob');
        }
    }
}
