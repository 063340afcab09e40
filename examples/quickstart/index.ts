import { Namespace } from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";
import * as mlops from "kubernetes-mlops";

// Each setting has a default for the cluster on this machine: `pulumi config set registry registry.example.com/team`.
const config = new pulumi.Config();
const registry = config.get("registry") ?? "localhost:5001"; // must be one that the cluster can pull from
const context = config.get("context") ?? "./model"; // train.py, serve.py and what they import

const team = new Namespace("quickstart", {
    metadata: {
        name: config.get("namespace") ?? "quickstart",
        labels: { "pod-security.kubernetes.io/enforce": "restricted" },
    },
});
const workspace = { namespace: team.metadata.name };

// Built and pushed when a file of the context changes, and only then.
const image = new mlops.Image("wine", {
    repository: `${registry}/wine`,
    context,
    python: { base: config.get("baseImage") }, // without one: the official Python image
    network: config.get("buildNetwork"), // "host" where a build reaches the package index only that way
});

// Runs once for each image: `pulumi up` waits for it, and fails with the end of its log if it fails.
const training = new mlops.TrainingJob("wine-train", {
    workspace,
    image: image.ref,
    command: ["python", "train.py"],
    resources: { cpu: "500m", memory: "512Mi" },
    output: { size: "1Gi", storageClass: config.get("storageClass") }, // without one: the cluster's default class
    timeout: "10m",
});

// Starts when the training is done, and is rolled to each new model without dropping a request.
const server = new mlops.ModelServer("wine", {
    workspace,
    image: image.ref,
    command: ["python", "serve.py"],
    resources: { cpu: "250m", memory: "512Mi" },
    model: training.model,
    replicas: 2,
});

export const namespace = team.metadata.name;
export const model = training.model;
export const service = server.serviceName;
export const url = server.url; // inside the cluster
export const imageRef = image.ref;
