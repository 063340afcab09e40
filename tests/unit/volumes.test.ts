/** The volumes of pods: one for each claim, read-only where nothing is written, and none of the user's at paths of ours. */
import * as assert from "node:assert/strict";

import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import {
    BatchInference,
    LlmBackend,
    LlmServer,
    ModelServer,
    Notebook,
    Schedule,
    ScheduleBackend,
    Sweep,
    SweepBackend,
    TrainingBackend,
    TrainingJob,
} from "../../src";
import { buildPodTemplate } from "../../src/pod/pod-template";
import { buildClaimVolume } from "../../src/pod/volumes";
import { workload } from "../support/arguments";
import type { Component } from "../support/components/fixture";
import { type Properties, run } from "../support/mocks";

type PodSpec = types.output.core.v1.PodSpec;
type Input = pulumi.Input<string>;

/** Returns the volumes and mounts of a pod that mounts these claims, besides those of every pod. */
async function volumesOf(
    mounts: { claim: Input; mountPath: string; readOnly?: pulumi.Input<boolean>; subPath?: string }[],
    own: { name: string; claim: Input; mountPath: string; readOnly?: boolean }[] = [],
    initContainers: PodSpec["initContainers"] = [],
) {
    const { spec } = buildPodTemplate(
        { ...workload, mounts },
        {
            labels: {},
            volumes: own.map(({ name, claim, ...mount }) => buildClaimVolume(name, claim, mount)),
            spec: initContainers.length > 0 ? { initContainers } : {},
        },
    );
    const known = await new Promise<PodSpec>((resolve) =>
        pulumi.output(spec).apply((value) => resolve(value as PodSpec)),
    );
    const { volumes, containers, initContainers: first } = JSON.parse(JSON.stringify(known)) as PodSpec;
    return { volumes: volumes.slice(1), mounts: containers[0]!.volumeMounts.slice(1), first };
}

const output = (value: string) => pulumi.output(value);

describe("the volume of a claim", () => {
    it("is read-only if its mount is", async () => {
        assert.deepEqual(await volumesOf([{ claim: "data", mountPath: "/data", readOnly: true }]), {
            volumes: [{ name: "mount-0", persistentVolumeClaim: { claimName: "data", readOnly: true } }],
            mounts: [{ name: "mount-0", mountPath: "/data", readOnly: true }],
            first: undefined,
        });
        const { volumes } = await volumesOf([{ claim: "data", mountPath: "/data", readOnly: pulumi.output(true) }]);
        assert.deepEqual(volumes, [{ name: "mount-0", persistentVolumeClaim: { claimName: "data", readOnly: true } }]);
    });

    for (const [what, claim] of [
        ["plain", (name: string) => name],
        ["Outputs", output],
    ] as const) {
        it(`is one for all mounts of it, and writable if one of them is: ${what}`, async () => {
            const { volumes, mounts } = await volumesOf(
                [
                    { claim: claim("data"), mountPath: "/a", readOnly: true },
                    { claim: "models", mountPath: "/b", readOnly: true },
                    { claim: claim("models"), mountPath: "/c", subPath: "c", readOnly: true },
                ],
                [{ name: "model", claim: "data", mountPath: "/model" }],
            );
            assert.deepEqual(volumes, [
                { name: "model", persistentVolumeClaim: { claimName: "data" } },
                { name: "mount-1", persistentVolumeClaim: { claimName: "models", readOnly: true } },
            ]);
            assert.deepEqual(mounts, [
                { name: "model", mountPath: "/model" },
                { name: "model", mountPath: "/a", readOnly: true },
                { name: "mount-1", mountPath: "/b", readOnly: true },
                { name: "mount-1", mountPath: "/c", subPath: "c", readOnly: true },
            ]);
        });
    }

    it("is the one that init containers mount as well", async () => {
        const volumeMounts = ["model", "checkpoint"].map((name) => ({ name, mountPath: `/${name}s` }));
        const { first } = await volumesOf(
            [],
            [
                { name: "model", claim: output("runs"), mountPath: "/model" },
                { name: "checkpoint", claim: output("runs"), mountPath: "/checkpoint" },
            ],
            [{ name: "cleanup", volumeMounts }] as PodSpec["initContainers"],
        );
        assert.deepEqual(first[0]!.volumeMounts, [
            { name: "model", mountPath: "/models" },
            { name: "model", mountPath: "/checkpoints" },
        ]);
    });
});

/** The workloads that have paths of their own, with the arguments that add the most of them. */
const workloads: [component: Component, resource: string, args: object][] = [
    [TrainingJob, "fraud-job", { checkpoint: {} }],
    [TrainingJob, "fraud-job", { checkpoint: {}, backend: TrainingBackend.JobSet }],
    [TrainingJob, "fraud-runtime", { checkpoint: {}, backend: TrainingBackend.TrainJob }],
    [TrainingJob, "fraud-job", { checkpoint: {}, backend: TrainingBackend.RayJob, command: ["python"] }],
    [Sweep, "fraud-job", { objective: { metric: "loss" }, grid: { a: [1] } }],
    [Sweep, "fraud-experiment", { objective: { metric: "loss" }, grid: { a: [1] }, backend: SweepBackend.Katib }],
    [BatchInference, "fraud-job", { inputUri: "pvc://a", outputUri: "pvc://b", model: "pvc://c", shards: 1 }],
    [Schedule, "fraud-cronjob", { schedule: "@daily" }],
    [
        Schedule,
        "fraud-cronworkflow",
        { schedule: "@daily", backend: ScheduleBackend.CronWorkflow, command: ["python"] },
    ],
    [ModelServer, "fraud-deployment", { model: "pvc://a" }],
    [Notebook, "fraud-statefulset", { token: "t" }],
    [LlmServer, "fraud-deployment", { model: "pvc://a", loras: [{ name: "a", uri: "pvc://b" }], cache: {} }],
    [
        LlmServer,
        "fraud-leaderworkerset",
        { model: "pvc://a", nodes: 2, backend: LlmBackend.LeaderWorkerSet, cache: { accessMode: "ReadWriteMany" } },
    ],
];

/** Returns the mount paths in the container of the user's program. */
function mountPathsOf(value: unknown): string[] {
    if (value === null || typeof value !== "object") {
        return [];
    }
    const { name, volumeMounts } = value as Properties;
    const isProgram = Array.isArray(volumeMounts) && !["cleanup", "idle-shutdown"].includes(name as string);
    return isProgram
        ? (volumeMounts as { mountPath: string }[]).map(({ mountPath }) => mountPath)
        : Object.values(value).flatMap(mountPathsOf);
}

describe("a mount", () => {
    for (const [component, resource, args] of workloads) {
        const { backend } = args as { backend?: string };
        it(`is refused where a ${component.name}${backend ? ` as a ${backend}` : ""} mounts something itself`, async () => {
            const create = (mounts: object[]) =>
                run(() => new component("fraud", { ...workload, checkMemory: undefined, ...args, mounts }));
            const recording = await create([]);
            const taken = [...new Set(mountPathsOf(recording.resource(resource).inputs))];
            assert.ok(taken.length > 1 && taken.includes("/tmp"), taken.join(", "));
            for (const mountPath of [...taken, ...taken.map((one) => `${one}/below`)]) {
                if (mountPath === "/home/notebook/below") {
                    await create([{ claim: "data", mountPath }]);
                } else {
                    await assert.rejects(create([{ claim: "data", mountPath }]), /fraud": mounts/, mountPath);
                }
            }
            await create([{ claim: "data", mountPath: "/data" }]);
        });
    }

    it("is possible at the paths of what a server does not have", async () => {
        const mounts = [{ claim: "models", mountPath: "/model" }];
        await run(() => new ModelServer("fraud", { ...workload, mounts }));
        await run(() => new LlmServer("llama", { ...workload, model: "acme/llama", mounts }));
    });
});
