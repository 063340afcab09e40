/**
 * What a team does with a training and the server of its model, on a real node and with the Pulumi CLI: edit, revert,
 * fail, delete, refresh, kill. The server is asked all the time, and answers with the content of its model.
 *
 * KILLS=30 kills that many updates in each sequence; the default is few, to save time.
 */
import { strict as assert } from "node:assert";
import * as http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

import { assertNoStackTrace, problemsOf } from "../support/cli-output";
import { CliProject } from "../support/cli-project";
import { savedEnvironment } from "../support/environment";
import { eventually } from "../support/eventually";
import { inOrder } from "../support/in-order";
import { createObjects, getObjects, kubectl } from "../support/kubectl";
import { inClaim } from "../support/volumes";

const namespace = "runs-test";

/**
 * The program of the project. What changes between updates comes from its environment: CONTENT is what the training
 * writes as its model; with "bad", it fails.
 */
const program = `
const pulumi = require("@pulumi/pulumi");
const core = require("@pulumi/kubernetes/core/v1");
const mlops = require("kubernetes-mlops");

const { CONTENT, IMAGE, LABEL, METADATA, SETTING = "1", SECONDS = "0", WAIT, ALLOW_FAILURE, KEEP, NAMESPACE } = process.env;
if (LABEL) {
    // A company adds a label to all pods.
    pulumi.runtime.registerStackTransformation(({ type, props, opts }) => {
        const template = props.spec?.template;
        return template && { props: { ...props, spec: { ...props.spec, template: {
            ...template, metadata: { ...template.metadata, labels: { ...template.metadata.labels, company: LABEL } },
        } } }, opts };
    });
}
const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
const space = new core.Namespace("space", { metadata: { name: NAMESPACE, labels } });
const shared = {
    workspace: { namespace: space.metadata.name },
    image: IMAGE,
    runAsUser: 1000,
    resources: { cpu: "20m", memory: "64Mi" },
    // Labels and annotations of the objects and of the pods.
    ...Object.fromEntries(
        ["labels", "annotations", "podLabels", "podAnnotations"].map((field) => [field, METADATA && { note: METADATA }]),
    ),
};
const training = new mlops.TrainingJob("train", {
    ...shared,
    command: ["python", "-c", [
        "import os, sys, time",
        "time.sleep(float(sys.argv[2]))",
        "open(os.environ['MODEL_DIR'] + '/model', 'w').write(sys.argv[1])",
        "print('the model is', sys.argv[1])",
        "sys.exit(3 if sys.argv[1].startswith('bad') else 0)",
    ].join("\\n")],
    args: [CONTENT, SECONDS],
    retries: 0,
    output: { size: "1Gi", retain: false },
    wait: WAIT,
    allowFailure: ALLOW_FAILURE === "yes",
    keepResults: KEEP && Number(KEEP),
});
const server = new mlops.ModelServer("serve", {
    ...shared,
    model: training.model,
    env: { SETTING },
    command: ["python", "-m", "http.server", "8080", "--directory", "/model"],
    readinessPath: "/model",
    livenessPath: "/model",
});
exports.model = training.model;
`;

interface Pod {
    metadata: { name: string; uid: string; labels?: Record<string, string> };
}

interface Settings {
    CONTENT?: string;
    [variable: string]: string | undefined;
}

/** Asks the server all the time, and keeps its answers without repetitions. */
class Client {
    readonly answers: string[] = [];
    readonly failures: string[] = [];
    requests = 0;
    private isStopped = false;
    private readonly asking: Promise<void>;

    constructor(private readonly address: string) {
        this.asking = this.askAll();
    }

    private async askAll(): Promise<void> {
        while (!this.isStopped) {
            try {
                const answer = await this.ask();
                if (answer !== this.answers.at(-1)) {
                    this.answers.push(answer);
                }
            } catch (error) {
                this.failures.push((error as Error).message);
            }
            this.requests++;
            await sleep(50);
        }
    }

    private ask(): Promise<string> {
        return new Promise((resolve, reject) => {
            const request = http.get(
                `http://${this.address}:8080/model`,
                { agent: false, timeout: 5000 },
                (response) => {
                    let text = "";
                    response.on("data", (part: Buffer) => (text += part.toString()));
                    response.once("error", reject);
                    response.once("end", () =>
                        response.statusCode === 200
                            ? resolve(text)
                            : reject(new Error(`status ${response.statusCode}`)),
                    );
                },
            );
            request.once("timeout", () => request.destroy(new Error("no answer within 5 seconds")));
            request.once("error", reject);
        });
    }

    async stop(): Promise<void> {
        this.isStopped = true;
        await this.asking;
    }
}

describe("a training and its server, in a team's hands", function () {
    this.timeout("30m");
    inOrder();

    const project = new CliProject("runs-test", program);
    const image = savedEnvironment().baseImage!;
    let client: Client | undefined;

    const envOf = (settings: Settings): NodeJS.ProcessEnv => ({ IMAGE: image, NAMESPACE: namespace, ...settings });
    const up = (settings: Settings, ...flags: string[]) =>
        project.run(["up", "--yes", "--skip-preview", ...flags], envOf(settings));
    const succeed = (settings: Settings, ...flags: string[]) =>
        project.succeed(["up", "--yes", "--skip-preview", ...flags], envOf(settings));
    const preview = (settings: Settings, ...flags: string[]) => project.succeed(["preview", ...flags], envOf(settings));
    const inNamespace = (...args: string[]) => kubectl("--namespace", namespace, ...args);
    const modelUri = async () => (await project.succeed(["stack", "output", "model"])).trim();

    /** The pods of trainings that were ever seen, by UID: deleted ones are counted, too. */
    const trained = new Map<string, string>();
    let watching = true;
    const watch = (async () => {
        while (watching) {
            const { items } = await getObjects<{ items: Pod[] }>("pods", "--namespace", namespace).catch(() => ({
                items: [] as Pod[],
            }));
            for (const { metadata } of items) {
                if (metadata.labels?.["app.kubernetes.io/component"] === "training") {
                    trained.set(metadata.uid, metadata.name);
                }
            }
            await sleep(200);
        }
    })();

    /** The stack changes nothing, and the cluster has what the state says. */
    async function assertSettled(settings: Settings): Promise<void> {
        await preview(settings, "--expect-no-changes");
        // Of a creation that was interrupted, the engine warns until this has looked for it.
        const refreshed = await project.run(
            ["refresh", "--yes", "--skip-preview", "--expect-no-changes", "--clear-pending-creates"],
            envOf(settings),
        );
        assert.equal(refreshed.code, 0, refreshed.output);
        const state = JSON.parse(await project.succeed(["stack", "export"])) as {
            deployment: {
                pending_operations?: unknown[];
                resources: { type: string; delete?: boolean; outputs?: { metadata?: { name: string; uid: string } } }[];
            };
        };
        assert.deepEqual(state.deployment.pending_operations ?? [], []);
        const { resources } = state.deployment;
        assert.deepEqual(
            resources.filter((one) => one.delete),
            [],
        );
        const inState = resources.flatMap(({ type, outputs }) =>
            type === "kubernetes:batch/v1:Job" ? [`${outputs!.metadata!.name} ${outputs!.metadata!.uid}`] : [],
        );
        const { items } = await getObjects<{ items: Pod[] }>("jobs", "--namespace", namespace);
        assert.deepEqual(
            items.map(({ metadata }) => `${metadata.name} ${metadata.uid}`),
            inState,
        );
    }

    before(async () => {
        await project.succeed(["stack", "init", "dev"]);
    });

    after(async () => {
        watching = false;
        await watch;
        await client?.stop();
        await project.run(["destroy", "--yes", "--skip-preview"], envOf({ CONTENT: "a" }));
        project.remove();
    });

    it("trains, and serves the model", async () => {
        await succeed({ CONTENT: "a" });
        await assertSettled({ CONTENT: "a" });
        const address = await inNamespace("get", "service", "serve", "--output=jsonpath={.spec.clusterIP}");
        client = new Client(address);
        assert.equal(trained.size, 1);
    });

    it("shows an edit of the training as the run, the record and two paths of the server", async () => {
        assert.match(
            await preview({ CONTENT: "b" }),
            /TrainingJob "train": the run train-[0-9a-f]{8} differs from train-[0-9a-f]{8}, the last one that has completed, in args\n/,
        );
        const shown = JSON.parse(await preview({ CONTENT: "b" }, "--json")) as {
            steps: { op: string; urn: string; detailedDiff?: Record<string, object> | null }[];
        };
        const changed = shown.steps.filter(({ op }) => op !== "same");
        assert.deepEqual(changed.map(({ op, urn }) => `${op} ${urn.split("::").at(-1)}`).sort(), [
            "replace train-job",
            "update serve-deployment",
            "update train-record",
        ]);
        const server = changed.find(({ urn }) => urn.endsWith("serve-deployment"))!;
        const paths = Object.keys(server.detailedDiff!);
        assert.equal(paths.length, 2, paths.join("\n"));
        assert.match(paths.join(" "), /env\[\d+\]\.value/);
        assert.match(paths.join(" "), /volumeMounts\[\d+\]\.subPath/);
    });

    it("returns to the model of an earlier run at once, as the preview says", async () => {
        const first = await modelUri();
        await succeed({ CONTENT: "b" });
        assert.equal(trained.size, 2);
        const before = [...trained.keys()];
        const shown = await preview({ CONTENT: "a" });
        assert.ok(shown.includes(`=> "${first}"`), shown);
        await succeed({ CONTENT: "a" });
        await assertSettled({ CONTENT: "a" });
        assert.equal(await modelUri(), first);
        assert.deepEqual([...trained.keys()], before);
    });

    it("keeps the model when a run fails, while other changes go out", async () => {
        const model = await modelUri();
        for (const SETTING of ["1", "2"]) {
            const { code, output } = await up({ CONTENT: "bad", SETTING });
            assert.notEqual(code, 0, output);
            assertNoStackTrace(output);
            const problems = [...new Set(problemsOf(output, "TrainingJob"))];
            assert.equal(problems.length, 1, output);
            assert.match(
                problems[0]!,
                /^TrainingJob "train": the run train-[0-9a-f]{8} has failed: .*exit code 3: the model is bad/,
            );
            assert.equal(await modelUri(), model);
        }
        const setting = "--output=jsonpath={.spec.template.spec.containers[0].env[?(@.name=='SETTING')].value}";
        assert.equal(await inNamespace("get", "deployment", "serve", setting), "2");
        const shown = await project.run(["preview", "--expect-no-changes"], envOf({ CONTENT: "bad", SETTING: "2" }));
        assert.equal(shown.code, 0, shown.output);
        assert.match(shown.output, /warning: TrainingJob "train": the run/);
        assert.equal((await up({ CONTENT: "bad", SETTING: "2", ALLOW_FAILURE: "yes" })).code, 0);
    });

    it("returns from a failure without training", async () => {
        const before = trained.size;
        await succeed({ CONTENT: "a", SETTING: "2" });
        await assertSettled({ CONTENT: "a", SETTING: "2" });
        assert.equal(trained.size, before);
    });

    it("does not train again when its Job was deleted", async () => {
        const model = await modelUri();
        const before = trained.size;
        await inNamespace("delete", "jobs", "--all");
        await succeed({ CONTENT: "a", SETTING: "2" }, "--refresh");
        await assertSettled({ CONTENT: "a", SETTING: "2" });
        assert.equal(await modelUri(), model);
        assert.equal(trained.size, before);
    });

    it("trains into a directory of its own when its record was deleted as well, which is a change of the server", async () => {
        const model = await modelUri();
        await inNamespace("delete", "jobs", "--all");
        await inNamespace("delete", "configmap", "train-training");
        const output = await succeed({ CONTENT: "a", SETTING: "2" }, "--refresh");
        assert.match(output, /serve-deployment updated/);
        await assertSettled({ CONTENT: "a", SETTING: "2" });
        assert.notEqual(await modelUri(), model);
        assert.equal((await modelUri()).replace(/[^/]*$/, ""), model.replace(/[^/]*$/, ""));
    });

    it("is no new run when a company's label of the pods changes, also after a revert", async () => {
        const before = trained.size;
        const settings = { CONTENT: "a", SETTING: "2" };
        await succeed({ ...settings, LABEL: "one" });
        assert.equal(trained.size, before);
        await succeed({ ...settings, CONTENT: "c", LABEL: "one" });
        await succeed({ ...settings, LABEL: "two" });
        await assertSettled({ ...settings, LABEL: "two" });
        assert.equal(trained.size, before + 1);
        await succeed(settings);
    });

    it("is no new run when its labels and annotations change, of which those of the objects change in place", async () => {
        const before = trained.size;
        const model = await modelUri();
        const settings = { CONTENT: "a", SETTING: "2" };
        await succeed({ ...settings, METADATA: "one" });
        await assertSettled({ ...settings, METADATA: "one" });
        const shown = await preview({ ...settings, METADATA: "two" });
        assert.match(shown, /train-job +update/);
        assert.match(shown, /serve-deployment +update/);
        assert.doesNotMatch(shown, /replace/);
        await succeed({ ...settings, METADATA: "two" });
        const { items } = await getObjects<{ items: Pod[] }>("jobs", "--namespace", namespace);
        assert.deepEqual(
            items.map(({ metadata }) => metadata.labels?.note),
            ["two"],
        );
        assert.equal(await modelUri(), model);
        assert.equal(trained.size, before);
        await succeed(settings);
        await assertSettled(settings);
    });

    it("does not wait where it need not, and takes the result later", async () => {
        const model = await modelUri();
        const settings = { CONTENT: "slow", SECONDS: "10", SETTING: "2", WAIT: "firstRun" };
        const output = await succeed(settings);
        assert.match(output, /the first update after it has completed takes its result/);
        assert.equal(await modelUri(), model);
        await sleep(14_000);
        assert.match(await preview(settings), /serve-deployment +update/);
        await succeed(settings);
        assert.match(await modelUri(), /train-training-model-[0-9a-f]{8}\/train-[0-9a-f]{8}\//);
        assert.notEqual(await modelUri(), model);
        await assertSettled(settings);
    });

    it("ends at once when its Job is deleted while it runs", async () => {
        const settings = { CONTENT: "longer", SECONDS: "600", SETTING: "2" };
        const running = up(settings);
        await inNamespace("wait", "pods", "--selector=app.kubernetes.io/component=training", "--for=create").catch(
            () => "",
        );
        while (!/Running/.test(await inNamespace("get", "pods", "--selector=app.kubernetes.io/component=training"))) {
            await sleep(500);
        }
        await inNamespace("delete", "jobs", "--all");
        const { code, output } = await running;
        assert.notEqual(code, 0);
        assert.match(
            output,
            /TrainingJob "train": the run train-[0-9a-f]{8} was deleted before it had ended; run pulumi up --refresh/,
        );
        await succeed({ CONTENT: "a", SETTING: "2" });
        await assertSettled({ CONTENT: "a", SETTING: "2" });
    });

    it("ends at once when it cannot start", async () => {
        const missing = `${image.replace(/@.*/, "")}-missing@sha256:${"0".repeat(64)}`;
        const { code, output } = await up({ CONTENT: "a", SETTING: "2", IMAGE: missing }, "--target", "**train**");
        assert.notEqual(code, 0);
        assert.match(
            output,
            /the run train-[0-9a-f]{8} cannot start: its pod cannot pull its image .*-missing@sha256:0+: not found/,
        );
        await succeed({ CONTENT: "a", SETTING: "2" });
        await assertSettled({ CONTENT: "a", SETTING: "2" });
    });

    /** What is updated when the update is killed; jobs are deleted before it in one of them. */
    const sequences: Record<string, { contents: string[]; deletesJobs?: boolean }> = {
        "an edit and its revert": { contents: ["d", "a", "b", "a", "e"] },
        "a failure and its revert": { contents: ["bad", "a"] },
        "a deletion and a refresh": { contents: ["a", "b"], deletesJobs: true },
    };
    for (const [title, { contents, deletesJobs = false }] of Object.entries(sequences)) {
        it(`converges wherever an update is killed in ${title}`, async () => {
            const kills = Number(process.env.KILLS ?? 2);
            let killed = 0;
            for (let index = 0; killed < kills; index++) {
                if (deletesJobs) {
                    await inNamespace("delete", "jobs", "--all");
                }
                const flags = deletesJobs ? ["--refresh", "--run-program"] : [];
                const settings = { CONTENT: contents[index % contents.length]!, SECONDS: "1", SETTING: String(index) };
                const child = project.start(["up", "--yes", "--skip-preview", ...flags], envOf(settings));
                const ended = new Promise<boolean>((resolve) => child.once("exit", () => resolve(false)));
                const moment = 1500 + Math.random() * 8000;
                if (await Promise.race([ended, sleep(moment, true)])) {
                    process.kill(-child.pid!, "SIGKILL");
                    killed++;
                    await ended;
                    await sleep(500);
                    await project.run(["cancel", "--yes"], envOf(settings));
                }
                // The same again, or something else, as people do.
                const next =
                    index % 2 === 0 ? settings : { ...settings, CONTENT: contents[(index + 1) % contents.length]! };
                const { code, output } = await up(next, "--refresh", "--run-program");
                assert.equal(code === 0, next.CONTENT !== "bad", `after a kill at ${moment.toFixed()} ms: ${output}`);
                if (next.CONTENT !== "bad") {
                    await assertSettled(next);
                    const content = await inNamespace("exec", "deployment/serve", "--", "cat", "/model/model");
                    assert.equal(content, next.CONTENT);
                }
            }
            await succeed({ CONTENT: "a", SETTING: "2" });
        });
    }

    it("deletes the results that it does not keep any more, but none to which an object refers", async () => {
        const settings = { CONTENT: "a", SETTING: "2", KEEP: "1" };
        const model = await modelUri();
        await succeed(settings);
        await assertSettled(settings);
        const record = await getObjects<{ metadata: { annotations: Record<string, string> } }>(
            "configmap/train-training",
            "--namespace",
            namespace,
        );
        const { completed, failed, obsolete } = JSON.parse(
            record.metadata.annotations["kubernetes-mlops/runs"]!,
        ) as Record<string, { run: string; uid: string }[]>;
        const directoryOf = ({ run, uid }: { run: string; uid: string }) => `${run}/${uid}`;
        assert.deepEqual([completed!.map(directoryOf), failed!.length], [[model.split("/").slice(-2).join("/")], 1]);
        assert.ok(obsolete!.length >= 3, JSON.stringify(obsolete));
        const [inUse, ...unused] = obsolete!.map(directoryOf);
        // Scaled to zero, as an idle server is.
        await createObjects({
            apiVersion: "apps/v1",
            kind: "Deployment",
            metadata: { name: "idle", namespace },
            spec: {
                replicas: 0,
                selector: { matchLabels: { app: "idle" } },
                template: {
                    metadata: { labels: { app: "idle" } },
                    spec: { containers: [{ name: "main", image, env: [{ name: "MODEL", value: inUse! }] }] },
                },
            },
        });
        // Pods of an earlier model that are still being terminated refer to it as well.
        await eventually(async () => {
            const pods = JSON.stringify(await getObjects("pods", "--namespace", namespace));
            assert.deepEqual(
                unused.filter((directory) => pods.includes(directory)),
                [],
            );
        });
        const claim = /^pvc:\/\/([^/]+)\//.exec(model)![1]!;
        const list = "import pathlib; print(*[d.relative_to('/data') for d in pathlib.Path('/data').glob('*/*')])";
        const directories = async () => (await inClaim(namespace, claim, list)).trim().split(" ");
        const kept = [inUse!, ...[...completed!, ...failed!].map(directoryOf)];
        const before = await directories();
        for (const directory of kept) {
            assert.ok(before.includes(directory), `${directory} is not in ${before.join(" ")}`);
        }
        assert.ok(
            unused.some((directory) => before.includes(directory)),
            before.join(" "),
        );
        await succeed({ ...settings, CONTENT: "f" });
        await assertSettled({ ...settings, CONTENT: "f" });
        const after = await directories();
        const expected = before.filter((directory) => !unused.includes(directory));
        assert.deepEqual(after.sort(), [...expected, (await modelUri()).split("/").slice(-2).join("/")].sort());
    });

    it("has served all the time, and no model but those that an update has announced", async () => {
        await client!.stop();
        assert.deepEqual(client!.failures, []);
        assert.ok(client!.requests > 500, `only ${client!.requests} requests`);
        assert.ok(
            client!.answers.every((answer) => ["a", "b", "c", "d", "e", "f", "slow"].includes(answer)),
            client!.answers.join(),
        );
        console.log(`      ${client!.requests} requests; the models in order: ${client!.answers.join(", ")}`);
    });
});
