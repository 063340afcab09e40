import { Namespace } from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";
import * as mlops from "kubernetes-mlops";

// Each setting has a default for the cluster on this machine: `pulumi config set registry registry.example.com/team`.
const config = new pulumi.Config();
const registry = config.get("registry") ?? "localhost:5001"; // must be one that the cluster can pull from

const team = new Namespace("schedule", {
    metadata: { name: "schedule", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
});

const image = new mlops.Image("schedule", {
    repository: `${registry}/schedule`,
    context: `${__dirname}/training`, // train.py, and a requirements.txt
    python: { base: config.get("baseImage") }, // without one: the official Python image
    network: config.get("buildNetwork"), // "host" where a build reaches the package index only that way
});

// Trains anew at three in the morning of every working day. Another image counts from the next run on.
const retraining = new mlops.Schedule("schedule", {
    workspace: { namespace: team.metadata.name },
    image: image.ref,
    command: ["python", "train.py"],
    schedule: "0 3 * * 1-5",
    timeZone: "Europe/Berlin",
    startingDeadline: "6h", // a run that the cluster has missed is made up for until nine
    retries: 1,
    timeout: "2h",
    resources: { cpu: "50m", memory: "128Mi" },
    output: { size: "1Gi", storageClass: config.get("storageClass") }, // without one: the cluster's default class
});

export const cronJob = retraining.scheduleName;
export const models = retraining.outputUri; // each run writes below it, under its own name
