import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as apps from "@pulumi/kubernetes/apps/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import * as policy from "@pulumi/kubernetes/policy/v1";
import * as pulumi from "@pulumi/pulumi";

import { duration } from "../duration";
import { hashedName } from "../manifests/hash";
import { mapInput, mapInputs } from "../manifests/inputs";
import { isOnHub, llmPort, ownFlags, servedName } from "../manifests/llm/command";
import { fitOf, type LlmFit, type LlmSpread, spreadOf } from "../manifests/llm/estimate";
import {
    inferencePool,
    kserveServiceName,
    type LlmContext,
    llmDeployment,
    llmDisruptionBudget,
    llmInferenceService,
    llmLabels,
    llmLeaderWorkerSet,
    llmService,
} from "../manifests/llm/objects";
import { modelProblem } from "../manifests/model";
import {
    dnsSubdomain,
    failOutput,
    Fields,
    integer,
    list,
    longestName,
    matching,
    object,
    oneOf,
    plain,
    Problems,
    required,
    Rule,
    rule,
    secretText,
    truth,
    validate,
} from "../validation";
import { AccessMode, checkClaim, ClaimArgs, claimFields, claimOf } from "./claim";
import { GpuArgs, gpuRule } from "./gpu";
import { gpuClaimTemplate } from "./gpu-claim";
import { publicUrlOf, RouteArgs, routeOf, routeRule } from "./route";
import { environmentSecret } from "./secret";
import { checkWorkload, ResourcesArgs, WorkloadArgs, workloadFields } from "./workload";

/** What a server of a language model is made of. */
export enum LlmBackend {
    /** Pods that each have the whole model. Plain Kubernetes. */
    Deployment = "Deployment",
    /** Groups of pods on several nodes that have a model together. Needs the add-on lws. */
    LeaderWorkerSet = "LeaderWorkerSet",
    /** KServe's LLMInferenceService, which also downloads the model and routes requests. Needs the add-on kserve. */
    KServe = "KServe",
}

/** The type of weights and activations. */
export enum LlmDtype {
    /** What the model was trained in, but for those of 32 bits, which are served in 16. */
    Auto = "auto",
    Float16 = "float16",
    Bfloat16 = "bfloat16",
    Float32 = "float32",
}

/** In how few bits weights are kept. */
export enum LlmQuantization {
    /** 4 bits, of a model that was quantized so. */
    Awq = "awq",
    /** 4 bits, of a model that was quantized so. */
    Gptq = "gptq",
    /** 8 bits; a model that was not quantized is when it is loaded. */
    Fp8 = "fp8",
    /** 4 bits; a model that was not quantized is when it is loaded. Since vLLM 0.28 the image needs a plugin for it. */
    BitsAndBytes = "bitsandbytes",
    /** What the model itself says, of one that was quantized with llm-compressor. Its memory is not estimated. */
    CompressedTensors = "compressed-tensors",
    /** 4 bits, of a model that was quantized with NVIDIA's ModelOpt. */
    ModeloptFp4 = "modelopt_fp4",
}

/** The type of what is kept of the tokens of a request. */
export enum LlmKvCacheDtype {
    /** That of the model. */
    Auto = "auto",
    /** 8 bits: twice the tokens in the same memory. */
    Fp8 = "fp8",
}

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

const decides = "it decides what is created: give a plain value";

const loraRanks = [8, 16, 32, 64, 128, 256, 320, 512];

const aName: Rule = matching(/^[^\s=,]+$/, 'it must be a name without spaces, commas and "="');

const size: Rule = integer(1, 2 ** 31 - 1);

const fields = {
    ...workloadFields,
    model: required(rule(llmModelProblem), 'name it, for example "meta-llama/Llama-3.1-8B-Instruct"'),
    revision: matching(/^[-\w./]+$/, "it must be a branch, a tag or a commit"),
    servedName: aName,
    huggingFaceToken: secretText,
    apiKey: secretText,
    maxModelLen: size,
    dtype: oneOf(Object.values(LlmDtype)),
    quantization: oneOf(Object.values(LlmQuantization)),
    kvCacheDtype: oneOf(Object.values(LlmKvCacheDtype)),
    gpuMemoryUtilization: rule((value) =>
        typeof value === "number" && value > 0 && value <= 1 ? undefined : "it must be a number above 0 and at most 1",
    ),
    maxNumSeqs: size,
    tensorParallel: integer(1, 1024),
    pipelineParallel: integer(1, 1024),
    prefixCaching: truth,
    toolCallParser: matching(/^[-\w]+$/, 'it must be the name of a parser of vLLM, such as "llama3_json"'),
    loras: list(
        required(
            object({
                name: required(aName, "name the adapter"),
                uri: required(rule(loraProblem), "say where it is, for example pvc://<claim>/<directory>"),
            }),
            "leave the entry out or describe an adapter",
        ),
    ),
    maxLoraRank: rule((value) =>
        loraRanks.includes(value as number) ? undefined : `it must be one of ${loraRanks.join(", ")}`,
    ),
    maxLoras: integer(1, 1024),
    architecture: object({
        parameters: required(
            matching(/^\d+(\.\d+)?[MBT]$/, 'it must be a number of millions, billions or trillions, such as "8B"'),
            "say how many weights it has",
        ),
        layers: required(integer(1, 10000), "give num_hidden_layers"),
        kvHeads: required(integer(1, 10000), "give num_key_value_heads"),
        headDim: required(integer(1, 10000), "give head_dim"),
        attentionHeads: integer(1, 10000),
        contextLength: size,
    }),
    checkMemory: truth,
    backend: plain(oneOf(Object.values(LlmBackend)), decides),
    nodes: plain(integer(1, 1024), decides),
    replicas: integer(0, 10000),
    surge: truth,
    cache: object(claimFields),
    startupTimeout: duration,
    shutdownTimeout: duration,
    route: routeRule,
    endpointPicker: object({
        service: required(dnsSubdomain, "name the Service of the endpoint picker, or leave endpointPicker out"),
        port: integer(1, 65535),
        failOpen: truth,
    }),
};

function llmModelProblem(model: unknown): string | undefined {
    if (isOnHub(model)) {
        return undefined;
    }
    return typeof model === "string" && /^(pvc|oci|s3|gs):/.test(model)
        ? modelProblem(model)
        : 'it must be a name on Hugging Face, such as "meta-llama/Llama-3.1-8B-Instruct", or an address that begins ' +
              "with pvc://, oci://, s3:// or gs://";
}

function loraProblem(uri: unknown): string | undefined {
    const isClaim = typeof uri === "string" && uri.startsWith("pvc://") && modelProblem(uri) === undefined;
    return isOnHub(uri) || isClaim
        ? undefined
        : 'it must be a name on Hugging Face, such as "acme/sql-lora", or pvc://<claim>/<directory>';
}

/**
 * The longest name of a LeaderWorkerSet. The workers of group 10000 are a StatefulSet called `<name>-10000`, whose pods
 * have a label of it, a hyphen and 10 more characters, and a label has 63.
 */
const longestOfGroups = 46;

function checkAcross(args: LlmServerArgs, problems: Problems, name: string): void {
    checkWorkload(args, problems);
    checkClaim(args.cache, "cache", problems);
    checkBackend(args, problems, name);
    checkSecrets(args, problems);
    checkFlags(args, problems);
    checkLoras(args, problems);
    const told = mapInputs(factsOf(args), (facts) => (isSound(facts) ? fitOf(facts).problems : []));
    if (Array.isArray(told)) {
        told.forEach(({ path, problem }) => problems.add(path, problem));
    }
}

function checkBackend(args: LlmServerArgs, problems: Problems, name: string): void {
    const { backend = LlmBackend.Deployment, nodes = 1, cache } = args;
    if (backend === LlmBackend.LeaderWorkerSet && name.length > longestOfGroups && name.length <= longestName) {
        const most = `it must be at most ${longestOfGroups} characters`;
        problems.add("the name", `is "${name}"; with the backend LeaderWorkerSet ${most}`);
    }
    if (backend === LlmBackend.LeaderWorkerSet && nodes < 2) {
        problems.add("nodes", `is ${nodes}; a LeaderWorkerSet is for 2 or more: say how many, or leave backend out`);
    }
    if (backend !== LlmBackend.LeaderWorkerSet && nodes > 1) {
        problems.add(
            "nodes",
            `is ${nodes}; pods on several nodes work together in a LeaderWorkerSet: set backend to it`,
        );
    }
    if (nodes > 1 && cache && cache.claim === undefined && typeof (cache.accessMode ?? "") === "string") {
        if (cache.accessMode !== AccessMode.ReadWriteMany) {
            problems.add("cache.accessMode", "must be ReadWriteMany, because pods on several nodes mount the volume");
        }
    }
    if (backend === LlmBackend.KServe) {
        const instead: Partial<Record<keyof LlmServerArgs, string>> = {
            command: "KServe has its own: leave it out",
            cache: "KServe downloads the model itself: leave it out",
            surge: "KServe rolls its pods itself: leave it out",
            endpointPicker: "KServe brings its own: leave it out",
            huggingFaceToken:
                "KServe downloads with the HF_TOKEN of a Secret that the workspace's service account names: put it there",
        };
        for (const [field, mend] of Object.entries(instead)) {
            if (args[field as keyof LlmServerArgs] !== undefined) {
                problems.add(field, `is given besides backend "KServe"; ${mend}`);
            }
        }
        for (const field of (["path", "timeout", "tls"] as const).filter((one) => args.route?.[one] !== undefined)) {
            problems.add(`route.${field}`, 'is given besides backend "KServe"; KServe chooses it: leave it out');
        }
    }
}

/** The variables in which tokens are handed over. */
const tokens = { huggingFaceToken: "HF_TOKEN", apiKey: "VLLM_API_KEY" } as const;

function checkSecrets(args: LlmServerArgs, problems: Problems): void {
    for (const [field, variable] of Object.entries(tokens)) {
        for (const place of ["env", "secretEnv"] as const) {
            if (args[field as keyof typeof tokens] !== undefined && variable in (args[place] ?? {})) {
                problems.add(`${place}.${variable}`, `is given besides ${field}; leave one of them out`);
            }
        }
    }
}

function checkFlags(args: LlmServerArgs, problems: Problems): void {
    (args.args ?? []).forEach((word, index) => {
        const flag = typeof word === "string" ? word.replace(/=.*/s, "") : "";
        const field = ownFlags[flag.startsWith("--") ? flag.replaceAll("_", "-") : flag];
        if (field !== undefined) {
            problems.add(`args[${index}]`, `is ${flag}, which has an argument of its own: use ${field}`);
        }
    });
}

function checkLoras(args: LlmServerArgs, problems: Problems): void {
    const loras = args.loras ?? [];
    const names = loras.map((lora) => lora?.name).filter((name) => typeof name === "string");
    for (const name of new Set(names.filter((one, index) => names.indexOf(one) !== index))) {
        problems.add("loras", `has two adapters called ${name}; requests could not tell them apart`);
    }
    for (const field of (["maxLoraRank", "maxLoras"] as const).filter((one) => args[one] !== undefined)) {
        if (loras.length === 0) {
            problems.add(field, "is given without loras; leave it out or name an adapter");
        }
    }
}

/** What decides how many GPUs a server has, and whether it fits. */
function factsOf(args: LlmServerArgs) {
    const { count, product, memory, mig, sharing } = args.gpu ?? {};
    return {
        model: args.model,
        nodes: args.nodes ?? 1,
        tensorParallel: args.tensorParallel,
        pipelineParallel: args.pipelineParallel,
        dtype: args.dtype,
        quantization: args.quantization,
        kvCacheDtype: args.kvCacheDtype,
        maxModelLen: args.maxModelLen,
        gpuMemoryUtilization: args.gpuMemoryUtilization,
        checkMemory: args.checkMemory,
        gpu: { count, product, memory, mig, sharing },
        architecture: args.architecture,
    };
}

const factFields = ((): Fields => {
    const { model, tensorParallel, pipelineParallel, dtype, quantization, kvCacheDtype, maxModelLen } = fields;
    const { gpuMemoryUtilization, checkMemory, nodes, architecture } = fields;
    const parallel = { tensorParallel, pipelineParallel, nodes, gpu: gpuRule };
    return {
        ...parallel,
        ...{ model, dtype, quantization, kvCacheDtype, maxModelLen, gpuMemoryUtilization, checkMemory, architecture },
    };
})();

/** Whether each fact is of the right kind; others have been told of where they stand. */
function isSound(facts: object): boolean {
    let count = 0;
    object(factFields)(facts, "", { add: () => void count++, line: (_path, problem) => problem });
    return count === 0;
}

/**
 * A server of a large language model by vLLM, at an address that clients of OpenAI's API understand.
 *
 * A preview says how the model fits into the memory of the GPUs, and fails where it does not. Every change of the
 * image, the model or an option is a rolling update: a new pod is ready before an old one goes, for which GPUs must be
 * free, unless `surge` is false. What cannot be changed in place: the name, the workspace's namespace and `backend`,
 * which make the server anew.
 *
 * The image is one of vLLM, 0.18 or newer, such as the project's own, `vllm/vllm-openai`.
 */
export class LlmServer extends pulumi.ComponentResource {
    /**
     * The address inside the cluster for clients of OpenAI's API, for example
     * "http://llama.ml.svc.cluster.local:8000/v1".
     */
    public readonly url: pulumi.Output<string>;
    /** The same from outside, where `route.hostnames` says how it is reached, for example "https://llm.example.com/v1". */
    public readonly publicUrl?: pulumi.Output<string>;
    /** The name by which requests ask for the model. */
    public readonly modelName: pulumi.Output<string>;
    /** The name of the Service. */
    public readonly serviceName: pulumi.Output<string>;
    /** How much of the memory of each GPU is used for what, by estimate. */
    public readonly estimate: pulumi.Output<LlmEstimate>;

    constructor(name: string, args: LlmServerArgs, opts?: pulumi.ComponentResourceOptions) {
        const checked = validate("LlmServer", name, args, fields, checkAcross);
        super("kubernetes-mlops:index:LlmServer", name, {}, opts);

        const { backend = LlmBackend.Deployment } = checked;
        const { namespace } = checked.workspace;
        const labels = llmLabels(name);
        const fit = fitOfServer(name, checked, this);
        const { nodes = 1, tensorParallel, pipelineParallel, gpu } = checked;
        const spread = mapInputs({ nodes, tensorParallel, pipelineParallel, gpu: { count: gpu?.count } }, spreadOf);
        // Where the fit is known only later, so is the model, which fails with it.
        const model = pulumi.Output.isInstance(fit)
            ? pulumi.all([fit, checked.model]).apply(([, known]) => known)
            : checked.model;
        const server = withDefaults({ ...checked, model }, spread);
        const secret =
            server.secretEnv &&
            environmentSecret(
                name,
                {
                    // Named after its content: a new token is a new Secret, which is rolled out like any change.
                    secretName: hashedName(`${name}-env`, server.secretEnv),
                    namespace,
                    labels,
                    values: server.secretEnv,
                },
                { parent: this },
            );
        const context: LlmContext = {
            spread,
            secretName: secret?.metadata.name,
            cache:
                checked.cache &&
                claimOf(`${name}-cache`, checked.cache, { resource: `${name}-cache`, namespace, labels }, this),
            claimTemplate: gpuClaimTemplate(name, server, labels, this),
        };

        const target: LlmTarget =
            backend === LlmBackend.KServe
                ? inferenceServiceOf(name, server, context, this)
                : podsOf(name, server, context, this);

        this.serviceName = pulumi.output(target.service);
        this.modelName = pulumi.output(servedName(name, server));
        this.estimate = pulumi.output(mapInput(fit, ({ estimate }) => estimate));
        // Whoever uses the address waits for pods that answer.
        this.url = pulumi
            .all([target.service, target.namespace])
            .apply(([host, known]) => `http://${host}.${known}.svc.cluster.local:${llmPort}/v1`);
        const outside = publicUrlOf(checked.route);
        this.publicUrl =
            outside &&
            pulumi
                .all([outside, namespace])
                .apply(([address, known]) =>
                    backend === LlmBackend.KServe ? `${address}/${known}/${name}/v1` : `${address}/v1`,
                );
        this.registerOutputs({
            url: this.url,
            publicUrl: this.publicUrl,
            modelName: this.modelName,
            serviceName: this.serviceName,
            estimate: this.estimate,
        });
    }
}

/** How a server fits into its GPUs. Where that is known only now, it fails here if it does not. */
function fitOfServer(name: string, args: LlmServerArgs, resource: pulumi.Resource): pulumi.Input<LlmFit> {
    return mapInputs(factsOf(args), (facts) => {
        const fit = fitOf(facts);
        if (fit.problems.length > 0) {
            const lines = fit.problems.map(({ path, problem }) => `LlmServer "${name}": ${path} ${problem}`);
            return failOutput<LlmFit>(lines.join("\n"));
        }
        if (Object.keys(fit.estimate).length === 0 && facts.checkMemory !== false && pulumi.runtime.isDryRun()) {
            void pulumi.log.warn(
                "whether the model fits into the memory of its GPUs is not checked, because one of them is not known: " +
                    "give architecture, and gpu.product or gpu.memory, or set checkMemory to false",
                resource,
            );
        }
        return fit;
    });
}

/** The arguments with what they are without being said. */
function withDefaults(args: LlmServerArgs, spread: pulumi.Input<LlmSpread>): LlmServerArgs {
    const given = Object.entries(tokens).flatMap(([field, variable]) => {
        const value = args[field as keyof typeof tokens];
        return value === undefined ? [] : [[variable, value] as const];
    });
    const secretEnv = { ...args.secretEnv, ...Object.fromEntries(given) };
    const gpus = mapInput(spread, (known) => known.gpus);
    const { nodes = 1 } = args;
    return {
        ...args,
        gpu: { ...args.gpu, count: gpus },
        resources: {
            cpu: "4",
            memory: "24Gi",
            // It takes what is used and no more, so where the number is not known yet it does no harm. Of several nodes
            // each has processes besides the one that computes, whatever its GPUs.
            ...((gpus !== 1 || nodes > 1) && { sharedMemory: "8Gi" }),
            ...args.resources,
        },
        runAsUser: args.runAsUser ?? 2000,
        ...(Object.keys(secretEnv).length > 0 && { secretEnv }),
    };
}

/** Where a server is found, which is known when it answers. */
interface LlmTarget {
    service: pulumi.Input<string>;
    namespace: pulumi.Input<string>;
}

/** A server whose pods the component makes itself: alone, or several that have a model together. */
function podsOf(name: string, args: LlmServerArgs, context: LlmContext, parent: pulumi.Resource): LlmTarget {
    const { nodes = 1, endpointPicker, route } = args;
    const service = new core.Service(`${name}-service`, llmService(name, args, nodes), { parent });
    // Where another stack has a server of this name, that is found out before its pods are touched.
    const opts = { parent, dependsOn: service };
    const pods =
        args.backend === LlmBackend.LeaderWorkerSet
            ? new CustomResource(`${name}-leaderworkerset`, llmLeaderWorkerSet(name, args, context, nodes), opts)
            : new apps.Deployment(`${name}-deployment`, llmDeployment(name, args, context), opts);
    new policy.PodDisruptionBudget(`${name}-pdb`, llmDisruptionBudget(name, args), { parent });
    const pool =
        endpointPicker &&
        new CustomResource(`${name}-pool`, inferencePool(name, args, endpointPicker, nodes), { parent });
    if (route) {
        const backend = pool
            ? { service: pool.metadata.name, group: "inference.networking.k8s.io", kind: "InferencePool" }
            : { service: service.metadata.name };
        const target = {
            namespace: args.workspace.namespace,
            labels: llmLabels(name),
            backends: [{ ...backend, port: llmPort }],
            // vLLM asks for the key there and hardly anywhere else: /invocations answers whoever asks.
            only: "/v1",
        };
        // A long answer takes longer than Gateways wait by themselves.
        routeOf(name, { timeout: "10m", ...route }, target, parent, [pods]);
    }
    const { namespace } = args.workspace;
    return {
        service: pulumi.all([service.metadata.name, pods.metadata.name]).apply(([known]) => known),
        namespace: pulumi.all([namespace, pods.metadata.name]).apply(([known]) => known),
    };
}

/** A server that KServe makes. */
function inferenceServiceOf(
    name: string,
    args: LlmServerArgs,
    context: LlmContext,
    parent: pulumi.Resource,
): LlmTarget {
    const { metadata } = new CustomResource(`${name}-inferenceservice`, llmInferenceService(name, args, context), {
        parent,
    });
    return {
        service: metadata.name.apply(kserveServiceName),
        namespace: pulumi.all([args.workspace.namespace, metadata.name]).apply(([known]) => known),
    };
}
