import type * as pulumi from "@pulumi/pulumi";

import { bytesOf } from "../../arguments/quantity";
import type { LlmEstimate, LlmServerArgs } from "./args";
import type { factRules } from "./fact-rules";
import { type Architecture, architectureOf, gpuMemory, weightBits } from "./models";

/** The arguments that decide how a server is spread over GPUs, and whether it fits into their memory, once known. */
export type LlmFacts = pulumi.Unwrap<Pick<LlmServerArgs, keyof typeof factRules>>;

/** What is wrong, and where. */
export interface LlmProblem {
    path: string;
    problem: string;
}

/** The arguments that decide how a server is spread over GPUs. */
export type SpreadFacts = Pick<LlmFacts, "nodes" | "tensorParallel" | "pipelineParallel"> & {
    gpu?: { count?: number };
};

/** How a server is spread over GPUs. */
export interface LlmSpread {
    tensorParallel: number;
    pipelineParallel: number;
    /** The GPUs of each pod. */
    gpus: number;
}

/** What follows from the facts. */
export interface LlmFit {
    estimate: LlmEstimate;
    problems: LlmProblem[];
}

export const defaultUtilization = 0.9;

/**
 * What vLLM needs of each GPU besides weights and cache: activations at their peak, CUDA's own memory, buffers of NCCL
 * and captured graphs. Its log says of Llama 3.1 8B "PyTorch activation peak memory takes 1.2GiB" and 0.1 to 0.3 GiB of
 * "non_torch_memory"; larger batches need more.
 */
const overheadGiB = 1.5;

const gibibyte = 2 ** 30;

/** The tokens of a block of the cache, of which there are only whole ones. */
const blockSize = 16;

/** How a server is spread over GPUs, as it is told; what is not told follows from what is. */
export function spreadOf({ nodes = 1, gpu, ...told }: SpreadFacts): LlmSpread {
    const pipelineParallel = told.pipelineParallel ?? nodes;
    const all = (gpu?.count ?? 1) * nodes;
    const tensorParallel = told.tensorParallel ?? Math.max(1, Math.floor(all / pipelineParallel));
    const gpus = gpu?.count ?? Math.max(1, Math.floor((tensorParallel * pipelineParallel) / nodes));
    return { tensorParallel, pipelineParallel, gpus };
}

/** What a server needs of its GPUs, and what is wrong with it. */
export function fitOf(facts: LlmFacts): LlmFit {
    const spread = spreadOf(facts);
    const problems = parallelProblems(facts, spread);
    const estimate = problems.length > 0 ? {} : estimateOf(facts, spread, problems);
    return { estimate, problems: facts.checkMemory === false ? problems.filter(isCertain) : problems };
}

/** Whether a problem does not come from an estimate. */
const isCertain = ({ path }: LlmProblem): boolean => path !== "maxModelLen" && path !== "gpu";

function parallelProblems(facts: LlmFacts, { tensorParallel, pipelineParallel, gpus }: LlmSpread): LlmProblem[] {
    const problems: LlmProblem[] = [];
    const { nodes = 1, gpu } = facts;
    if (tensorParallel * pipelineParallel !== gpus * nodes) {
        problems.push({
            path: "tensorParallel",
            problem:
                `is ${tensorParallel}, times pipelineParallel (${pipelineParallel}) makes ${tensorParallel * pipelineParallel}; ` +
                `it must make ${gpus * nodes}, which is gpu.count (${gpus}) times nodes (${nodes})`,
        });
    }
    const { attentionHeads, kvHeads } = architecture(facts) ?? {};
    if (attentionHeads !== undefined && attentionHeads % tensorParallel !== 0) {
        problems.push({
            path: "tensorParallel",
            problem: `is ${tensorParallel}; it must divide the ${attentionHeads} attention heads of the model`,
        });
    } else if (kvHeads !== undefined && kvHeads % tensorParallel !== 0 && tensorParallel % kvHeads !== 0) {
        // vLLM says of it no more than "AssertionError", when it makes the layers.
        problems.push({
            path: "tensorParallel",
            problem:
                `is ${tensorParallel}; it must divide the ${kvHeads} key-value heads of the model, or be a multiple ` +
                "of their number",
        });
    }
    for (const part of ["mig", "sharing"] as const) {
        // Several shares in one pod are refused of all workloads.
        const isTold = part === "sharing" && (gpu?.count ?? 1) > 1;
        if (gpu?.[part] !== undefined && gpus * nodes > 1 && !isTold) {
            problems.push({
                path: `gpu.${part}`,
                problem: `is ${gpu[part]}; a model is not spread over parts of GPUs: use one, or whole GPUs`,
            });
        }
    }
    return problems;
}

/**
 * What the server needs of each GPU. Problems are added where it does not fit, with the words that vLLM would say
 * twenty minutes later.
 */
function estimateOf(facts: LlmFacts, spread: LlmSpread, problems: LlmProblem[]): LlmEstimate {
    const known = architecture(facts);
    const memory = memoryOf(facts.gpu);
    const dtypeBytes = facts.dtype === "float32" ? 4 : 2;
    const bits = weightBits(facts.model, dtypeBytes, facts.quantization);
    if (known === undefined || memory === undefined || bits === undefined) {
        return {};
    }
    const { tensorParallel, pipelineParallel } = spread;
    const weights = weightBytes(known, bits, dtypeBytes) / (tensorParallel * pipelineParallel) / gibibyte;
    const utilization = facts.gpuMemoryUtilization ?? defaultUtilization;
    const usable = (memory / gibibyte) * utilization;
    const left = usable - weights - overheadGiB;
    const share =
        `of ${shown(memory / gibibyte)} GiB of each GPU, gpuMemoryUtilization (${utilization}) leaves ` +
        `${shown(usable)}, of which weights take ${shown(weights)} and vLLM's own needs about ${overheadGiB}`;
    if (left <= 0) {
        problems.push({
            path: "gpu",
            problem: `has too little memory: ${share}; use larger GPUs, more of them, or a quantized model`,
        });
        return {};
    }
    const cacheBytes = facts.kvCacheDtype?.startsWith("fp8") ? 1 : dtypeBytes;
    const perToken = tokenBytes(known, spread, cacheBytes);
    const tokens = Math.floor((left * gibibyte) / perToken / blockSize) * blockSize;
    const length = facts.maxModelLen ?? known.context;
    if (length !== undefined && tokens < length) {
        const what = facts.maxModelLen === undefined ? "is left to the model, which has" : "is";
        problems.push({
            path: "maxModelLen",
            problem:
                `${what} ${length}, but there is room for ${tokens} tokens: ${share}; make it at most ${tokens}, ` +
                `use larger GPUs, more of them, a quantized model${cacheBytes > 1 ? ' or kvCacheDtype "fp8"' : ""}`,
        });
    }
    return {
        weightsGiB: rounded(weights),
        kvCacheGiB: rounded(left),
        kvCacheTokens: tokens,
        ...(length !== undefined && { concurrentRequests: rounded(tokens / length) }),
    };
}

function architecture(facts: LlmFacts): Architecture | undefined {
    const { architecture: told, model } = facts;
    if (told === undefined) {
        return architectureOf(model);
    }
    const { parameters, contextLength, ...others } = told;
    return { ...others, parameters: parameterCount(parameters), context: contextLength };
}

/** The number of a text such as "8B" or "70.6B". */
function parameterCount(text: string): number {
    const units: Record<string, number> = { M: 1e6, B: 1e9, T: 1e12 };
    return Number(text.slice(0, -1)) * units[text.slice(-1)]!;
}

/** The memory of each GPU: the one that its product has, or else the least that is asked for. */
function memoryOf(gpu: LlmFacts["gpu"]): number | undefined {
    if (gpu?.sharing !== undefined) {
        // How much of it is there depends on the others that share it.
        return undefined;
    }
    const known = gpuMemory(gpu?.product, gpu?.mig);
    return known ?? (gpu?.memory === undefined ? undefined : bytesOf(gpu.memory));
}

/** What each GPU keeps of a token: a key and a value for each head of each layer that it has. */
export function tokenBytes(
    { layers, kvHeads, headDim }: Architecture,
    { tensorParallel, pipelineParallel }: LlmSpread,
    cacheBytes: number,
): number {
    // Where there are more GPUs than heads, each has a copy of one.
    const heads = Math.ceil(kvHeads / tensorParallel);
    return 2 * Math.ceil(layers / pipelineParallel) * heads * headDim * cacheBytes;
}

/** What all weights take together. */
export function weightBytes({ parameters, embeddings = 0 }: Architecture, bits: number, dtypeBytes: number): number {
    return ((parameters - embeddings) * bits) / 8 + embeddings * Math.max(bits / 8, dtypeBytes);
}

const rounded = (amount: number): number => Math.round(amount * 10) / 10;
const shown = (amount: number): string => amount.toFixed(1);
