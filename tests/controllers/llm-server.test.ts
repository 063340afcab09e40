/**
 * An LlmServer over several nodes with the real LeaderWorkerSet controller. The stand-in for vLLM in each pod takes the
 * same options, and finds the others as vLLM does (`vllm-nodes/vllm`); the GPUs are simulated.
 */
import { strict as assert } from "node:assert";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { run } from "../../local/run";
import { ensureTools } from "../../local/toolchain";
import * as mlops from "../../src";
import { controllers, deleteLeftovers, mirrorOf } from "../support/controllers";
import { savedEnvironment } from "../support/environment";
import { eventually } from "../support/eventually";
import { simulateGpus } from "../support/gpus";
import { inOrder } from "../support/in-order";
import { createObjects, getObjects, kubectl } from "../support/kubectl";
import { TestStack } from "../support/stack";

const namespace = "lws-test";
const name = "llm";
const gpu = "lws-test.local/gpu";

interface Pod {
    metadata: { name: string; uid: string; creationTimestamp: string; deletionTimestamp?: string };
    spec: { containers: { env: { name: string; value: string }[] }[] };
    status: { conditions: { type: string; status: string }[] };
}

const inNamespace = (...args: string[]): Promise<string> => kubectl("--namespace", namespace, ...args);

/** The server's pods that are not being deleted, ordered by name. */
async function pods(): Promise<Pod[]> {
    const selector = `--selector=app.kubernetes.io/name=${name}`;
    const { items } = await getObjects<{ items: Pod[] }>("pods", "--namespace", namespace, selector);
    return items
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
        .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

const namesOf = (all: Pod[]): string[] => all.map(({ metadata }) => metadata.name);
const idsOf = (all: Pod[]): string[] => all.map(({ metadata }) => metadata.uid);

/** The identity of the pod that answers a request. */
interface Answer {
    data: { id: string }[];
    /** The host names of the nodes, by rank. */
    nodes: string[];
    generation: string;
}

/** The output of a program in a pod of the server. */
const python = (pod: string, program: string): Promise<string> =>
    inNamespace("exec", pod, "--", "python3", "-c", program);

/** The response to a request to the server's address, from inside the cluster. */
async function ask(from: string, url: string): Promise<Answer> {
    const request = `urllib.request.Request("${url}/models", headers={"Authorization": "Bearer key"})`;
    const program = `import urllib.request; print(urllib.request.urlopen(${request}, timeout=5).read().decode())`;
    return JSON.parse(await python(from, program)) as Answer;
}

/** Whether every group of this size works: the leader answers once all others have found it. */
async function allReady(count: number): Promise<void> {
    const all = await pods();
    assert.equal(all.length, count, namesOf(all).join(", "));
    for (const { metadata, status } of all) {
        const ready = status.conditions.find(({ type }) => type === "Ready");
        assert.equal(ready?.status, "True", `${metadata.name} is not ready`);
    }
}

/** Evicts a pod, as a node drain does; returns the reason if that is refused. */
async function evict(pod: string): Promise<string | undefined> {
    const { kubernetes } = await ensureTools(["kubernetes"], () => undefined);
    const place = `/api/v1/namespaces/${namespace}/pods/${pod}/eviction`;
    const args = ["kubectl", "--kubeconfig", savedEnvironment().kubeconfig, "create", "--raw", place, "-f", "-"];
    const metadata = { name: pod, namespace };
    const input = JSON.stringify({ apiVersion: "policy/v1", kind: "Eviction", metadata });
    return run(kubernetes, args, { input }).then(
        () => undefined,
        (error: Error) => error.message,
    );
}

/** A pod that sends requests continuously, each over a new connection, and prints which generation answers. */
function client(url: string): object {
    const program = [
        "import json, time, urllib.request",
        `request = urllib.request.Request("${url}/models", headers={"Authorization": "Bearer key"})`,
        "while True:",
        "    try:",
        "        print(json.load(urllib.request.urlopen(request, timeout=5))['generation'], flush=True)",
        "    except Exception as error:",
        "        print(time.strftime('%X'), repr(error), flush=True)",
        "    time.sleep(0.1)",
    ];
    return {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "client", namespace },
        spec: {
            securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
            terminationGracePeriodSeconds: 1,
            containers: [
                {
                    name: "main",
                    image: savedEnvironment().baseImage,
                    command: ["python3", "-c", program.join("\n")],
                    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
                },
            ],
        },
    };
}

describe("an LlmServer over several nodes, with its real controller", function () {
    this.timeout("10m");
    inOrder();

    let stack: TestStack;
    let url: string;
    let args: Partial<mlops.LlmServerArgs> = {};

    before(async function () {
        this.timeout("60m");
        const mirror = mirrorOf(await controllers(["lws"]));
        const { registry, baseImage } = savedEnvironment();
        await simulateGpus("16", gpu);
        const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
        await createObjects({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } });
        stack = await TestStack.create("lws", () => {
            const addons = { leaderWorkerSet: {} };
            const platform = new mlops.Platform("lws", { addons, footprint: mlops.Footprint.Small, mirror });
            const vllm = new mlops.Image("vllm", {
                repository: `${registry}/vllm-nodes`,
                context: path.join(__dirname, "vllm-nodes"),
                buildArgs: { BASE: baseImage! },
            });
            const server = new mlops.LlmServer(
                name,
                {
                    workspace: { namespace },
                    image: vllm.ref,
                    model: "meta-llama/Llama-3.1-70B-Instruct",
                    checkMemory: false,
                    apiKey: "key",
                    maxModelLen: 4096,
                    dtype: mlops.LlmDtype.Bfloat16,
                    backend: mlops.LlmBackend.LeaderWorkerSet,
                    nodes: 3,
                    gpu: { resource: gpu },
                    resources: { cpu: "10m", memory: "64Mi" },
                    startupTimeout: "3m",
                    shutdownTimeout: "5s",
                    env: { GENERATION: "1" },
                    ...args,
                },
                { dependsOn: platform },
            );
            return Promise.resolve({ url: server.url });
        });
    });
    after(async () => {
        await stack?.destroy();
        await deleteLeftovers(["leaderworkerset.x-k8s.io", "disaggregatedset.x-k8s.io"], ["lws-system", namespace]);
        await simulateGpus(null, gpu);
    });

    it("is ready, including its controller, in one update", async () => {
        url = (await stack.up()).url as string;
        assert.equal(url, `http://${name}.${namespace}.svc.cluster.local:8000/v1`);
    });

    it("has a leader and its workers, which know each other", async () => {
        const all = await pods();
        assert.deepEqual(namesOf(all), ["llm-0", "llm-0-1", "llm-0-2"]);
        const told = all.map(({ spec }) => {
            const env = spec.containers[0]!.env.filter((one) => one.name.startsWith("LWS_"));
            return Object.fromEntries(env.map((one) => [one.name, one.value]));
        });
        const common = { LWS_LEADER_ADDRESS: `llm-0.llm-0.${namespace}`, LWS_GROUP_SIZE: "3" };
        assert.deepEqual(told, [
            { ...common, LWS_WORKER_INDEX: "0" },
            { ...common, LWS_WORKER_INDEX: "1" },
            { ...common, LWS_WORKER_INDEX: "2" },
        ]);
        const [leader, ...workers] = all.map(({ metadata }) => Date.parse(metadata.creationTimestamp));
        assert.ok(
            workers.every((created) => created >= leader!),
            "a worker existed before its leader",
        );
        const said = await inNamespace("logs", "llm-0-2");
        assert.match(said, new RegExp(`rank 2 of 3 works for llm-0\\.llm-0\\.${namespace}$`));
    });

    it("answers at its address when all of them have found each other", async () => {
        const { data, nodes } = await ask("llm-0-1", url);
        assert.deepEqual(data[0]!.id, "meta-llama/Llama-3.1-70B-Instruct");
        assert.deepEqual(nodes, ["llm-0", "llm-0-1", "llm-0-2"]);
    });

    it("shows no change afterwards, nor does a refresh", async () => {
        assert.deepEqual(await stack.preview(), []);
        assert.deepEqual(await stack.refresh(), []);
    });

    it("restarts the whole group when a worker fails", async () => {
        const before = idsOf(await pods());
        await python("llm-0-1", "import os, signal; os.kill(1, signal.SIGTERM)");
        await eventually(async () => {
            await allReady(3);
            const all = await pods();
            assert.ok(!idsOf(all).some((id) => before.includes(id)), "a pod of the old group is left");
            assert.deepEqual((await ask("llm-0-1", url)).nodes, namesOf(all));
        });
        assert.deepEqual(await stack.preview(), []);
    });

    it("has more groups when it is scaled, each with its own workers", async () => {
        args = { replicas: 2 };
        const preview = await stack.preview();
        assert.deepEqual(
            preview.map(({ op, name: changed, diff }) => [op, changed, diff]),
            [["update", "llm-leaderworkerset", ["spec.replicas"]]],
        );
        await stack.up();
        await allReady(6);
        const seen = new Set<string>();
        await eventually(async () => {
            seen.add((await ask("llm-0-1", url)).nodes.join(" "));
            assert.deepEqual([...seen].sort(), ["llm-0 llm-0-1 llm-0-2", "llm-1 llm-1-1 llm-1-2"]);
        });
    });

    it("loses one group at a time when nodes are drained", async () => {
        assert.equal(await evict("llm-0-1"), undefined);
        assert.match((await evict("llm-1-2")) ?? "it was evicted", /disruption budget/);
        await eventually(() => allReady(6));
        await eventually(async () => assert.equal(await evict("llm-1-2"), undefined));
        await eventually(() => allReady(6));
    });

    it("rolls a change out while it answers every request", async () => {
        await createObjects(client(url));
        await inNamespace("wait", "--for=condition=Ready", "pod/client", "--timeout=60s");
        const before = idsOf(await pods());
        args = { replicas: 2, env: { GENERATION: "2" } };
        assert.deepEqual(
            (await stack.preview()).map(({ op, name: changed }) => [op, changed]),
            [["update", "llm-leaderworkerset"]],
        );
        await stack.up();
        // The update waited until the last group was the new one and the surge group was being deleted.
        const after = (await pods()).filter(({ metadata }) => !metadata.name.startsWith("llm-2"));
        assert.deepEqual(namesOf(after), ["llm-0", "llm-0-1", "llm-0-2", "llm-1", "llm-1-1", "llm-1-2"]);
        assert.ok(!idsOf(after).some((id) => before.includes(id)), "an old pod is left");
        await eventually(() => allReady(6));
        await sleep(5000);
        const said = (await inNamespace("logs", "client")).trim().split("\n");
        const failures = said.filter((line) => !/^[12]$/.test(line));
        assert.deepEqual(failures, []);
        assert.equal(said.at(0), "1");
        assert.equal(said.at(-1), "2");
        assert.deepEqual(await stack.preview(), []);
        assert.deepEqual(await stack.refresh(), []);
    });

    it("has groups of another size when it has another number of nodes", async () => {
        args = { ...args, replicas: 1, nodes: 2 };
        await stack.up();
        await eventually(() => allReady(2));
        assert.deepEqual((await ask("llm-0-1", url)).nodes, ["llm-0", "llm-0-1"]);
        assert.deepEqual(await stack.preview(), []);
    });
});
