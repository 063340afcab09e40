import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as mlops from "kubernetes-mlops";

// A registry that this machine can push to and the cluster can pull from: `pulumi config set registry …`.
const registry = new pulumi.Config().get("registry") ?? "localhost:5001";

const team = new k8s.core.v1.Namespace("batch-inference", {
    metadata: { name: "batch-inference", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
});
const workspace = { namespace: team.metadata.name };
const resources = { cpu: "50m", memory: "512Mi" };

const image = new mlops.Image("batch-inference", {
    repository: `${registry}/batch-inference`,
    context: "./scoring", // train.py and score.py
    python: {},
});

// Trains the model, and writes the claims to score beside it. Yours may be elsewhere: "s3://claims/november".
const training = new mlops.TrainingJob("batch-inference-train", {
    workspace,
    image: image.ref,
    command: ["python", "train.py"],
    resources,
    output: { size: "1Gi" },
    timeout: "10m",
});

// Where the scores go. On several nodes its access mode must be ReadWriteMany.
const scores = new k8s.core.v1.PersistentVolumeClaim("batch-inference-scores", {
    metadata: {
        name: "scores",
        namespace: team.metadata.name,
        annotations: { "pulumi.com/skipAwait": "true" }, // it is bound when the first pod uses it
    },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
});

// Four shards, each a pod of its own. A shard that fails is retried alone.
const batch = new mlops.BatchInference("batch-inference", {
    workspace,
    image: image.ref,
    command: ["python", "score.py"],
    model: training.model,
    inputUri: training.model,
    outputUri: pulumi.interpolate`pvc://${scores.metadata.name}/november`,
    shards: 4,
    retries: 2,
    resources,
    timeout: "10m",
});

export const results = batch.results; // known when all shards have completed
export const job = batch.jobName;
