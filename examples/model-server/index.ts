import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as mlops from "kubernetes-mlops";

// A registry that this machine can push to and the cluster can pull from: `pulumi config set registry …`.
const registry = new pulumi.Config().get("registry") ?? "localhost:5001";

const team = new k8s.core.v1.Namespace("model-server", {
    metadata: { name: "model-server", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
});

const image = new mlops.Image("model-server", {
    repository: `${registry}/model-server`,
    context: "./server", // serve.py, and a requirements.txt with FastAPI and scikit-learn
    python: {},
});

const server = new mlops.ModelServer("model-server", {
    workspace: { namespace: team.metadata.name },
    image: image.ref,
    command: ["python", "serve.py"],
    resources: { cpu: "50m", memory: "512Mi" },
    // One to three pods, by the CPU that they use. Needs metrics-server, which a Platform can install.
    autoscaling: { min: 1, max: 3, targetCpuUtilization: 60 },
    warmupPath: "/warmup", // a pod receives requests once it has made a prediction
});

export const namespace = team.metadata.name;
export const service = server.serviceName;
export const url = server.url; // inside the cluster
