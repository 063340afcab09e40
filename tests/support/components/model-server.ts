import { ModelServer } from "../../../src";
import { fullServerArgs } from "../arguments";
import {
    httpPath,
    length,
    model,
    object,
    type Specimen,
    validWorkload,
    workloadAllowed,
    workloadCases,
    workloadMisspelt,
    workloadNames,
    workloadScalars,
    workloadSecrets,
} from "./specimen";

export const specimen: Specimen = {
    component: ModelServer,
    valid: () => validWorkload,
    full: () => fullServerArgs,
    children: 5,
    scalars: [
        ...workloadScalars,
        [
            "model",
            ["", "model.joblib", "pvc://claim", "pvc://Claim/a", "pvc://claim/a/../b", "pvc://claim/..", "s3://", 5],
            model,
        ],
        ["port", [0, -1, 65536, 80.5, "8080"], "it must be a whole number from 1 to 65535"],
        ["replicas", [-1, 1.5, 10001, "2"], "it must be a whole number from 0 to 10000"],
        ["autoscaling.max", [0, 1.5, 10001, "8"], "it must be a whole number from 1 to 10000"],
        ["healthPath", ["", "healthz", "http://a/b", "/a b", 5], httpPath],
        ["readyPath", ["ready"], httpPath],
        ["startupTimeout", ["5"], length],
        ["shutdownTimeout", ["30"], length],
    ],
    cases: [
        ...workloadCases,
        [{ autoscaling: true }, `autoscaling ${object}`],
        [{ autoscaling: {} }, "autoscaling.max is missing; say up to how many pods it may grow"],
        [{ autoscaling: { min: 0, max: 2 } }, "autoscaling.min is 0; it must be a whole number from 1 to 10000"],
        [
            { autoscaling: { max: 2, targetCpuUtilization: 0 } },
            "autoscaling.targetCpuUtilization is 0; it must be a whole number from 1 to 1000",
        ],
        [{ autoscaling: { min: 3, max: 2 } }, "autoscaling.min is 3; it must be at most autoscaling.max, which is 2"],
        [
            { replicas: 2, autoscaling: { max: 2 } },
            "replicas is given besides autoscaling, which owns the number; leave one of them out",
        ],
    ],
    secrets: workloadSecrets,
    missing: [
        ["image", "give repository@sha256:…, such as the ref of an Image"],
        ["secretEnv.TOKEN", "leave the name out or give a value"],
    ],
    misspelt: [
        [
            "replica",
            `${workloadNames}, model, port, replicas, autoscaling, healthPath, readyPath, startupTimeout, shutdownTimeout`,
        ],
        ["autoscaling.maximum", "min, max, targetCpuUtilization"],
        ...workloadMisspelt,
    ],
    allowed: [
        ...workloadAllowed,
        ["model", ["pvc://a/b/c", "pvc://a.b/c", "s3://bucket/key", "hf://org/model", null]],
        ["port", [1, 65535]],
        ["replicas", [0]],
        ["autoscaling", [{ min: 2, max: 2 }]],
        ["healthPath", ["/", "/v1/health?full=1"]],
    ],
    // A server has no use for its workspace's queue.
    unused: ["workspace.queue"],
};
