/**
 * An LlmServer as an LLMInferenceService of the real KServe. The stand-in for vLLM takes the options that KServe
 * writes; the GPU is simulated. KServe's charts need CRDs that are published as files, so the mirror of charts is a
 * directory.
 */
import { strict as assert } from "node:assert";
import * as fs from "node:fs";
import * as path from "node:path";

import * as mlops from "../../src";
import { controllers, deleteLeftovers } from "../support/controllers";
import { directoryWith } from "../support/directories";
import { savedEnvironment } from "../support/environment";
import { simulateGpus } from "../support/gpus";
import { inOrder } from "../support/in-order";
import { createObjects, getObjects, kubectl } from "../support/kubectl";
import { TestStack } from "../support/stack";
import { unchecked } from "../support/unchecked";
import { crdsOf } from "../support/upstream";
import { crdText, type UpstreamCrd } from "../support/upstream-crds";

const namespace = "kserve-llm-test";
const gpu = "kserve-llm-test.local/gpu";
const groups = [
    "serving.kserve.io",
    "cert-manager.io",
    "acme.cert-manager.io",
    "gateway.networking.k8s.io",
    "inference.networking.k8s.io",
    "inference.networking.x-k8s.io",
    "llm-d.ai",
];

/** The CRDs of a project, from its manifest. */
const kinds = (folder: string): string => (crdsOf(folder) as UpstreamCrd[]).map(crdText).join("\n---\n");

/** As the add-on's page documents: only this deletes what KServe has left behind, once KServe is removed. */
async function releaseConfigs(): Promise<void> {
    const configs = "llminferenceserviceconfigs";
    const { items } = await getObjects<{ items: { metadata: { name: string } }[] }>(configs, "--namespace", "kserve");
    const patch = ["--namespace", "kserve", "--type=merge", '--patch={"metadata":{"finalizers":null}}'];
    for (const { metadata } of items) {
        await kubectl("patch", configs, metadata.name, ...patch);
    }
}

/** What the stand-in for vLLM reports about itself. */
interface Told {
    options: string[];
    files: string[];
    user: number;
}

/** The response of the server to a request with this key, sent from its own pod. */
async function ask(key: string): Promise<Told> {
    const request = `urllib.request.Request("http://localhost:8000/v1/models", headers={"Authorization": "Bearer ${key}"})`;
    const program = `import urllib.request; print(urllib.request.urlopen(${request}, timeout=5).read().decode())`;
    const { items } = await getObjects<{ items: { metadata: { name: string; deletionTimestamp?: string } }[] }>(
        "pods",
        "--namespace",
        namespace,
        "--selector=app.kubernetes.io/name=llm",
    );
    const { metadata } = items.find(({ metadata: { deletionTimestamp } }) => deletionTimestamp === undefined)!;
    const python = ["--container=main", "--", "python3", "-c", program];
    return JSON.parse(await kubectl("exec", "--namespace", namespace, metadata.name, ...python)) as Told;
}

interface Edits {
    maxModelLen?: number;
}

describe("an LlmServer on the real KServe", function () {
    this.timeout("20m");
    inOrder();

    const missing = ["gateway-api-inference-extension", "llm-d-router"]
        .map(crdsOf)
        .find((crds) => !Array.isArray(crds));
    if (typeof missing === "string") {
        unchecked(missing, "is ready in one update with KServe itself");
        return;
    }

    let charts: string;
    let images: string;
    let stack: TestStack;

    const program = ({ maxModelLen = 4096 }: Edits = {}) => {
        const platform = new mlops.Platform("platform", {
            addons: { kserve: { llm: true, runtimes: false }, certManager: { selfSignedIssuer: true } },
            footprint: mlops.Footprint.Small,
            mirror: { charts, images, plainHttp: true },
        });
        const { registry, baseImage } = savedEnvironment();
        const image = new mlops.Image("vllm", {
            repository: `${registry}/kserve-llm-test`,
            context: path.join(__dirname, "kserve-llm"),
            buildArgs: { BASE: baseImage! },
            network: "host",
        });
        const server = new mlops.LlmServer(
            "llm",
            {
                workspace: { namespace },
                image: image.ref,
                model: "pvc://models/tiny",
                servedModelName: "tiny",
                backend: mlops.LlmBackend.KServe,
                apiKey: "key",
                maxModelLen,
                checkMemory: false,
                toolCallParser: "llama3_json",
                args: ["--override-generation-config", '{"temperature": 0.5}'],
                gpu: { count: 1, resource: gpu },
                resources: { cpu: "50m", memory: "128Mi" },
                startupTimeout: "2m",
                shutdownTimeout: "5s",
            },
            { dependsOn: platform },
        );
        return Promise.resolve({ url: server.url });
    };

    before(async function () {
        this.timeout("60m");
        const mirror = await controllers(["cert-manager", "envoy-gateway", "kserve"]);
        images = mirror.images;
        charts = directoryWith({
            "inference-extension-v1.6.0.yaml": kinds("gateway-api-inference-extension"),
            "llm-d-router-v0.9.0.yaml": kinds("llm-d-router"),
        });
        for (const chart of fs.readdirSync(mirror.charts)) {
            fs.symlinkSync(path.join(mirror.charts, chart), path.join(charts, chart));
        }
        const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
        await createObjects(
            { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } },
            {
                apiVersion: "v1",
                kind: "PersistentVolumeClaim",
                metadata: { name: "models", namespace },
                spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Mi" } } },
            },
        );
        await simulateGpus("2", gpu);
        stack = await TestStack.create("kserve-llm", () => program());
    });
    after(async () => {
        await stack?.destroy();
        await releaseConfigs();
        await deleteLeftovers(groups, [namespace, "kserve", "cert-manager"]);
        await simulateGpus(null, gpu);
    });

    it("is ready in one update with KServe itself", async () => {
        const { url } = await stack.up();
        assert.match(String(url), /^https?:\/\/llm/);
    });

    it("runs vLLM with the given options, and requires the key", async () => {
        const { options, user } = await ask("key");
        const text = options.join(" ");
        assert.match(text, /^serve \/mnt\/models --served-model-name tiny /);
        assert.match(text, / --max-model-len[ =]4096( |$)/);
        assert.match(text, / --tool-call-parser[ =]llama3_json( |$)/);
        assert.equal(options[options.indexOf("--override-generation-config") + 1], '{"temperature": 0.5}');
        assert.equal(user, 2000);
        await assert.rejects(ask("another"), /HTTP Error 401/);
    });

    it("rolls out an edit", async () => {
        await stack.up(() => program({ maxModelLen: 2048 }));
        assert.match((await ask("key")).options.join(" "), / --max-model-len[ =]2048( |$)/);
    });

    it("shows no change afterwards, nor does a refresh", async () => {
        assert.deepEqual(await stack.preview(), []);
        assert.deepEqual(await stack.refresh(), []);
    });

    it("is removed, except for what KServe protects from deletion", async () => {
        await stack.up(() => Promise.resolve({}));
        const kinds = ["llminferenceserviceconfigs,llminferenceservices,deployments", "--all-namespaces"];
        const left = (await kubectl("get", ...kinds, "--output=name")).split("\n").filter(Boolean);
        assert.ok(
            left.some((name) => name.endsWith("/kserve-config-llm-template")),
            left.join(", "),
        );
        assert.deepEqual(
            left.filter((name) => !name.startsWith("llminferenceserviceconfig.") && !name.includes("coredns")),
            [],
        );
    });
});
