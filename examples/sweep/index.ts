import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as mlops from "kubernetes-mlops";

// A registry that this machine can push to and the cluster can pull from: `pulumi config set registry …`.
const registry = new pulumi.Config().get("registry") ?? "localhost:5001";

const team = new k8s.core.v1.Namespace("sweep", {
    metadata: { name: "sweep", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
});

const image = new mlops.Image("sweep", {
    repository: `${registry}/sweep`,
    context: "./fit", // fit.py, which reads TRIAL_FILE and writes RESULT_FILE
    python: {},
});

// Eight trials, four at a time. `pulumi up` waits for them and then knows the best one.
const sweep = new mlops.Sweep("sweep", {
    workspace: { namespace: team.metadata.name },
    image: image.ref,
    command: ["python", "fit.py"],
    objective: { metric: "error", goal: mlops.ObjectiveGoal.Minimize },
    grid: { degree: [1, 3, 5, 16], ridge: [0, 0.1] }, // a trial for each combination
    parallelism: 4,
    retries: 0, // these trials give the same result each time
    maxFailedTrials: 1, // degree 16 without ridge has no unique solution; the sweep succeeds all the same
    resources: { cpu: "50m", memory: "512Mi" },
    output: { size: "1Gi" },
    timeout: "10m",
});

export const best = sweep.best; // { trial: "2", parameters: { degree: 3, ridge: 0 }, value: … }
export const model = sweep.model; // its directory, for the `model` of a ModelServer
export const run = sweep.runName;
