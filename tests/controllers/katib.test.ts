/** Sweeps on the real Katib, in a namespace that enforces the restricted standard. */
import { strict as assert } from "node:assert";
import * as fs from "node:fs";
import * as path from "node:path";

import * as mlops from "../../src";
import { controllers, deleteLeftovers, mirrorOf } from "../support/controllers";
import { savedEnvironment } from "../support/environment";
import { inOrder } from "../support/in-order";
import { installKatib } from "../support/katib";
import { createObjects, deleteObjects, getObjects, kubectl } from "../support/kubectl";
import { clusterQueue, localQueue } from "../support/kueue";
import { TestStack } from "../support/stack";
import type { ControllerMirror } from "./support";

const namespace = "katib-test";
const program = fs.readFileSync(path.join(__dirname, "katib", "trial.py"), "utf8");

/** A sweep whose trials print the loss that a Python expression of the parameters' names evaluates to. */
function sweep(name: string, loss: string, args: Partial<mlops.SweepArgs>): mlops.Sweep {
    return new mlops.Sweep(name, {
        workspace: { namespace },
        image: savedEnvironment().baseImage!,
        command: ["python3", "-c", program, loss],
        objective: { metric: "loss", goal: mlops.ObjectiveGoal.Minimize },
        backend: mlops.SweepBackend.Katib,
        resources: { cpu: "20m", memory: "64Mi" },
        output: { size: "1Gi" },
        runAsUser: 1000,
        retries: 0,
        timeout: "5m",
        ...args,
    });
}

/** A string that shells and JSON change unless it is quoted with care. */
const odd = `it's "$HOME" \\ <\n`;
const gridLoss = "float('nan') if depth == 1 and rate == 'auto' else depth + (kind == 'plain') / 2 - deep / 8";
const grid = { depth: [2, 1], kind: ["plain", odd], rate: [0.5, "auto"], deep: [true] };
const random = {
    count: 3,
    seed: 7,
    parameters: {
        rate: { min: 1e-5, max: 0.1, log: true },
        depth: { min: 1, max: 9, step: 4 },
        kind: { values: ["a", "b"] },
    },
};

function succeeding(): Promise<Record<string, unknown>> {
    const ofGrid = sweep("grid", gridLoss, {
        grid,
        args: [odd],
        env: { EMPTY: "" },
        secretEnv: { TOKEN: "s3cret" },
        parallelism: 4,
    });
    const drawn = sweep("random", "", {
        // The output before the script's last command counts, too.
        command: ["sh", "-c", 'python3 -c "$0" "$1"; echo through', program, "rate * depth"],
        random,
        objective: { metric: "loss" },
        parallelism: 8,
    });
    return Promise.resolve({ grid: ofGrid.best, model: ofGrid.model, run: ofGrid.runName, random: drawn.best });
}

/** What a trial has recorded of its parameters. */
interface Given {
    parameters: Record<string, unknown>;
    words: string[];
    env: Record<string, string | null>;
}

/** The files of this name in a claim, by their directory. */
async function filesIn(claim: string, name: string): Promise<Record<string, string>> {
    const find = [
        "import json, pathlib",
        `files = pathlib.Path('/claim').rglob('${name}')`,
        "print(json.dumps({str(file.parent.relative_to('/claim')): file.read_text() for file in files}))",
    ].join("\n");
    const pod = "reader";
    await createObjects({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: pod, namespace },
        spec: {
            restartPolicy: "Never",
            securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
            containers: [
                {
                    name: "main",
                    image: savedEnvironment().baseImage!,
                    command: ["python3", "-c", find],
                    volumeMounts: [{ name: "claim", mountPath: "/claim", readOnly: true }],
                    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
                },
            ],
            volumes: [{ name: "claim", persistentVolumeClaim: { claimName: claim } }],
        },
    });
    const ended = "--for=jsonpath={.status.phase}=Succeeded";
    await kubectl("wait", "--namespace", namespace, ended, `pod/${pod}`, "--timeout=60s");
    const printed = await kubectl("logs", "--namespace", namespace, pod);
    await kubectl("delete", "pod", "--namespace", namespace, pod);
    return JSON.parse(printed) as Record<string, string>;
}

interface Trial {
    metadata: { name: string };
    spec: { parameterAssignments: { name: string; value: string }[] };
    status: { conditions: { type: string; status: string }[] };
}

interface TrialJob {
    metadata: { name: string };
    status: { startTime: string; completionTime: string };
}

const trialsOf = async (run: string): Promise<Trial[]> => {
    const selector = `--selector=katib.kubeflow.org/experiment=${run}`;
    return (await getObjects<{ items: Trial[] }>("trials.kubeflow.org", "--namespace", namespace, selector)).items;
};

describe("a Sweep on the real Katib", function () {
    this.timeout("10m");
    inOrder();

    let mirror: ControllerMirror;
    let remove: () => Promise<void>;
    let stack: TestStack;
    let outputs: { grid: mlops.BestTrial; model: string; run: string; random: mlops.BestTrial };
    before(async function () {
        this.timeout("60m");
        mirror = await controllers(["katib", "kueue"]);
        remove = await installKatib(mirror);
        const labels = {
            "pod-security.kubernetes.io/enforce": "restricted",
            "katib.kubeflow.org/metrics-collector-injection": "enabled",
        };
        await createObjects({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } });
        stack = await TestStack.create("katib", succeeding);
    });
    after(async () => {
        await stack?.destroy();
        await kubectl("delete", "namespace", namespace, "--ignore-not-found");
        await remove?.();
    });

    it("runs its trials in one update, which returns the best of them", async () => {
        outputs = (await stack.up()) as typeof outputs;
        const { trial, ...best } = outputs.grid;
        assert.deepEqual(best, { parameters: { depth: 1, kind: odd, rate: 0.5, deep: true }, value: 0.875 });
        assert.match(outputs.model, /^pvc:\/\/grid-sweep-[0-9a-f]{8}\/grid-[0-9a-f]{8}\/grid-[0-9a-f]{8}-[a-z0-9]{8}$/);
        assert.ok(outputs.model.endsWith(`/${outputs.run}/${trial}`), outputs.model);
    });

    it("gives each trial the variables that the page documents, unchanged, and a directory", async () => {
        const [claim, run] = outputs.model.slice("pvc://".length).split("/") as [string, string];
        const files = Object.entries(await filesIn(claim, "given.json"));
        const given = files.map(([directory, text]) => ({ directory, ...(JSON.parse(text) as Given) }));
        for (const { directory, words, env } of given) {
            assert.deepEqual(words, [gridLoss, odd]);
            assert.deepEqual(env, {
                HOME: "/tmp",
                TRIAL_FILE: "/trial/parameters.json",
                TRIAL_NAME: directory.slice(run.length + 1),
                MODEL_DIR: "/model",
                MODEL_URI: `pvc://${claim}/${directory}`,
                RESULT_FILE: "/model/result.json",
                TOKEN: "s3cret",
                EMPTY: "",
            });
        }
        const points = grid.depth.flatMap((depth) =>
            grid.kind.flatMap((kind) => grid.rate.map((rate) => ({ depth, kind, rate, deep: true }))),
        );
        const found = new Set(given.map(({ parameters }) => JSON.stringify(parameters)));
        assert.deepEqual([...found].sort(), points.map((point) => JSON.stringify(point)).sort());
    });

    it("accepts only a number as the metric", async () => {
        const ended = (await trialsOf(outputs.run)).flatMap(({ spec, status }) => {
            const values = spec.parameterAssignments.map(({ value }) => value);
            const diverges = values.includes("1") && values.some((value) => value.includes("auto"));
            const holds = (type: string) => status.conditions.some((one) => one.type === type && one.status === "True");
            // Katib runs one more trial for each without a metric, which may still be running.
            const is = ["Succeeded", "MetricsUnavailable"].find(holds);
            return is === undefined ? [] : [{ diverges, is }];
        });
        assert.ok(ended.length >= 8 && ended.some(({ diverges }) => diverges), JSON.stringify(ended));
        for (const { diverges, is } of ended) {
            assert.equal(is, diverges ? "MetricsUnavailable" : "Succeeded");
        }
    });

    it("draws values from the ranges", async () => {
        const { parameters, value, trial } = outputs.random;
        const trials = await trialsOf(trial.replace(/-[^-]*$/, ""));
        assert.equal(trials.length, random.count);
        const drawn = trials.map(({ spec }) =>
            Object.fromEntries(spec.parameterAssignments.map((one) => [one.name, one.value])),
        );
        for (const { rate, depth, kind } of drawn) {
            assert.ok(Number(rate) >= 1e-5 && Number(rate) <= 0.1, rate);
            assert.ok(["1", "5", "9"].includes(depth!), depth);
            assert.ok(["a", "b"].includes(kind!), kind);
        }
        const { rate, depth } = parameters as { rate: number; depth: number };
        const greatest = Math.max(...drawn.map((one) => Number(one.rate) * Number(one.depth)));
        assert.ok(Math.abs(value - greatest) < 1e-12, `${value} is not ${greatest}`);
        assert.ok(Math.abs(value - rate * depth) < 1e-12, JSON.stringify(outputs.random));
    });

    it("keeps the logs of its trials", async () => {
        const selector = `--selector=katib.kubeflow.org/experiment=${outputs.run},katib.kubeflow.org/trial`;
        const args = ["--namespace", namespace, selector, "--container=metrics-logger-and-collector", "--tail=-1"];
        assert.match(await kubectl("logs", ...args), / loss=0\.875$/m);
    });

    it("shows no change afterwards, nor does a refresh", async () => {
        assert.deepEqual(await stack.preview(), []);
        assert.deepEqual(await stack.refresh(), []);
    });

    it("keeps the best trial when a run fails or cannot start, and runs again after a revert and a deletion", async () => {
        const search = (loss: string, args: Partial<mlops.SweepArgs> = {}) => {
            const { model, runName } = sweep("life", loss, { grid: { x: [1] }, output: { retain: false }, ...args });
            return Promise.resolve({ model, run: runName });
        };
        const life = await TestStack.create("katib-life", () => search("x"));
        const succeed = async () => {
            const { model, run } = (await life.up(() => search("x"))) as { model: string; run: string };
            return { model, run };
        };
        const failsWith = async (expected: RegExp, loss: string, args?: Partial<mlops.SweepArgs>) => {
            await assert.rejects(
                life.up(() => search(loss, args)),
                ({ message }: Error) => {
                    assert.match(message, expected);
                    return true;
                },
            );
        };
        try {
            const first = await succeed();
            const kept = `; the result of ${first.run} stays the current one`;
            await failsWith(new RegExp(`error: Sweep "life": no trial has succeeded: 1 failed; .*${kept}`), "1 / 0");
            const image = `${savedEnvironment().registry}/missing@sha256:${"0".repeat(64)}`;
            const start = Date.now();
            const unstartable = `error: Sweep "life": the run life-[0-9a-f]{8} cannot start: its pod cannot pull its image .*: not found; .*`;
            await failsWith(new RegExp(unstartable + kept), "x", { image });
            const seconds = (Date.now() - start) / 1000;
            assert.ok(seconds < 90, `it took ${seconds} s`);
            const second = await succeed();
            assert.deepEqual(await life.preview(), []);
            await kubectl("delete", "experiments", first.run, "--namespace", namespace);
            await life.refresh();
            const third = await succeed();
            assert.deepEqual(await life.preview(), []);
            const [claim] = first.model.slice("pvc://".length).split("/") as [string];
            // Each has trials of its own, and so a model of its own, although it is the same run.
            const executed = Object.keys(await filesIn(claim, "given.json")).filter((one) => one.startsWith(first.run));
            const models = [first, second, third].map(({ model }) => model);
            assert.deepEqual(executed.map((directory) => `pvc://${claim}/${directory}`).sort(), models.sort());
        } finally {
            await life.destroy();
        }
    });

    it("has its trials wait for quota in a queue", async () => {
        const platform = () =>
            new mlops.Platform("platform", {
                addons: { kueue: {} },
                footprint: mlops.Footprint.Small,
                mirror: mirrorOf(mirror),
            });
        const alone = () => Promise.resolve({ addons: platform().addons });
        const queued = await TestStack.create("katib-queued", alone);
        // Quota for one of them at a time.
        const queues = [
            clusterQueue("katib-test", "default", { cpu: "30m", memory: "1Gi" }),
            localQueue("trials", namespace, "katib-test"),
        ];
        try {
            await queued.up();
            await createObjects(...queues);
            const { best } = await queued.up(() => {
                platform();
                const workspace = { namespace, queue: "trials" };
                const grid = { x: [3, 1, 2] };
                return Promise.resolve({ best: sweep("queued", "x", { workspace, grid, parallelism: 3 }).best });
            });
            const { trial, parameters } = best as mlops.BestTrial;
            assert.deepEqual(parameters, { x: 1 });
            const { items } = await getObjects<{ items: TrialJob[] }>("jobs", "--namespace", namespace);
            const times = items
                .filter(({ metadata }) => metadata.name.startsWith(trial.replace(/[^-]*$/, "")))
                .map(({ status }) => status)
                .sort((a, b) => a.startTime.localeCompare(b.startTime));
            assert.equal(times.length, 3);
            times.slice(1).forEach(({ startTime }, index) => assert.ok(startTime >= times[index]!.completionTime));
            assert.deepEqual(await queued.preview(), []);
        } finally {
            // Kueue releases its queues when they are empty, and only while it runs.
            await queued.up(alone);
            await deleteObjects(...queues);
            await queued.destroy();
            await deleteLeftovers(["kueue.x-k8s.io"], ["kueue-system"]);
        }
    });

    it("reports in one line each why others have failed", async () => {
        const failing = await TestStack.create("katib-failing", () => {
            const two = { grid: { x: [0, 1] } };
            sweep("silent", "'none'", two);
            sweep("broken", "1 / 0", two);
            sweep("most", "1 / (x // 2)", { grid: { x: [0, 1, 2] }, maxFailedTrials: 1 });
            return Promise.resolve({});
        });
        try {
            await assert.rejects(failing.up(), (error: Error) => {
                const [, diagnostics = ""] = error.message.split(/Diagnostics:|\nResources:/);
                // An inline program of the Automation API, as this one, reports the errors of Outputs twice.
                const lines = diagnostics.split("\n").filter((one) => !one.includes("One or more errors occurred"));
                for (const line of [
                    'Sweep "silent": no trial has printed loss; print a line such as loss=0.93',
                    'Sweep "broken": no trial has succeeded: 2 failed; see the logs of their pods, and fix the cause, ',
                    'Sweep "most": too many trials have not succeeded: 2 failed, and maxFailedTrials is 1; see the logs of their pods, ',
                ]) {
                    assert.equal(lines.filter((one) => one.includes(line)).length, 1, error.message);
                }
                return true;
            });
        } finally {
            await failing.destroy();
        }
    });
});
