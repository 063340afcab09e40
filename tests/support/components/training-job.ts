import * as pulumi from "@pulumi/pulumi";

import { AccessMode, TrainingBackend, TrainingFramework, TrainingJob } from "../../../src";
import { fullTrainingArgs } from "../arguments";
import {
    type Case,
    claimCases,
    claimScalars,
    type Fixture,
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

const labelKey = 'it must be the key of a node label, such as "topology.kubernetes.io/zone"';

export const fixture: Fixture = {
    component: TrainingJob,
    valid: () => validWorkload,
    full: () => ({
        ...fullTrainingArgs,
        nodes: 2,
        processesPerNode: 1,
        checkpoint: { accessMode: AccessMode.ReadWriteMany, retain: false },
        topology: { required: "rack" },
    }),
    // Job, record, headless Service, Secret, and the claims of results and checkpoints.
    children: 6,
    scalars: [
        ...runScalars,
        ...claimScalars("output"),
        ...claimScalars("checkpoint"),
        ["processesPerNode", [0, 1025, 1.5, "2"], "it must be an integer from 1 to 1024"],
        ["topology.required", ["", "a b", "/zone", 5], labelKey],
        ["topology.preferred", ["a b"], labelKey],
        [
            "output.uri",
            ["models", "s3://", "s3://models/", "s3://models/a b", "S3://models", 5],
            'it must be a URI such as "s3://models/fraud", without a slash at the end',
        ],
    ],
    plain: [
        ...workloadPlain,
        ["nodes", [0, -1, 1001, 1.5, "2"], "it must be an integer from 1 to 1000"],
        ["keepResults", [0, 201, 1.5, "2"], "it must be an integer from 1 to 200"],
        ["framework", ["pytorch", 1], "it must be one of torch, jax, mpi"],
        ["backend", ["job", 1], "it must be one of Job, JobSet, TrainJob, RayJob"],
    ],
    cases: [
        ...runCases,
        ...claimCases("output"),
        ...claimCases("checkpoint"),
        ...["nodes", "framework", "backend"].map((field): Case => [
            { [field]: pulumi.output(1) },
            `${field} is an Output; it must be a plain value, because it decides which objects are created`,
        ]),
        [
            { nodes: 2, checkpoint: {} },
            "output.accessMode is missing; 2 pods share the volume: set it to ReadWriteMany, or to ReadWriteOnce if one node runs all of them",
            "checkpoint.accessMode is missing; 2 pods share the volume: set it to ReadWriteMany, or to ReadWriteOnce if one node runs all of them",
        ],
        [
            { nodes: 2, output: { accessMode: AccessMode.ReadWriteOncePod } },
            'output.accessMode is "ReadWriteOncePod", but 2 pods share the volume; set it to ReadWriteMany, or set claim',
        ],
        [
            { output: { uri: "s3://models" }, keepResults: 3 },
            "keepResults has no effect with output.uri, where results are never deleted; remove it",
        ],
        [
            { framework: TrainingFramework.Mpi },
            'framework is "mpi", which only the backend TrainJob supports; set backend to "TrainJob"',
        ],
        [
            { backend: TrainingBackend.RayJob, framework: TrainingFramework.Jax, processesPerNode: 2 },
            "framework cannot be combined with the backend RayJob, where Ray starts the processes; remove it",
            "processesPerNode cannot be combined with the backend RayJob, where Ray starts the processes; remove it",
            "command is missing; a RayJob does not use the command of the image: set it",
        ],
        ...["JobSet", "TrainJob", "RayJob"].map((backend): Case => [
            { backend, command: ["train"], retry: { never: [2] } },
            `retry is not supported with backend "${backend}"; remove it, or use a Job`,
        ]),
        [{ topology: "rack" }, `topology ${object}`],
        [
            { topology: { required: "rack" }, podAnnotations: { "kueue.x-k8s.io/podset-required-topology": "zone" } },
            "podAnnotations.kueue.x-k8s.io/podset-required-topology cannot be combined with topology, which sets it; remove one of them",
        ],
        ...["claim", "size", "storageClass", "accessMode", "retain"].map((field): Case => {
            const values = {
                claim: "models",
                size: "1Gi",
                storageClass: "fast",
                accessMode: "ReadWriteMany",
                retain: false,
            };
            const value = values[field as keyof typeof values];
            return [
                { output: { uri: "s3://models", [field]: value } },
                "output sets both uri and fields of a claim; remove one of them",
            ];
        }),
    ],
    secrets: runSecrets,
    missing: [["workspace.namespace", "set the namespace"]],
    misspelt: [
        [
            "retris",
            `${runNames}, keepResults, output, nodes, framework, processesPerNode, backend, checkpoint, topology`,
        ],
        ["topology.rack", "required, preferred"],
        ["output.path", "claim, size, storageClass, accessMode, retain, uri"],
        ...workloadMisspelt,
    ],
    allowed: [
        ...workloadAllowed,
        ["timeout", ["1s", "90m", "1h30m", "2d", "1d2h3m4s", "10h"]],
        ["retries", [0, 1000]],
        ["nodes", [1]],
        ["keepResults", [1, 200]],
        ["retry", [{}, { never: [1, 255], always: [42, 42] }, null]],
        ["wait", ["completion", "firstRun", "never"]],
        ["topology", [{}, { required: "rack", preferred: "topology.kubernetes.io/zone" }]],
        ["output.uri", ["s3://models", "gs://models/a/b", "file+x://ab"]],
        ["output", [null, undefined, {}]],
    ],
};
