/**
 * Requests through a real Gateway to model servers and a notebook: a Platform installs Envoy Gateway, which starts the
 * proxies itself.
 */
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import * as https from "node:https";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import type { PulumiFn } from "@pulumi/pulumi/automation";

import * as mlops from "../../src";
import { controllers, deleteLeftovers, mirrorOf } from "../support/controllers";
import { savedEnvironment } from "../support/environment";
import { eventually } from "../support/eventually";
import { getOnce } from "../support/http";
import { inOrder } from "../support/in-order";
import { createObjects, getObjects, kubectl } from "../support/kubectl";
import { type Change, TestStack } from "../support/stack";
import type { ControllerMirror } from "./support";

const namespace = "gateway-test";
/** The namespace of the Gateway, which is not that of the models. */
const edge = "gateway-test-edge";
const system = "envoy-gateway-system";
const modelsHost = "models.example.com";
const labHost = "lab.example.com";
const certificateSecret = "public-certificate";
const file = (name: string): string => path.join(__dirname, "gateway", name);

/** What the tests change of the server `fraud`. */
interface Edits {
    version?: string;
    canary?: mlops.CanaryArgs;
    shadow?: mlops.ShadowArgs;
}

let mirror: ControllerMirror;
let stack: TestStack;
/** `http://<address>` of the Gateway. */
let gateway: string;
let token: string;

/** A Platform, a Gateway, three models behind one host name, and a notebook. */
const program =
    ({ version = "1", ...edits }: Edits = {}): PulumiFn =>
    () => {
        const platform = new mlops.Platform("platform", {
            addons: { certManager: { selfSignedIssuer: true }, envoyGateway: {} },
            footprint: mlops.Footprint.Small,
            mirror: mirrorOf(mirror),
        });
        const certificate = new CustomResource(
            "certificate",
            {
                apiVersion: "cert-manager.io/v1",
                kind: "Certificate",
                metadata: {
                    name: certificateSecret,
                    namespace: edge,
                    annotations: { "pulumi.com/waitFor": "condition=Ready" },
                },
                spec: {
                    secretName: certificateSecret,
                    dnsNames: [modelsHost],
                    issuerRef: { kind: "ClusterIssuer", name: "self-signed" },
                },
            },
            { dependsOn: platform },
        );
        const allowedRoutes = { namespaces: { from: "All" } };
        const tls = { mode: "Terminate", certificateRefs: [{ name: certificateSecret }] };
        const entry = new CustomResource(
            "gateway",
            {
                apiVersion: "gateway.networking.k8s.io/v1",
                kind: "Gateway",
                metadata: {
                    name: "public",
                    namespace: edge,
                    annotations: { "pulumi.com/waitFor": "condition=Programmed" },
                },
                spec: {
                    gatewayClassName: platform.addons.apply(({ envoyGateway }) => envoyGateway!.outputs.gatewayClass!),
                    listeners: [
                        { name: "http", port: 80, protocol: "HTTP", allowedRoutes },
                        { name: "https", port: 443, protocol: "HTTPS", hostname: modelsHost, tls, allowedRoutes },
                    ],
                },
            },
            { dependsOn: certificate },
        );
        const opts = { dependsOn: entry };
        const { registry, baseImage, storageClass } = savedEnvironment();
        const route = { gateway: "public", gatewayNamespace: edge, listener: "http", tls: false };
        const model = {
            workspace: { namespace },
            image: baseImage!,
            command: ["python3", "-c", readFileSync(file("serve.py"), "utf8")],
            resources: { cpu: "10m", memory: "64Mi" },
            runAsUser: 1000,
        };
        const behind = (place: string) => ({ ...route, hostnames: [modelsHost], path: place });
        const env = { VERSION: version };
        const fraud = new mlops.ModelServer("fraud", { ...model, ...edits, env, route: behind("/fraud") }, opts);
        for (const [name, place] of Object.entries({ churn: "/churn", europe: "/fraud/europe" })) {
            new mlops.ModelServer(name, { ...model, env: { VERSION: name }, route: behind(place) }, opts);
        }
        const secure = new mlops.ModelServer(
            "secure",
            {
                ...model,
                env: { VERSION: "secure" },
                route: { ...route, listener: "https", tls: undefined, hostnames: [modelsHost], path: "/secure" },
            },
            opts,
        );
        const image = new mlops.Image("notebook", {
            repository: `${registry}/notebook`,
            context: path.join(__dirname, "../../examples/notebook/image"),
            python: { baseImage },
            network: "host",
        });
        const notebook = new mlops.Notebook(
            "lab",
            {
                workspace: { namespace },
                image: image.ref,
                resources: { cpu: "50m", memory: "512Mi" },
                home: { size: "1Gi", storageClass, retain: false },
                route: { ...route, hostnames: [labHost], path: "/lab" },
            },
            opts,
        );
        return Promise.resolve({
            addresses: [fraud.publicUrl, secure.publicUrl, notebook.publicUrl],
            token: notebook.token,
        });
    };

const inNamespace = (...args: string[]): Promise<string> => kubectl("--namespace", namespace, ...args);
const told = (changes: Change[]): string[] => changes.map(({ op, name }) => `${op} ${name}`).sort();

/** The response of a model. */
interface Answer {
    version: string;
    path: string;
}

async function ask(place: string): Promise<Answer> {
    const { status, text } = await getOnce(`${gateway}${place}`, 10_000, { Host: modelsHost });
    assert.equal(status, 200, text);
    return JSON.parse(text) as Answer;
}

/** The same over HTTPS, from a server with this certificate for its name. */
async function askOverTls(place: string, ca: string): Promise<Answer> {
    const { hostname } = new URL(gateway);
    const options = { hostname, path: place, servername: modelsHost, headers: { Host: modelsHost }, ca, agent: false };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
        https.get(options, resolve).on("error", reject);
    });
    const body = await response.toArray();
    assert.equal(response.statusCode, 200, String(body));
    return JSON.parse(Buffer.concat(body as Buffer[]).toString()) as Answer;
}

/** How many of this number of requests each version of `fraud` has answered. */
async function answered(count: number): Promise<Record<string, number>> {
    const answers: Record<string, number> = {};
    let left = count;
    const client = async () => {
        while (left-- > 0) {
            const { version } = await ask("/fraud/predict");
            answers[version] = (answers[version] ?? 0) + 1;
        }
    };
    await Promise.all(Array.from({ length: 8 }, client));
    return answers;
}

/** Fails for counts that would occur by chance about once in 100,000 runs. */
function assertShare(count: number, share: number, requests: number): void {
    const bound = 4.5 * Math.sqrt(requests * share * (1 - share));
    assert.ok(Math.abs(count - requests * share) <= bound, `${count} of ${requests}, instead of a share of ${share}`);
}

/** Sends requests from several clients, one after the other, until the work is done. */
async function underLoad(work: () => Promise<unknown>): Promise<{ versions: string[]; failures: string[] }> {
    const versions: string[] = [];
    const failures: string[] = [];
    let done = false;
    const client = async () => {
        while (!done) {
            await ask("/fraud/predict").then(
                ({ version }) => versions.push(version),
                (error: unknown) => failures.push(`${new Date().toISOString()} ${String(error)}`),
            );
            await sleep(10);
        }
    };
    const clients = Array.from({ length: 4 }, client);
    try {
        await work();
    } finally {
        done = true;
        await Promise.all(clients);
    }
    console.log(`      ${versions.length} requests, ${failures.length} failures`);
    return { versions, failures };
}

/** How many requests the shadow has received so far. */
async function shadowed(): Promise<number> {
    const address = await inNamespace("get", "service/fraud-shadow", "--output=jsonpath={.spec.clusterIP}");
    const { text } = await getOnce(`http://${address}:8080/requests`);
    return (JSON.parse(text) as { requests: number }).requests;
}

/** Number of bytes at the address, read as slowly as over a line with this number of bytes per second. */
async function download(url: string, headers: Record<string, string>, rate: number): Promise<number> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
        get(url, { agent: false, headers }, resolve).on("error", reject);
    });
    const started = Date.now();
    let received = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
        received += chunk.length;
        await sleep(started + (received / rate) * 1000 - Date.now());
    }
    return received;
}

describe("a Gateway of Envoy Gateway", function () {
    this.timeout("10m");
    inOrder();

    before(async function () {
        this.timeout("60m");
        mirror = await controllers(["cert-manager", "envoy-gateway"]);
        const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
        for (const name of [namespace, edge]) {
            await createObjects({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
        }
        stack = await TestStack.create("gateway", program());
    });
    after(async function () {
        this.timeout("10m");
        await stack?.destroy();
        await deleteLeftovers(
            ["gateway.envoyproxy.io", "gateway.networking.k8s.io", "cert-manager.io", "acme.cert-manager.io"],
            [namespace, edge, system, "cert-manager"],
        );
    });

    it("is installed in one update, with its backends, and has an address", async () => {
        const outputs = await stack.up();
        token = outputs.token as string;
        assert.deepEqual(outputs.addresses, [
            `http://${modelsHost}/fraud`,
            `https://${modelsHost}/secure`,
            `http://${labHost}/lab`,
        ]);
        const { status } = await getObjects<{ status: { addresses: { value: string }[] } }>(
            "gateway/public",
            "--namespace",
            edge,
        );
        gateway = `http://${status.addresses[0]!.value}`;
    });

    it("has proxies of the mirrored image", async () => {
        const images = "--output=jsonpath={.items[*].spec.containers[*].image}";
        const selector = "--selector=app.kubernetes.io/component=proxy";
        const seen = await kubectl("get", "pods", "--namespace", system, selector, images);
        assert.deepEqual(seen.split(" "), [
            `${mirror.images}/docker.io/envoyproxy/envoy:distroless-v1.39.0`,
            `${mirror.images}/docker.io/envoyproxy/gateway:v1.9.0`,
        ]);
    });

    it("routes to several models by host and path, which they do not see", async () => {
        assert.deepEqual(await ask("/fraud"), { version: "1", path: "/" });
        assert.deepEqual(await ask("/fraud/predict?a=1&b=%2F"), { version: "1", path: "/predict?a=1&b=%2F" });
        assert.deepEqual(await ask("/churn/predict"), { version: "churn", path: "/predict" });
        assert.deepEqual(await ask("/fraud/europe/predict"), { version: "europe", path: "/predict" });
        assert.deepEqual(await ask("/fraud/european"), { version: "1", path: "/european" });
        for (const [place, host] of [
            ["/fraudulent", modelsHost],
            ["/fraud", "other.example.com"],
        ] as const) {
            assert.equal((await getOnce(`${gateway}${place}`, 10_000, { Host: host })).status, 404);
        }
    });

    it("routes to a model over HTTPS only, where the route names such a listener", async () => {
        const data = `--output=jsonpath={.data.tls\\.crt}`;
        const encoded = await kubectl("get", "secret", "--namespace", edge, certificateSecret, data);
        const ca = Buffer.from(encoded, "base64").toString();
        assert.deepEqual(await askOverTls("/secure/predict", ca), { version: "secure", path: "/predict" });
        assert.equal((await getOnce(`${gateway}/secure/predict`, 10_000, { Host: modelsHost })).status, 404);
    });

    it("shows no change afterwards, nor does a refresh", async () => {
        assert.deepEqual(await stack.preview(), []);
        assert.deepEqual(await stack.refresh(), []);
    });

    it("rolls a server to another version without a failed request", async () => {
        const { versions, failures } = await underLoad(() => stack.up(program({ version: "2" })));
        assert.deepEqual(failures, []);
        assert.deepEqual(await answered(50), { 2: 50 });
        assert.deepEqual(new Set(versions), new Set(["1", "2"]));
    });

    const canary = { env: { VERSION: "3" }, weight: 20 };
    const shadow = { env: { VERSION: "4" } };

    it("sends a canary its share of the requests, and a shadow a copy of each, whose responses are dropped", async () => {
        const { failures } = await underLoad(() => stack.up(program({ version: "2", canary, shadow })));
        assert.deepEqual(failures, []);
        const before = await shadowed();
        const answers = await answered(500);
        assert.deepEqual(Object.keys(answers).sort(), ["2", "3"]);
        assertShare(answers[3]!, 0.2, 500);
        // The proxy does not wait for copies.
        await sleep(2000);
        assert.equal((await shadowed()) - before, 500);
        console.log(`      ${answers[3]} of 500 answered by the canary, 500 copied`);
    });

    it("shows no change with canary and shadow either, nor does a refresh", async () => {
        assert.deepEqual(await stack.preview(), []);
        assert.deepEqual(await stack.refresh(), []);
    });

    it("changes the shares by one edit, which only changes the route", async () => {
        const edits = { version: "2", canary: { ...canary, weight: 70 }, shadow: { ...shadow, percent: 40 } };
        assert.deepEqual(told(await stack.preview(program(edits))), ["update fraud-route"]);
        await stack.up();
        // Within seconds.
        await sleep(3000);
        const before = await shadowed();
        const answers = await answered(500);
        assertShare(answers[3]!, 0.7, 500);
        await sleep(2000);
        const copies = (await shadowed()) - before;
        assertShare(copies, 0.4, 500);
        console.log(`      ${answers[3]} of 500 answered by the canary, ${copies} copied`);
    });

    it("removes canary and shadow by one edit, without a failed request", async () => {
        const back = program({ version: "2" });
        assert.deepEqual(told(await stack.preview(back)), [
            "delete fraud-canary-deployment",
            "delete fraud-canary-service",
            "delete fraud-shadow-deployment",
            "delete fraud-shadow-service",
            "update fraud-route",
        ]);
        const { failures } = await underLoad(() => stack.up());
        assert.deepEqual(failures, []);
        assert.deepEqual(await answered(100), { 2: 100 });
    });

    it("accepts a route to an InferencePool, which it does not know: a route must also resolve its backends", async () => {
        const group = "inference.networking.k8s.io";
        await createObjects({
            apiVersion: "gateway.networking.k8s.io/v1",
            kind: "HTTPRoute",
            metadata: { name: "pool", namespace },
            spec: {
                parentRefs: [{ name: "public", namespace: edge }],
                hostnames: ["pool.example.com"],
                rules: [{ backendRefs: [{ group, kind: "InferencePool", name: "pool", port: 8000 }] }],
            },
        });
        await inNamespace("wait", "httproute/pool", "--for=jsonpath={.status.parents[0].conditions}", "--timeout=60s");
        const conditions = "{range .status.parents[0].conditions[*]}{.type}={.status} {end}";
        const said = await inNamespace("get", "httproute/pool", `--output=jsonpath=${conditions}`);
        assert.deepEqual(said.trim().split(" ").sort(), ["Accepted=True", "ResolvedRefs=False"]);
    });

    it("exposes the metrics that the dashboards show", async () => {
        const selector = "--selector=app.kubernetes.io/component=proxy";
        const address = "--output=jsonpath={.items[0].status.podIP}";
        const proxy = await kubectl("get", "pods", "--namespace", system, selector, address);
        const { text } = await getOnce(`http://${proxy}:19001/stats/prometheus`, 10_000);
        const cluster = `envoy_cluster_name="httproute/${namespace}/fraud/rule/0"`;
        for (const series of [
            `envoy_cluster_upstream_rq_xx{envoy_response_code_class="2",${cluster}}`,
            `envoy_cluster_upstream_rq_time_bucket{${cluster},le="`,
        ]) {
            assert.ok(text.includes(series), text);
        }
    });

    describe("in front of a notebook", () => {
        const labUrl = (place: string): string => `${gateway}/lab${place}`;
        const lab = (place: string, headers: Record<string, string> = {}) =>
            getOnce(labUrl(place), 60_000, { Host: labHost, ...headers });
        const withToken = () => ({ Authorization: `token ${token}` });

        it("admits only requests with its token", async () => {
            assert.equal((await lab("/api/status")).status, 403);
            assert.equal((await lab("/api/status?token=guessed")).status, 403);
            const { status, text } = await lab(`/api/status?token=${token}`);
            assert.equal(status, 200, text);
            const page = await lab("/lab", withToken());
            assert.equal(page.status, 200);
            assert.match(page.text, /"baseUrl": "\/lab\/"/);
        });

        it("connects to its kernels, over a WebSocket that is silent for longer than requests may take", async () => {
            const program = [readFileSync(file("kernel.py"), "utf8"), labUrl(""), labHost, token];
            const code = "import time; time.sleep(20); print(6 * 7)";
            const said = await inNamespace(
                ...["exec", "lab-notebook-0", "--container=main", "--", "python3", "-c"],
                ...program,
                code,
            );
            assert.equal(said, "42");
        });

        it("waits as long as a response takes", async () => {
            const size = 48_000_000;
            const create = `open('/home/notebook/large', 'wb').truncate(${size})`;
            await inNamespace("exec", "lab-notebook-0", "--container=main", "--", "python3", "-c", create);
            const started = Date.now();
            const received = await download(labUrl("/files/large"), { Host: labHost, ...withToken() }, 1_800_000);
            assert.equal(received, size);
            // What is still buffered on the way does not count.
            assert.ok(Date.now() - started > 25_000, "it was too fast to measure");
        });
    });

    describe("afterwards", () => {
        it("is removed with the Platform, including its proxies", async () => {
            await stack.up(() => Promise.resolve({}));
            // Proxies drain their connections first.
            await eventually(async () => {
                const left = await kubectl("get", "deployments,services,pods", "--namespace", system, "--output=name");
                assert.equal(left, "");
            }, 120);
            assert.equal(await kubectl("get", "gatewayclasses", "--output=name"), "");
        });
    });
});
