import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as mlops from "kubernetes-mlops";

// A registry that this machine can push to and the cluster can pull from: `pulumi config set registry …`.
const registry = new pulumi.Config().get("registry") ?? "localhost:5001";

const team = new k8s.core.v1.Namespace("quickstart", {
    metadata: { name: "quickstart", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
});
const workspace = { namespace: team.metadata.name };

// Built and pushed when a file in ./model changes, and only then.
const image = new mlops.Image("wine", {
    repository: `${registry}/wine`,
    context: "./model", // train.py, serve.py, requirements.txt
    python: {},
});

// Runs once for each image. If it fails, `pulumi up` fails with the end of its log, and the server keeps the last model.
const training = new mlops.TrainingJob("wine-train", {
    workspace,
    image: image.ref,
    command: ["python", "train.py"],
    resources: { cpu: "500m", memory: "512Mi" },
    output: { size: "1Gi" },
    timeout: "10m",
});

// Starts when the training has completed, and is rolled to each new model without dropping a request.
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
