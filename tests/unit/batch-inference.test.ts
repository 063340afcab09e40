import * as assert from "node:assert/strict";

import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { BatchInference, type BatchInferenceArgs } from "../../src";
import type { RunEnd } from "../../src/runs/tracked-run";
import { batchProblem } from "../../src/workloads/batch-inference/shards";
import { otherImage, password, workload } from "../support/arguments";
import { fullBatchArgs } from "../support/components/batch-inference";
import { type Recording, run, type RunOptions, unknownOutput, unknownPaths } from "../support/mocks";
import { jobOptions, runAnnotations } from "../support/ownership";
import { violations } from "../support/pod-security";

type Job = types.output.batch.v1.Job;
type CronJob = types.output.batch.v1.CronJob;

const least: BatchInferenceArgs = { ...workload, inputUri: "s3://claims", outputUri: "pvc://scores", shards: 4 };

const infer = (args: Partial<BatchInferenceArgs> = {}, options?: RunOptions): Promise<Recording> =>
    run(() => new BatchInference("fraud", { ...least, ...args }), options);

const jobOf = (recording: Recording, name = "fraud-job"): Job => recording.resource(name).inputs as Job;
const cronOf = (recording: Recording): CronJob => recording.resource("fraud-cron").inputs as CronJob;
const nameOf = async (args: Partial<BatchInferenceArgs>): Promise<string> => jobOf(await infer(args)).metadata.name;
const names = ({ resources }: Recording): string[] => resources.map(({ name }) => name);

const shardIndex = {
    name: "SHARD_INDEX",
    valueFrom: { fieldRef: { fieldPath: "metadata.annotations['batch.kubernetes.io/job-completion-index']" } },
};

/** What tells one execution of a run from another. */
const runUid = {
    name: "RUN_UID",
    valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/controller-uid']" } },
};

describe("a BatchInference", () => {
    it("is a Job with an index for each shard", async () => {
        const recording = await infer();
        assert.deepEqual(names(recording), ["fraud", "fraud-job", "fraud-record"]);
        const { metadata, spec } = jobOf(recording);
        assert.match(metadata.name, /^fraud-[0-9a-f]{8}$/);
        assert.deepEqual(metadata.annotations, runAnnotations);
        assert.deepEqual(recording.resource("fraud-job").options, jobOptions);
        const { template, ...rest } = spec;
        assert.deepEqual(rest, {
            activeDeadlineSeconds: 86400,
            completionMode: "Indexed",
            completions: 4,
            parallelism: 4,
            backoffLimitPerIndex: 2,
            podFailurePolicy: {
                rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
            },
        });
        const [container] = template.spec.containers;
        assert.deepEqual(container!.env, [
            shardIndex,
            runUid,
            { name: "HOME", value: "/tmp" },
            { name: "SHARD_COUNT", value: "4" },
            { name: "INPUT_URI", value: "s3://claims" },
            { name: "INPUT_DIR", value: "/input" },
            { name: "OUTPUT_URI", value: `pvc://scores/${metadata.name}/$(RUN_UID)` },
            { name: "OUTPUT_DIR", value: "/output" },
        ]);
        assert.deepEqual(container!.volumeMounts, [
            { name: "tmp", mountPath: "/tmp" },
            { name: "input", mountPath: "/input" },
            { name: "output", mountPath: "/output", subPathExpr: `${metadata.name}/$(RUN_UID)` },
        ]);
        assert.deepEqual(template.spec.volumes, [
            { name: "tmp", emptyDir: {} },
            { name: "input", emptyDir: {} },
            { name: "output", persistentVolumeClaim: { claimName: "scores" } },
        ]);
        const results = `pvc://scores/${metadata.name}/uid`;
        assert.deepEqual(recording.resource("fraud").outputs, { results, jobName: metadata.name });
        const { annotations } = recording.resource("fraud-record").inputs.metadata as Job["metadata"];
        assert.equal(annotations["kubernetes-mlops/result"], results);
    });

    it("mounts claims, the input read-only, and the model as a server does", async () => {
        const recording = await infer({
            model: "pvc://models/fraud/run-1",
            inputUri: pulumi.output("pvc://claims/2024/06"),
            outputUri: "pvc://scores/2024/06",
        });
        const { metadata, spec } = jobOf(recording);
        const { containers, volumes } = spec.template.spec;
        assert.deepEqual(containers[0]!.volumeMounts.slice(1), [
            { name: "model", mountPath: "/model", subPath: "fraud/run-1", readOnly: true },
            { name: "input", mountPath: "/input", subPath: "2024/06", readOnly: true },
            { name: "output", mountPath: "/output", subPathExpr: `2024/06/${metadata.name}/$(RUN_UID)` },
        ]);
        assert.deepEqual(
            volumes.slice(1).map(({ persistentVolumeClaim }) => persistentVolumeClaim),
            [{ claimName: "models", readOnly: true }, { claimName: "claims", readOnly: true }, { claimName: "scores" }],
        );
    });

    it("has one volume for a claim of which it reads the input and the model and to which it writes", async () => {
        const recording = await infer({
            model: pulumi.output("pvc://data/model"),
            inputUri: "pvc://data",
            outputUri: pulumi.output("pvc://data/scores"),
        });
        const { metadata, spec } = jobOf(recording);
        const { containers, volumes } = spec.template.spec;
        assert.deepEqual(volumes.slice(1), [{ name: "model", persistentVolumeClaim: { claimName: "data" } }]);
        assert.deepEqual(containers[0]!.volumeMounts.slice(1), [
            { name: "model", mountPath: "/model", subPath: "model", readOnly: true },
            { name: "model", mountPath: "/input", readOnly: true },
            { name: "model", mountPath: "/output", subPathExpr: `scores/${metadata.name}/$(RUN_UID)` },
        ]);
    });

    it("has pods that meet the restricted standard with any arguments", async () => {
        for (const args of [least, fullBatchArgs]) {
            const recording = await run(() => new BatchInference("fraud", args));
            assert.deepEqual(violations(jobOf(recording).spec.template.spec), []);
        }
    });

    it("runs at most eight shards at once by default", async () => {
        const parallelism = async (args: Partial<BatchInferenceArgs>) => jobOf(await infer(args)).spec.parallelism;
        assert.equal(await parallelism({ shards: 100 }), 8);
        assert.equal(await parallelism({ shards: pulumi.output(3) }), 3);
        assert.equal(await parallelism({ shards: 100, parallelism: 50 }), 50);
    });

    for (const args of [{ timeout: "1h" }, { rerun: { shards: [1] } }, { secretEnv: undefined }]) {
        it(`starts no new run with ${JSON.stringify(args)}`, async () => {
            assert.equal(await nameOf(args), await nameOf({}));
        });
    }

    const another: Partial<BatchInferenceArgs>[] = [
        { image: otherImage },
        { inputUri: "s3://claims/2" },
        { outputUri: "pvc://scores/2" },
        { model: "s3://models/1" },
        { shards: 5 },
        { retries: 1 },
        { parallelism: 1 },
        { triggers: ["1"] },
    ];
    for (const args of another) {
        it(`starts a new run with ${JSON.stringify(args)}`, async () => {
            assert.notEqual(await nameOf(args), await nameOf({}));
        });
    }

    it("runs single shards again, after the others have ended, each in its own Job", async () => {
        const recording = await infer({
            retries: 1,
            secretEnv: { TOKEN: password },
            rerun: { shards: [1, 3], image: otherImage },
        });
        assert.deepEqual(names(recording), [
            "fraud",
            "fraud-env",
            "fraud-job",
            "fraud-record",
            "fraud-shard-1",
            "fraud-shard-3",
        ]);
        const [first, third] = [1, 3].map((shard) => recording.resource(`fraud-shard-${shard}`));
        assert.deepEqual(first!.dependsOn, ["fraud-job"]);
        const { metadata, spec } = first!.inputs as Job;
        assert.notEqual(metadata.name, (third!.inputs as Job).metadata.name);
        assert.deepEqual(metadata.annotations, runAnnotations);
        assert.deepEqual(first!.options, jobOptions);
        const { template, ...rest } = spec;
        assert.deepEqual(rest, {
            backoffLimit: 1,
            activeDeadlineSeconds: 86400,
            podFailurePolicy: {
                rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
            },
        });
        const [container] = template.spec.containers;
        assert.equal(container!.image, otherImage);
        assert.deepEqual(container!.env.slice(0, 3), [
            { name: "HOME", value: "/tmp" },
            { name: "SHARD_INDEX", value: "1" },
            { name: "SHARD_COUNT", value: "4" },
        ]);
        // Into the directory of the run whose shards they are.
        const { name } = jobOf(recording).metadata;
        assert.equal(container!.env.find((one) => one.name === "OUTPUT_URI")!.value, `pvc://scores/${name}/uid`);
        assert.deepEqual(violations(template.spec), []);
        const same = await infer({ rerun: { shards: [1] } });
        assert.equal(jobOf(same, "fraud-shard-1").spec.template.spec.containers[0]!.image, workload.image);
    });

    it("is a CronJob with a schedule, and each run has its own directory", async () => {
        const recording = await infer({
            workspace: { namespace: "ml", queue: "team" },
            outputUri: "pvc://scores/nightly",
            schedule: "30 2 * * *",
            timeZone: "Europe/Berlin",
        });
        assert.deepEqual(names(recording), ["fraud", "fraud-cron", "fraud-record"]);
        const { metadata, spec } = cronOf(recording);
        assert.equal(metadata.name, "fraud");
        const { jobTemplate, ...rest } = spec;
        assert.deepEqual(rest, {
            schedule: "30 2 * * *",
            timeZone: "Europe/Berlin",
            concurrencyPolicy: "Forbid",
            startingDeadlineSeconds: 3600,
            suspend: false,
        });
        assert.equal(metadata.annotations["pulumi.com/patchForce"], "true");
        assert.equal(jobTemplate.metadata.labels["kueue.x-k8s.io/queue-name"], "team");
        assert.equal(jobTemplate.spec.completions, 4);
        const [container] = jobTemplate.spec.template.spec.containers;
        assert.deepEqual(container!.env.slice(0, 2), [
            shardIndex,
            {
                name: "RUN_NAME",
                valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-name']" } },
            },
        ]);
        assert.equal(
            container!.env.find(({ name }) => name === "OUTPUT_URI")!.value,
            "pvc://scores/nightly/$(RUN_NAME)",
        );
        assert.deepEqual(container!.volumeMounts[2], {
            name: "output",
            mountPath: "/output",
            subPathExpr: "nightly/$(RUN_NAME)",
        });
        assert.deepEqual(recording.resource("fraud").outputs, { results: "pvc://scores/nightly", jobName: "fraud" });
        const root = await infer({ schedule: "@daily" });
        assert.equal(cronOf(root).spec.timeZone, "Etc/UTC");
        const { volumeMounts } = cronOf(root).spec.jobTemplate.spec.template.spec.containers[0]!;
        assert.equal(volumeMounts[2]!.subPathExpr, "$(RUN_NAME)");
        assert.deepEqual(cronOf(root).spec.jobTemplate.metadata.labels, {
            "app.kubernetes.io/component": "batch-inference",
            "app.kubernetes.io/name": "fraud",
        });
    });

    it("schedules runs as a Schedule does", async () => {
        const { spec } = cronOf(await infer({ schedule: "@daily", suspend: true, startingDeadline: "30m" }));
        assert.equal(spec.suspend, true);
        assert.equal(spec.startingDeadlineSeconds, 1800);
    });

    for (const [what, args, fields] of [
        ["a Job", {}, (recording: Recording) => jobOf(recording).spec],
        ["a CronJob", { schedule: "@daily" }, (recording: Recording) => cronOf(recording).spec.jobTemplate.spec],
    ] as const) {
        it(`fails only the shard with an exit code of retry.never in ${what}`, async () => {
            const { podFailurePolicy } = fields(await infer({ ...args, retry: { never: [2] } }));
            assert.deepEqual(podFailurePolicy.rules[1], {
                action: "FailIndex",
                onExitCodes: { containerName: "main", operator: "In", values: [2] },
            });
        });
    }

    it("shows everything that does not depend on an unknown value", async () => {
        const recording = await infer({ inputUri: unknownOutput() }, { preview: true });
        assert.deepEqual(unknownPaths(recording.resource("fraud-job")), [
            "inputs.metadata.annotations.kubernetes-mlops/completed-before",
            "inputs.metadata.name",
            "inputs.spec.completions",
            "inputs.spec.parallelism",
            "inputs.spec.template.spec.containers[0].env[4].value",
            "inputs.spec.template.spec.containers[0].env[6].value",
            "inputs.spec.template.spec.containers[0].volumeMounts",
            "inputs.spec.template.spec.volumes",
        ]);
    });
});

describe("the failed shards of a BatchInference", () => {
    const failed = (completedIndexes?: string, message = "Job has failed indexes"): RunEnd => ({
        state: "failed",
        uid: "uid",
        status: { completedIndexes },
        message,
    });
    const completed: RunEnd = { state: "completed", uid: "uid", status: undefined };
    const running: RunEnd = { state: "running", uid: "uid", why: "is running" };

    it("are none while the outcome is unknown, and when all shards have succeeded", () => {
        assert.equal(batchProblem(2, running, [], []), undefined);
        assert.equal(batchProblem(2, completed, [], []), undefined);
        assert.equal(batchProblem(3, failed("0,2"), [1], [completed]), undefined);
    });

    const cases: [what: string, end: RunEnd, rerun: number[], ends: RunEnd[], problem: string][] = [
        [
            "that have not succeeded",
            failed("0,2"),
            [],
            [],
            "2 of 4 shards have not succeeded: Job has failed indexes; fix the cause and run them again with rerun: { shards: [1, 3] }",
        ],
        [
            "that have neither succeeded nor have been run again",
            failed("0", "Job was active longer than specified deadline"),
            [1],
            [completed],
            "2 of 4 shards have not succeeded: Job was active longer than specified deadline; fix the cause and run them " +
                "again with rerun: { shards: [1, 2, 3] }",
        ],
        [
            "that have failed again, for another reason",
            failed("0,2,3"),
            [1],
            [failed(undefined, "BackoffLimitExceeded")],
            "1 of 4 shards have not succeeded: BackoffLimitExceeded; fix the cause and run them again with rerun: { shards: [1] }",
        ],
        [
            "that cannot start",
            failed("0,2,3"),
            [1],
            [{ state: "unstartable", uid: "uid", message: "cannot start: its pod has no image" }],
            "1 of 4 shards have not succeeded: cannot start: its pod has no image; fix the cause and run them again with rerun: { shards: [1] }",
        ],
        [
            "that still run",
            failed("0,2,3"),
            [1],
            [running],
            "1 of 4 shards have not succeeded: Job has failed indexes; fix the cause and run them again with rerun: { shards: [1] }",
        ],
        [
            "which are all of them",
            failed(),
            [],
            [],
            "4 of 4 shards have not succeeded: Job has failed indexes; fix the cause and run them again with rerun: { shards: [0, 1, 2, 3] }",
        ],
    ];
    for (const [what, end, rerun, ends, problem] of cases) {
        it(`are those ${what}`, () => assert.equal(batchProblem(4, end, rerun, ends), problem));
    }
});
