import { LlmBackend, LlmQuantization, LlmServer } from "../../../src";
import { fullServerArgs, password } from "../arguments";
import {
    type Case,
    claimCases,
    claimScalars,
    type Fixture,
    length,
    nonEmptyString,
    object,
    type Row,
    subdomain,
    validWorkload,
    workloadAllowed,
    workloadCases,
    workloadMisspelt,
    workloadNames,
    workloadPlain,
    workloadScalars,
    workloadSecrets,
} from "./fixture";

const model = "meta-llama/Llama-3.1-8B-Instruct";
const count = (max: number) => `it must be an integer from 1 to ${max}`;
const large = 2 ** 31 - 1;
const hub =
    'it must be a model ID on Hugging Face, such as "meta-llama/Llama-3.1-8B-Instruct", or a URI that starts with ' +
    "pvc://, oci://, s3:// or gs://";

const name = 'it must be a non-empty name without spaces, commas and "="';
const truth = "it must be true or false";

const { workspace, image, env, secretEnv, mounts, podSpec, readOnlyRootFilesystem } = fullServerArgs;
const { labels, annotations, podLabels, podAnnotations } = fullServerArgs;

/** All arguments of an LlmServer that is a Deployment, with a pool and a route. */
const full = {
    ...{ workspace, image, env, mounts, podSpec, readOnlyRootFilesystem, runAsUser: 1000 },
    ...{ labels, annotations, podLabels, podAnnotations },
    secretEnv: { ...secretEnv, AWS_SECRET_ACCESS_KEY: password },
    resources: { cpu: "8", memory: "64Gi", sharedMemory: "16Gi" },
    gpu: { count: 2, product: "NVIDIA-H100-80GB-HBM3" },
    model,
    revision: "0e9e39f249a16976918f6564b8830bc894c89659",
    servedModelName: "llama",
    huggingFaceToken: password,
    apiKey: password,
    command: ["python3", "-m", "vllm.entrypoints.cli.main", "serve"],
    args: ["--enforce-eager"],
    maxModelLen: 16384,
    dtype: "bfloat16",
    quantization: "fp8",
    kvCacheDtype: "fp8",
    gpuMemoryUtilization: 0.85,
    maxNumSeqs: 64,
    tensorParallelSize: 2,
    pipelineParallelSize: 1,
    prefixCaching: false,
    toolCallParser: "llama3_json",
    loras: [
        { name: "sql", uri: "pvc://adapters/sql" },
        { name: "mail", uri: "acme/mail-lora" },
    ],
    maxLoraRank: 32,
    maxLoras: 2,
    architecture: {
        parameters: "8.03B",
        layers: 32,
        kvHeads: 8,
        headDim: 128,
        attentionHeads: 32,
        contextLength: 131072,
    },
    checkMemory: true,
    replicas: 2,
    surge: false,
    cache: { size: "50Gi", storageClass: "fast" },
    startupTimeout: "30m",
    shutdownTimeout: "2m",
    route: { gateway: "public", hostnames: ["llm.example.com"], path: "/llama", timeout: "5m", tls: true },
    endpointPicker: { service: "picker", port: 9003, failOpen: true },
};

const architecture = { parameters: "8B", layers: 32, kvHeads: 8, headDim: 128 };

/** Invalid values of arguments that cannot be Outputs. */
const known: Row[] = [
    ["backend", ["StatefulSet", 5], "it must be one of Deployment, LeaderWorkerSet, KServe"],
    ["nodes", [0, 1.5, 1025, "2"], count(1024)],
];

const reserved = (flag: string, field: string): Case => [
    { args: [flag] },
    `args[0] is ${flag.split("=")[0]}; use the argument ${field} instead`,
];

const unsupported = (field: string, value: unknown, reason: string): Case => [
    { backend: LlmBackend.KServe, cache: undefined, endpointPicker: undefined, route: undefined, [field]: value },
    `${field} is not supported with backend "KServe": ${reason}; remove it`,
];

export const fixture: Fixture = {
    component: LlmServer,
    valid: () => ({
        ...validWorkload,
        model,
        checkMemory: false,
        loras: [{ name: "sql", uri: "acme/sql-lora" }],
        architecture,
        cache: {},
        route: { gateway: "public" },
        endpointPicker: { service: "picker" },
    }),
    full: () => full,
    children: 7,
    scalars: [
        ...workloadScalars,
        ["model", ["", "llama", "a/b/c", "http://a/b", "hf://a/b", 5], hub],
        ["revision", ["", "a b", "v1;rm", 5], "it must be a branch, a tag or a commit"],
        ["servedModelName", ["", "a b", "a,b", 5], name],
        ["maxModelLen", [0, 1.5, "8192"], count(large)],
        ["dtype", ["fp16", "", 16], "it must be one of auto, float16, bfloat16, float32"],
        [
            "quantization",
            ["int4", "AWQ", 4],
            "it must be one of awq, gptq, fp8, bitsandbytes, compressed-tensors, modelopt_fp4",
        ],
        ["kvCacheDtype", ["int8", 8], "it must be one of auto, fp8"],
        ["gpuMemoryUtilization", [0, -0.5, 1.1, "0.9"], "it must be a number greater than 0 and at most 1"],
        ["maxNumSeqs", [0, 1.5, "1"], count(large)],
        ["tensorParallelSize", [0, 1.5, 1025, "2"], count(1024)],
        ["pipelineParallelSize", [0, 1.5, 1025, "2"], count(1024)],
        ["prefixCaching", ["yes", 1], truth],
        ["toolCallParser", ["", "a b", 5], 'it must be the name of a vLLM tool call parser, such as "llama3_json"'],
        ["loras[0].name", ["", "a=b", "a b"], name],
        [
            "loras[0].uri",
            ["", "sql", "s3://a/b", "pvc://a/", 5],
            'it must be a model ID on Hugging Face, such as "acme/sql-lora", or pvc://<claim>/<directory>',
        ],
        ["maxLoraRank", [0, 12, "16"], "it must be one of 8, 16, 32, 64, 128, 256, 320, 512"],
        ["maxLoras", [0, 1.5, 1025, "1"], count(1024)],
        [
            "architecture.parameters",
            ["8", "8b", "8 B", 8e9],
            'it must be a number with the unit M, B or T (millions, billions or trillions), such as "8B"',
        ],
        ["architecture.layers", [0, 1.5, "32"], count(10000)],
        ["architecture.kvHeads", [0, 1.5, "8"], count(10000)],
        ["architecture.headDim", [0, 1.5, "128"], count(10000)],
        ["architecture.attentionHeads", [0, 1.5, "32"], count(10000)],
        ["architecture.contextLength", [0, 1.5, "8192"], count(large)],
        ["checkMemory", ["no", 0], truth],
        ["replicas", [-1, 1.5, 10001, "2"], "it must be an integer from 0 to 10000"],
        ["surge", ["no", 0], truth],
        ...claimScalars("cache"),
        ["startupTimeout", ["20"], length],
        ["shutdownTimeout", ["60"], length],
        ["route.gateway", ["Public"], subdomain],
        ["endpointPicker.service", ["Picker"], subdomain],
        ["endpointPicker.port", [0, 65536, "9002"], count(65535)],
        ["endpointPicker.failOpen", ["yes"], truth],
    ],
    plain: [...workloadPlain, ...known],
    cases: [
        ...workloadCases,
        ...claimCases("cache"),
        [
            { model: undefined },
            'model is missing; set it to a model ID on Hugging Face or a URI, for example "meta-llama/Llama-3.1-8B-Instruct"',
        ],
        [
            { model: "oci://registry.example/llama:1" },
            'model is "oci://registry.example/llama:1"; it must be oci://repository@sha256:<64 hexadecimal digits>, because a tag may point to another model later',
        ],
        [
            { model: "pvc://models/" },
            'model is "pvc://models/"; it must be a URI such as the model of a TrainingJob, "pvc://<claim>/<directory>" or "s3://<bucket>/<key>"',
        ],
        [{ huggingFaceToken: 5 }, `huggingFaceToken is a secret, whose value is not shown; ${nonEmptyString}`],
        [{ apiKey: "" }, `apiKey is a secret, whose value is not shown; ${nonEmptyString}`],
        [
            { apiKey: "a", huggingFaceToken: "b", env: { VLLM_API_KEY: "a" }, secretEnv: { HF_TOKEN: "b" } },
            "secretEnv.HF_TOKEN cannot be combined with huggingFaceToken; remove one of them",
            "env.VLLM_API_KEY cannot be combined with apiKey; remove one of them",
        ],
        reserved("--max-model-len=8192", "maxModelLen"),
        reserved("--max_model_len", "maxModelLen"),
        reserved("--api-key=hunter2", "apiKey"),
        reserved("-tp", "tensorParallelSize"),
        reserved("-n", "nodes"),
        [{ architecture: "llama" }, `architecture ${object}`],
        [
            { architecture: {} },
            "architecture.parameters is missing; set the number of parameters of the model",
            "architecture.layers is missing; set it to num_hidden_layers in config.json",
            "architecture.kvHeads is missing; set it to num_key_value_heads in config.json",
            "architecture.headDim is missing; set it to head_dim in config.json",
        ],
        [{ loras: "sql" }, 'loras is "sql"; it must be a list (its entries may be Outputs)'],
        [{ loras: [undefined] }, "loras[0] is missing; remove the entry or describe an adapter"],
        [
            { loras: [{}] },
            "loras[0].name is missing; set the name of the adapter",
            'loras[0].uri is missing; set it to a model ID on Hugging Face, such as "acme/sql-lora", or pvc://<claim>/<directory>',
        ],
        [
            {
                loras: [
                    { name: "a", uri: "a/b" },
                    { name: "a", uri: "a/c" },
                ],
            },
            "loras has two adapters named a; give each adapter a different name",
        ],
        [
            { loras: [], maxLoraRank: 8, maxLoras: 1 },
            "maxLoraRank is set without loras; remove it, or add an adapter to loras",
            "maxLoras is set without loras; remove it, or add an adapter to loras",
        ],
        [{ route: true }, `route ${object}`],
        [{ route: {} }, "route.gateway is missing; set the name of the Gateway, or remove the route"],
        [{ endpointPicker: "picker" }, `endpointPicker ${object}`],
        [
            { endpointPicker: {} },
            "endpointPicker.service is missing; set the name of the endpoint picker's Service, or remove endpointPicker",
        ],
        [
            { backend: LlmBackend.LeaderWorkerSet, cache: undefined },
            'nodes is 1; it must be at least 2 with backend "LeaderWorkerSet": set it, or remove backend',
        ],
        [
            { nodes: 2, cache: undefined },
            'nodes is 2; it must be 1 unless backend is "LeaderWorkerSet": set backend, or remove nodes',
        ],
        [
            { backend: LlmBackend.LeaderWorkerSet, nodes: 2 },
            "cache.accessMode must be ReadWriteMany when nodes is greater than 1, because pods on several nodes mount the volume",
        ],
        unsupported("command", ["vllm"], "KServe has its own command"),
        unsupported("cache", {}, "KServe downloads the model itself"),
        unsupported("surge", false, "KServe decides how pods are replaced"),
        unsupported("endpointPicker", { service: "picker" }, "KServe has its own endpoint picker"),
        unsupported(
            "huggingFaceToken",
            "hf_token",
            "KServe uses the HF_TOKEN in a Secret of the workspace's service account",
        ),
        [
            {
                backend: LlmBackend.KServe,
                cache: undefined,
                endpointPicker: undefined,
                route: { gateway: "a", path: "/a", timeout: "1m", tls: false },
                podLabels: { "app.kubernetes.io/part-of": "fraud" },
            },
            ...["path", "timeout", "tls"].map(
                (field) => `route.${field} is not supported with backend "KServe": KServe sets it; remove it`,
            ),
            'podLabels.app.kubernetes.io/part-of is set by KServe with backend "KServe", which finds pods by it; remove it',
        ],
        [
            { tensorParallelSize: 4, gpu: { count: 2 } },
            "tensorParallelSize is 4, which times pipelineParallelSize (1) is 4; it must be 2, which is gpu.count (2) times nodes (1)",
        ],
        [
            { tensorParallelSize: 3, architecture: undefined },
            "tensorParallelSize is 3; it must be a divisor of 32, the number of attention heads of the model",
        ],
        [
            { model: "Qwen/Qwen2.5-32B-Instruct", tensorParallelSize: 5, architecture: undefined },
            "tensorParallelSize is 5; it must be a divisor or a multiple of 8, the number of key-value heads of the model",
        ],
        [
            { tensorParallelSize: 2, gpu: { mig: "1g.10gb" } },
            "gpu.mig is 1g.10gb; a model cannot be divided among MIG devices or shared GPUs: use one of them, or whole GPUs",
        ],
        [
            { tensorParallelSize: 2, gpu: { sharing: "mps" } },
            "gpu.sharing is mps; a model cannot be divided among MIG devices or shared GPUs: use one of them, or whole GPUs",
        ],
        [
            { checkMemory: true, architecture: undefined, gpu: { product: "NVIDIA-L4" } },
            "maxModelLen defaults to the model's 131072, but the KV cache has room for 31024 tokens: of 22.5 GiB per GPU, " +
                "vLLM may use 20.2 (gpuMemoryUtilization is 0.9), and the weights take 15.0 and vLLM's overhead about 1.5; " +
                'set it to at most 31024, or use larger GPUs, more GPUs, a quantized model or kvCacheDtype "fp8"',
        ],
        [
            { checkMemory: true, architecture: undefined, gpu: { product: "Tesla-T4" }, maxModelLen: 1024 },
            "gpu has too little memory: of 15.0 GiB per GPU, vLLM may use 13.5 (gpuMemoryUtilization is 0.9), and the " +
                "weights take 15.0 and vLLM's overhead about 1.5; use larger GPUs, more GPUs, or a quantized model",
        ],
    ],
    secrets: workloadSecrets,
    missing: [
        ["model", 'set it to a model ID on Hugging Face or a URI, for example "meta-llama/Llama-3.1-8B-Instruct"'],
        ["loras[0].name", "set the name of the adapter"],
        ["architecture.layers", "set it to num_hidden_layers in config.json"],
    ],
    misspelt: [
        [
            "modell",
            `${workloadNames}, model, maxModelLen, dtype, quantization, kvCacheDtype, gpuMemoryUtilization, ` +
                "tensorParallelSize, pipelineParallelSize, architecture, checkMemory, nodes, revision, servedModelName, " +
                "huggingFaceToken, apiKey, maxNumSeqs, prefixCaching, toolCallParser, loras, maxLoraRank, maxLoras, " +
                "backend, replicas, surge, cache, startupTimeout, shutdownTimeout, route, endpointPicker",
        ],
        ["loras[0].path", "name, uri"],
        ["architecture.heads", "parameters, layers, kvHeads, headDim, attentionHeads, contextLength"],
        ["endpointPicker.name", "service, port, failOpen"],
        ...workloadMisspelt,
    ],
    allowed: [
        ...workloadAllowed.filter(([place]) => place !== "gpu"),
        ["gpu", [{}, { count: 8 }, { mig: "1g.10gb" }, { vendor: "amd", product: "AMD_Instinct_MI300X_OAM" }]],
        [
            "model",
            [
                "a/b",
                "Qwen/Qwen2.5-0.5B_x.y",
                "pvc://models",
                "pvc://models/run-1",
                "s3://bucket/key",
                "gs://bucket/key",
                `oci://registry.example/llama@sha256:${"a".repeat(64)}`,
            ],
        ],
        ["gpuMemoryUtilization", [0.01, 1]],
        ["quantization", Object.values(LlmQuantization)],
        ["cache", [null, undefined, {}]],
        ["replicas", [0]],
    ],
    // A server ignores the queue of its workspace.
    unused: ["workspace.queue"],
};
