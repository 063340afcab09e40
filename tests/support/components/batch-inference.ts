import * as pulumi from "@pulumi/pulumi";

import { BatchInference, type BatchInferenceArgs } from "../../../src";
import { fullRun, otherImage } from "../arguments";
import {
    type Case,
    digestRef,
    type Fixture,
    list,
    model,
    object,
    runCases,
    runNames,
    runScalars,
    runSecrets,
    validWorkload,
    workloadAllowed,
    workloadMisspelt,
    workloadPlain,
} from "./fixture";

const valid = { ...validWorkload, inputUri: "s3://claims/november", outputUri: "pvc://scores/november", shards: 4 };

/** Every argument of a BatchInference that runs once. */
export const fullBatchArgs: BatchInferenceArgs = {
    ...fullRun,
    command: ["python", "score.py"],
    retries: 1,
    inputUri: "pvc://claims/2024/06",
    outputUri: "pvc://scores/2024/06",
    shards: 100,
    model: "pvc://models/fraud/run-1",
    parallelism: 10,
    rerun: { shards: [3, 17], image: otherImage },
};

const address =
    'it must be a URI such as "s3://scores/november", "pvc://<claim>" or "pvc://<claim>/<directory>", without a slash at the end';
const schedule =
    "it must be a cron schedule of minute (0-59), hour (0-23), day of the month (1-31), month (1-12) and day of the week (0-6, Sunday " +
    'is 0), for example "30 3 * * 1-5" or "*/15 * * * *", or one of @hourly, @daily, @weekly, @monthly, @yearly';
const zone = 'it must be the name of a time zone, such as "Europe/Berlin", "America/New_York" or "Etc/UTC"';
const values = (from: number, to: number) => `it must be an integer from ${from} to ${to}`;
const again = "cannot be combined with schedule, which runs all shards each time; remove one of them";
const decides = "it must be a plain value, because it decides which Jobs are created";

export const fixture: Fixture = {
    component: BatchInference,
    valid: () => valid,
    full: () => fullBatchArgs,
    // Job, Secret, record and two shards that are run again.
    children: 5,
    scalars: [
        ...runScalars,
        ...["inputUri", "outputUri"].map((place): [string, unknown[], string] => [
            place,
            ["", "claims", "s3://", "s3://a/", "s3://a b", "pvc://", "pvc://A/b", "pvc://a//b", "pvc://a/../b", 5],
            address,
        ]),
        ["shards", [0, 1.5, "4", 10001], values(1, 10000)],
        ["model", ["models", "pvc://models/", "pvc://models/../x"], model],
        ["parallelism", [0, 1.5, "2", 10001], values(1, 10000)],
        ["schedule", ["daily", "60 * * * *", "* * * *", 5], schedule],
    ],
    plain: workloadPlain,
    cases: [
        ...runCases,
        [
            { inputUri: undefined, outputUri: undefined, shards: undefined },
            'inputUri is missing; set the URI of the input data, for example "s3://claims/november"',
            'outputUri is missing; set the URI of the results, for example "s3://scores/november"',
            "shards is missing; set the number of pods among which the work is divided",
        ],
        ...Object.entries({ timeZone: "UTC", startingDeadline: "1h", suspend: false }).map(([field, value]): Case => [
            { [field]: value },
            `${field} has no effect without schedule; set schedule, or remove it`,
        ]),
        [
            { schedule: "@daily", startingDeadline: "9s" },
            'startingDeadline is "9s"; it must be at least "10s", as the controller checks only every 10 seconds',
        ],
        [{ schedule: "@daily", timeZone: "Mars/Olympus" }, `timeZone is "Mars/Olympus"; ${zone}`],
        [{ schedule: "@daily", triggers: ["1"] }, `triggers ${again}`],
        [{ schedule: "@daily", rerun: { shards: [1] } }, `rerun ${again}`],
        ...Object.entries({ wait: "never", allowFailure: true, startTimeout: "1h" }).map(([field, value]): Case => [
            { schedule: "@daily", [field]: value },
            `${field} has no effect with schedule, as pulumi up waits for no scheduled run; remove it`,
        ]),
        [{ rerun: [1] }, `rerun ${object}`],
        [{ rerun: {} }, "rerun.shards is missing; list the shards that have failed"],
        [{ rerun: { shards: [] } }, "rerun.shards has 0 entries; it must have from 1 to 100"],
        [
            { shards: 200, rerun: { shards: Array.from({ length: 101 }, (_, shard) => shard) } },
            "rerun.shards has 101 entries; it must have from 1 to 100",
        ],
        [{ rerun: { shards: 1 } }, `rerun.shards is 1; ${list}`],
        [
            { rerun: { shards: [-1, 1.5] } },
            `rerun.shards[0] is -1; ${values(0, 9999)}`,
            `rerun.shards[1] is 1.5; ${values(0, 9999)}`,
        ],
        [{ rerun: { shards: [undefined] } }, "rerun.shards[0] is missing; remove the entry or set it to an integer"],
        [{ rerun: { shards: [pulumi.output(1)] } }, `rerun.shards[0] is an Output; ${decides}`],
        [{ rerun: { shards: [1, 1, 1] } }, "rerun.shards has 1 more than once; remove the duplicates"],
        [{ rerun: { shards: [4] } }, "rerun.shards has 4; shards are counted from 0 to 3"],
        [{ rerun: { shards: [1], image: "fraud:1" } }, `rerun.image is "fraud:1"; ${digestRef}`],
    ],
    secrets: runSecrets,
    missing: [
        ["workspace.namespace", "set the namespace"],
        ["inputUri", 'set the URI of the input data, for example "s3://claims/november"'],
        ["outputUri", 'set the URI of the results, for example "s3://scores/november"'],
        ["shards", "set the number of pods among which the work is divided"],
    ],
    misspelt: [
        [
            "shard",
            `${runNames}, inputUri, outputUri, shards, model, parallelism, rerun, schedule, timeZone, startingDeadline, suspend`,
        ],
        ["rerun.shard", "shards, image"],
        ...workloadMisspelt,
    ],
    allowed: [
        ...workloadAllowed,
        ["model", ["pvc://models", "pvc://models/a"]],
        ["inputUri", ["s3://a", "gs://a/b", "pvc://a", "pvc://a.b/c/d", "file+x://ab"]],
        ["shards", [1, 10000]],
        ["schedule", ["@hourly", "*/5 0-6 1,15 jan mon-fri"]],
        ["rerun", [{ shards: [0, 3] }, null]],
    ],
};
