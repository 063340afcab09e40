import * as pulumi from "@pulumi/pulumi";

import type { ResourcesArgs, WorkloadArgs } from "../../pod/args";
import type { ClaimArgs } from "../../pod/claim-args";
import type { GpuArgs } from "../../pod/gpu-args";
import type { RouteArgs } from "../../serving/route-args";

/** What runs the pods of an LlmServer. */
export const LlmBackend = {
    /** A Deployment: each pod has the whole model. */
    Deployment: "Deployment",
    /** A LeaderWorkerSet: groups of pods on several nodes share a model. Needs the add-on `leaderWorkerSet`. */
    LeaderWorkerSet: "LeaderWorkerSet",
    /** A KServe LLMInferenceService: KServe downloads the model and routes requests. Needs the add-on `kserve`. */
    KServe: "KServe",
} as const;
export type LlmBackend = (typeof LlmBackend)[keyof typeof LlmBackend];

/** The data type of weights and activations. */
export const LlmDtype = {
    /** The type in the model's config.json, except that float32 becomes float16. */
    Auto: "auto",
    Float16: "float16",
    Bfloat16: "bfloat16",
    Float32: "float32",
} as const;
export type LlmDtype = (typeof LlmDtype)[keyof typeof LlmDtype];

/** The quantization of the weights. */
export const LlmQuantization = {
    /** 4 bits, for a model that was quantized with AWQ. */
    Awq: "awq",
    /** 4 bits, for a model that was quantized with GPTQ. */
    Gptq: "gptq",
    /** 8 bits; an unquantized model is quantized while it is loaded. */
    Fp8: "fp8",
    /** 4 bits; an unquantized model is quantized while it is loaded. Since vLLM 0.28 the image needs a plugin for it. */
    BitsAndBytes: "bitsandbytes",
    /** As in the config.json of a model that was quantized with llm-compressor. Its memory is not estimated. */
    CompressedTensors: "compressed-tensors",
    /** 4 bits, for a model that was quantized with NVIDIA ModelOpt. */
    ModeloptFp4: "modelopt_fp4",
} as const;
export type LlmQuantization = (typeof LlmQuantization)[keyof typeof LlmQuantization];

/** The data type of the KV cache. */
export const LlmKvCacheDtype = {
    /** The type of the model. */
    Auto: "auto",
    /** 8 bits: twice as many tokens in the same memory. */
    Fp8: "fp8",
} as const;
export type LlmKvCacheDtype = (typeof LlmKvCacheDtype)[keyof typeof LlmKvCacheDtype];

/** A LoRA adapter, which is served as a model of its own and takes little memory. */
export interface LoraArgs {
    /** The name of the model in requests. */
    name: pulumi.Input<string>;
    /** The model ID on Hugging Face, or a directory of a PersistentVolumeClaim, `pvc://<claim>/<directory>`. */
    uri: pulumi.Input<string>;
}

/** The architecture of a model, from its config.json. The memory that the model needs is estimated from it. */
export interface LlmArchitectureArgs {
    /** The number of parameters, for example "8B" or "70.6B". For a mixture of experts, that of all experts. */
    parameters: pulumi.Input<string>;
    /** `num_hidden_layers`. */
    layers: pulumi.Input<number>;
    /** `num_key_value_heads`. */
    kvHeads: pulumi.Input<number>;
    /** `head_dim`, or `hidden_size` divided by `num_attention_heads`. */
    headDim: pulumi.Input<number>;
    /** `num_attention_heads`, which must be divisible by `tensorParallelSize`. Defaults to none: it is not checked. */
    attentionHeads?: pulumi.Input<number>;
    /** `max_position_embeddings`, the default of `maxModelLen`. Defaults to none: it is not checked. */
    contextLength?: pulumi.Input<number>;
}

/** An endpoint picker, which chooses the pod for each request. Install it separately, for example the router of llm-d. */
export interface EndpointPickerArgs {
    /** The name of its Service, in the server's namespace. */
    service: pulumi.Input<string>;
    /** The port of the Service. Defaults to 9002. */
    port?: pulumi.Input<number>;
    /** Whether requests go to any pod while the endpoint picker does not answer. Defaults to false: they fail. */
    failOpen?: pulumi.Input<boolean>;
}

/** The estimated memory use of each GPU. Empty if the architecture of the model or the memory of the GPU is unknown. */
export interface LlmEstimate {
    /** The memory of each GPU for weights, in GiB. */
    weightsGiB?: number;
    /** The memory of each GPU for the KV cache, in GiB. */
    kvCacheGiB?: number;
    /** The number of tokens that fit into the KV cache, over all requests. */
    kvCacheTokens?: number;
    /** The number of requests of maximum length that fit into the KV cache at once. */
    concurrentRequests?: number;
}

/** The arguments of an LlmServer. */
export interface LlmServerArgs extends WorkloadArgs {
    /**
     * The model: its ID on Hugging Face, for example "meta-llama/Llama-3.1-8B-Instruct", or the URI of the `model` of a
     * TrainingJob (`pvc://<claim>/<directory>`), an image (`oci://repository@sha256:…`) or an object store (`s3://`,
     * `gs://`). Changing it is a rolling update.
     */
    model: pulumi.Input<string>;
    /** The branch, tag or commit of a model on Hugging Face. Prefer a commit: branches move. Defaults to "main". */
    revision?: pulumi.Input<string>;
    /** The name of the model in requests. Defaults to the model ID on Hugging Face, otherwise to the component's name. */
    servedModelName?: pulumi.Input<string>;
    /**
     * The token for downloads from Hugging Face. It is stored in a Secret. Not supported with KServe, which uses the
     * token of the workspace's service account. Defaults to none.
     */
    huggingFaceToken?: pulumi.Input<string>;
    /**
     * The API key that requests to /v1 must carry (`Authorization: Bearer …`). It is stored in a Secret. vLLM does not
     * check it on other paths such as /invocations, which are reachable inside the cluster but not through a `route`.
     * Defaults to none: anyone who can reach the server can use it.
     */
    apiKey?: pulumi.Input<string>;
    /**
     * The command that receives the arguments of vLLM, which must be version 0.18 or newer. Not supported with KServe,
     * which has its own command. Defaults to ["vllm", "serve"].
     */
    command?: pulumi.Input<string>[];
    /**
     * More vLLM options, for those without an argument here, for example "--enforce-eager". They come last. Defaults to
     * none.
     */
    args?: pulumi.Input<string>[];
    /**
     * The resources of each pod. `cpu` defaults to "4" and `memory` to "24Gi". `sharedMemory`, through which the
     * processes of several GPUs communicate, defaults to "8Gi" if each copy of the model uses more than one GPU.
     */
    resources?: ResourcesArgs;
    /**
     * The GPUs of each pod. `count` defaults to `tensorParallelSize` × `pipelineParallelSize` / `nodes`. With `product` or
     * `memory`, a preview checks whether the model fits. Defaults to whole NVIDIA GPUs.
     */
    gpu?: GpuArgs;
    /** The UID that the container runs as. Defaults to 2000, the user `vllm` of the official images. */
    runAsUser?: pulumi.Input<number>;
    /** Whether the container's file system is read-only except for `/tmp`. Defaults to true, with KServe to false. */
    readOnlyRootFilesystem?: pulumi.Input<boolean>;
    /** The maximum length of a request with its response, in tokens. Defaults to the context length of the model. */
    maxModelLen?: pulumi.Input<number>;
    /** The data type of weights and activations. Defaults to Auto. */
    dtype?: pulumi.Input<LlmDtype>;
    /** The quantization of the weights. Defaults to the one in the model's config.json. */
    quantization?: pulumi.Input<LlmQuantization>;
    /** The data type of the KV cache. Defaults to Auto. */
    kvCacheDtype?: pulumi.Input<LlmKvCacheDtype>;
    /** The fraction of each GPU's memory that vLLM uses, greater than 0 and at most 1. Defaults to 0.9. */
    gpuMemoryUtilization?: pulumi.Input<number>;
    /** The maximum number of requests that are processed at once. Defaults to vLLM's own limit. */
    maxNumSeqs?: pulumi.Input<number>;
    /**
     * The number of GPUs that split each layer, best the GPUs of one node. Defaults to the number of GPUs of all nodes /
     * `pipelineParallelSize`.
     */
    tensorParallelSize?: pulumi.Input<number>;
    /** The number of pipeline stages into which the layers are divided. Defaults to `nodes`. */
    pipelineParallelSize?: pulumi.Input<number>;
    /** Whether the KV cache of common prompt prefixes is reused between requests. Defaults to vLLM's default, true. */
    prefixCaching?: pulumi.Input<boolean>;
    /** The parser for tool calls in the model's output, for example "llama3_json". Defaults to none: no tool calling. */
    toolCallParser?: pulumi.Input<string>;
    /** LoRA adapters to serve in addition to the model. Defaults to none. */
    loras?: LoraArgs[];
    /** The maximum rank of an adapter: 8, 16, 32, 64, 128, 256, 320 or 512. Defaults to vLLM's default, 16. */
    maxLoraRank?: pulumi.Input<number>;
    /** The maximum number of adapters in GPU memory at once. Defaults to the number of `loras`. */
    maxLoras?: pulumi.Input<number>;
    /** The architecture of the model. Defaults to the built-in one of well-known models. */
    architecture?: LlmArchitectureArgs;
    /** Whether to fail if, by estimate, the model does not fit into the memory of the GPUs. Defaults to true. */
    checkMemory?: pulumi.Input<boolean>;
    /** What runs the pods. Changing it replaces the server. Defaults to Deployment. */
    backend?: LlmBackend;
    /** The number of nodes that share each copy of the model. More than 1 needs the backend LeaderWorkerSet. Defaults to 1. */
    nodes?: number;
    /** The number of pods, or of groups of pods. Defaults to 1. */
    replicas?: pulumi.Input<number>;
    /**
     * Whether an update starts a new pod, or group, before it deletes an old one, which needs free GPUs. If false, it
     * deletes one first, so that a server with one replica is unavailable meanwhile. Not supported with KServe. Defaults to
     * true.
     */
    surge?: pulumi.Input<boolean>;
    /**
     * A volume that caches models from Hugging Face, so that new pods do not download them again. Not supported with
     * KServe. Defaults to none: each pod downloads to the disk of its node.
     */
    cache?: ClaimArgs;
    /** How long a pod may take to become ready: to download, load and compile the model. Defaults to "20m". */
    startupTimeout?: pulumi.Input<string>;
    /** How long a pod may take after SIGTERM to finish the requests in flight. Defaults to "1m". */
    shutdownTimeout?: pulumi.Input<string>;
    /**
     * Exposes the server through a Gateway: the paths below /v1 and no others. With KServe, KServe creates the route and
     * chooses its paths; `path`, `timeout` and `tls` are then not supported. Defaults to none.
     */
    route?: RouteArgs;
    /**
     * Creates an InferencePool of the pods and routes requests to it: the endpoint picker chooses the pod for each
     * request. Needs the add-on `inferenceExtension`. Not supported with KServe, which has its own. Defaults to none.
     */
    endpointPicker?: EndpointPickerArgs;
}
