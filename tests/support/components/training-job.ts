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
} from "./fixture";

const labelKey = 'it must be the name of a node label, such as "topology.kubernetes.io/zone"';

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
    // Job, the pods' Service, Secret, and the claims of results and checkpoints.
    children: 5,
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
            'it must be an address such as "s3://models/fraud"',
        ],
    ],
    plain: [
        ["nodes", [0, -1, 1001, 1.5, "2"], "it must be an integer from 1 to 1000"],
        ["framework", ["pytorch", 1], "it must be one of torch, jax, mpi"],
        ["backend", ["job", 1], "it must be one of Job, JobSet, TrainJob, RayJob"],
    ],
    cases: [
        ...runCases,
        ...claimCases("output"),
        ...claimCases("checkpoint"),
        ...["nodes", "framework", "backend"].map((field): Case => [
            { [field]: pulumi.output(1) },
            `${field} is an Output; it decides which objects there are: give a value`,
        ]),
        [
            { nodes: 2, checkpoint: {} },
            "output.accessMode is missing; 2 pods share the volume: say ReadWriteMany, or ReadWriteOnce where one node holds them",
            "checkpoint.accessMode is missing; 2 pods share the volume: say ReadWriteMany, or ReadWriteOnce where one node holds them",
        ],
        [
            { nodes: 2, output: { accessMode: AccessMode.ReadWriteOncePod } },
            'output.accessMode is "ReadWriteOncePod", and 2 pods share the volume; say ReadWriteMany, or name a claim',
        ],
        [
            { framework: TrainingFramework.Mpi },
            'framework is "mpi", which the backend TrainJob alone can start; set backend to "TrainJob"',
        ],
        [
            { backend: TrainingBackend.RayJob, framework: TrainingFramework.Jax, processesPerNode: 2 },
            "framework is given besides the backend RayJob, where Ray starts the processes; leave it out",
            "processesPerNode is given besides the backend RayJob, where Ray starts the processes; leave it out",
            "command is missing; a RayJob has no use for the image's own: give the command to run",
        ],
        [{ topology: "rack" }, `topology ${object}`],
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
                "output describes a claim besides a uri; leave one of them out",
            ];
        }),
    ],
    secrets: runSecrets,
    missing: [["workspace.namespace", "name the namespace it runs in"]],
    misspelt: [
        ["retry", `${runNames}, output, nodes, framework, processesPerNode, backend, checkpoint, topology`],
        ["topology.rack", "required, preferred"],
        ["output.path", "claim, size, storageClass, accessMode, retain, uri"],
        ...workloadMisspelt,
    ],
    allowed: [
        ...workloadAllowed,
        ["timeout", ["1s", "90m", "1h30m", "2d", "1d2h3m4s", "10h"]],
        ["retries", [0, 1000]],
        ["nodes", [1]],
        ["topology", [{}, { required: "rack", preferred: "topology.kubernetes.io/zone" }]],
        ["output.uri", ["s3://models", "gs://models/a/b", "file+x://ab"]],
        ["output", [null, undefined, {}]],
    ],
};
