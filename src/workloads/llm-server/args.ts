import * as pulumi from "@pulumi/pulumi";

import type { ResourcesArgs, WorkloadArgs } from "../../pod/args";
import type { ClaimArgs } from "../../pod/claim-args";
import type { GpuArgs } from "../../pod/gpu-args";
import type { RouteArgs } from "../../serving/route-args";

/** What a server of a language model is made of. */
export const LlmBackend = {
    /** Pods that each have the whole model. Plain Kubernetes. */
    Deployment: "Deployment",
    /** Groups of pods on several nodes that have a model together. Needs the add-on lws. */
    LeaderWorkerSet: "LeaderWorkerSet",
    /** KServe's LLMInferenceService, which also downloads the model and routes requests. Needs the add-on kserve. */
    KServe: "KServe",
} as const;
export type LlmBackend = (typeof LlmBackend)[keyof typeof LlmBackend];

/** The type of weights and activations. */
export const LlmDtype = {
    /** What the model was trained in, but for those of 32 bits, which are served in 16. */
    Auto: "auto",
    Float16: "float16",
    Bfloat16: "bfloat16",
    Float32: "float32",
} as const;
export type LlmDtype = (typeof LlmDtype)[keyof typeof LlmDtype];

/** In how few bits weights are kept. */
export const LlmQuantization = {
    /** 4 bits, of a model that was quantized so. */
    Awq: "awq",
    /** 4 bits, of a model that was quantized so. */
    Gptq: "gptq",
    /** 8 bits; a model that was not quantized is when it is loaded. */
    Fp8: "fp8",
    /** 4 bits; a model that was not quantized is when it is loaded. Since vLLM 0.28 the image needs a plugin for it. */
    BitsAndBytes: "bitsandbytes",
    /** What the model itself says, of one that was quantized with llm-compressor. Its memory is not estimated. */
    CompressedTensors: "compressed-tensors",
    /** 4 bits, of a model that was quantized with NVIDIA's ModelOpt. */
    ModeloptFp4: "modelopt_fp4",
} as const;
export type LlmQuantization = (typeof LlmQuantization)[keyof typeof LlmQuantization];

/** The type of what is kept of the tokens of a request. */
export const LlmKvCacheDtype = {
    /** That of the model. */
    Auto: "auto",
    /** 8 bits: twice the tokens in the same memory. */
    Fp8: "fp8",
} as const;
export type LlmKvCacheDtype = (typeof LlmKvCacheDtype)[keyof typeof LlmKvCacheDtype];

/** An adapter that makes another model of the one that is served, at the cost of little memory. */
export interface LoraArgs {
    /** The name by which requests ask for it. */
    name: pulumi.Input<string>;
    /** Where it is: a name on Hugging Face, or a directory of a volume, `pvc://<claim>/<directory>`. */
    uri: pulumi.Input<string>;
}

/** What a model is like, from its config.json, which its memory is estimated from. */
export interface LlmArchitectureArgs {
    /** The number of its weights, for example "8B" or "70.6B". All experts of a mixture count. */
    parameters: pulumi.Input<string>;
    /** `num_hidden_layers`. */
    layers: pulumi.Input<number>;
    /** `num_key_value_heads`. */
    kvHeads: pulumi.Input<number>;
    /** `head_dim`, or `hidden_size` divided by `num_attention_heads`. */
    headDim: pulumi.Input<number>;
    /** `num_attention_heads`, which `tensorParallel` must divide. Defaults to not being checked. */
    attentionHeads?: pulumi.Input<number>;
    /** `max_position_embeddings`, which holds where there is no `maxModelLen`. Defaults to not being checked. */
    contextLength?: pulumi.Input<number>;
}

/** What chooses a pod for each request, such as the router of llm-d, which is installed besides. */
export interface EndpointPickerArgs {
    /** Its Service, in the server's namespace. */
    service: pulumi.Input<string>;
    /** The Service's port. Defaults to 9002. */
    port?: pulumi.Input<number>;
    /** Whether requests are sent to any pod while it does not answer. Defaults to false: they fail. */
    failOpen?: pulumi.Input<boolean>;
}

/** How much of the memory of each GPU is used for what. All is empty where the model or the GPU is not known. */
export interface LlmEstimate {
    /** What the weights take of each GPU, in GiB. */
    weightsGiB?: number;
    /** What is left of each GPU for the cache of keys and values, in GiB. */
    kvCacheGiB?: number;
    /** How many tokens have room in the cache, those of all requests together. */
    kvCacheTokens?: number;
    /** How many requests of the greatest length have room in the cache at once. */
    concurrentRequests?: number;
}

/** The arguments of an LlmServer. */
export interface LlmServerArgs extends WorkloadArgs {
    /**
     * The model: a name on Hugging Face such as "meta-llama/Llama-3.1-8B-Instruct", the `model` of a TrainingJob
     * (`pvc://<claim>/<directory>`), an image (`oci://repository@sha256:…`), or an address in an object store
     * (`s3://`, `gs://`). Another model is rolled out like any change.
     */
    model: pulumi.Input<string>;
    /** The branch, tag or commit of a model on Hugging Face. Name a commit, for a branch moves. Defaults to `main`. */
    revision?: pulumi.Input<string>;
    /** The name by which requests ask for the model. Defaults to its name on Hugging Face, or the component's. */
    servedName?: pulumi.Input<string>;
    /**
     * The token with which the model is downloaded from Hugging Face. It is kept in a Secret. Not with KServe, which
     * takes the one of the workspace's service account.
     */
    huggingFaceToken?: pulumi.Input<string>;
    /**
     * The token that requests below /v1 must have (`Authorization: Bearer …`). It is kept in a Secret. Inside the
     * cluster vLLM answers without it under other paths, such as /invocations; a `route` does not lead there. Defaults
     * to none: whoever reaches the server may ask it.
     */
    apiKey?: pulumi.Input<string>;
    /**
     * The command that is given the arguments of vLLM. Defaults to `vllm serve`. Not with KServe, which has its own.
     * vLLM must be of version 0.18 or newer.
     */
    command?: pulumi.Input<string>[];
    /**
     * More arguments of vLLM, for what has no argument of its own here, for example "--enforce-eager". They come last.
     * Defaults to none.
     */
    args?: pulumi.Input<string>[];
    /**
     * What each pod gets. `cpu` defaults to "4" and `memory` to "24Gi"; `sharedMemory`, by which the processes of
     * several GPUs speak to each other, to "8Gi" where a copy of the model has more than one.
     */
    resources?: ResourcesArgs;
    /**
     * The GPUs of each pod. `count` defaults to `tensorParallel` × `pipelineParallel` / `nodes`. With a `product`, or
     * the least `memory`, a preview says whether the model fits. Defaults to whole GPUs of NVIDIA.
     */
    gpu?: GpuArgs;
    /** The user that the container runs as. Defaults to 2000, who is `vllm` in the project's own images. */
    runAsUser?: pulumi.Input<number>;
    /** Whether the container's file system is read-only but for `/tmp`. Defaults to true, and with KServe to false. */
    readOnlyRootFilesystem?: pulumi.Input<boolean>;
    /** The greatest length of a request with its answer, in tokens. Defaults to the model's own. */
    maxModelLen?: pulumi.Input<number>;
    /** The type of weights and activations. Defaults to Auto. */
    dtype?: pulumi.Input<LlmDtype>;
    /** In how few bits weights are kept. Defaults to what the model says. */
    quantization?: pulumi.Input<LlmQuantization>;
    /** The type of what is kept of tokens. Defaults to Auto. */
    kvCacheDtype?: pulumi.Input<LlmKvCacheDtype>;
    /** The share of each GPU's memory that vLLM takes, above 0 and at most 1. Defaults to 0.9. */
    gpuMemoryUtilization?: pulumi.Input<number>;
    /** How many requests are worked on at once. Defaults to vLLM's own limit. */
    maxNumSeqs?: pulumi.Input<number>;
    /** The GPUs that share each layer; best those of one node. Defaults to the GPUs of all nodes / `pipelineParallel`. */
    tensorParallel?: pulumi.Input<number>;
    /** The parts, one after the other, into which the layers are divided. Defaults to `nodes`. */
    pipelineParallel?: pulumi.Input<number>;
    /** Whether the beginnings of requests are kept for others that begin alike. Defaults to vLLM's own choice: yes. */
    prefixCaching?: pulumi.Input<boolean>;
    /** How vLLM reads calls of tools in the model's answers, for example "llama3_json". Defaults to not at all. */
    toolCallParser?: pulumi.Input<string>;
    /** Adapters that are served besides the model. Defaults to none. */
    loras?: LoraArgs[];
    /** The greatest rank of an adapter: 8, 16, 32, 64, 128, 256, 320 or 512. Defaults to vLLM's own limit, 16. */
    maxLoraRank?: pulumi.Input<number>;
    /** How many adapters are in the GPU's memory at once. Defaults to all. */
    maxLoras?: pulumi.Input<number>;
    /** What the model is like. Defaults to what is known of well-known models. */
    architecture?: LlmArchitectureArgs;
    /** Whether it is an error that the model, by estimate, does not fit into the GPUs' memory. Defaults to true. */
    checkMemory?: pulumi.Input<boolean>;
    /** What the server is made of. Defaults to a Deployment. Another one makes the server anew. */
    backend?: LlmBackend;
    /** The nodes over which each copy of the model is spread. Defaults to 1; more need the LeaderWorkerSet. */
    nodes?: number;
    /** The number of pods, or groups of pods. Defaults to 1. */
    replicas?: pulumi.Input<number>;
    /**
     * Whether an update starts a new pod, or group, before an old one goes, for which GPUs must be free. Defaults to
     * true; without, one goes first, and a server of one is away until the new one has started. Not with KServe.
     */
    surge?: pulumi.Input<boolean>;
    /**
     * A volume in which models from Hugging Face are kept, so that a new pod need not download them. Defaults to none:
     * each pod downloads to its node's disk. Not with KServe.
     */
    cache?: ClaimArgs;
    /** How long a pod may take until it answers: download, loading, compilation. Defaults to "20m". */
    startupTimeout?: pulumi.Input<string>;
    /** How long a pod that is told to stop has for the requests it still works on. Defaults to "1m". */
    shutdownTimeout?: pulumi.Input<string>;
    /**
     * The Gateway by which the server is reached from outside: what is below /v1, and nothing else. With KServe, what
     * KServe leads there, and without `path`, `timeout` and `tls`, which are KServe's. Defaults to none.
     */
    route?: RouteArgs;
    /**
     * Makes an InferencePool of the pods, and leads the `route` to it: the endpoint picker chooses the pod of each
     * request. Needs the add-on inference-extension. Not with KServe, which brings its own. Defaults to none.
     */
    endpointPicker?: EndpointPickerArgs;
}
