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
    workloadScalars,
    workloadSecrets,
} from "./fixture";

const model = "meta-llama/Llama-3.1-8B-Instruct";
const count = (max: number) => `it must be an integer from 1 to ${max}`;
const large = 2 ** 31 - 1;
const hub =
    'it must be a name on Hugging Face, such as "meta-llama/Llama-3.1-8B-Instruct", or an address that begins with ' +
    "pvc://, oci://, s3:// or gs://";

const name = 'it must be a name without spaces, commas and "="';
const truth = "it must be true or false";

const { workspace, image, env, secretEnv, mounts, podSpec, readOnlyRootFilesystem } = fullServerArgs;

/** Everything that an LlmServer on plain Kubernetes can be told, with a pool and a route. */
const full = {
    ...{ workspace, image, env, mounts, podSpec, readOnlyRootFilesystem, runAsUser: 1000 },
    secretEnv: { ...secretEnv, AWS_SECRET_ACCESS_KEY: password },
    resources: { cpu: "8", memory: "64Gi", sharedMemory: "16Gi" },
    gpu: { count: 2, product: "NVIDIA-H100-80GB-HBM3" },
    model,
    revision: "0e9e39f249a16976918f6564b8830bc894c89659",
    servedName: "llama",
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
    tensorParallel: 2,
    pipelineParallel: 1,
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

/** Wrong values of arguments that are plain. */
const known: Row[] = [
    ["backend", ["StatefulSet", 5], "it must be one of Deployment, LeaderWorkerSet, KServe"],
    ["nodes", [0, 1.5, 1025, "2"], count(1024)],
];

const own = (flag: string, field: string): Case => [
    { args: [flag] },
    `args[0] is ${flag.split("=")[0]}, which has an argument of its own: use ${field}`,
];

const kserve = (field: string, value: unknown, mend: string): Case => [
    { backend: LlmBackend.KServe, cache: undefined, endpointPicker: undefined, route: undefined, [field]: value },
    `${field} is given besides backend "KServe"; ${mend}`,
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
        ["servedName", ["", "a b", "a,b", 5], name],
        ["maxModelLen", [0, 1.5, "8192"], count(large)],
        ["dtype", ["fp16", "", 16], "it must be one of auto, float16, bfloat16, float32"],
        [
            "quantization",
            ["int4", "AWQ", 4],
            "it must be one of awq, gptq, fp8, bitsandbytes, compressed-tensors, modelopt_fp4",
        ],
        ["kvCacheDtype", ["int8", 8], "it must be one of auto, fp8"],
        ["gpuMemoryUtilization", [0, -0.5, 1.1, "0.9"], "it must be a number above 0 and at most 1"],
        ["maxNumSeqs", [0, 1.5, "1"], count(large)],
        ["tensorParallel", [0, 1.5, 1025, "2"], count(1024)],
        ["pipelineParallel", [0, 1.5, 1025, "2"], count(1024)],
        ["prefixCaching", ["yes", 1], truth],
        ["toolCallParser", ["", "a b", 5], 'it must be the name of a parser of vLLM, such as "llama3_json"'],
        ["loras[0].name", ["", "a=b", "a b"], name],
        [
            "loras[0].uri",
            ["", "sql", "s3://a/b", "pvc://a", 5],
            'it must be a name on Hugging Face, such as "acme/sql-lora", or pvc://<claim>/<directory>',
        ],
        ["maxLoraRank", [0, 12, "16"], "it must be one of 8, 16, 32, 64, 128, 256, 320, 512"],
        ["maxLoras", [0, 1.5, 1025, "1"], count(1024)],
        [
            "architecture.parameters",
            ["8", "8b", "8 B", 8e9],
            'it must be a number of millions, billions or trillions, such as "8B"',
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
    plain: known,
    cases: [
        ...workloadCases,
        ...claimCases("cache"),
        [{ model: undefined }, 'model is missing; name it, for example "meta-llama/Llama-3.1-8B-Instruct"'],
        [
            { model: "oci://registry.example/llama:1" },
            'model is "oci://registry.example/llama:1"; it must be oci://repository@sha256:<64 hexadecimal digits>, because a tag may point to another model later',
        ],
        [
            { model: "pvc://models" },
            'model is "pvc://models"; it must be a URI such as the model of a TrainingJob, "pvc://<claim>/<directory>" or "s3://<bucket>/<key>"',
        ],
        [{ huggingFaceToken: 5 }, `huggingFaceToken is a secret, whose value is not shown; ${nonEmptyString}`],
        [{ apiKey: "" }, `apiKey is a secret, whose value is not shown; ${nonEmptyString}`],
        [
            { apiKey: "a", huggingFaceToken: "b", env: { VLLM_API_KEY: "a" }, secretEnv: { HF_TOKEN: "b" } },
            "secretEnv.HF_TOKEN is given besides huggingFaceToken; leave one of them out",
            "env.VLLM_API_KEY is given besides apiKey; leave one of them out",
        ],
        own("--max-model-len=8192", "maxModelLen"),
        own("--max_model_len", "maxModelLen"),
        own("--api-key=hunter2", "apiKey"),
        own("-tp", "tensorParallel"),
        own("-n", "nodes"),
        [{ architecture: "llama" }, `architecture ${object}`],
        [
            { architecture: {} },
            "architecture.parameters is missing; say how many weights it has",
            "architecture.layers is missing; give num_hidden_layers",
            "architecture.kvHeads is missing; give num_key_value_heads",
            "architecture.headDim is missing; give head_dim",
        ],
        [{ loras: "sql" }, 'loras is "sql"; it must be a list (its entries may be Outputs)'],
        [{ loras: [undefined] }, "loras[0] is missing; leave the entry out or describe an adapter"],
        [
            { loras: [{}] },
            "loras[0].name is missing; name the adapter",
            "loras[0].uri is missing; say where it is, for example pvc://<claim>/<directory>",
        ],
        [
            {
                loras: [
                    { name: "a", uri: "a/b" },
                    { name: "a", uri: "a/c" },
                ],
            },
            "loras has two adapters called a; requests could not tell them apart",
        ],
        [
            { loras: [], maxLoraRank: 8, maxLoras: 1 },
            "maxLoraRank is given without loras; leave it out or name an adapter",
            "maxLoras is given without loras; leave it out or name an adapter",
        ],
        [{ route: true }, `route ${object}`],
        [{ route: {} }, "route.gateway is missing; name the Gateway, or leave the route out"],
        [{ endpointPicker: "picker" }, `endpointPicker ${object}`],
        [
            { endpointPicker: {} },
            "endpointPicker.service is missing; name the Service of the endpoint picker, or leave endpointPicker out",
        ],
        [
            { backend: LlmBackend.LeaderWorkerSet, cache: undefined },
            "nodes is 1; a LeaderWorkerSet is for 2 or more: say how many, or leave backend out",
        ],
        [
            { nodes: 2, cache: undefined },
            "nodes is 2; pods on several nodes work together in a LeaderWorkerSet: set backend to it",
        ],
        [
            { backend: LlmBackend.LeaderWorkerSet, nodes: 2 },
            "cache.accessMode must be ReadWriteMany, because pods on several nodes mount the volume",
        ],
        kserve("command", ["vllm"], "KServe has its own: leave it out"),
        kserve("cache", {}, "KServe downloads the model itself: leave it out"),
        kserve("surge", false, "KServe rolls its pods itself: leave it out"),
        kserve("endpointPicker", { service: "picker" }, "KServe brings its own: leave it out"),
        kserve(
            "huggingFaceToken",
            "hf_token",
            "KServe downloads with the HF_TOKEN of a Secret that the workspace's service account names: put it there",
        ),
        [
            {
                backend: LlmBackend.KServe,
                cache: undefined,
                endpointPicker: undefined,
                route: { gateway: "a", path: "/a", timeout: "1m", tls: false },
            },
            ...["path", "timeout", "tls"].map(
                (field) => `route.${field} is given besides backend "KServe"; KServe chooses it: leave it out`,
            ),
        ],
        [
            { tensorParallel: 4, gpu: { count: 2 } },
            "tensorParallel is 4, times pipelineParallel (1) makes 4; it must make 2, which is gpu.count (2) times nodes (1)",
        ],
        [
            { tensorParallel: 3, architecture: undefined },
            "tensorParallel is 3; it must divide the 32 attention heads of the model",
        ],
        [
            { model: "Qwen/Qwen2.5-32B-Instruct", tensorParallel: 5, architecture: undefined },
            "tensorParallel is 5; it must divide the 8 key-value heads of the model, or be a multiple of their number",
        ],
        [
            { tensorParallel: 2, gpu: { mig: "1g.10gb" } },
            "gpu.mig is 1g.10gb; a model is not spread over parts of GPUs: use one, or whole GPUs",
        ],
        [
            { tensorParallel: 2, gpu: { sharing: "mps" } },
            "gpu.sharing is mps; a model is not spread over parts of GPUs: use one, or whole GPUs",
        ],
        [
            { checkMemory: true, architecture: undefined, gpu: { product: "NVIDIA-L4" } },
            "maxModelLen is left to the model, which has 131072, but there is room for 31024 tokens: of 22.5 GiB of each GPU, " +
                "gpuMemoryUtilization (0.9) leaves 20.2, of which weights take 15.0 and vLLM's own needs about 1.5; make it at " +
                'most 31024, use larger GPUs, more of them, a quantized model or kvCacheDtype "fp8"',
        ],
        [
            { checkMemory: true, architecture: undefined, gpu: { product: "Tesla-T4" }, maxModelLen: 1024 },
            "gpu has too little memory: of 15.0 GiB of each GPU, gpuMemoryUtilization (0.9) leaves 13.5, of which weights " +
                "take 15.0 and vLLM's own needs about 1.5; use larger GPUs, more of them, or a quantized model",
        ],
    ],
    secrets: workloadSecrets,
    missing: [
        ["model", 'name it, for example "meta-llama/Llama-3.1-8B-Instruct"'],
        ["loras[0].name", "name the adapter"],
        ["architecture.layers", "give num_hidden_layers"],
    ],
    misspelt: [
        [
            "modell",
            `${workloadNames}, model, revision, servedName, huggingFaceToken, apiKey, maxModelLen, dtype, quantization, ` +
                "kvCacheDtype, gpuMemoryUtilization, maxNumSeqs, tensorParallel, pipelineParallel, prefixCaching, " +
                "toolCallParser, loras, maxLoraRank, maxLoras, architecture, checkMemory, backend, nodes, replicas, surge, " +
                "cache, startupTimeout, shutdownTimeout, route, endpointPicker",
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
    // A server has no use for its workspace's queue.
    unused: ["workspace.queue"],
};
