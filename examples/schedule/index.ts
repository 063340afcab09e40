import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as mlops from "kubernetes-mlops";

// A registry that this machine can push to and the cluster can pull from: `pulumi config set registry …`.
const registry = new pulumi.Config().get("registry") ?? "localhost:5001";

const team = new k8s.core.v1.Namespace("schedule", {
    metadata: { name: "schedule", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
});

const image = new mlops.Image("schedule", {
    repository: `${registry}/schedule`,
    context: "./training", // train.py and requirements.txt
    python: {},
});

// Trains at three in the morning of every working day. A new image is used from the next run on.
const retraining = new mlops.Schedule("schedule", {
    workspace: { namespace: team.metadata.name },
    image: image.ref,
    command: ["python", "train.py"],
    schedule: "0 3 * * 1-5",
    timeZone: "Europe/Berlin",
    startingDeadline: "6h", // a run that could not start at three may start until nine
    retries: 1,
    timeout: "2h",
    resources: { cpu: "50m", memory: "512Mi" },
    output: { size: "1Gi" },
});

export const cronJob = retraining.scheduleName;
export const models = retraining.outputUri; // each run writes to a directory of its own below it
