import { Namespace } from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";
import * as mlops from "kubernetes-mlops";

// Each setting has a default for the cluster on this machine: `pulumi config set registry registry.example.com/team`.
const config = new pulumi.Config();
const registry = config.get("registry") ?? "localhost:5001"; // must be one that the cluster can pull from

const team = new Namespace("training-job", {
    metadata: { name: "training-job", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
});

const image = new mlops.Image("training-job", {
    repository: `${registry}/training-job`,
    context: `${__dirname}/model`, // train.py, and a requirements.txt that names JAX
    python: { base: config.get("baseImage") }, // without one: the official Python image
    network: config.get("buildNetwork"), // "host" where a build reaches the package index only that way
});

// Where both pods write. One node holds them here; on several nodes say mlops.AccessMode.ReadWriteMany.
const storage = {
    size: "1Gi",
    storageClass: config.get("storageClass"), // without one: the cluster's default class
    accessMode: mlops.AccessMode.ReadWriteOnce,
};

// Two pods compute gradients on a half of the data each, and average them after every step.
const training = new mlops.TrainingJob("training-job", {
    workspace: { namespace: team.metadata.name },
    image: image.ref,
    command: ["python", "train.py"],
    nodes: 2,
    framework: mlops.TrainingFramework.Jax,
    resources: { cpu: "100m", memory: "512Mi" },
    output: storage,
    checkpoint: storage, // a pod that is lost takes the run back to its last checkpoint, not to its start
    env: { STEPS: config.get("steps") ?? "200", PAUSE: config.get("pause") ?? "0" },
    spot: true, // so it may run on nodes that cost less, and go away
    timeout: "10m",
});

export const model = training.model;
export const run = training.jobName;
