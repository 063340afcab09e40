import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as mlops from "kubernetes-mlops";

// A registry that this machine can push to and the cluster can pull from: `pulumi config set registry …`.
const registry = new pulumi.Config().get("registry") ?? "localhost:5001";

const team = new k8s.core.v1.Namespace("training-job", {
    metadata: { name: "training-job", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
});

const image = new mlops.Image("training-job", {
    repository: `${registry}/training-job`,
    context: "./model", // train.py, and a requirements.txt with JAX
    python: {},
});

// Both pods write to it. One node runs them here; pods on several nodes need mlops.AccessMode.ReadWriteMany.
const storage = { size: "1Gi", accessMode: mlops.AccessMode.ReadWriteOnce };

// Each of two pods computes gradients on half of the data; they average them after every step.
const training = new mlops.TrainingJob("training-job", {
    workspace: { namespace: team.metadata.name },
    image: image.ref,
    command: ["python", "train.py"],
    nodes: 2,
    framework: mlops.TrainingFramework.Jax,
    resources: { cpu: "100m", memory: "512Mi" },
    output: storage,
    checkpoint: storage, // when a pod is lost, the run resumes from its last checkpoint
    spot: true, // so it may run on nodes that cost less and may be taken away
    timeout: "10m",
});

export const model = training.model;
export const run = training.jobName;
