/** The arguments with which unit tests create components. */
import * as pulumi from "@pulumi/pulumi";

import {
    AccessMode,
    type AddonArgs,
    Availability,
    CaInjector,
    type ImageArgs,
    type ModelServerArgs,
    type PlatformArgs,
    RunWait,
    type TrainingJobArgs,
} from "../../src";
import { directoryWith } from "./directories";

export const image = `registry.example/fraud@sha256:${"a".repeat(64)}`;
export const otherImage = `registry.example/fraud@sha256:${"b".repeat(64)}`;

/** The required arguments of a workload. */
export const workload = { workspace: { namespace: "ml" }, image };

/** The required arguments of an Image, with its own context. */
export function imageArgs(): ImageArgs {
    const context = directoryWith({ Dockerfile: "FROM scratch\n", "requirements.txt": "" });
    return { repository: "registry.example/fraud", context };
}

/** The value of every secret, which must not be found anywhere. */
export const password = "correct-horse-battery";

/** Every argument of an Image, except for a Python program. */
export function fullImageArgs(): ImageArgs {
    return {
        ...imageArgs(),
        buildArgs: { REVISION: "1" },
        target: "run",
        secrets: { token: password },
        platforms: ["linux/arm64", "linux/amd64"],
        cache: "registry.example/fraud:cache",
        network: "host",
        registry: { server: "registry.example", username: "ci", password },
    };
}

/** Every argument that all workloads have. */
export const fullWorkload = {
    workspace: {
        namespace: "ml",
        queue: "team-queue",
        serviceAccount: "trainer",
        imagePullSecrets: ["pull"],
    },
    image,
    command: ["python", "main.py"],
    args: ["--verbose", ""],
    env: { LEVEL: "debug" },
    secretEnv: { TOKEN: password },
    resources: { cpu: "4", memory: "16Gi", sharedMemory: "1Gi" },
    gpu: { count: 1, product: "NVIDIA-H100-80GB-HBM3", memory: "70Gi" },
    mounts: [{ claim: "data", mountPath: "/data", subPath: "fraud", readOnly: true }],
    runAsUser: 1000,
    readOnlyRootFilesystem: false,
    podSpec: { nodeSelector: { disk: "fast" } },
    labels: { "example.com/team": "fraud" },
    annotations: { "example.com/contact": "fraud@example.com, on weekdays" },
    podLabels: { "azure.workload.identity/use": "true" },
    podAnnotations: { "sidecar.istio.io/inject": "false" },
};

/** Every argument that all runs have. */
export const fullRun = {
    ...fullWorkload,
    spot: true,
    queuePriority: "high",
    retries: 5,
    retry: { never: [2], always: [42] },
    timeout: "6h",
    startTimeout: "1h",
    wait: RunWait.FirstRun,
    allowFailure: true,
    triggers: ["2024-06-01", "v2"],
};

/** Every argument of a TrainingJob with one node. */
export const fullTrainingArgs: TrainingJobArgs = {
    ...fullRun,
    output: { size: "50Gi", storageClass: "fast", accessMode: AccessMode.ReadWriteMany },
};

/** Every argument of a ModelServer. */
export const fullServerArgs: ModelServerArgs = {
    ...fullWorkload,
    model: "pvc://models/fraud/run-1",
    port: 9000,
    autoscaling: { min: 2, max: 8, targetCpuUtilization: 60 },
    livenessPath: "/live",
    readinessPath: "/ready",
    startupTimeout: "10m",
    shutdownTimeout: "1m",
};

/** Every argument of an Addon. */
export function fullAddonArgs(): AddonArgs {
    return {
        charts: [
            {
                chart: "kinds",
                repository: "https://example.com",
                version: "1.0.0",
                manifest: "https://example.com/k.yaml",
            },
            {
                chart: "widgets",
                repository: "oci://registry.example/charts",
                version: "1.0.0",
                release: "gadgets",
                values: { password: pulumi.secret(password) },
            },
        ],
        namespace: "widgets-system",
        caInjector: CaInjector.Controller,
        objectsBefore: [
            { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "first", namespace: "widgets-system" } },
        ],
        objects: [{ apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "last" }, spec: {} }],
        mirror: { images: "mirror.example", registries: { "quay.io": "quay.example" }, plainHttp: true },
    };
}

/** A Platform with arguments of every kind. */
export function fullPlatformArgs(): PlatformArgs {
    return {
        addons: { kueue: { values: { note: pulumi.secret(password) } }, jobset: { existing: true } },
        availability: Availability.High,
    };
}
