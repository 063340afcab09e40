/**
 * A Notebook with the real VS Code, code-server: who may use it, that it is stopped only when no browser is connected
 * to it, and that it is restarted with the content of its home.
 */
import { strict as assert } from "node:assert";
import type { Socket } from "node:net";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import * as core from "@pulumi/kubernetes/core/v1";

import * as mlops from "../../src";
import { commitOf, connectVsCode, Purpose } from "../support/code-server";
import { savedEnvironment } from "../support/environment";
import { askOnce, type Question } from "../support/http";
import { inOrder } from "../support/in-order";
import { getObjects, kubectl } from "../support/kubectl";
import { TestStack } from "../support/stack";

const namespace = "vscode-test";
const port = 8080;
const idleSeconds = 45;
/** How long code-server counts the last sign of a browser as use. */
const heartbeatSeconds = 60;

/** The notebook's namespace and image, and the notebook unless it is to be removed. */
const program =
    (args: Partial<mlops.NotebookArgs> | "removed" = {}) =>
    // eslint-disable-next-line @typescript-eslint/require-await -- the automation API takes async programs
    async () => {
        const { registry, baseImage, storageClass } = savedEnvironment();
        const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
        const space = new core.Namespace("space", { metadata: { name: namespace, labels } });
        const image = new mlops.Image("vscode", {
            repository: `${registry}/vscode-test`,
            context: path.join(__dirname, "vscode"),
            buildArgs: { BASE: baseImage! },
            network: "host",
        });
        if (args === "removed") {
            return {};
        }
        const { token, url } = new mlops.Notebook("code", {
            workspace: { namespace: space.metadata.name },
            image: image.ref,
            editor: mlops.NotebookEditor.VSCode,
            resources: { cpu: "100m", memory: "1Gi" },
            home: { size: "1Gi", storageClass },
            idleTimeout: `${idleSeconds}s`,
            ...args,
        });
        return { token, url };
    };

const inNamespace = (...args: string[]) => kubectl("--namespace", namespace, ...args);

/** The output of a program in the notebook. */
const inNotebook = async (...lines: string[]): Promise<string> =>
    (await inNamespace("exec", "code-notebook-0", "--container=main", "--", "python3", "-c", lines.join("\n"))).trim();

const readHome = () => inNotebook("import pathlib", "print((pathlib.Path.home() / 'kept').read_text())");

/** Sends a signal to the processes in which extensions run. */
async function signalExtensions(name: "SIGSTOP" | "SIGCONT"): Promise<void> {
    const said = await inNotebook(
        "import os, pathlib, signal",
        "for line in pathlib.Path('/proc').glob('[0-9]*/cmdline'):",
        "    if int(line.parent.name) != os.getpid() and b'--type=extensionHost' in line.read_bytes():",
        `        os.kill(int(line.parent.name), signal.${name})`,
        "        print(line.parent.name)",
    );
    assert.notEqual(said, "", "extensions run in no process");
}

/** The UIDs of the existing pods. */
async function podIds(): Promise<string[]> {
    const pods = await getObjects<{ items: { metadata: { uid: string } }[] }>("pods", "--namespace", namespace);
    return pods.items.map(({ metadata }) => metadata.uid);
}

/** Waits until the notebook is scaled to zero and its pod deleted, and returns how many seconds that took. */
async function stopped(): Promise<number> {
    const start = Date.now();
    const wanted = "--output=jsonpath={.spec.replicas}";
    while ((await inNamespace("get", "statefulset/code-notebook", wanted)) !== "0" || (await podIds()).length > 0) {
        await sleep(500);
    }
    return (Date.now() - start) / 1000;
}

describe("a notebook with VS Code", function () {
    this.timeout("5m");
    inOrder();

    let stack: TestStack;
    let token = "";
    let base = "";
    let cookie = "";
    const browser: Socket[] = [];

    before(async () => {
        stack = await TestStack.create(namespace, program());
    });
    after(async () => {
        disconnect();
        await stack?.destroy();
    });

    /** The notebook's response through its Service; redirects are not followed. */
    const ask = (place: string, question: Question = {}) =>
        askOnce(`${base}${place}`, { timeout: 20_000, ...question });
    const signIn = (password: string) =>
        ask("/login", {
            method: "POST",
            headers: { "content-type": "application/x-www-form-urlencoded" },
            body: new URLSearchParams({ password }).toString(),
        });
    const health = async () => JSON.parse((await ask("/healthz")).text) as { status: string; lastHeartbeat: number };
    /** Waits until the Service routes to the pod, which is a moment after the pod is ready. */
    const reachable = async () => {
        while ((await ask("/healthz").catch(() => undefined))?.status !== 200) {
            await sleep(200);
        }
    };
    const disconnect = () => browser.forEach((socket) => socket.destroy());

    it("becomes ready under the restricted standard, from an image that has code-server", async function () {
        this.timeout("90m");
        const outputs = await stack.up();
        assert.equal(outputs.url, `http://code-notebook.${namespace}.svc.cluster.local:${port}`);
        token = String(outputs.token);
        const address = await inNamespace("get", "service/code-notebook", "--output=jsonpath={.spec.clusterIP}");
        base = `http://${address}:${port}`;
    });

    it("is stopped when no browser connects to it, although the kubelet probes it all the time", async () => {
        await stopped();
    });

    it("is no change in a preview or a refresh while it is stopped", async () => {
        assert.deepEqual(await stack.preview(), []);
        assert.deepEqual(await stack.refresh(), []);
    });

    it("is started again, and admits only requests with its token", async () => {
        await inNamespace("scale", "statefulset/code-notebook", "--replicas=1");
        await inNamespace("rollout", "status", "statefulset/code-notebook", "--timeout=4m");
        await reachable();
        const { status, headers } = await ask("/");
        assert.deepEqual([status, headers.location], [302, "./login"]);
        assert.equal((await ask("/mint-key", { method: "POST" })).status, 401);
        const refused = await signIn("guessed");
        assert.match(refused.text, /Incorrect password/);
        assert.equal(refused.headers["set-cookie"], undefined);

        const welcome = await signIn(token);
        assert.equal(welcome.status, 302, welcome.text);
        cookie = welcome.headers["set-cookie"]![0]!.split(";")[0]!;
        const home = await ask("/", { headers: { cookie } });
        assert.deepEqual([home.status, home.headers.location], [302, "./?folder=/home/notebook"]);
    });

    it("has a home that it can write to, and no token of the cluster", async () => {
        const said = await inNotebook(
            "import pathlib",
            "(pathlib.Path.home() / 'kept').write_text('of before')",
            "print(pathlib.Path.home(), pathlib.Path('/var/run/secrets/kubernetes.io').exists())",
        );
        assert.equal(said, "/home/notebook False");
    });

    it("accepts the WebSockets of a browser that has signed in, and no others", async () => {
        const commit = await commitOf(base, cookie);
        const guessed = "code-server-session=guessed";
        await assert.rejects(connectVsCode(base, guessed, commit, Purpose.Management), /no WebSocket but 401/);
        for (const purpose of [Purpose.Management, Purpose.ExtensionHost]) {
            browser.push(await connectVsCode(base, cookie, commit, purpose));
        }
    });

    it("keeps running as long as they are connected, even if they are idle", async () => {
        const before = await podIds();
        const { lastHeartbeat } = await health();
        await sleep((heartbeatSeconds + 2 * idleSeconds) * 1000);
        assert.deepEqual(await podIds(), before);
        const now = await health();
        assert.equal(now.status, "alive");
        assert.ok(now.lastHeartbeat > lastHeartbeat);
    });

    it("keeps running when it cannot count them because extensions are busy", async () => {
        const before = await podIds();
        await signalExtensions("SIGSTOP");
        // Once a minute code-server counts connections, and waits five seconds for the processes of extensions to
        // answer: those that have taken over theirs, as they have after the test before.
        let lost = 0;
        while (lost < 10) {
            await sleep(1000);
            lost = (await health()).status === "expired" ? lost + 1 : 0;
        }
        await signalExtensions("SIGCONT");
        await sleep(2 * idleSeconds * 1000);
        assert.equal((await health()).status, "expired");
        assert.deepEqual(await podIds(), before);
    });

    it("is stopped when they have disconnected", async () => {
        disconnect();
        const seconds = await stopped();
        assert.ok(seconds >= idleSeconds, `it was stopped after ${seconds} seconds already`);
    });

    it("is started by a trigger, with the content of its home", async () => {
        assert.equal((await stack.up(program({ triggers: ["again"] }))).token, token);
        assert.equal(await readHome(), "of before");
        await reachable();
        assert.equal((await ask("/", { headers: { cookie } })).headers.location, "./?folder=/home/notebook");
    });

    it("is created again with the same home after it was removed", async () => {
        await stack.up(program("removed"));
        await inNamespace("wait", "--for=delete", "pod/code-notebook-0", "--timeout=2m");
        await stack.up(program({ idleTimeout: "never" }));
        assert.equal(await readHome(), "of before");
    });
});
