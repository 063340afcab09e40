import * as assert from "node:assert/strict";

import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { BatchInference, type BatchInferenceArgs } from "../../src";
import { batchProblem } from "../../src/workloads/batch-inference/shards";
import { otherImage, password, workload } from "../support/arguments";
import { fullBatchArgs } from "../support/components/batch-inference";
import { type Recording, run, type RunOptions, unknownOutput, unknownPaths } from "../support/mocks";
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

describe("a BatchInference", () => {
    it("is a Job with an index for each shard", async () => {
        const recording = await infer();
        assert.deepEqual(names(recording), ["fraud", "fraud-job"]);
        const { metadata, spec } = jobOf(recording);
        assert.match(metadata.name, /^fraud-[0-9a-f]{8}$/);
        assert.equal(metadata.annotations["pulumi.com/timeoutSeconds"], "86700");
        assert.equal(
            metadata.annotations["pulumi.com/waitFor"],
            'jsonpath={.status.conditions[?(@.type=="Failed"||@.type=="Complete")].status}=True',
        );
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
            { name: "HOME", value: "/tmp" },
            { name: "SHARD_COUNT", value: "4" },
            { name: "INPUT_URI", value: "s3://claims" },
            { name: "INPUT_DIR", value: "/input" },
            { name: "OUTPUT_URI", value: "pvc://scores" },
            { name: "OUTPUT_DIR", value: "/output" },
        ]);
        assert.deepEqual(container!.volumeMounts, [
            { name: "tmp", mountPath: "/tmp" },
            { name: "input", mountPath: "/input" },
            { name: "output", mountPath: "/output" },
        ]);
        assert.deepEqual(template.spec.volumes, [
            { name: "tmp", emptyDir: {} },
            { name: "input", emptyDir: {} },
            { name: "output", persistentVolumeClaim: { claimName: "scores" } },
        ]);
        assert.deepEqual(recording.resource("fraud").outputs, { results: "pvc://scores", jobName: metadata.name });
    });

    it("mounts claims, the input read-only, and the model as a server does", async () => {
        const recording = await infer({
            model: "pvc://models/fraud/run-1",
            inputUri: pulumi.output("pvc://claims/2024/06"),
            outputUri: "pvc://scores/2024/06",
        });
        const { containers, volumes } = jobOf(recording).spec.template.spec;
        assert.deepEqual(containers[0]!.volumeMounts.slice(1), [
            { name: "model", mountPath: "/model", subPath: "fraud/run-1", readOnly: true },
            { name: "input", mountPath: "/input", subPath: "2024/06", readOnly: true },
            { name: "output", mountPath: "/output", subPath: "2024/06" },
        ]);
        assert.deepEqual(
            volumes.slice(1).map(({ persistentVolumeClaim }) => persistentVolumeClaim.claimName),
            ["models", "claims", "scores"],
        );
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
        assert.deepEqual(names(recording), ["fraud", "fraud-env", "fraud-job", "fraud-shard-1", "fraud-shard-3"]);
        const [first, third] = [1, 3].map((shard) => recording.resource(`fraud-shard-${shard}`));
        assert.deepEqual(first!.dependsOn, ["fraud-job"]);
        const { metadata, spec } = first!.inputs as Job;
        assert.notEqual(metadata.name, (third!.inputs as Job).metadata.name);
        assert.equal(metadata.annotations["pulumi.com/waitFor"], undefined);
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

    it("reports which shards have failed, and how to run them again", async () => {
        const status = {
            conditions: [
                { type: "Failed", status: "True", reason: "FailedIndexes", message: "Job has failed indexes" },
            ],
            completedIndexes: "0,2",
            failedIndexes: "1,3",
        };
        const outputs = () => ({ status });
        await assert.rejects(infer({}, { outputs }), {
            message:
                'BatchInference "fraud": 2 of 4 shards have not succeeded: Job has failed indexes; fix the cause and run ' +
                "them again with rerun: { shards: [1, 3] }",
        });
        const recording = await infer({ rerun: { shards: [1, 3] } }, { outputs });
        assert.equal(recording.resource("fraud").outputs!.results, "pvc://scores");
    });

    it("shows everything that does not depend on an unknown value", async () => {
        const recording = await infer({ inputUri: unknownOutput() }, { preview: true });
        assert.deepEqual(unknownPaths(recording.resource("fraud-job")), [
            "inputs.metadata.name",
            "inputs.spec.template.spec.containers[0].env[3].value",
            "inputs.spec.template.spec.containers[0].volumeMounts",
            "inputs.spec.template.spec.volumes",
        ]);
    });
});

describe("the failed shards of a BatchInference", () => {
    const failed = (completedIndexes?: string, message?: string) => ({
        conditions: [{ type: "Failed", status: "True", reason: "DeadlineExceeded", message }],
        completedIndexes,
    });

    it("are none while the outcome is unknown, and when all shards have succeeded", () => {
        assert.equal(batchProblem(2, [], undefined), undefined);
        assert.equal(batchProblem(2, [], { conditions: [{ type: "Complete", status: "True" }] }), undefined);
        assert.equal(batchProblem(3, [1], failed("0,2")), undefined);
    });

    it("are those that have neither succeeded nor are run again", () => {
        assert.equal(
            batchProblem(4, [1], failed("0", "Job was active longer than specified deadline")),
            "2 of 4 shards have not succeeded: Job was active longer than specified deadline; fix the cause and run them " +
                "again with rerun: { shards: [1, 2, 3] }",
        );
        assert.match(
            batchProblem(2, [], failed())!,
            /^2 of 2 shards have not succeeded: DeadlineExceeded; .*\[0, 1\] }$/,
        );
    });
});
