import { Namespace, PersistentVolumeClaim } from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";
import * as mlops from "kubernetes-mlops";

// Each setting has a default for the cluster on this machine: `pulumi config set registry registry.example.com/team`.
const config = new pulumi.Config();
const registry = config.get("registry") ?? "localhost:5001"; // must be one that the cluster can pull from
const storageClass = config.get("storageClass"); // without one: the cluster's default class

const team = new Namespace("batch-inference", {
    metadata: { name: "batch-inference", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
});
const workspace = { namespace: team.metadata.name };
const resources = { cpu: "50m", memory: "128Mi" };

const image = new mlops.Image("batch-inference", {
    repository: `${registry}/batch-inference`,
    context: `${__dirname}/scoring`, // prepare.py and score.py
    python: { base: config.get("baseImage") }, // without one: the official Python image
    network: config.get("buildNetwork"), // "host" where a build reaches the package index only that way
});

// What is worked on, and with what. In earnest they come from elsewhere: "s3://claims/november".
const data = new mlops.TrainingJob("batch-inference-data", {
    workspace,
    image: image.ref,
    command: ["python", "prepare.py"],
    resources,
    output: { size: "1Gi", storageClass },
    timeout: "10m",
});

// Where the results go. On several nodes its access mode must be ReadWriteMany.
const scores = new PersistentVolumeClaim("batch-inference-scores", {
    metadata: {
        name: "scores",
        namespace: team.metadata.name,
        annotations: { "pulumi.com/skipAwait": "true" }, // it is bound when the first pod uses it
    },
    spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: storageClass,
        resources: { requests: { storage: "1Gi" } },
    },
});

// Four shards, each a pod of its own. One that fails is tried again by itself.
const batch = new mlops.BatchInference("batch-inference", {
    workspace,
    image: image.ref,
    command: ["python", "score.py"],
    model: data.model,
    inputUri: data.model,
    outputUri: pulumi.interpolate`pvc://${scores.metadata.name}/november`,
    shards: 4,
    retries: 2,
    resources,
    timeout: "10m",
});

export const results = batch.results; // known when all shards are through
export const job = batch.jobName;
