import type * as pulumi from "@pulumi/pulumi";

import { bytesOf } from "../../arguments/quantity";
import type { LlmEstimate, LlmServerArgs } from "./args";
import type { factRules } from "./fact-rules";
import { type Architecture, findArchitecture, findGpuMemory, weightBits } from "./models";

/** The known values of the arguments that decide on the parallelism, and on whether the model fits into GPU memory. */
export type LlmFacts = pulumi.Unwrap<Pick<LlmServerArgs, keyof typeof factRules>>;

/** An invalid argument and what is wrong with it. */
export interface LlmProblem {
    path: string;
    problem: string;
}

/** The arguments that decide on the parallelism. */
export type ParallelismFacts = Pick<LlmFacts, "nodes" | "tensorParallelSize" | "pipelineParallelSize"> & {
    gpu?: { count?: number };
};

/** How a model is divided among GPUs. */
export interface LlmParallelism {
    tensorParallelSize: number;
    pipelineParallelSize: number;
    /** The number of GPUs of each pod. */
    gpus: number;
}

/** The estimate, and the arguments that contradict it or each other. */
export interface LlmFit {
    estimate: LlmEstimate;
    problems: LlmProblem[];
}

export const defaultUtilization = 0.9;

/**
 * The memory of each GPU that vLLM needs in addition to weights and KV cache: peak activations, CUDA context, NCCL buffers
 * and CUDA graphs. For Llama 3.1 8B, vLLM logs "PyTorch activation peak memory takes 1.2GiB" and 0.1 to 0.3 GiB of
 * "non_torch_memory". Larger batches need more.
 */
const overheadGiB = 1.5;

const gibibyte = 2 ** 30;

/** The tokens per block of the KV cache, which consists of whole blocks. */
const blockSize = 16;

/** Returns the parallelism of a server. Missing arguments follow from those that are set. */
export function resolveParallelism({ nodes = 1, gpu, ...given }: ParallelismFacts): LlmParallelism {
    const pipelineParallelSize = given.pipelineParallelSize ?? nodes;
    const total = (gpu?.count ?? 1) * nodes;
    const tensorParallelSize = given.tensorParallelSize ?? Math.max(1, Math.floor(total / pipelineParallelSize));
    const gpus = gpu?.count ?? Math.max(1, Math.floor((tensorParallelSize * pipelineParallelSize) / nodes));
    return { tensorParallelSize, pipelineParallelSize, gpus };
}

/** Estimates the GPU memory of a server, and checks whether it suffices. */
export function estimateFit(facts: LlmFacts): LlmFit {
    const parallelism = resolveParallelism(facts);
    const problems = parallelismProblems(facts, parallelism);
    const estimate = problems.length > 0 ? {} : estimateMemory(facts, parallelism, problems);
    return { estimate, problems: facts.checkMemory === false ? problems.filter(isExact) : problems };
}

/** Returns whether a problem is independent of the estimate. */
const isExact = ({ path }: LlmProblem): boolean => path !== "maxModelLen" && path !== "gpu";

function parallelismProblems(
    facts: LlmFacts,
    { tensorParallelSize, pipelineParallelSize, gpus }: LlmParallelism,
): LlmProblem[] {
    const problems: LlmProblem[] = [];
    const { nodes = 1, gpu } = facts;
    if (tensorParallelSize * pipelineParallelSize !== gpus * nodes) {
        problems.push({
            path: "tensorParallelSize",
            problem:
                `is ${tensorParallelSize}, which times pipelineParallelSize (${pipelineParallelSize}) is ` +
                `${tensorParallelSize * pipelineParallelSize}; it must be ${gpus * nodes}, which is gpu.count (${gpus}) times ` +
                `nodes (${nodes})`,
        });
    }
    const { attentionHeads, kvHeads } = resolveArchitecture(facts) ?? {};
    if (attentionHeads !== undefined && attentionHeads % tensorParallelSize !== 0) {
        problems.push({
            path: "tensorParallelSize",
            problem: `is ${tensorParallelSize}; it must be a divisor of ${attentionHeads}, the number of attention heads of the model`,
        });
    } else if (kvHeads !== undefined && kvHeads % tensorParallelSize !== 0 && tensorParallelSize % kvHeads !== 0) {
        // vLLM fails with a bare "AssertionError" when it creates the layers.
        problems.push({
            path: "tensorParallelSize",
            problem:
                `is ${tensorParallelSize}; it must be a divisor or a multiple of ${kvHeads}, the number of key-value heads ` +
                "of the model",
        });
    }
    for (const part of ["mig", "sharing"] as const) {
        // More than one time-sliced or MPS GPU per pod is an error of every workload, and already reported.
        const isReported = part === "sharing" && (gpu?.count ?? 1) > 1;
        if (gpu?.[part] !== undefined && gpus * nodes > 1 && !isReported) {
            problems.push({
                path: `gpu.${part}`,
                problem: `is ${gpu[part]}; a model cannot be divided among MIG devices or shared GPUs: use one of them, or whole GPUs`,
            });
        }
    }
    return problems;
}

/**
 * Estimates the memory of each GPU. Reports a model that does not fit, which vLLM itself would report only after loading
 * it.
 */
function estimateMemory(facts: LlmFacts, parallelism: LlmParallelism, problems: LlmProblem[]): LlmEstimate {
    const known = resolveArchitecture(facts);
    const memory = resolveGpuMemory(facts.gpu);
    const dtypeBytes = facts.dtype === "float32" ? 4 : 2;
    const bits = weightBits(facts.model, dtypeBytes, facts.quantization);
    if (known === undefined || memory === undefined || bits === undefined) {
        return {};
    }
    const { tensorParallelSize, pipelineParallelSize } = parallelism;
    const weights = weightBytes(known, bits, dtypeBytes) / (tensorParallelSize * pipelineParallelSize);
    const utilization = facts.gpuMemoryUtilization ?? defaultUtilization;
    const usable = memory * utilization;
    const left = usable - weights - overheadGiB * gibibyte;
    const breakdown =
        `of ${formatGiB(memory)} GiB per GPU, vLLM may use ${formatGiB(usable)} (gpuMemoryUtilization is ${utilization}), ` +
        `and the weights take ${formatGiB(weights)} and vLLM's overhead about ${overheadGiB}`;
    if (left <= 0) {
        problems.push({
            path: "gpu",
            problem: `has too little memory: ${breakdown}; use larger GPUs, more GPUs, or a quantized model`,
        });
        return {};
    }
    const cacheBytes = facts.kvCacheDtype?.startsWith("fp8") ? 1 : dtypeBytes;
    const perToken = tokenBytes(known, parallelism, cacheBytes);
    const tokens = Math.floor(left / perToken / blockSize) * blockSize;
    const length = facts.maxModelLen ?? known.context;
    if (length !== undefined && tokens < length) {
        const what = facts.maxModelLen === undefined ? "defaults to the model's" : "is";
        problems.push({
            path: "maxModelLen",
            problem:
                `${what} ${length}, but the KV cache has room for ${tokens} tokens: ${breakdown}; set it to at most ` +
                `${tokens}, or use larger GPUs, more GPUs, ` +
                (cacheBytes > 1 ? 'a quantized model or kvCacheDtype "fp8"' : "or a quantized model"),
        });
    }
    return {
        weightsGiB: round(weights / gibibyte),
        kvCacheGiB: round(left / gibibyte),
        kvCacheTokens: tokens,
        ...(length !== undefined && { concurrentRequests: round(tokens / length) }),
    };
}

function resolveArchitecture(facts: LlmFacts): Architecture | undefined {
    const { architecture, model } = facts;
    if (architecture === undefined) {
        return findArchitecture(model);
    }
    const { parameters, contextLength, ...others } = architecture;
    return { ...others, parameters: parseParameters(parameters), context: contextLength };
}

/** Returns the number of parameters, such as "8B" or "70.6B". */
function parseParameters(parameters: string): number {
    const units: Record<string, number> = { M: 1e6, B: 1e9, T: 1e12 };
    return Number(parameters.slice(0, -1)) * units[parameters.slice(-1)]!;
}

/** Returns the memory of each GPU, in bytes: that of its product, or else the minimum that is requested. */
function resolveGpuMemory(gpu: LlmFacts["gpu"]): number | undefined {
    if (gpu?.sharing !== undefined) {
        // The available memory depends on the other pods that share the GPU.
        return undefined;
    }
    const known = findGpuMemory(gpu?.product, gpu?.mig);
    return known ?? (gpu?.memory === undefined ? undefined : bytesOf(gpu.memory));
}

/** Returns the bytes of each GPU that the KV cache of one token takes: a key and a value per head and layer. */
export function tokenBytes(
    { layers, kvHeads, headDim }: Architecture,
    { tensorParallelSize, pipelineParallelSize }: LlmParallelism,
    cacheBytes: number,
): number {
    // With more GPUs than heads, each GPU has a copy of one head.
    const heads = Math.ceil(kvHeads / tensorParallelSize);
    return 2 * Math.ceil(layers / pipelineParallelSize) * heads * headDim * cacheBytes;
}

/** Returns the bytes of all weights. */
export function weightBytes({ parameters, embeddings = 0 }: Architecture, bits: number, dtypeBytes: number): number {
    return ((parameters - embeddings) * bits) / 8 + embeddings * Math.max(bits / 8, dtypeBytes);
}

const round = (amount: number): number => Math.round(amount * 10) / 10;
const formatGiB = (bytes: number): string => (bytes / gibibyte).toFixed(1);
