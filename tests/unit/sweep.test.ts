import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { type BestTrial, ObjectiveGoal, Sweep, type SweepArgs, SweepBackend } from "../../src";
import { parseJobEnd, parseIndexes } from "../../src/runs/indexed-job";
import { buildBestTrialProgram } from "../../src/workloads/sweep/best-trial-program";
import { type ExperimentStatus, parseExperimentOutcome } from "../../src/workloads/sweep/experiment-outcome";
import { parseSweepOutcome } from "../../src/workloads/sweep/outcome";
import { buildTrials, countTrials, drawValue } from "../../src/workloads/sweep/trials";
import { otherImage, password, workload } from "../support/arguments";
import { fullSweepArgs } from "../support/components/sweep";
import { directoryWith } from "../support/directories";
import { errorsOf, type Recording, run, type RunOptions, unknownOutput, unknownPaths } from "../support/mocks";
import { jobOptions, keepsOwner, operatorRunOptions, runAnnotations } from "../support/ownership";
import { violations } from "../support/pod-security";

type Job = types.output.batch.v1.Job;
type Pod = types.output.core.v1.Pod;

const least: SweepArgs = { ...workload, objective: { metric: "accuracy" }, grid: { depth: [1, 2], rate: [0.1] } };

const sweep = (args: Partial<SweepArgs> = {}, options?: RunOptions): Promise<Recording> =>
    run(() => new Sweep("fraud", { ...least, ...args }), options);

const jobOf = (recording: Recording): Job => recording.resource("fraud-job").inputs as Job;
/** Returns the name of an object. */
const objectName = (inputs: unknown): string => (inputs as { metadata: { name: string } }).metadata.name;
const bestOf = (recording: Recording): Pod => recording.resource("fraud-best").inputs as Pod;
const nameOf = async (args: Partial<SweepArgs>): Promise<string> => jobOf(await sweep(args)).metadata.name;

/** A cluster with these statuses of the Job and of the pod that compares the results. */
const ended =
    (job: object, pod: object): RunOptions["outputs"] =>
    (type) =>
        type.endsWith(":Job") ? { status: job } : type.endsWith(":Pod") ? { status: pod } : {};

const complete = { conditions: [{ type: "Complete", status: "True" }], completedIndexes: "0,1" };
const terminated = (message: string, exitCode = 0) => ({
    phase: exitCode === 0 ? "Succeeded" : "Failed",
    containerStatuses: [{ state: { terminated: { exitCode, message } } }],
});

describe("the trials of a Sweep", () => {
    it("are all points of a grid, with the last parameter varying fastest", () => {
        const grid = { depth: [1, 2], kind: ["a", "b"], deep: [true] };
        assert.equal(countTrials({ grid }), 4);
        assert.deepEqual(buildTrials({ grid }), [
            { depth: 1, kind: "a", deep: true },
            { depth: 1, kind: "b", deep: true },
            { depth: 2, kind: "a", deep: true },
            { depth: 2, kind: "b", deep: true },
        ]);
    });

    it("are the listed ones, or the first ones within the budget", () => {
        const trials = [{ a: 1 }, { a: 2 }, { a: 3 }];
        assert.deepEqual(buildTrials({ trials }), trials);
        assert.deepEqual(buildTrials({ trials, budget: { trials: 2 } }), trials.slice(0, 2));
        assert.equal(buildTrials({ trials, budget: { trials: 9 } }).length, 3);
        assert.equal(buildTrials({ grid: { a: Array<number>(1e6).fill(1) }, budget: { trials: 5 } }).length, 5);
    });

    const parameters = {
        rate: { min: 1e-5, max: 0.1, log: true },
        depth: { min: 2, max: 8, step: 2 },
        width: { min: 0, max: 1 },
        kind: { values: ["a", "b"] },
    };

    it("are drawn at random, the same ones each time, and a larger number adds to them", () => {
        const few = buildTrials({ random: { count: 5, parameters } });
        assert.deepEqual(buildTrials({ random: { count: 5, parameters } }), few);
        assert.deepEqual(buildTrials({ random: { count: 50, parameters } }).slice(0, 5), few);
        assert.notDeepEqual(buildTrials({ random: { count: 5, seed: 1, parameters } }), few);
        const { kind, ...others } = parameters;
        const without = buildTrials({ random: { count: 5, parameters: others } });
        assert.deepEqual(
            without.map(({ rate }) => rate as number),
            few.map(({ rate }) => rate as number),
        );
        assert.ok(kind);
    });

    it("are drawn from the whole range, and only from the range", () => {
        const many = buildTrials({ random: { count: 1000, parameters } });
        const of = (name: string) => many.map((trial) => trial[name] as number);
        assert.deepEqual([...new Set(of("depth"))].sort(), [2, 4, 6, 8]);
        assert.deepEqual([...new Set(of("kind"))].sort(), ["a", "b"]);
        assert.ok(of("rate").every((rate) => rate >= 1e-5 && rate <= 0.1));
        // Half of the logarithms are below the middle.
        const below = of("rate").filter((rate) => rate < 1e-3).length;
        assert.ok(below > 440 && below < 560, String(below));
        const mean = of("width").reduce((sum, width) => sum + width, 0) / 1000;
        assert.ok(mean > 0.45 && mean < 0.55, String(mean));
    });

    it("have readable values within their range", () => {
        assert.equal(drawValue({ min: 0, max: 1 }, 1 / 3), 0.333333);
        assert.equal(drawValue({ min: 0.1, max: 0.5, step: 0.1 }, 0.999), 0.5);
        assert.equal(drawValue({ min: 1.23456489, max: 2 }, 0), 1.23456489);
        assert.equal(drawValue({ min: 5, max: 5 }, 0.9), 5);
    });
});

describe("a Sweep", () => {
    it("is a claim, a ConfigMap of the trials, a Job, a pod that compares their results, and the record of its runs", async () => {
        const recording = await sweep();
        const [, best, job, output, , trials] = recording.resources;
        assert.deepEqual(
            recording.resources.map(({ type, name, dependsOn, options }) => [type, name, dependsOn, options]),
            [
                ["kubernetes-mlops:index:Sweep", "fraud", [], {}],
                [
                    "kubernetes:core/v1:Pod",
                    "fraud-best",
                    ["fraud-job", "fraud-output"],
                    { deleteBeforeReplace: true, ...keepsOwner },
                ],
                ["kubernetes:batch/v1:Job", "fraud-job", ["fraud-output", "fraud-trials"], jobOptions],
                [
                    "kubernetes:core/v1:PersistentVolumeClaim",
                    "fraud-output",
                    [],
                    { retainOnDelete: true, ...keepsOwner },
                ],
                ["kubernetes:core/v1:ConfigMap", "fraud-record", ["fraud-output"], keepsOwner],
                ["kubernetes:core/v1:ConfigMap", "fraud-trials", [], keepsOwner],
            ],
        );
        assert.match(objectName(output!.inputs), /^fraud-sweep-[0-9a-f]{8}$/);
        assert.match(objectName(trials!.inputs), /^fraud-sweep-trials-[0-9a-f]{8}$/);
        assert.deepEqual(trials!.inputs.data, {
            "0.json": '{"depth":1,"rate":0.1}',
            "1.json": '{"depth":2,"rate":0.1}',
        });
        assert.equal(trials!.inputs.immutable, true);
        assert.match(objectName(best!.inputs), /^fraud-sweep-best-[0-9a-f]{8}$/);

        const { metadata, spec } = job!.inputs as Job;
        const { name } = metadata;
        assert.match(name, /^fraud-[0-9a-f]{8}$/);
        assert.deepEqual(metadata.annotations, runAnnotations);
        const { template, ...rest } = spec;
        assert.deepEqual(rest, {
            activeDeadlineSeconds: 86400,
            completionMode: "Indexed",
            completions: 2,
            parallelism: 2,
            backoffLimitPerIndex: 2,
            podFailurePolicy: {
                rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
            },
        });
        const claim = objectName(output!.inputs);
        const [container] = template.spec.containers;
        assert.deepEqual(container!.env, [
            {
                name: "JOB_COMPLETION_INDEX",
                valueFrom: {
                    fieldRef: { fieldPath: "metadata.annotations['batch.kubernetes.io/job-completion-index']" },
                },
            },
            {
                name: "RUN_UID",
                valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/controller-uid']" } },
            },
            { name: "HOME", value: "/tmp" },
            { name: "TRIAL_FILE", value: "/trial/parameters.json" },
            { name: "MODEL_DIR", value: "/model" },
            { name: "MODEL_URI", value: `pvc://${claim}/${name}/$(RUN_UID)/$(JOB_COMPLETION_INDEX)` },
            { name: "RESULT_FILE", value: "/model/result.json" },
            { name: "TRIAL_NAME", value: `${name}-$(JOB_COMPLETION_INDEX)` },
        ]);
        assert.deepEqual(container!.volumeMounts, [
            { name: "tmp", mountPath: "/tmp" },
            { name: "model", mountPath: "/model", subPathExpr: `${name}/$(RUN_UID)/$(JOB_COMPLETION_INDEX)` },
            {
                name: "trial",
                mountPath: "/trial/parameters.json",
                subPathExpr: "$(JOB_COMPLETION_INDEX).json",
                readOnly: true,
            },
        ]);
        assert.deepEqual(template.spec.volumes, [
            { name: "tmp", emptyDir: {} },
            { name: "model", persistentVolumeClaim: { claimName: claim } },
            { name: "trial", configMap: { name: objectName(trials!.inputs) } },
        ]);
    });

    it("compares the results in a pod without permissions, scheduled like the trials", async () => {
        const recording = await sweep({
            workspace: { namespace: "ml", serviceAccount: "trainer", queue: "team" },
            collectorImage: otherImage,
            gpu: {},
            spot: true,
            secretEnv: { TOKEN: password },
            podSpec: { nodeSelector: { disk: "fast" }, hostNetwork: true },
        });
        const { metadata, spec } = bestOf(recording);
        assert.equal(metadata.labels["app.kubernetes.io/component"], "sweep-best");
        assert.equal(spec.automountServiceAccountToken, false);
        assert.deepEqual(spec.nodeSelector, { disk: "fast" });
        assert.equal(spec.hostNetwork, undefined);
        assert.deepEqual(
            spec.tolerations.map(({ key }) => key),
            ["nvidia.com/gpu", "cloud.google.com/gke-spot", "kubernetes.azure.com/scalesetpriority"],
        );
        const [container] = spec.containers;
        assert.equal(container!.image, otherImage);
        assert.deepEqual(container!.resources, {
            requests: { cpu: "50m", memory: "128Mi" },
            limits: { memory: "128Mi" },
        });
        assert.deepEqual(container!.volumeMounts[1], {
            name: "results",
            mountPath: "/results",
            subPath: `${jobOf(recording).metadata.name}/uid`,
            readOnly: true,
        });
    });

    it("has pods that meet the restricted standard with any arguments", async () => {
        for (const args of [least, fullSweepArgs]) {
            const recording = await run(() => new Sweep("fraud", args));
            assert.deepEqual(violations(jobOf(recording).spec.template.spec), []);
            assert.deepEqual(violations(bestOf(recording).spec), []);
        }
    });

    it("passes the tracking server to the trials", async () => {
        const env = async (tracking: SweepArgs["tracking"]) =>
            jobOf(await sweep({ tracking }))
                .spec.template.spec.containers[0]!.env.filter(({ name }) => name.startsWith("MLFLOW"))
                .map(({ name, value }) => `${name}=${value}`);
        const uri = "MLFLOW_TRACKING_URI=http://mlflow";
        assert.deepEqual(await env({ uri: "http://mlflow" }), [uri, "MLFLOW_EXPERIMENT_NAME=fraud"]);
        assert.deepEqual(await env({ uri: "http://mlflow", experiment: "e" }), [uri, "MLFLOW_EXPERIMENT_NAME=e"]);
    });

    it("records trials in the pod that compares them, which receives only the credentials of their variables", async () => {
        const recording = await sweep({
            tracking: { uri: "http://mlflow" },
            env: { MLFLOW_TRACKING_USERNAME: "me", OTHER: "1" },
            secretEnv: { MLFLOW_TRACKING_PASSWORD: "secret", TOKEN: "secret" },
            output: { claim: "models" },
        });
        const { volumes, containers } = bestOf(recording).spec;
        const { name } = jobOf(recording).metadata;
        assert.deepEqual(
            containers[0]!.env.filter(({ name: variable }) => !["HOME", "METRIC", "GOAL", "TRIALS"].includes(variable)),
            [
                { name: "MLFLOW_TRACKING_URI", value: "http://mlflow" },
                { name: "MLFLOW_EXPERIMENT_NAME", value: "fraud" },
                { name: "RUN", value: name },
                { name: "RUN_URI", value: `pvc://models/${name}/uid` },
                { name: "MLFLOW_TRACKING_USERNAME", value: "me" },
                {
                    name: "MLFLOW_TRACKING_PASSWORD",
                    valueFrom: { secretKeyRef: { name: "fraud-sweep-env", key: "MLFLOW_TRACKING_PASSWORD" } },
                },
            ],
        );
        const { metadata } = recording.resource("fraud-trials").inputs as { metadata: { name: string } };
        assert.deepEqual(volumes.at(-1), { name: "trials", configMap: { name: metadata.name } });
        assert.doesNotMatch(bestOf(await sweep()).spec.containers[0]!.command.join(" "), /urllib/);
    });

    const limits: [what: string, args: Partial<SweepArgs>, expected: number][] = [
        ["its timeout", { timeout: "1h" }, 3600],
        ["a budget of GPU-hours over all GPUs at once", { gpu: { count: 2 }, budget: { gpuHours: 1 } }, 900],
        ["its timeout, if the budget lasts longer", { gpu: {}, timeout: "1h", budget: { gpuHours: 100 } }, 3600],
        ["at least a second", { gpu: {}, budget: { gpuHours: 1e-9 } }, 1],
        ["the number of pods that run at once", { gpu: {}, parallelism: 1, budget: { gpuHours: 1 } }, 3600],
        ["at most one pod for each trial", { gpu: {}, parallelism: 99, budget: { gpuHours: 1 } }, 1800],
        [
            "Outputs",
            { gpu: { count: pulumi.output(2) }, parallelism: pulumi.output(1), budget: { gpuHours: pulumi.output(1) } },
            1800,
        ],
    ];
    for (const [what, args, expected] of limits) {
        it(`is limited by ${what}`, async () => {
            assert.equal(jobOf(await sweep(args)).spec.activeDeadlineSeconds, expected);
        });
    }

    it("allows maxFailedTrials, but no more than there are trials", async () => {
        assert.equal(jobOf(await sweep({ maxFailedTrials: 1 })).spec.maxFailedIndexes, 1);
        assert.equal(jobOf(await sweep({ maxFailedTrials: 100 })).spec.maxFailedIndexes, 2);
    });

    const inPlace: Partial<SweepArgs>[] = [
        { timeout: "1h" },
        { maxFailedTrials: 1 },
        { collectorImage: otherImage },
        { objective: { metric: "accuracy", goal: ObjectiveGoal.Maximize } },
        { output: { size: "20Gi" } },
        { budget: { trials: 1000 } },
        { grid: undefined, trials: buildTrials(least) },
    ];
    for (const args of inPlace) {
        it(`starts no new run with ${JSON.stringify(args)}`, async () => {
            assert.equal(await nameOf(args), await nameOf({}));
        });
    }

    const another: Partial<SweepArgs>[] = [
        { image: otherImage },
        { grid: { depth: [1, 3], rate: [0.1] } },
        // The record of a run has its best trial.
        { objective: { metric: "f1" } },
        { objective: { metric: "accuracy", goal: ObjectiveGoal.Minimize } },
        { retries: 1 },
        { parallelism: 1 },
        { triggers: ["1"] },
        { output: { claim: "models" } },
        { budget: { trials: 1 } },
        { tracking: { uri: "http://mlflow" } },
    ];
    for (const args of another) {
        it(`starts a new run with ${JSON.stringify(args)}`, async () => {
            assert.notEqual(await nameOf(args), await nameOf({}));
        });
    }

    it("outputs its best trial and the URI of its result", async () => {
        const outputs = ended(complete, terminated('{"trial": 1, "value": 0.9}'));
        const recording = await sweep({ output: { claim: "models" } }, { outputs });
        const { name } = jobOf(recording).metadata;
        assert.deepEqual(recording.resource("fraud").outputs, {
            best: { trial: "1", parameters: { depth: 2, rate: 0.1 }, value: 0.9 } satisfies BestTrial,
            model: `pvc://models/${name}/uid/1`,
            runName: name,
        });
        const { annotations } = recording.resource("fraud-record").inputs.metadata as Job["metadata"];
        assert.deepEqual(JSON.parse(annotations["kubernetes-mlops/result"]!), {
            best: { trial: "1", parameters: { depth: 2, rate: 0.1 }, value: 0.9 },
            model: `pvc://models/${name}/uid/1`,
            succeeded: "0,1",
        });
        const { env } = bestOf(recording).spec.containers[0]!;
        assert.deepEqual(env.slice(1), [
            { name: "METRIC", value: "accuracy" },
            { name: "GOAL", value: "maximize" },
            { name: "TRIALS", value: "0,1" },
        ]);
    });

    it("fails with a message of its own without a best trial", async () => {
        const outputs = ended(complete, terminated("no trial has written accuracy to its RESULT_FILE\n", 1));
        const { result: recording, errors } = await errorsOf(() => sweep({}, { outputs }));
        assert.deepEqual(errors, [
            'Sweep "fraud": the results of the trials cannot be compared: no trial has written accuracy to its RESULT_FILE',
        ]);
        assert.deepEqual(Object.keys(recording.resource("fraud").outputs!), ["runName"]);
        const { annotations } = recording.resource("fraud-record").inputs.metadata as Job["metadata"];
        const { completed, failed } = JSON.parse(annotations["kubernetes-mlops/runs"]!) as Record<string, object[]>;
        assert.deepEqual([completed, failed!.length], [undefined, 1]);
        assert.equal(annotations["kubernetes-mlops/result"], undefined);
    });

    it("shows everything in a preview that does not depend on an unknown image", async () => {
        const recording = await sweep({ image: unknownOutput() }, { preview: true });
        assert.deepEqual(unknownPaths(recording.resource("fraud-trials")), []);
        assert.deepEqual(unknownPaths(recording.resource("fraud-output")), []);
        const known = await sweep({}, { preview: true });
        assert.deepEqual(unknownPaths(known.resource("fraud-job")), []);
    });
});

describe("the outcome of a Sweep", () => {
    const trials = [{ a: 1 }, { a: 2 }, { a: 3 }, { a: 4 }];
    const failed = (reason: string, completedIndexes: string, failedIndexes: string) => ({
        conditions: [
            { type: "Suspended", status: "False" },
            { type: "Failed", status: "True", reason, message: "Job says why" },
        ],
        completedIndexes,
        failedIndexes,
    });
    const pod = terminated('{"trial": 2, "value": 0.5}');
    const best = { best: { trial: "2", parameters: { a: 3 }, value: 0.5 } };
    const fix = "see the logs of their pods, and fix the cause, or change triggers to run it again";

    const cases: [what: string, ended: Omit<Parameters<typeof parseSweepOutcome>[0], "trials">, expected: object][] = [
        ["unknown if Pulumi has not waited", {}, {}],
        ["unknown while it runs", { job: { conditions: [{ type: "Suspended", status: "True" }] }, pod }, {}],
        ["unknown while results are compared", { job: complete, pod: { phase: "Running" } }, {}],
        ["all trials have succeeded", { job: complete, pod }, best],
        [
            "the tracking server has refused, which is not a failure",
            { job: complete, pod: terminated('{"trial": 2, "value": 0.5, "unrecorded": "HTTP status 401"}') },
            {
                ...best,
                warning:
                    "its trials were not recorded in the tracking server: HTTP status 401; fix the cause, delete the pod that compares " +
                    "them, and run pulumi up --refresh",
            },
        ],
        ["one has failed, which is allowed by default", { job: failed("FailedIndexes", "0-2", "3"), pod }, best],
        [
            "one has failed, which maxFailedTrials allows",
            { job: failed("FailedIndexes", "0-2", "3"), maxFailedTrials: 1, pod },
            best,
        ],
        [
            "too many have failed",
            { job: failed("FailedIndexes", "0-1", "2-3"), maxFailedTrials: 1, pod },
            { problem: `2 of 4 trials have failed (2-3), and maxFailedTrials is 1; ${fix}` },
        ],
        [
            "it was stopped because too many had failed",
            { job: failed("MaxFailedIndexesExceeded", "", "1"), maxFailedTrials: 0, pod },
            { problem: `1 of 4 trials have failed (1), and maxFailedTrials is 0; ${fix}` },
        ],
        [
            "all have failed",
            { job: failed("FailedIndexes", "", "0-3") },
            { problem: `no trial has succeeded: Job says why; ${fix}` },
        ],
        [
            "it has exceeded its timeout",
            { job: failed("DeadlineExceeded", "0", ""), timeout: "1h", pod },
            { problem: "it has exceeded its timeout of 1h; increase timeout and change triggers" },
        ],
        ["its budget is used up", { job: failed("DeadlineExceeded", "0,2", ""), gpuHours: 8, pod }, best],
        [
            "its pod was lost before it had compared the results",
            { job: complete, pod: { phase: "Failed", message: "the node was low on memory" } },
            { problem: "the results of the trials cannot be compared: the node was low on memory" },
        ],
        [
            "its pod has failed without a message",
            { job: complete, pod: { phase: "Failed" } },
            { problem: "the results of the trials cannot be compared: its pod has failed" },
        ],
    ];
    for (const [what, statuses, expected] of cases) {
        it(what, () => assert.deepEqual(parseSweepOutcome({ trials, ...statuses }), expected));
    }

    it("parses indexes as Kubernetes formats them", () => {
        assert.deepEqual(parseIndexes(""), []);
        assert.deepEqual(parseIndexes("0,2-4,7"), [0, 2, 3, 4, 7]);
        assert.equal(parseJobEnd(undefined), undefined);
        assert.deepEqual(parseJobEnd(complete), { succeeded: "0,1", failed: "" });
    });
});

describe("the program that compares the results", function () {
    this.timeout("20s");

    /** Returns its termination message for these results, by trial. */
    function compare(results: Record<string, string>, env: Record<string, string> = {}): string {
        const files = Object.fromEntries(
            Object.entries(results).map(([trial, content]) => [`${trial}/result.json`, content]),
        );
        const directory = directoryWith({ ...files, message: "" });
        const program = buildBestTrialProgram({ record: env.RUN !== undefined })
            .replaceAll("/results/", `${directory}/`)
            .replaceAll("/trials", directory)
            .replace("/dev/termination-log", path.join(directory, "message"));
        execFileSync("python3", ["-c", program], {
            env: { PATH: process.env.PATH, METRIC: "accuracy", GOAL: "maximize", TRIALS: "0-4,10", ...env },
            stdio: ["ignore", "ignore", "pipe"],
        });
        return fs.readFileSync(path.join(directory, "message"), "utf8");
    }

    const result = (accuracy: unknown) => JSON.stringify({ accuracy });
    const results = {
        0: result(0.5),
        1: result(0.9),
        2: "not JSON",
        3: result(null),
        4: '{"accuracy": NaN}',
        10: result(0.9),
        11: result(1),
    };

    it("finds the largest or the smallest value of the trials that have succeeded and have one", () => {
        assert.deepEqual(JSON.parse(compare(results)), { trial: 1, value: 0.9 });
        assert.deepEqual(JSON.parse(compare(results, { GOAL: "minimize" })), { trial: 0, value: 0.5 });
        assert.deepEqual(JSON.parse(compare(results, { TRIALS: "10" })), { trial: 10, value: 0.9 });
    });

    it("reports an error of the tracking server, and the best trial nevertheless", () => {
        const env = { RUN: "fraud-1", RUN_URI: "pvc://models/fraud-1", MLFLOW_EXPERIMENT_NAME: "fraud" };
        const message = compare(results, { ...env, MLFLOW_TRACKING_URI: "http://127.0.0.1:1" });
        const { unrecorded, ...best } = JSON.parse(message) as Record<string, unknown>;
        assert.deepEqual(best, { trial: 1, value: 0.9 });
        assert.match(String(unrecorded), /Connection refused/);
    });

    it("fails if no trial has a value", () => {
        assert.throws(() => compare(results, { METRIC: "f1" }), /no trial has written f1 to its RESULT_FILE/);
        assert.throws(() => compare(results, { TRIALS: "" }), /no trial has written accuracy to its RESULT_FILE/);
    });
});

describe("a Sweep with the backend Katib", () => {
    const args: SweepArgs = {
        ...workload,
        workspace: { namespace: "ml", queue: "team" },
        objective: { metric: "loss", goal: ObjectiveGoal.Minimize },
        random: {
            count: 20,
            seed: 7,
            parameters: {
                rate: { min: 1e-5, max: 0.1, log: true },
                depth: { min: 2, max: 8, step: 2 },
                width: { min: 0, max: 1, step: 0.25 },
                kind: { values: ["a", "b"] },
                size: { values: [16, 32] },
                deep: { values: [true, false] },
            },
        },
        budget: { trials: 12 },
        maxFailedTrials: 3,
        output: { claim: "models" },
        backend: SweepBackend.Katib,
    };

    it("is an Experiment, and each trial reads its parameters from a file", async () => {
        const recording = await run(() => new Sweep("fraud", args));
        assert.deepEqual(
            recording.resources.map(({ name }) => name),
            ["fraud", "fraud-experiment", "fraud-record"],
        );
        assert.deepEqual(recording.resource("fraud-experiment").options, operatorRunOptions);
        const { apiVersion, kind, metadata, spec } = recording.resource("fraud-experiment").inputs;
        assert.deepEqual([apiVersion, kind], ["kubeflow.org/v1beta1", "Experiment"]);
        const { trialTemplate, ...rest } = spec as {
            trialTemplate: {
                retain: boolean;
                trialParameters: object[];
                trialSpec: { metadata: object; spec: Job["spec"] };
            };
        };
        assert.deepEqual(rest, {
            objective: { type: "minimize", objectiveMetricName: "loss" },
            algorithm: { algorithmName: "random", algorithmSettings: [{ name: "random_state", value: "7" }] },
            parallelTrialCount: 8,
            maxTrialCount: 12,
            maxFailedTrialCount: 4,
            resumePolicy: "Never",
            metricsCollectorSpec: {
                collector: { kind: "StdOut" },
                source: {
                    filter: {
                        metricsFormat: [
                            String.raw`(?:^|[^\w./-])(loss)\s*=\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)`,
                        ],
                    },
                },
            },
            parameters: [
                {
                    name: "rate",
                    parameterType: "double",
                    feasibleSpace: { min: "0.00001", max: "0.1", distribution: "logUniform" },
                },
                { name: "depth", parameterType: "discrete", feasibleSpace: { list: ["2", "4", "6", "8"] } },
                {
                    name: "width",
                    parameterType: "discrete",
                    feasibleSpace: { list: ["0", "0.25", "0.5", "0.75", "1"] },
                },
                { name: "kind", parameterType: "categorical", feasibleSpace: { list: ["a", "b"] } },
                { name: "size", parameterType: "discrete", feasibleSpace: { list: ["16", "32"] } },
                { name: "deep", parameterType: "categorical", feasibleSpace: { list: ["true", "false"] } },
            ],
        });
        assert.deepEqual(trialTemplate.trialParameters[0], { name: "trial.name", reference: "${trialSpec.Name}" });
        assert.equal(trialTemplate.trialParameters.length, 7);
        assert.equal(trialTemplate.retain, true);
        const { trialSpec } = trialTemplate;
        // Not the service that draws the trials, to which Katib passes the labels of the Experiment.
        assert.deepEqual(trialSpec.metadata, { labels: { "kueue.x-k8s.io/queue-name": "team" } });
        assert.equal((metadata as { labels: object }).labels["kueue.x-k8s.io/queue-name" as never], undefined);
        const { template } = trialSpec.spec;
        assert.deepEqual(template.metadata.annotations, {
            "kubernetes-mlops/parameters":
                '{"rate": ${trialParameters.rate}, "depth": ${trialParameters.depth}, "width": ${trialParameters.width}, ' +
                '"kind": "${trialParameters.kind}", "size": ${trialParameters.size}, "deep": ${trialParameters.deep}}',
        });
        assert.deepEqual(violations(template.spec), []);
        const { name } = metadata as { name: string };
        assert.deepEqual(template.spec.containers[0]!.volumeMounts.slice(1), [
            { name: "model", mountPath: "/model", subPathExpr: `${name}/$(TRIAL_NAME)` },
            { name: "trial", mountPath: "/trial", readOnly: true },
        ]);
    });

    it("passes the command unchanged, although Katib runs it in a shell", async () => {
        const quoted = async (command: string[]): Promise<string[]> => {
            const recording = await run(() => new Sweep("fraud", { ...args, command }));
            const { trialTemplate } = recording.resource("fraud-experiment").inputs["spec"] as {
                trialTemplate: { trialSpec: { spec: Job["spec"] } };
            };
            return trialTemplate.trialSpec.spec.template.spec.containers[0]!.command;
        };
        const words = ["python", "-c", "print('loss=1', \"$HOME\")", "--name=a b", "--rate=0.1"];
        for (const command of [words, ["sh", "-c", "python train.py | tee log; echo $0", "it's"]]) {
            const joined = (await quoted(command)).join(" ");
            const printed = execFileSync("sh", ["-c", `printf '%s\\0' ${joined}`], { encoding: "utf8" });
            assert.deepEqual(printed.split("\0").slice(0, -1), command);
            // Katib would not wrap these in its own shell.
            assert.doesNotMatch(joined, /^(sh|bash) /);
        }
    });

    const specOf = async (more: Partial<SweepArgs>): Promise<Record<string, unknown>> => {
        const recording = await run(() => new Sweep("fraud", { ...args, ...more }));
        return recording.resource("fraud-experiment").inputs["spec"] as Record<string, unknown>;
    };

    it("limits parallelism and failed trials to the number of trials, as Katib requires", async () => {
        const counts = async (more: Partial<SweepArgs>) => {
            const { parallelTrialCount, maxTrialCount, maxFailedTrialCount } = await specOf(more);
            return [parallelTrialCount, maxTrialCount, maxFailedTrialCount];
        };
        assert.deepEqual(await counts({ parallelism: 100, maxFailedTrials: 100 }), [12, 12, 12]);
        assert.deepEqual(await counts({ parallelism: 2, maxFailedTrials: undefined }), [2, 12, 12]);
        // Katib fails at this number; maxFailedTrials is one less.
        assert.deepEqual(await counts({ maxFailedTrials: 0 }), [8, 12, 1]);
    });

    /** Returns the content of TRIAL_FILE after Katib has inserted these values into the JSON of the Job. */
    const trialFileWith = async (more: Partial<SweepArgs>, chosen: Record<string, number>): Promise<unknown> => {
        const { parameters, trialTemplate } = (await specOf(more)) as {
            parameters: { name: string; feasibleSpace: { list: string[] } }[];
            trialTemplate: { trialSpec: object };
        };
        let job = JSON.stringify(trialTemplate.trialSpec);
        for (const { name, feasibleSpace } of parameters) {
            job = job.replaceAll(`\${trialParameters.${name}}`, () => feasibleSpace.list[chosen[name]!]!);
        }
        const { spec } = JSON.parse(job) as { spec: Job["spec"] };
        return JSON.parse(spec.template.metadata.annotations["kubernetes-mlops/parameters"]!);
    };

    it("preserves strings with any characters, and values of several types", async () => {
        const odd = 'it\'s "$HOME" \\ <\n';
        const grid = { kind: ["plain", odd], rate: [0.5, "auto", true], deep: [false, 1] };
        const more = { random: undefined, grid, maxFailedTrials: undefined };
        assert.deepEqual(await trialFileWith(more, { kind: 0, rate: 0, deep: 0 }), {
            kind: "plain",
            rate: 0.5,
            deep: false,
        });
        assert.deepEqual(await trialFileWith(more, { kind: 1, rate: 1, deep: 1 }), {
            kind: odd,
            rate: "auto",
            deep: 1,
        });
        assert.deepEqual(await trialFileWith(more, { kind: 1, rate: 2, deep: 1 }), { kind: odd, rate: true, deep: 1 });
        const { parameters } = (await specOf(more)) as {
            parameters: { name: string; feasibleSpace: { list: string[] } }[];
        };
        const chosen = parameters.map(({ name, feasibleSpace }) => ({ name, value: feasibleSpace.list[1]! }));
        const status = {
            conditions: [{ type: "Succeeded", status: "True" }],
            currentOptimalTrial: { bestTrialName: "fraud-1-abc", parameterAssignments: chosen },
        };
        const { best } = parseExperimentOutcome({ ...args, ...more }, { status });
        assert.deepEqual(best!.parameters, { kind: odd, rate: "auto", deep: 1 });
    });

    it("lists numbers with a step, and uses a range for integers that are too many for a list", async () => {
        const drawn = async (range: object): Promise<unknown> => {
            const random = { count: 12, parameters: { size: range } };
            return ((await specOf({ random })) as { parameters: object[] }).parameters[0];
        };
        const list = ["1", "5", "9"];
        const listed = { name: "size", parameterType: "discrete", feasibleSpace: { list } };
        assert.deepEqual(await drawn({ min: 1, max: 10, step: 4 }), listed);
        const counted = { name: "size", parameterType: "int", feasibleSpace: { min: "1", max: "5000" } };
        assert.deepEqual(await drawn({ min: 1, max: 5000.5, step: 1 }), counted);
    });

    it("finds the metric as a whole word, with a number", async () => {
        const found = async (metric: string, line: string): Promise<string | undefined> => {
            const { metricsCollectorSpec } = (await specOf({ objective: { metric } })) as {
                metricsCollectorSpec: { source: { filter: { metricsFormat: string[] } } };
            };
            const match = new RegExp(metricsCollectorSpec.source.filter.metricsFormat[0]!).exec(line);
            assert.equal(match?.[1] ?? metric, metric);
            return match?.[2];
        };
        for (const [line, number] of Object.entries({
            "loss=0.5": "0.5",
            "epoch 1, loss = -1.5e-05;": "-1.5e-05",
            "accuracy=0.9 loss=.5": ".5",
            "loss=1.": "1.",
        })) {
            assert.equal(await found("loss", line), number, line);
        }
        for (const line of ["val_loss=1", "val-loss=1", "val/loss=1", "val.loss=1", "loss=nan", "loss=", "loss: 1"]) {
            assert.equal(await found("loss", line), undefined, line);
        }
        assert.equal(await found("val/loss.top(1)", "val/loss.top(1)=3"), "3");
        assert.equal(await found("val/loss.top(1)", "val/lossxtop(1)=3"), undefined);
    });

    it("searches a grid", async () => {
        const recording = await run(
            () => new Sweep("fraud", { ...least, backend: SweepBackend.Katib, output: { claim: "models" } }),
        );
        const { spec } = recording.resource("fraud-experiment").inputs as { spec: Record<string, unknown> };
        const { algorithm, maxTrialCount, maxFailedTrialCount } = spec;
        const algorithmSettings = [{ name: "random_state", value: "0" }];
        assert.deepEqual(
            [algorithm, maxTrialCount, maxFailedTrialCount],
            [{ algorithmName: "grid", algorithmSettings }, 2, 2],
        );
    });

    it("outputs the best trial of Katib, with values of the original types", () => {
        const status = {
            conditions: [{ type: "Succeeded", status: "True" }],
            currentOptimalTrial: {
                bestTrialName: "fraud-1-abc",
                parameterAssignments: Object.entries({
                    rate: "0.01",
                    depth: "4",
                    kind: "a",
                    size: "32",
                    deep: "false",
                }).map(([name, value]) => ({ name, value })),
                observation: { metrics: [{ name: "loss", latest: "0.4", min: "0.3", max: "0.9" }] },
            },
        };
        assert.deepEqual(parseExperimentOutcome(args, { status }).best, {
            trial: "fraud-1-abc",
            parameters: { rate: 0.01, depth: 4, kind: "a", size: 32, deep: false },
            value: 0.3,
        });
        const maximized = { ...args, objective: { metric: "loss" } };
        assert.equal(parseExperimentOutcome(maximized, { status }).best!.value, 0.9);
    });

    it("has the results of its trials in its own directory", async () => {
        const recording = await run(() => new Sweep("fraud", args));
        const { best, model, runName } = recording.resource("fraud").outputs! as {
            best: BestTrial;
            [name: string]: unknown;
        };
        assert.equal(model, `pvc://models/${String(runName)}/${best.trial}`);
    });

    it("fails if Katib reports a failure or no best trial", () => {
        const outcome = (status: ExperimentStatus, maxFailedTrials?: number) =>
            parseExperimentOutcome(args, { status, maxFailedTrials }).problem;
        const failed = (status: ExperimentStatus = {}, message?: string): ExperimentStatus => ({
            conditions: [{ type: "Failed", status: "True", message }],
            ...status,
        });
        const fix = "see the logs of their pods, and fix the cause, or change triggers to run it again";
        const silent = "no trial has printed loss; print a line such as loss=0.93";
        assert.deepEqual(parseExperimentOutcome(args, {}), {});
        assert.equal(
            outcome(failed({}, "Suggestion has failed")),
            "the Experiment has failed: Suggestion has failed; see the Suggestion of the same name",
        );
        assert.match(outcome(failed())!, /: Katib reports no reason;/);
        assert.equal(outcome(failed({ trialsFailed: 2 })), `no trial has succeeded: 2 failed; ${fix}`);
        assert.equal(
            outcome(failed({ trialsFailed: 2, trialMetricsUnavailable: 1 })),
            `no trial has succeeded: 3 failed, 1 of them without printing loss; ${fix}`,
        );
        assert.equal(
            outcome(failed({ trialsFailed: 2, trialsSucceeded: 1 }), 1),
            `too many trials have not succeeded: 2 failed, and maxFailedTrials is 1; ${fix}`,
        );
        assert.equal(outcome(failed({ trialMetricsUnavailable: 2 })), silent);
        assert.equal(outcome({ conditions: [{ type: "Succeeded", status: "True" }] }), silent);
    });
});
