import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as http from "node:http";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { Stack } from "@pulumi/pulumi/automation";

import { type Kubectl, type ModelInfo, predict, type Prediction, withPortForward } from "../../local/predict";
import { run } from "../../local/run";
import { destroy, openStack, stackEnv, update } from "../../local/stack";
import { type Change, UpdateProgress } from "../../local/stack-events";
import { ensureTools } from "../../local/toolchain";
import { DockerDaemon } from "../support/docker-daemon";
import { savedEnvironment } from "../support/environment";
import { copyExample, editor, exampleConfig } from "../support/examples";
import { inOrder } from "../support/in-order";

const namespace = "quickstart-test";

/** Kind, name and operation of each change, sorted. */
function shown(changes: Change[]): string[] {
    return changes.map(({ kind, resource }) => `${resource}: ${kind}`).sort();
}

/** The name of a model's run, which its URI has before the UID of the Job. */
const runOf = ({ model }: ModelInfo): string => model.split("/").at(-2)!;

const resources = [
    "ConfigMap wine-train-record",
    "Deployment wine-deployment",
    "Image wine-image",
    "Job wine-train-job",
    "Namespace quickstart",
    "PersistentVolumeClaim wine-train-model",
    "PodDisruptionBudget wine-pdb",
    "Service wine-service",
];

describe("the quickstart", function () {
    this.timeout("15m");
    inOrder();

    const environment = savedEnvironment();
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "kubernetes-mlops-quickstart-"));
    const project = path.join(directory, "quickstart");
    let stack: Stack;
    let kubectl: Kubectl;
    let first: { model: ModelInfo; answer: Prediction };

    const inCluster = (...args: string[]) =>
        run(kubectl.command, [...kubectl.args, "--namespace", namespace, ...args], { env: kubectl.env });
    const names = async (kinds: string) => (await inCluster("get", kinds, "--output=name")).split("\n").filter(Boolean);
    const ask = () => withPortForward(kubectl, namespace, "wine", 8080, predict);
    const up = async () => update(stack, () => {});
    const edit = editor(project);

    before(async () => {
        copyExample("quickstart", project);
        // A developer's own quickstart stays as it is.
        edit("index.ts", 'name: "quickstart"', `name: "${namespace}"`);
        const { kubernetes } = await ensureTools(["kubernetes"], () => {});
        kubectl = { command: kubernetes, args: ["kubectl"], env: environment.env };
        stack = await openStack({
            name: "quickstart-test",
            workDir: project,
            stateDir: path.join(directory, "state"),
            env: environment.env,
            config: exampleConfig("quickstart", environment),
        });
    });

    after(async () => {
        // Removes only what a failed test has left behind.
        if (fs.existsSync(path.join(directory, "state"))) {
            await destroy(stack, () => {});
        }
        fs.rmSync(directory, { recursive: true });
    });

    it("builds, trains and serves in one update", async () => {
        const { changes, outputs } = await up();
        assert.deepEqual(
            shown(changes),
            resources.map((resource) => `${resource}: create`),
        );
        assert.deepEqual(Object.keys(outputs).sort(), ["imageRef", "model", "namespace", "service", "url"]);
        assert.match(String(outputs.imageRef?.value), new RegExp(`^${environment.registry}/wine@sha256:[0-9a-f]{64}$`));
        assert.match(
            String(outputs.model?.value),
            /^pvc:\/\/wine-train-training-model-[0-9a-f]{8}\/wine-train-[0-9a-f]+\/[0-9a-f-]{36}$/,
        );
        assert.equal(outputs.url?.value, `http://wine.${namespace}.svc.cluster.local:8080`);
    });

    it("predicts with the model of the run", async () => {
        first = await ask();
        assert.deepEqual(await names("jobs"), [`job.batch/${runOf(first.model)}`]);
        assert.deepEqual(first.answer, { grower: "class_0", probability: 0.8, model: first.model.model });
        assert.equal(first.answer.grower, first.model.example.grower);
        assert.ok(first.model.accuracy > 0.9, `accuracy is ${first.model.accuracy}`);
        assert.match(await inCluster("logs", `job/${runOf(first.model)}`), /accuracy 0\.9\d+ on 45 held-out wines/);
    });

    it("changes nothing when it is run again", async () => {
        const pods = await names("pods");
        assert.deepEqual((await up()).changes, []);
        assert.deepEqual(await names("pods"), pods);
    });

    it("changes nothing from a second checkout with another umask, nor with an empty docker: no build, no pod", async () => {
        const checkout = path.join(directory, "second", "checkout");
        fs.cpSync(project, checkout, { recursive: true });
        await run("chmod", ["-R", "g+w,o-rwx", checkout]);
        for (const [file, text] of Object.entries({
            "__pycache__/train.pyc": "",
            ".env": "TOKEN=1",
            ".git/HEAD": "",
        })) {
            const target = path.join(checkout, "model", file);
            fs.mkdirSync(path.dirname(target), { recursive: true });
            fs.writeFileSync(target, text);
        }
        const objects = await names("pods,jobs");
        const runner = await DockerDaemon.start();
        try {
            const stateDir = path.join(directory, "state");
            const env = { ...stackEnv({ stateDir, env: environment.env }), DOCKER_HOST: runner.host };
            for (const command of [["preview"], ["up", "--yes", "--skip-preview"], ["refresh", "--yes"]]) {
                const args = [...command, "--expect-no-changes", "--stack=quickstart-test", "--non-interactive"];
                await run("pulumi", args, { cwd: checkout, env });
            }
            assert.equal(await runner.built(), 0);
        } finally {
            await runner.stop();
        }
        assert.deepEqual(await names("pods,jobs"), objects);
    });

    it("shows exactly image, run, record and server after an edit of the training code", async () => {
        edit("model/train.py", "TREES = 5\n", "TREES = 100\n");
        const progress = new UpdateProgress();
        await stack.preview({ onEvent: progress.onEvent });
        assert.deepEqual(shown(progress.changes), [
            "ConfigMap wine-train-record: update",
            "Deployment wine-deployment: update",
            "Image wine-image: update",
            "Job wine-train-job: replace",
        ]);
    });

    it("rolls the new model out without a failed request", async () => {
        const address = await inCluster(
            "get",
            "service/wine",
            "--output=jsonpath={.spec.clusterIP}:{.spec.ports[0].port}",
        );
        const load = new Load(`http://${address}/predict`, JSON.stringify({ features: first.model.example.features }));
        const { changes } = await load.during(up);
        assert.deepEqual(shown(changes), [
            "ConfigMap wine-train-record: update",
            "Deployment wine-deployment: update",
            "Image wine-image: update",
            "Job wine-train-job: replace",
        ]);
        const second = await ask();
        assert.deepEqual(load.failures, []);
        assert.deepEqual([...load.models], [first.model.model, second.model.model]);
        assert.ok(load.answered > 100, `only ${load.answered} requests were sent`);
        assert.deepEqual(await names("jobs"), [`job.batch/${runOf(second.model)}`]);
        assert.notEqual(second.model.model, first.model.model);
        assert.ok(second.model.accuracy > first.model.accuracy, `accuracy is ${second.model.accuracy}`);
    });

    it("finds no difference between the cluster and the state", async () => {
        await stack.refresh({ expectNoChanges: true });
        await stack.preview({ expectNoChanges: true });
    });

    it("leaves nothing behind", async () => {
        const changes = await destroy(stack, () => {});
        assert.deepEqual(
            shown(changes),
            resources.map((resource) => `${resource}: delete`),
        );
        fs.rmSync(path.join(directory, "state"), { recursive: true });
        assert.equal(await inCluster("get", "namespace", namespace, "--ignore-not-found", "--output=name"), "");
    });
});

/** Sends requests without a pause, over kept and new connections, and records the answers. */
class Load {
    readonly models = new Set<string>();
    readonly failures: string[] = [];
    answered = 0;
    private stopped = false;

    constructor(
        private readonly url: string,
        private readonly body: string,
    ) {}

    /** Sends requests for as long as the work takes, and then until the pods that it has replaced are gone. */
    async during<T>(work: () => Promise<T>): Promise<T> {
        const clients = [true, true, false, false].map((keepAlive) => this.client(keepAlive));
        try {
            const result = await work();
            await sleep(20_000);
            return result;
        } finally {
            this.stopped = true;
            await Promise.all(clients);
        }
    }

    private async client(keepAlive: boolean): Promise<void> {
        const agent = new http.Agent({ keepAlive, maxSockets: 1 });
        while (!this.stopped) {
            try {
                const { status, text } = await this.post(agent);
                if (status === 200) {
                    this.answered += 1;
                    this.models.add((JSON.parse(text) as Prediction).model);
                } else {
                    this.failures.push(`${status}: ${text}`);
                }
            } catch (error) {
                this.failures.push(`${keepAlive ? "kept" : "new"} connection: ${String(error)}`);
            }
            await sleep(50);
        }
        agent.destroy();
    }

    private post(agent: http.Agent): Promise<{ status?: number; text: string }> {
        return new Promise((resolve, reject) => {
            const headers = { "Content-Type": "application/json" };
            const request = http.request(this.url, { method: "POST", agent, headers, timeout: 10_000 }, (response) => {
                let text = "";
                response.setEncoding("utf8");
                response.on("data", (part: string) => (text += part));
                response.on("end", () => resolve({ status: response.statusCode, text }));
                response.on("error", reject);
            });
            request.on("timeout", () => request.destroy(new Error("no answer within 10 s")));
            request.on("error", reject);
            request.end(this.body);
        });
    }
}
