import { Namespace } from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";
import * as mlops from "kubernetes-mlops";

// Each setting has a default for the cluster on this machine: `pulumi config set registry registry.example.com/team`.
const config = new pulumi.Config();
const registry = config.get("registry") ?? "localhost:5001"; // must be one that the cluster can pull from

const team = new Namespace("sweep", {
    metadata: { name: "sweep", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
});

const image = new mlops.Image("sweep", {
    repository: `${registry}/sweep`,
    context: `${__dirname}/fit`, // fit.py, which reads TRIAL_FILE and writes RESULT_FILE
    python: { base: config.get("baseImage") }, // without one: the official Python image
    network: config.get("buildNetwork"), // "host" where a build reaches the package index only that way
});

// Eight trials, four at a time. `pulumi up` waits for them, and has the best one then.
const sweep = new mlops.Sweep("sweep", {
    workspace: { namespace: team.metadata.name },
    image: image.ref,
    command: ["python", "fit.py"],
    objective: { metric: "error", goal: mlops.ObjectiveGoal.Minimize },
    grid: { degree: [1, 3, 5, 16], ridge: [0, 0.1] }, // a trial for each combination
    parallelism: 4,
    retries: 0, // these trials give the same result each time
    maxFailedTrials: 1, // 16 degrees without any ridge have no solution, which is no reason to give up
    resources: { cpu: "50m", memory: "128Mi" },
    output: { size: "1Gi", storageClass: config.get("storageClass") }, // without one: the cluster's default class
    timeout: "10m",
});

export const best = sweep.best; // { trial: "2", parameters: { degree: 3, ridge: 0 }, value: … }
export const model = sweep.model; // its directory, for the `model` of a ModelServer
export const run = sweep.runName;
