import { RunWait, Sweep, SweepBackend } from "../../../src";
import { image, otherImage } from "../arguments";
import { metadataEdit, type Scenario } from "./scenario";

/** No node runs the trials. */
const search = {
    image,
    wait: RunWait.Never,
    objective: { metric: "accuracy" },
    grid: { depth: [1, 2], rate: [0.1, 0.01] },
};

export const scenarios: Scenario[] = [
    {
        name: "sweep-plain",
        create: (workspace, edits, opts) =>
            new Sweep("sweep-plain", { workspace, ...search, gpu: {}, secretEnv: { TOKEN: "a" }, ...edits }, opts),
        edits: [
            metadataEdit(
                {
                    "replace best": [
                        "metadata.annotations.mesh",
                        "metadata.labels.identity",
                        "metadata.name",
                        "spec.schedulingGates",
                        "spec.volumeMounts",
                    ],
                    "replace job": ["metadata.name"],
                    "update env": [],
                    "update output": [],
                    "update record": [],
                    "update trials": [],
                },
                { queuePriority: "high" },
            ),
            {
                what: "more time: in place",
                edit: { timeout: "2h" },
                preview: ["update job spec.activeDeadlineSeconds"],
            },
            {
                what: "maxFailedTrials and a budget: in place",
                edit: { maxFailedTrials: 1, budget: { gpuHours: 1 } },
                preview: ["update job spec.activeDeadlineSeconds spec.maxFailedIndexes"],
            },
            {
                what: "another image: a new run",
                edit: { image: otherImage },
                preview: [
                    "replace best metadata.name spec.image spec.schedulingGates spec.volumeMounts",
                    "replace job metadata.name",
                ],
            },
            {
                what: "more retries of each trial, fewer trials at once: a new run",
                edit: { retries: 5, parallelism: 2 },
                preview: [
                    "replace best metadata.name spec.schedulingGates spec.volumeMounts",
                    "replace job metadata.name spec.activeDeadlineSeconds",
                ],
            },
            {
                what: "more values: other trials, and a new run",
                edit: { grid: { depth: [1, 2, 3] } },
                preview: [
                    "replace best metadata.name spec.schedulingGates spec.volumeMounts",
                    "replace job metadata.name",
                    'replace trials data["0.json"] data["1.json"] data["2.json"] data["3.json"] metadata.name',
                ],
            },
            {
                what: "another password: the next run reads it",
                edit: { secretEnv: { TOKEN: "b" } },
                preview: ["replace env data.TOKEN"],
            },
            {
                what: "another metric: a new run",
                edit: { objective: { metric: "f1" } },
                preview: [
                    "replace best metadata.name spec.env spec.schedulingGates spec.volumeMounts",
                    "replace job metadata.name",
                ],
            },
            {
                what: "another access mode: a new volume, and a new run",
                edit: { output: { accessMode: "ReadWriteMany" } },
                preview: [
                    "replace best metadata.name spec.schedulingGates spec.volumeMounts spec.volumes",
                    "replace job metadata.name",
                    "replace output metadata.name spec.accessModes[0]",
                ],
            },
            {
                what: "a trigger",
                edit: { triggers: ["2"] },
                preview: [
                    "replace best metadata.name spec.schedulingGates spec.volumeMounts",
                    "replace job metadata.annotations.kubernetes-mlops/triggers metadata.name",
                ],
            },
        ],
    },
    {
        name: "sweep-katib",
        crds: ["kubeflow.org/Experiment"],
        create: (workspace, edits, opts) =>
            new Sweep(
                "sweep-katib",
                {
                    workspace,
                    image,
                    wait: RunWait.Never,
                    objective: { metric: "accuracy" },
                    random: {
                        count: 8,
                        parameters: { rate: { min: 1e-5, max: 0.1, log: true }, depth: { min: 2, max: 8, step: 1 } },
                    },
                    backend: SweepBackend.Katib,
                    ...edits,
                },
                opts,
            ),
        edits: [
            metadataEdit(
                { "replace experiment": ["metadata.name"], "update output": [], "update record": [] },
                { queuePriority: "high" },
            ),
            {
                what: "another image: a new Experiment",
                edit: { image: otherImage },
                preview: ["replace experiment metadata.name"],
            },
            {
                what: "more trials at once: a new Experiment",
                edit: { parallelism: 2 },
                preview: ["replace experiment metadata.name"],
            },
            {
                what: "a Job instead",
                edit: { backend: SweepBackend.Job },
                preview: ["create best", "create job", "create trials", "delete experiment"],
            },
        ],
    },
];
