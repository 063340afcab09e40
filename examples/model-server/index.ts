import { Namespace } from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";
import * as mlops from "kubernetes-mlops";

// Each setting has a default for the cluster on this machine: `pulumi config set registry registry.example.com/team`.
const config = new pulumi.Config();
const registry = config.get("registry") ?? "localhost:5001"; // must be one that the cluster can pull from
const gateway = config.get("gateway"); // a Gateway that lets requests in from outside, as <namespace>/<name>

const team = new Namespace("model-server", {
    metadata: { name: "model-server", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
});

const image = new mlops.Image("model-server", {
    repository: `${registry}/model-server`,
    context: `${__dirname}/server`, // serve.py, which needs nothing but Python
    python: { base: config.get("baseImage") }, // without one: the official Python image
    network: config.get("buildNetwork"), // "host" where a build reaches the package index only that way
});

const [gatewayNamespace, gatewayName] = gateway?.split("/") ?? [];
const server = new mlops.ModelServer("model-server", {
    workspace: { namespace: team.metadata.name },
    image: image.ref,
    command: ["python", "serve.py"],
    resources: { cpu: "50m", memory: "64Mi" },
    // From one pod to three, as the CPU that they use asks for. Needs metrics-server, which Platform can install.
    autoscaling: { min: 1, max: 3, targetCpuUtilization: 60 },
    warmupPath: "/warmup", // a pod gets requests when it has made a prediction of its own
    // Several servers may have the same host: each its own path below it.
    route: gatewayName ? { gateway: gatewayName, gatewayNamespace, path: "/primes" } : undefined,
});

export const namespace = team.metadata.name;
export const service = server.serviceName;
export const url = server.url; // inside the cluster
