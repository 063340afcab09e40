/**
 * Servers and notebooks whose pods cannot become ready, on a real node and with the Pulumi CLI: one update reports each of
 * them in one line, with what the pod says about it; the next one, after a fix, goes on.
 */
import { strict as assert } from "node:assert";

import { assertNoStackTrace, problemsOf } from "../support/cli-output";
import { CliProject } from "../support/cli-project";
import { savedEnvironment } from "../support/environment";
import { inOrder } from "../support/in-order";
import { getObjects } from "../support/kubectl";

const namespace = "failing-servers";

/** The program of the project. BROKEN names the servers that cannot start; all others are right. */
const program = `
const core = require("@pulumi/kubernetes/core/v1");
const mlops = require("kubernetes-mlops");

const { BROKEN = "", IMAGE, MISSING, NAMESPACE } = process.env;
const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
const space = new core.Namespace("space", { metadata: { name: NAMESPACE, labels } });
const namespace = space.metadata.name;
const args = {
    workspace: { namespace },
    image: IMAGE,
    runAsUser: 1000,
    resources: { cpu: "10m", memory: "64Mi" },
};
const server = { ...args, command: ["python", "-m", "http.server", "8080"], livenessPath: "/", shutdownTimeout: "1s" };
const quick = { startupTimeout: "10s" };
const notebook = { ...args, idleTimeout: "never", command: ["python", "-m", "http.server", "8888"], podSpec: {
    containers: [{ name: "main", readinessProbe: { httpGet: { path: "/" } } }],
} };
const gpu = { "nvidia.com/gpu": null };
const withoutGpu = { nodeSelector: null, containers: [{ name: "main", resources: { limits: gpu, requests: gpu } }] };
const fromSecret = { containers: [{ name: "main", envFrom: [{ secretRef: { name: "login" } }] }] };
const programs = {
    "no-image": [mlops.ModelServer, server, { image: MISSING }],
    "no-secret": [mlops.ModelServer, server, { podSpec: fromSecret }],
    "as-root": [mlops.ModelServer, server, { podSpec: { securityContext: { runAsUser: 0 } } }],
    "no-program": [mlops.ModelServer, server, { command: ["serve-it"] }],
    crashing: [mlops.ModelServer, server, { command: ["python", "-c", "print('loading'); open('/model/weights')"] }],
    ending: [mlops.ModelServer, server, { command: ["python", "-c", "print('all done')"] }],
    "other-port": [mlops.ModelServer, server, { command: ["python", "-m", "http.server", "8081"], ...quick }],
    "other-path": [mlops.ModelServer, server, { livenessPath: "/healthz", ...quick }],
    "never-ready": [mlops.ModelServer, server, { warmupPath: "/", readinessPath: "/ready", ...quick }],
    slow: [mlops.ModelServer, server, { command: ["sleep", "infinity"], ...quick }],
    llm: [mlops.LlmServer, { ...args, model: "org/model", shutdownTimeout: "1s", gpu: { count: 1 }, podSpec: withoutGpu, command: ["python", "-c", [
        "import http.server as http",
        "answer = lambda request: (request.send_response(200), request.end_headers())",
        "Handler = type('Handler', (http.BaseHTTPRequestHandler,), {'do_GET': answer})",
        "http.HTTPServer(('', 8000), Handler).serve_forever()",
    ].join("\\n")] }, { command: ["python", "-c", "import vllm"] }],
    "crashing-notebook": [mlops.Notebook, notebook, { command: ["python", "-c", "import jupyterlab"] }],
    "notebook-without-image": [mlops.Notebook, notebook, { image: MISSING }],
};
for (const [name, [Component, right, wrong]] of Object.entries(programs)) {
    const isBroken = BROKEN.split(" ").includes(name);
    const component = new Component(name, { ...right, ...(isBroken && wrong) });
    // What uses a server waits for it.
    new core.ConfigMap(name + "-url", { metadata: { name: name + "-url", namespace }, data: { url: component.url } });
}
exports.done = BROKEN;
`;

/** What an update says about each server. */
const lines: Record<string, RegExp> = {
    "no-image": /^ModelServer "no-image": its pod no-image-\S+ cannot pull its image \S+-missing@sha256:0+: not found$/,
    "no-secret": /^ModelServer "no-secret": its pod no-secret-\S+ cannot run its container: secret "login" not found$/,
    "as-root": /^ModelServer "as-root": its pods cannot be created: .* violates PodSecurity .*runAsUser=0/,
    "no-program": /^ModelServer "no-program": its pod no-program-\S+ .*exec: "serve-it": executable file not found/,
    crashing:
        /^ModelServer "crashing": its pod crashing-\S+ keeps failing: the container main has ended with exit code 1: .*No such file or directory: '\/model\/weights'/,
    ending: /^ModelServer "ending": its pod ending-\S+ keeps failing: the container main has ended with exit code 0$/,
    "other-port":
        /^ModelServer "other-port": its pod other-port-\S+ has not answered GET \/ on port 8080 within 10 s: connection refused; the program must listen on this port and on all addresses \(0\.0\.0\.0\), not on 127\.0\.0\.1 only$/,
    "other-path":
        /^ModelServer "other-path": its pod other-path-\S+ has not answered GET \/healthz on port 8080 within 10 s: the answer has the status 404; set livenessPath, readinessPath and warmupPath to paths that it answers with 200$/,
    "never-ready":
        /^ModelServer "never-ready": its pod never-ready-\S+ is not ready: GET \/ready on port 8080: the answer has the status 404; set livenessPath, /,
    slow: /^ModelServer "slow": its pod slow-\S+ has not answered GET \/ on port 8080 within 10 s: connection refused; /,
    llm: /^LlmServer "llm": its pod llm-\S+ keeps failing: the container main has ended with exit code 1: .*No module named 'vllm'$/,
    "crashing-notebook":
        /^Notebook "crashing-notebook": its pod crashing-notebook-notebook-0 keeps failing: the container main has ended with exit code 1: .*No module named 'jupyterlab'$/,
    "notebook-without-image":
        /^Notebook "notebook-without-image": its pod notebook-without-image-notebook-0 cannot pull its image \S+-missing@sha256:0+: not found$/,
};

interface Pod {
    metadata: { name: string; uid: string };
    status: { conditions?: { type: string; status: string }[] };
}

const pods = async (): Promise<Pod[]> => (await getObjects<{ items: Pod[] }>("pods", "--namespace", namespace)).items;

const readyPods = async (): Promise<string[]> =>
    (await pods())
        .filter(({ status }) => status.conditions?.some(({ type, status }) => type === "Ready" && status === "True"))
        .map(({ metadata }) => metadata.uid)
        .sort();

const urls = async (): Promise<string[]> =>
    (await getObjects<{ items: { metadata: { name: string } }[] }>("configmaps", "--namespace", namespace)).items
        .map(({ metadata }) => metadata.name)
        .filter((name) => name.endsWith("-url"))
        .sort();

describe("servers that cannot start, on a real node", function () {
    this.timeout("8m");
    inOrder();

    const names = Object.keys(lines);
    let project: CliProject;
    let env: NodeJS.ProcessEnv;

    before(async () => {
        project = new CliProject("servers", program);
        const image = savedEnvironment().baseImage!;
        const missing = `${image.replace(/@.*/, "")}-missing@sha256:${"0".repeat(64)}`;
        env = { IMAGE: image, MISSING: missing, NAMESPACE: namespace };
        await project.succeed(["stack", "init", "test"]);
    });

    after(async () => {
        await project.run(["destroy", "--yes", "--skip-preview"], env);
        project.remove();
    });

    const update = (broken: string[]) =>
        project.run(["up", "--yes", "--skip-preview"], { ...env, BROKEN: broken.join(" ") });

    const assertReported = (output: string, broken: string[]): void => {
        assertNoStackTrace(output);
        const problems = ["ModelServer", "LlmServer", "Notebook"].flatMap((type) => problemsOf(output, type));
        const reported = [...new Set(problems)].sort();
        assert.equal(reported.length, broken.length, output);
        for (const name of broken) {
            assert.ok(
                reported.some((line) => lines[name]!.test(line)),
                `${name} is not reported as ${lines[name]} in\n${output}`,
            );
        }
    };

    it("are each reported in one line by one update, which ends with an error", async () => {
        const { code, output } = await update(names);
        assert.notEqual(code, 0, output);
        assertReported(output, names);
        assert.deepEqual(await urls(), []);
    });

    it("are reported again by the next update, as long as nothing has changed", async () => {
        const { code, output } = await update(names);
        assert.notEqual(code, 0, output);
        assertReported(output, names);
    });

    it("start once they are fixed", async () => {
        const { code, output } = await update([]);
        assert.equal(code, 0, output);
        assert.deepEqual(await urls(), names.map((name) => `${name}-url`).sort());
    });

    it("leave the pods of the version before as they are, and those of other servers", async () => {
        const before = await readyPods();
        const broken = ["no-image", "other-path"];
        const { code, output } = await update(broken);
        assert.notEqual(code, 0, output);
        assertReported(output, broken);
        assert.deepEqual(await readyPods(), before);
    });

    it("are as before after a revert, without a new pod", async () => {
        const before = await readyPods();
        const { code, output } = await update([]);
        assert.equal(code, 0, output);
        assert.deepEqual(await readyPods(), before);
    });
});
