/** One workload of each component, with common arguments. All request GPUs, which no node of the benchmark has. */
import type * as pulumi from "@pulumi/pulumi";

import * as mlops from "kubernetes-mlops";

/** What a program passes to all of its workloads. */
export interface Common {
    workspace: mlops.WorkspaceArgs;
    image: pulumi.Input<string>;
}

export interface Workload {
    /** Its name in a table. */
    title: string;
    /** The CRDs that its objects need, each as `<plural>.<group>`. */
    crds?: string[];
    create: (name: string, common: Common) => pulumi.ComponentResource;
}

const resources = { cpu: "2", memory: "4Gi" };
const gpu = {};
const run = { resources, gpu, env: { EPOCHS: "20" }, timeout: "6h" };
// There need be no node on which a run could complete.
const wait = mlops.RunWait.Never;
const shared = { accessMode: mlops.AccessMode.ReadWriteMany };
const server = {
    command: ["python", "serve.py"],
    resources,
    gpu,
    model: "s3://models/fraud",
    cache: { size: "10Gi" },
    secretEnv: { AWS_SECRET_ACCESS_KEY: "of-the-benchmark" },
};
const route = { gateway: "public", gatewayNamespace: "gateways", hostnames: ["models.example.com"], path: "/fraud" };

/** By name on the command line. */
export const workloads: Record<string, Workload> = {
    "training-job": {
        title: "TrainingJob",
        create: (name, common) =>
            new mlops.TrainingJob(name, { ...common, ...run, wait, command: ["python", "train.py"] }),
    },
    "training-job-nodes": {
        title: "TrainingJob, 4 nodes",
        create: (name, common) =>
            new mlops.TrainingJob(name, {
                ...common,
                ...run,
                wait,
                command: ["torchrun", "train.py"],
                nodes: 4,
                output: shared,
                checkpoint: shared,
            }),
    },
    "model-server": {
        title: "ModelServer",
        create: (name, common) => new mlops.ModelServer(name, { ...common, ...server, replicas: 2 }),
    },
    "model-server-canary": {
        title: "ModelServer, route and canary",
        crds: ["httproutes.gateway.networking.k8s.io"],
        create: (name, common) =>
            new mlops.ModelServer(name, {
                ...common,
                ...server,
                replicas: 2,
                route,
                canary: { model: "s3://models/fraud-next", weight: 10 },
            }),
    },
    "model-server-keda": {
        title: "ModelServer, KEDA",
        crds: ["scaledobjects.keda.sh"],
        create: (name, common) =>
            new mlops.ModelServer(name, {
                ...common,
                ...server,
                autoscaling: { max: 8, requests: { prometheusUrl: "http://prometheus.monitoring:9090", perPod: 20 } },
            }),
    },
    notebook: {
        title: "Notebook",
        create: (name, common) =>
            new mlops.Notebook(name, { ...common, resources, gpu, home: { size: "10Gi" }, idleTimeout: "1h" }),
    },
    sweep: {
        title: "Sweep",
        create: (name, common) =>
            new mlops.Sweep(name, {
                ...common,
                ...run,
                wait,
                command: ["python", "fit.py"],
                objective: { metric: "accuracy" },
                grid: { depth: [4, 6, 8, 10], rate: [0.01, 0.03, 0.1] },
                parallelism: 1,
            }),
    },
    "batch-inference": {
        title: "BatchInference",
        create: (name, common) =>
            new mlops.BatchInference(name, {
                ...common,
                ...run,
                wait,
                command: ["python", "score.py"],
                model: "s3://models/fraud",
                inputUri: "s3://claims/november",
                outputUri: "s3://scores/november",
                shards: 4,
                secretEnv: server.secretEnv,
            }),
    },
    "llm-server": {
        title: "LlmServer",
        create: (name, common) =>
            new mlops.LlmServer(name, {
                ...common,
                model: "meta-llama/Llama-3.1-8B-Instruct",
                gpu: { product: "NVIDIA-H100-80GB-HBM3" },
                maxModelLen: 32768,
                apiKey: "of-the-benchmark",
                cache: { size: "100Gi" },
            }),
    },
    schedule: {
        title: "Schedule",
        create: (name, common) =>
            new mlops.Schedule(name, {
                ...common,
                ...run,
                command: ["python", "train.py"],
                schedule: "0 3 * * 1-5",
                timeZone: "Europe/Berlin",
            }),
    },
};
