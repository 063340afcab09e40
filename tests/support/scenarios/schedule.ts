import { Schedule, ScheduleBackend } from "../../../src";
import { image, otherImage } from "../arguments";
import { metadataEdit, type Scenario } from "./scenario";

export const scenarios: Scenario[] = [
    {
        name: "schedule-plain",
        create: (workspace, edits, opts) =>
            new Schedule(
                "schedule-plain",
                { workspace, image, schedule: "@daily", secretEnv: { TOKEN: "a" }, ...edits },
                opts,
            ),
        edits: [
            metadataEdit(
                {
                    "update cronjob": [
                        "spec.jobTemplate.metadata.annotations",
                        "spec.jobTemplate.metadata.labels.team",
                        'spec.jobTemplate.metadata.labels["kueue.x-k8s.io/priority-class"]',
                        "spec.jobTemplate.spec.template.metadata.annotations",
                        "spec.jobTemplate.spec.template.metadata.labels.identity",
                    ],
                    "update env": [],
                    "update model": [],
                    "update record": [],
                },
                { queuePriority: "high" },
            ),
            { what: "another image: in place", edit: { image: otherImage }, preview: ["update cronjob image"] },
            {
                what: "another time: in place",
                edit: { schedule: "0 3 * * 1", timeZone: "Europe/Berlin" },
                preview: ["update cronjob spec.schedule spec.timeZone"],
            },
            {
                what: "another secret: the next run reads it",
                edit: { secretEnv: { TOKEN: "b" } },
                preview: ["replace env data.TOKEN"],
            },
            {
                what: "other limits: in place",
                edit: { retries: 5, timeout: "1h", startingDeadline: "5m", successfulRunsHistoryLimit: 1 },
                preview: [
                    "update cronjob spec.jobTemplate.spec.activeDeadlineSeconds spec.jobTemplate.spec.backoffLimit spec.startingDeadlineSeconds spec.successfulJobsHistoryLimit",
                ],
            },
            {
                what: "another storage class: a new claim, and the old one stays",
                edit: { output: { storageClass: "fast" } },
                preview: ["replace model metadata.name spec.storageClassName", "update cronjob env volumes"],
            },
            {
                what: "a URI: no claim, and the old one stays",
                edit: { output: { uri: "s3://m/f" } },
                preview: ["delete model", "update cronjob env volumeMounts volumes"],
            },
            {
                what: "suspended: in place",
                edit: { suspend: true, concurrency: "Replace" },
                preview: ["update cronjob spec.concurrencyPolicy spec.suspend"],
            },
        ],
    },
    {
        name: "schedule-argo",
        crds: ["argoproj.io/CronWorkflow"],
        create: (workspace, edits, opts) =>
            new Schedule(
                "schedule-argo",
                {
                    workspace,
                    image,
                    command: ["python", "train.py"],
                    schedule: "@daily",
                    backend: ScheduleBackend.CronWorkflow,
                    ...edits,
                },
                opts,
            ),
        edits: [
            metadataEdit(
                {
                    "update account": [],
                    "update binding": [],
                    "update cronworkflow": [
                        "spec.workflowMetadata.annotations",
                        "spec.workflowMetadata.labels.team",
                        "spec.workflowSpec.podMetadata.annotations",
                        "spec.workflowSpec.podMetadata.labels.identity",
                        'spec.workflowSpec.podMetadata.labels["kueue.x-k8s.io/priority-class"]',
                    ],
                    "update model": [],
                    "update record": [],
                    "update role": [],
                },
                { queuePriority: "high" },
            ),
            {
                what: "another image: in place",
                edit: { image: otherImage },
                preview: ["update cronworkflow spec.workflowSpec.templates[0].container.image"],
            },
            {
                what: "other limits and times: in place",
                edit: { retries: 0, timeout: "1h", timeZone: "UTC" },
                preview: [
                    "update cronworkflow spec.timezone spec.workflowSpec.activeDeadlineSeconds spec.workflowSpec.templates[0].retryStrategy.limit",
                ],
            },
            {
                what: "a GPU by device class: fields that a workflow lacks are in its patch",
                edit: { gpu: { deviceClass: "gpu.nvidia.com" }, spot: true },
                preview: [
                    "create gpu",
                    "update cronworkflow spec.workflowSpec.podSpecPatch spec.workflowSpec.templates[0].container.resources.claims spec.workflowSpec.tolerations",
                ],
            },
            {
                what: "a CronJob: the CronWorkflow and its permissions are deleted",
                edit: { backend: ScheduleBackend.CronJob },
                preview: ["create cronjob", "delete account", "delete binding", "delete cronworkflow", "delete role"],
            },
        ],
    },
];
