import { Schedule, type ScheduleArgs } from "../../../src";
import { fullTrainingArgs } from "../arguments";
import {
    type Case,
    claimCases,
    claimScalars,
    type Fixture,
    length,
    retryCases,
    retryScalars,
    subdomain,
    validWorkload,
    workloadAllowed,
    workloadCases,
    workloadMisspelt,
    workloadNames,
    workloadPlain,
    workloadScalars,
    workloadSecrets,
} from "./fixture";

/** Every argument of a Schedule. */
export const fullScheduleArgs = {
    ...fullTrainingArgs,
    // A schedule starts runs by itself, and pulumi up waits for none.
    triggers: undefined,
    startTimeout: undefined,
    wait: undefined,
    allowFailure: undefined,
    schedule: "30 3 * * 1-5",
    timeZone: "Europe/Berlin",
    concurrency: "Replace",
    startingDeadline: "30m",
    suspend: true,
    successfulRunsHistoryLimit: 5,
    failedRunsHistoryLimit: 2,
    spot: true,
    backend: "CronJob",
} as ScheduleArgs;

const cron =
    "it must be a cron schedule of minute (0-59), hour (0-23), day of the month (1-31), month (1-12) and day of the week (0-6, Sunday " +
    'is 0), for example "30 3 * * 1-5" or "*/15 * * * *", or one of @hourly, @daily, @weekly, @monthly, @yearly';

export const fixture: Fixture = {
    component: Schedule,
    valid: () => ({ ...validWorkload, schedule: "@daily" }),
    full: () => fullScheduleArgs,
    // CronJob, record, Secret and claim.
    children: 4,
    scalars: [
        ...workloadScalars,
        ...retryScalars,
        ...claimScalars("output"),
        [
            "schedule",
            ["", "daily", "0 3 * *", "60 3 * * *", "0 24 * * *", "0 3 0 * *", "0 3 * 13 *", "0 3 * * 7", 5],
            cron,
        ],
        ["schedule", ["5-1 * * * *", "*/0 * * * *", "CRON_TZ=UTC 0 3 * * *", "@every 1h", "0 3 * * funday"], cron],
        [
            "timeZone",
            ["", "Local", "CEST", "europe/berlin", "Europe/berlin", "Europe/Bonn", "+01:00", 1],
            'it must be the name of a time zone, such as "Europe/Berlin", "America/New_York" or "Etc/UTC"',
        ],
        ["concurrency", ["forbid", "", 5], "it must be one of Forbid, Allow, Replace"],
        ["startingDeadline", ["", "10", "0s", 60], length],
        ["suspend", ["yes", 1], "it must be true or false"],
        ["successfulRunsHistoryLimit", [-1, 1001, "3"], "it must be an integer from 0 to 1000"],
        ["failedRunsHistoryLimit", [-1, 1.5], "it must be an integer from 0 to 1000"],
        ["retries", [-1, 1.5, 1001, "2", Infinity], "it must be an integer from 0 to 1000"],
        ["timeout", ["", "6", "6 h", "0h", 6], length],
        ["spot", ["yes", 1], "it must be true or false"],
        ["queuePriority", ["High", "", 5], subdomain],
        [
            "output.uri",
            ["models", "s3://", "s3://models/", "s3://models/a b", "S3://models", 5],
            'it must be a URI such as "s3://models/fraud", without a slash at the end',
        ],
    ],
    plain: [...workloadPlain, ["backend", ["cronjob", "Argo", 5], "it must be one of CronJob, CronWorkflow"]],
    cases: [
        ...workloadCases,
        ...retryCases,
        [
            { backend: "CronWorkflow", command: ["train"], retry: { always: [42] } },
            'retry is not supported with backend "CronWorkflow"; remove it, or use a CronJob',
        ],
        ...claimCases("output"),
        [{ schedule: undefined }, 'schedule is missing; set a cron schedule, for example "0 3 * * *" or "@daily"'],
        [
            { startingDeadline: "9s" },
            'startingDeadline is "9s"; it must be at least "10s", as the controller checks only every 10 seconds',
        ],
        [
            { backend: "CronWorkflow" },
            "command is missing; Argo Workflows does not use the command of the image: set it",
        ],
        ...["env", "secretEnv"].map((field): Case => [
            { [field]: { RUN_NAME: "a" } },
            `${field}.RUN_NAME is set by the component to the name of the run; use another name`,
        ]),
        ...["claim", "size"].map((field): Case => [
            { output: { uri: "s3://models", [field]: "1" } },
            "output sets both uri and fields of a claim; remove one of them",
        ]),
    ],
    secrets: workloadSecrets,
    missing: [
        ["workspace.namespace", "set the namespace"],
        ["schedule", 'set a cron schedule, for example "0 3 * * *" or "@daily"'],
    ],
    misspelt: [
        [
            "triggers",
            `${workloadNames}, schedule, timeZone, startingDeadline, suspend, concurrency, successfulRunsHistoryLimit, ` +
                "failedRunsHistoryLimit, retries, retry, timeout, spot, queuePriority, output, backend",
        ],
        ["output.path", "claim, size, storageClass, accessMode, retain, uri"],
        ...workloadMisspelt,
    ],
    allowed: [
        ...workloadAllowed,
        ["schedule", ["* * * * *", "0-30/10 8-18 ? JAN-mar SUN,2", "5/20 * * * *", "@weekly"]],
        ["timeZone", ["UTC", "Etc/UTC", "America/Argentina/Buenos_Aires", "Asia/Calcutta", "Etc/GMT+5"]],
        ["startingDeadline", ["10s", "7d"]],
        ["retries", [0, 1000]],
        ["output", [null, undefined, {}]],
    ],
};
