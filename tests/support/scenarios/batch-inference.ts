import { BatchInference, RunWait } from "../../../src";
import { image, otherImage } from "../arguments";
import { metadataEdit, type Scenario } from "./scenario";

const work = { image, inputUri: "pvc://claims/november", outputUri: "pvc://scores/november", shards: 4 };

export const scenarios: Scenario[] = [
    {
        name: "batch-once",
        create: (workspace, edits, opts) =>
            new BatchInference(
                "batch-once",
                { workspace, ...work, wait: RunWait.Never, secretEnv: { TOKEN: "a" }, ...edits },
                opts,
            ),
        edits: [
            metadataEdit(
                { "replace job": ["metadata.name"], "update env": [], "update record": [] },
                { queuePriority: "high" },
            ),
            {
                what: "more time: in place",
                edit: { timeout: "2h" },
                preview: ["update job spec.activeDeadlineSeconds"],
            },
            {
                what: "shards to run again: only they run",
                edit: { rerun: { shards: [1, 3] } },
                preview: ["create shard-1", "create shard-3"],
            },
            {
                what: "another image for them: only they run",
                edit: { rerun: { shards: [1, 3], image: otherImage } },
                preview: ["replace shard-1 metadata.name", "replace shard-3 metadata.name"],
            },
            {
                what: "another image, input and output: a new run",
                edit: {
                    image: otherImage,
                    inputUri: "s3://claims/december",
                    outputUri: "s3://scores/december",
                    rerun: undefined,
                },
                preview: ["delete shard-1", "delete shard-3", "replace job metadata.name"],
            },
            {
                what: "more retries of each shard: a new run",
                edit: { retries: 5 },
                preview: ["replace job metadata.name"],
            },
            {
                what: "more shards: a new run",
                edit: { shards: 8 },
                preview: ["replace job metadata.name"],
            },
            {
                what: "a model: a new run",
                edit: { model: "pvc://models/fraud/run-1" },
                preview: ["replace job metadata.name"],
            },
            {
                what: "another password: the next run reads it",
                edit: { secretEnv: { TOKEN: "b" } },
                preview: ["replace env data.TOKEN"],
            },
            {
                what: "a schedule: a CronJob replaces the Job",
                edit: { schedule: "@daily", wait: undefined },
                preview: ["create cron", "delete job"],
            },
        ],
    },
    {
        name: "batch-nightly",
        create: (workspace, edits, opts) =>
            new BatchInference("batch-nightly", { workspace, ...work, schedule: "30 2 * * *", ...edits }, opts),
        edits: [
            metadataEdit(
                {
                    "update cron": [
                        "spec.jobTemplate.metadata.annotations",
                        "spec.jobTemplate.metadata.labels.team",
                        'spec.jobTemplate.metadata.labels["kueue.x-k8s.io/priority-class"]',
                        "spec.jobTemplate.spec.template.metadata.annotations",
                        "spec.jobTemplate.spec.template.metadata.labels.identity",
                    ],
                    "update record": [],
                },
                { queuePriority: "high" },
            ),
            {
                what: "another hour in another time zone: in place",
                edit: { schedule: "30 3 * * *", timeZone: "Europe/Berlin" },
                preview: ["update cron spec.schedule spec.timeZone"],
            },
            {
                what: "suspended, and another starting deadline: in place",
                edit: { suspend: true, startingDeadline: "6h" },
                preview: ["update cron spec.startingDeadlineSeconds spec.suspend"],
            },
            {
                what: "another image, another output URI, other shards and retries: in place",
                edit: { image: otherImage, outputUri: "s3://scores", shards: 8, retries: 0 },
                preview: [
                    "update cron env image spec.jobTemplate.spec.backoffLimitPerIndex spec.jobTemplate.spec.completions spec.jobTemplate.spec.parallelism volumeMounts volumes",
                ],
            },
        ],
    },
];
