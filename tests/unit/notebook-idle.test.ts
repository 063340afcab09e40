/** Runs the program that stops an idle notebook with a real Python, against servers that respond like the editors. */
import * as assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as http from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { rootCertificates } from "node:tls";

import { idleProgram } from "../../src/workloads/notebook/idle-shutdown-program";
import { directoryWith } from "../support/directories";

const python = spawnSync("python3", ["--version"]).status === 0;

/** Returns the response of a server to a path: a status, and a value as JSON. */
type Answer = (path: string, token: string | undefined) => [status: number, value: unknown];

interface Trial {
    /** The port of the editor. */
    port: number;
    /** The requests to the API server. */
    patches: { url: string; authorization: string; type: string; body: string }[];
    /** The output of the program. */
    log: string;
    process: ChildProcess;
}

/** Runs the program beside an editor with these responses and an idle timeout of 1.5 seconds. */
async function watch(editor: string, answer: Answer, scaled: () => number = () => 200): Promise<[Trial, () => void]> {
    const patches: Trial["patches"] = [];
    const server = http.createServer((request, response) => {
        if (request.method === "PATCH") {
            let body = "";
            request.on("data", (part: Buffer) => (body += part.toString()));
            request.on("end", () => {
                const { authorization = "", "content-type": type = "" } = request.headers;
                patches.push({ url: request.url!, authorization, type, body });
                response.writeHead(scaled()).end("{}");
            });
            return;
        }
        const [status, value] = answer(request.url!, request.headers.authorization);
        response.writeHead(status).end(JSON.stringify(value));
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const address = `http://127.0.0.1:${port}`;
    const account = directoryWith({ token: "of-the-account", "ca.crt": rootCertificates[0]! });
    const program = idleProgram.replace("/var/run/secrets/kubernetes.io/serviceaccount", account);
    const process = spawn("python3", ["-c", program, editor, `${address}/base`, "1.5", `${address}/scale`], {
        env: { PATH: globalThis.process.env.PATH, JUPYTER_TOKEN: "of-the-notebook", http_proxy: "http://127.0.0.1:1" },
    });
    const trial: Trial = { port, patches, log: "", process };
    process.stdout.on("data", (part: Buffer) => (trial.log += part.toString()));
    process.stderr.on("data", (part: Buffer) => (trial.log += part.toString()));
    return [trial, () => void (process.kill("SIGKILL"), server.close())];
}

const idle = { id: "a", name: "python3", execution_state: "idle", last_activity: "12:00" };

/** Returns the responses of a JupyterLab with these kernels and terminals. */
const jupyter =
    (kernels: () => object[], terminals: () => object[] | undefined = () => []): Answer =>
    (path, authorization) => {
        assert.equal(authorization, "token of-the-notebook");
        const answers: Record<string, unknown> = {
            "/base/api/kernels?no_track_activity=1": kernels(),
            "/base/api/terminals?no_track_activity=1": terminals(),
        };
        return answers[path] === undefined ? [404, {}] : [200, answers[path]];
    };

let calls = 0;

(python ? describe : describe.skip)("the program that stops an idle notebook", function () {
    this.timeout(20_000);
    let end: (() => void) | undefined;
    afterEach(() => end?.());

    const used: [what: string, editor: string, answer: Answer][] = [
        ["a cell runs, even without output", "jupyterlab", jupyter(() => [{ ...idle, execution_state: "busy" }])],
        ["a kernel produces output", "jupyterlab", jupyter(() => [{ ...idle, last_activity: String(calls++) }])],
        [
            "a terminal produces output",
            "jupyterlab",
            jupyter(
                () => [idle],
                () => [{ name: "1", last_activity: String(calls++) }],
            ),
        ],
        ["it responds with an error", "jupyterlab", () => [500, {}]],
        ["it responds with something unexpected", "jupyterlab", () => [200, ["?"]]],
        ["a browser is connected to it", "vscode", () => [200, { status: "alive" }]],
        ["it cannot be checked", "vscode", () => [403, {}]],
    ];
    describe("does not stop it while", () => {
        let trials: [Trial, () => void][] = [];
        before(async () => {
            trials = await Promise.all(used.map(([, editor, answer]) => watch(editor, answer)));
            await sleep(6000);
        });
        after(() => trials.forEach(([, stop]) => stop()));

        used.forEach(([what], index) => {
            it(what, () => {
                const [{ patches, process, log }] = trials[index]!;
                assert.deepEqual(patches, [], log);
                assert.equal(process.exitCode, null, log);
            });
        });
    });

    const unused: [what: string, editor: string, answer: Answer][] = [
        ["nothing was ever started in it", "jupyterlab", jupyter(() => [])],
        [
            "its kernels are idle, and it has no terminals",
            "jupyterlab",
            jupyter(
                () => [idle],
                () => undefined,
            ),
        ],
        [
            "no browser is connected to it",
            "vscode",
            (path) => [path === "/base/healthz" ? 200 : 404, { status: "expired" }],
        ],
    ];
    for (const [what, editor, answer] of unused) {
        it(`stops it if ${what}`, async () => {
            const [trial, stop] = await watch(editor, answer);
            end = stop;
            while (trial.patches.length === 0) {
                assert.equal(trial.process.exitCode, null, trial.log);
                await sleep(50);
            }
            assert.deepEqual(trial.patches[0], {
                url: "/scale",
                authorization: "Bearer of-the-account",
                type: "application/merge-patch+json",
                body: '{"spec": {"replicas": 0}}',
            });
        });
    }

    it("stops a VS Code that reports no connections once no browser is connected", async () => {
        const [trial, stop] = await watch("vscode", () => [200, { status: "expired" }]);
        end = stop;
        const browser = connect(trial.port, "127.0.0.1");
        await sleep(5000);
        assert.deepEqual(trial.patches, [], trial.log);
        browser.destroy();
        while (trial.patches.length === 0) {
            assert.equal(trial.process.exitCode, null, trial.log);
            await sleep(50);
        }
    });

    it("retries if it cannot stop the notebook, and logs the error once", async () => {
        let asked = 0;
        const [trial, stop] = await watch(
            "jupyterlab",
            jupyter(() => []),
            () => (++asked < 3 ? 403 : 200),
        );
        end = stop;
        while (!trial.log.includes("stopped: idle for 1.5 seconds")) {
            await sleep(50);
        }
        assert.equal(trial.log.split("cannot stop: HTTP Error 403").length, 2, trial.log);
    });

    it("exits immediately on SIGTERM", async () => {
        const [trial, stop] = await watch(
            "jupyterlab",
            jupyter(() => []),
        );
        end = stop;
        while (trial.patches.length === 0) {
            await sleep(50);
        }
        trial.process.kill("SIGTERM");
        assert.deepEqual(await once(trial.process, "exit"), [0, null]);
    });
});
