/**
 * LlmServer with vLLM itself, in its build for CPUs: a small model of random weights, created by a TrainingJob, is
 * served from the volume that it was written to. The node reports a GPU, which vLLM for CPUs does not use.
 */
import { strict as assert } from "node:assert";
import * as path from "node:path";

import * as pulumi from "@pulumi/pulumi";

import * as mlops from "../../src";
import { buildNodeFlags, reservedFlags, buildVllmArgs } from "../../src/workloads/llm-server/command";
import { resolveParallelism, tokenBytes } from "../../src/workloads/llm-server/estimate";
import { savedEnvironment } from "../support/environment";
import { type Answer, askOnce } from "../support/http";
import { createObjects, kubectl } from "../support/kubectl";
import { TestStack } from "../support/stack";

const namespace = "vllm-test";
const apiKey = "correct-horse-battery";
const selector = "app.kubernetes.io/name=llm";
const inNamespace = (...args: string[]) => kubectl("--namespace", namespace, ...args);

/** The model, as its config.json describes it. */
const shape = {
    hidden_size: 128,
    intermediate_size: 256,
    num_hidden_layers: 3,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 32,
    max_position_embeddings: 16384,
};

/** How vLLM's parser reads the component's command lines, and all of its options, each with the name of its value. */
interface Understood {
    options: Record<string, string>;
    commands: { understood?: Record<string, unknown>; refused?: string }[];
}

/** Arguments of the component, and how vLLM must read them. */
type Row = [args: Partial<mlops.LlmServerArgs>, understood: Record<string, unknown>];

const values = (names: object): string[] => Object.values(names) as string[];

/** Every argument that is passed to vLLM. */
const rows: Row[] = [
    [
        {},
        {
            model_tag: "acme/llama",
            load_format: "auto",
            served_model_name: ["acme/llama"],
            port: 8000,
            tensor_parallel_size: 1,
            pipeline_parallel_size: 1,
            gpu_memory_utilization: 0.9,
            shutdown_timeout: 60,
        },
    ],
    [{ model: "pvc://models/run-1" }, { model_tag: "/model", served_model_name: ["llm"] }],
    [{ model: "s3://models/llama" }, { model_tag: "s3://models/llama", load_format: "runai_streamer" }],
    [{ revision: "0e9e39f" }, { revision: "0e9e39f" }],
    [{ servedModelName: "llama:8b" }, { served_model_name: ["llama:8b"] }],
    [
        { maxModelLen: 8192, maxNumSeqs: 64 },
        { max_model_len: 8192, max_num_seqs: 64 },
    ],
    ...values(mlops.LlmDtype).map((dtype): Row => [{ dtype: dtype as mlops.LlmDtype }, { dtype }]),
    ...values(mlops.LlmQuantization).map((quantization): Row => [
        { quantization: quantization as mlops.LlmQuantization },
        { quantization },
    ]),
    ...values(mlops.LlmKvCacheDtype).map((dtype): Row => [
        { kvCacheDtype: dtype as mlops.LlmKvCacheDtype },
        { kv_cache_dtype: dtype },
    ]),
    [{ gpuMemoryUtilization: 0.5 }, { gpu_memory_utilization: 0.5 }],
    [
        { tensorParallelSize: 2, pipelineParallelSize: 3 },
        { tensor_parallel_size: 2, pipeline_parallel_size: 3 },
    ],
    [{ prefixCaching: true }, { enable_prefix_caching: true }],
    [{ prefixCaching: false }, { enable_prefix_caching: false }],
    [{ toolCallParser: "llama3_json" }, { enable_auto_tool_choice: true, tool_call_parser: "llama3_json" }],
    [
        {
            loras: [
                { name: "sql", uri: "acme/sql" },
                { name: "mail", uri: "pvc://adapters/mail" },
            ],
            maxLoraRank: 320,
        },
        { enable_lora: true, max_loras: 2, max_lora_rank: 320, shutdown_timeout: 60 },
    ],
    [{ loras: [{ name: "sql", uri: "acme/sql" }], maxLoras: 4 }, { max_loras: 4 }],
    [{ shutdownTimeout: "1m30s" }, { shutdown_timeout: 90 }],
    [{ args: ["--enforce-eager", '--compilation-config={"mode": 0}'] }, { enforce_eager: true }],
];

const commandOf = (args: Partial<mlops.LlmServerArgs>): string[] => {
    const told = { workspace: { namespace }, image: "", model: "acme/llama", ...args };
    const { tensorParallelSize, pipelineParallelSize } = args as Record<string, number>;
    const words = buildVllmArgs(
        "llm",
        told,
        resolveParallelism({ nodes: 1, tensorParallelSize, pipelineParallelSize }),
    );
    return words as string[];
};

const ofNodes = (leader: boolean): string[] =>
    buildNodeFlags(2, leader).map((word) =>
        word.replace("$(LWS_WORKER_INDEX)", "1").replace("$(LWS_LEADER_ADDRESS)", "lws-0"),
    );

const commands = [
    ...rows.map(([args]) => commandOf(args)),
    [...commandOf({}), ...ofNodes(true)],
    [...commandOf({}), ...ofNodes(false)],
    [...commandOf({}), "--of-no-vllm"],
];

/** A unique name, because other tests make the node report GPUs, too. */
const gpu = { resource: "example.com/gpu-of-vllm" };

/** Makes the node report GPUs and run pods that request them: the kubelet ignores resources that it does not know. */
async function simulateGpus(count: string | null): Promise<void> {
    const patch = { status: { capacity: { [gpu.resource]: count } } };
    const node = (await kubectl("get", "nodes", "--output=name")).trim();
    await kubectl("patch", node, "--subresource=status", "--type=merge", `--patch=${JSON.stringify(patch)}`);
}

/** Creates the image, the model, and the server, and asks vLLM how it reads command lines. */
const program =
    (changes: Partial<mlops.LlmServerArgs> = {}) =>
    (): Promise<Record<string, pulumi.Output<unknown>>> => {
        const { registry, baseImage, storageClass } = savedEnvironment();
        const image = new mlops.Image("vllm", {
            repository: `${registry}/vllm-cpu`,
            context: path.join(__dirname, "vllm"),
            buildArgs: { BASE: baseImage! },
            network: "host",
        });
        const workspace = { namespace };
        const shared = { workspace, image: image.ref, runAsUser: 2000, timeout: "15m" };
        const resources = { cpu: "100m", memory: "3Gi" };
        new mlops.TrainingJob("flags", {
            ...shared,
            resources,
            command: ["python3", "/flags.py"],
            env: { COMMANDS: JSON.stringify(commands) },
            // Its result is its log.
            output: { uri: "s3://models/flags" },
        });
        const training = new mlops.TrainingJob("tiny", {
            ...shared,
            resources,
            command: ["python3", "/model.py"],
            env: { SHAPE: JSON.stringify(shape) },
            output: { storageClass },
        });
        const server = new mlops.LlmServer("llm", {
            workspace,
            image: image.ref,
            model: training.model,
            servedModelName: "tiny",
            apiKey,
            // vLLM for CPUs computes in a separate process, as it does with several GPUs.
            resources: { cpu: "100m", memory: "6Gi", sharedMemory: "1Gi" },
            dtype: mlops.LlmDtype.Bfloat16,
            toolCallParser: "hermes",
            loras: [{ name: "other", uri: pulumi.interpolate`${training.model}/adapter` }],
            gpu,
            checkMemory: false,
            // The memory fraction that vLLM uses is of the node's memory here, which others need, too.
            shutdownTimeout: "4m",
            args: ["--enforce-eager", "--kv-cache-memory-bytes=256M"],
            // Its processes are bound to processors, and never rest under load: on some kernels (6.18) those of the
            // next pod, bound to the same, would wait for them for ten minutes and more.
            podSpec: { containers: [{ name: "main", resources: { limits: { cpu: "900m" } } }] },
            ...changes,
        });
        return Promise.resolve({ url: server.url, model: server.modelName });
    };

describe("an LlmServer with vLLM itself, for CPUs", function () {
    this.timeout("15m");

    let stack: TestStack;
    let address = "";
    let understood: Understood;

    const ask = (where: string, body?: object, key = apiKey): Promise<Answer> =>
        askOnce(`${address}${where}`, {
            body,
            headers: key ? { Authorization: `Bearer ${key}` } : {},
            timeout: 240_000,
        });
    const complete = async (model: string, prompt: string): Promise<string> => {
        const { status, text } = await ask("/v1/completions", { model, prompt, max_tokens: 8, temperature: 0 });
        assert.equal(status, 200, text);
        return (JSON.parse(text) as { choices: { text: string }[] }).choices[0]!.text;
    };
    const logs = () => inNamespace("logs", "deployment/llm", "--tail=-1");

    before(async function () {
        this.timeout("60m");
        await simulateGpus("2");
        const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
        await createObjects({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } });
        stack = await TestStack.create("vllm", program());
        await stack.up();
        const at = "--output=jsonpath=http://{.spec.clusterIP}:{.spec.ports[0].port}";
        address = await inNamespace("get", "service/llm", at);
        const said = await inNamespace("logs", "--selector=app.kubernetes.io/name=flags", "--tail=-1");
        understood = JSON.parse(said.trim().split("\n").at(-1)!) as Understood;
    });
    after(async () => {
        await stack?.destroy();
        await kubectl("delete", "namespace", namespace, "--ignore-not-found");
        await simulateGpus(null);
    });

    describe("every argument is one of vLLM's", () => {
        rows.forEach(([args, expected], index) => {
            it(JSON.stringify(args), () => {
                const { refused, understood: all = {} } = understood.commands[index]!;
                assert.equal(refused, undefined);
                const names = Object.keys(expected);
                assert.deepEqual(Object.fromEntries(names.map((name) => [name, all[name]])), expected);
            });
        });

        it("as are those of several nodes", () => {
            const [leader, worker, unknown] = understood.commands.slice(-3);
            const { nnodes, node_rank, master_addr, headless } = leader!.understood!;
            assert.deepEqual([nnodes, node_rank, master_addr, headless], [2, 1, "lws-0", false]);
            assert.equal(worker!.understood!.headless, true);
            assert.notEqual(unknown!.refused, undefined, "the parser must refuse unknown options");
        });

        it("and every alias of them in vLLM is refused in args", () => {
            const names = Object.keys(reservedFlags).map((option) => understood.options[option]);
            assert.ok(!names.includes(undefined), `vLLM lacks some of ${Object.keys(reservedFlags).join(", ")}`);
            const others = Object.entries(understood.options).filter(([, name]) => names.includes(name));
            assert.deepEqual(
                others.filter(([option]) => !(option in reservedFlags)).map(([option]) => option),
                [],
            );
        });
    });

    it("answers with the names that it serves, to requests with the key", async () => {
        const { status, text } = await ask("/v1/models");
        assert.equal(status, 200);
        const { data } = JSON.parse(text) as { data: { id: string }[] };
        assert.deepEqual(data.map(({ id }) => id).sort(), ["other", "tiny"]);
        for (const key of ["", "wrong"]) {
            assert.equal((await ask("/v1/models", undefined, key)).status, 401);
            assert.equal((await ask("/v1/completions", { model: "tiny", prompt: "a" }, key)).status, 401);
        }
        // The kubelet has no key.
        assert.equal((await ask("/health", undefined, "")).status, 200);
    });

    it("completes and chats, and differently with the adapter", async () => {
        const first = await complete("tiny", "the user");
        assert.notEqual(first, "");
        assert.equal(await complete("tiny", "the user"), first);
        assert.notEqual(await complete("other", "the user"), first);
        const messages = [{ role: "user", content: "Hello" }];
        const { status, text } = await ask("/v1/chat/completions", { model: "tiny", messages, max_tokens: 8 });
        assert.equal(status, 200, text);
        const { usage } = JSON.parse(text) as { usage: { completion_tokens: number } };
        assert.ok(usage.completion_tokens > 0);
        assert.equal((await ask("/v1/completions", { model: "unknown", prompt: "a" })).status, 404);
    });

    it("has a KV cache of the estimated size per token", async () => {
        const { num_hidden_layers: layers, num_key_value_heads: kvHeads, head_dim: headDim } = shape;
        const said = await logs();
        const [, tokens] = /KV cache size: ([\d,]+) tokens/.exec(said) ?? [];
        const perToken = tokenBytes({ parameters: 0, layers, kvHeads, headDim }, resolveParallelism({ nodes: 1 }), 2);
        // vLLM for CPUs has blocks of 128 tokens.
        const expected = Math.floor(2 ** 28 / perToken / 128) * 128;
        assert.equal(Number(tokens?.replaceAll(",", "")), expected, said);
    });

    it("shows no change afterwards, nor does a refresh", async () => {
        assert.deepEqual(await stack.preview(), []);
        assert.deepEqual(await stack.refresh(), []);
    });

    it("rolls its pods without interrupting a request", async () => {
        const request = (tokens: number) => ({ model: "tiny", prompt: "a", max_tokens: tokens, ignore_eos: true });
        // Enough tokens for three requests to take half a minute on any machine.
        const begun = Date.now();
        await Promise.all([1, 2, 3].map(() => ask("/v1/completions", request(300))));
        const tokens = Math.min(8000, Math.ceil((300 * 30_000) / (Date.now() - begun)));
        const old = (await inNamespace("get", "pods", `--selector=${selector}`, "--output=name")).trim();
        const said = inNamespace("logs", "--follow", old, "--tail=-1");
        let through = false;
        const failures: string[] = [];
        const asking = Array.from({ length: 3 }, async () => {
            while (!through) {
                try {
                    const { status, text } = await ask("/v1/completions", request(tokens));
                    assert.equal(status, 200, text);
                    const { usage } = JSON.parse(text) as { usage: { completion_tokens: number } };
                    assert.equal(usage.completion_tokens, tokens);
                } catch (error) {
                    failures.push(String(error));
                }
            }
        });
        await stack.up(program({ maxNumSeqs: 8 }));
        through = true;
        await Promise.all(asking);
        assert.deepEqual(failures, []);
        // The old one received the signal during a request, and has finished it.
        assert.match(await said, /stopping engine client mode=drain[^]*"POST \/v1\/completions HTTP\/1.1" 200/);
        assert.match(await logs(), /'max_num_seqs': 8/);
    });
});
