import {
    AccessMode,
    GpuSharingMode,
    RunWait,
    TrainingBackend,
    TrainingFramework,
    TrainingJob,
    type TrainingJobArgs,
} from "../../../src";
import { image, otherImage } from "../arguments";
import { metadataEdit, type Scenario, type ScenarioEdit } from "./scenario";

const shared = { accessMode: AccessMode.ReadWriteMany };

function scenario(name: string, args: Partial<TrainingJobArgs>, edits: ScenarioEdit[], crds?: string[]): Scenario {
    return {
        name,
        crds,
        create: (workspace, edited, opts) =>
            new TrainingJob(name, { workspace, image, wait: RunWait.Never, ...args, ...edited }, opts),
        edits,
    };
}

const several = { nodes: 2, output: shared, command: ["torchrun", "train.py"] };

export const scenarios: Scenario[] = [
    scenario("train-gpu", { gpu: { count: 2 } }, [
        metadataEdit(
            { "replace job": ["metadata.name"], "update model": [], "update record": [] },
            { queuePriority: "high" },
        ),
        {
            what: "another image: a new run",
            edit: { image: otherImage },
            preview: ["replace job metadata.name"],
        },
    ]),
    scenario("train-claim", { gpu: { deviceClass: "gpu.nvidia.com", memory: "40Gi" } }, [
        {
            what: "more memory of each GPU: another ResourceClaimTemplate, and a new run",
            edit: { gpu: { deviceClass: "gpu.nvidia.com", memory: "70Gi" } },
            preview: [
                "replace gpu metadata.name spec.spec.devices.requests[0].exactly.selectors[0].cel.expression",
                "replace job metadata.name",
            ],
        },
        {
            what: "a shared GPU instead of a ResourceClaim",
            edit: { gpu: { sharing: GpuSharingMode.Mps } },
            preview: ["delete gpu", "replace job metadata.name"],
        },
    ]),
    scenario("train-nodes", { ...several, checkpoint: shared, topology: { required: "rack" } }, [
        {
            what: "more nodes: a new run",
            edit: { nodes: 3 },
            preview: ["replace job metadata.name spec.backoffLimit"],
        },
        {
            what: "another framework: a new run",
            edit: { framework: TrainingFramework.Jax },
            preview: ["replace job metadata.name"],
        },
        { what: "more retries: in place", edit: { retries: 5 }, preview: ["update job spec.backoffLimit"] },
        {
            what: "no topology: the run starts again",
            edit: { topology: undefined },
            preview: ["replace job metadata.name"],
        },
        {
            what: "one node: the Service is deleted",
            edit: { nodes: 1 },
            preview: ["delete nodes", "replace job metadata.name spec.backoffLimit"],
        },
    ]),
    scenario(
        "train-jobset",
        { ...several, backend: TrainingBackend.JobSet },
        [
            metadataEdit(
                { "replace job": ["metadata.name"], "update model": [], "update record": [] },
                { queuePriority: "high" },
            ),
            {
                what: "another image: a new run",
                edit: { image: otherImage },
                preview: ["replace job metadata.name"],
            },
            {
                what: "more retries: a new run, as a JobSet is immutable",
                edit: { retries: 5 },
                preview: ["replace job metadata.name"],
            },
            {
                what: "a Job instead",
                edit: { backend: TrainingBackend.Job },
                preview: ["create job", "create nodes", "delete job"],
            },
        ],
        ["jobset.x-k8s.io/JobSet"],
    ),
    scenario(
        "train-trainjob",
        { ...several, backend: TrainingBackend.TrainJob },
        [
            metadataEdit(
                {
                    "replace job": ["metadata.name"],
                    "replace runtime": ["metadata.name"],
                    "update model": [],
                    "update record": [],
                },
                { queuePriority: "high" },
            ),
            {
                what: "another image: a new run",
                edit: { image: otherImage },
                preview: ["replace job metadata.name", "replace runtime metadata.name"],
            },
            {
                what: "MPI: a new run",
                edit: { framework: TrainingFramework.Mpi },
                preview: [
                    "replace job metadata.name",
                    'replace runtime metadata.labels["trainer.kubeflow.org/framework"] metadata.name',
                ],
            },
        ],
        ["trainer.kubeflow.org/TrainJob", "trainer.kubeflow.org/TrainingRuntime"],
    ),
    scenario(
        "train-rayjob",
        { ...several, command: ["python", "train.py", "--name", "it's"], backend: TrainingBackend.RayJob },
        [
            metadataEdit(
                { "replace job": ["metadata.name"], "update model": [], "update record": [] },
                { queuePriority: "high" },
            ),
            {
                what: "another image: a new run",
                edit: { image: otherImage },
                preview: ["replace job metadata.name"],
            },
            {
                what: "only a head: a new run",
                edit: { nodes: 1 },
                preview: ["replace job metadata.name"],
            },
        ],
        ["ray.io/RayJob"],
    ),
];
