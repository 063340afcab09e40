/** Built-in facts about well-known models and GPUs. */

/** What determines the memory that a model needs. */
export interface Architecture {
    /** The number of all parameters. */
    parameters: number;
    /** How many of them belong to the embeddings and the output layer, which are not quantized. */
    embeddings?: number;
    layers: number;
    attentionHeads?: number;
    kvHeads: number;
    headDim: number;
    /** The context length of the model, in tokens. */
    context?: number;
}

/** A model: a pattern of its name, and fields of its config.json. */
type Row = [
    name: RegExp,
    /** In billions, as in the safetensors files. */
    parameters: number,
    layers: number,
    attentionHeads: number,
    kvHeads: number,
    headDim: number,
    context: number,
    vocabulary: number,
    hiddenSize: number,
    /** Whether the output layer reuses the embeddings. */
    tied?: boolean,
];

/**
 * Models whose layers are all of one kind, by the name of their repository in any organization. Models with sliding
 * windows, latent attention or state spaces need less KV cache per token than the formula says and are left out.
 * Source: config.json of each repository on https://huggingface.co
 */
const models: Row[] = [
    [/^(meta-)?llama-3-8b/, 8.03, 32, 32, 8, 128, 8192, 128256, 4096],
    [/^(meta-)?llama-3-70b/, 70.55, 80, 64, 8, 128, 8192, 128256, 8192],
    [/^(meta-)?llama-3\.1-8b/, 8.03, 32, 32, 8, 128, 131072, 128256, 4096],
    [/^(meta-)?llama-3\.[13]-70b/, 70.55, 80, 64, 8, 128, 131072, 128256, 8192],
    [/^(meta-)?llama-3\.1-405b/, 405.85, 126, 128, 8, 128, 131072, 128256, 16384],
    [/^llama-3\.2-1b/, 1.24, 16, 32, 8, 64, 131072, 128256, 2048, true],
    [/^llama-3\.2-3b/, 3.21, 28, 24, 8, 128, 131072, 128256, 3072, true],
    [/^mistral-7b(-instruct)?-v0\.3/, 7.25, 32, 32, 8, 128, 32768, 32768, 4096],
    [/^mixtral-8x7b/, 46.7, 32, 32, 8, 128, 32768, 32000, 4096],
    [/^mixtral-8x22b/, 140.6, 56, 48, 8, 128, 65536, 32768, 6144],
    [/^qwen2\.5-0\.5b/, 0.49, 24, 14, 2, 64, 32768, 151936, 896, true],
    [/^qwen2\.5-1\.5b/, 1.54, 28, 12, 2, 128, 32768, 151936, 1536, true],
    [/^qwen2\.5-3b/, 3.09, 36, 16, 2, 128, 32768, 151936, 2048, true],
    [/^qwen2\.5-7b/, 7.62, 28, 28, 4, 128, 32768, 152064, 3584],
    [/^qwen2\.5-14b/, 14.77, 48, 40, 8, 128, 32768, 152064, 5120],
    [/^qwen2\.5-32b/, 32.76, 64, 40, 8, 128, 32768, 152064, 5120],
    [/^qwen2\.5-72b/, 72.71, 80, 64, 8, 128, 32768, 152064, 8192],
    [/^qwen3-8b/, 8.19, 36, 32, 8, 128, 40960, 151936, 4096],
    [/^qwen3-14b/, 14.77, 40, 40, 8, 128, 40960, 151936, 5120],
    [/^qwen3-32b/, 32.76, 64, 64, 8, 128, 40960, 151936, 5120],
];

/** What may follow the size in the names of a publisher's own variants of a model. */
const variants = /^(-(instruct|base|chat))?(-v0\.[0-9])?(-(awq|gptq-int4|gptq-int8|fp8))?$/;

/** Returns the architecture of a model on Hugging Face by its ID, or undefined if it is unknown. */
export function findArchitecture(model: string): Architecture | undefined {
    const [, name] = /^[^/:]+\/([^/:]+)$/.exec(model.toLowerCase()) ?? [];
    if (name === undefined) {
        return undefined;
    }
    const row = models.find(([pattern]) => {
        const found = pattern.exec(name);
        // A model that someone else derived from it may have another architecture or context length.
        return found !== null && variants.test(name.slice(found[0].length));
    });
    if (row === undefined) {
        return undefined;
    }
    const [, billions, layers, attentionHeads, kvHeads, headDim, context, vocabulary, hiddenSize, tied] = row;
    return {
        parameters: billions * 1e9,
        embeddings: vocabulary * hiddenSize * (tied ? 1 : 2),
        layers,
        attentionHeads,
        kvHeads,
        headDim,
        context,
    };
}

/** The bits per weight, including its scales, by quantization. */
const bitsByQuantization: Record<string, number> = {
    awq: 4.16, // groups of 128 share a scale of 16 bits and a zero of 4
    gptq: 4.16,
    fp8: 8,
    bitsandbytes: 4.5, // groups of 64 share a scale of 32 bits
    modelopt_fp4: 4.5, // groups of 16 share a scale of 8 bits
};

/**
 * Returns the bits per weight: those of the quantization, or of the one in the model's name, or of the data type.
 * Undefined for a quantization that exists in several widths.
 */
export function weightBits(model: string, dtypeBytes: number, quantization: string | undefined): number | undefined {
    if (quantization !== undefined) {
        return bitsByQuantization[quantization];
    }
    const [, ending] = /-(awq|gptq-int4|gptq-int8|fp8)$/.exec(model.toLowerCase()) ?? [];
    return ending === undefined ? 8 * dtypeBytes : ({ fp8: 8, "gptq-int8": 8.16 }[ending] ?? 4.16);
}

/**
 * The memory of GPUs in MiB, by their product in the node label: the values that `nvidia-smi` and the label
 * `nvidia.com/gpu.memory` report, which are below the advertised size for GPUs with ECC memory.
 */
const gpus: [product: RegExp, memory: number][] = [
    [/^nvidia-b200/, 183359],
    [/^nvidia-h200/, 143771],
    [/^nvidia-h100-nvl/, 95830],
    [/^nvidia-h100/, 81559],
    [/^nvidia-a100.*80gb/, 81920],
    [/^nvidia-a100.*40gb/, 40960],
    [/^nvidia-l40s?$/, 46068],
    [/^nvidia-l4$/, 23034],
    [/^nvidia-a10g?$/, 23028],
    [/^nvidia-rtx-a6000$/, 49140],
    [/^nvidia-geforce-rtx-4090$/, 24564],
    [/^tesla-t4$/, 15360],
    [/^tesla-v100.*32gb$/, 32768],
    [/^tesla-v100.*16gb$/, 16384],
    [/mi300x/, 196592],
];

const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;

/** Returns the memory in bytes of a GPU or a MIG device, or undefined if it is unknown. */
export function findGpuMemory(product: string | undefined, mig: string | undefined): number | undefined {
    // With the MIG strategy "single", the product contains the profile.
    const [, size] = /\.(\d+)gb/i.exec(mig ?? product ?? "") ?? [];
    if (size !== undefined) {
        // A MIG device of "10gb" has about 9.5 GiB.
        return Number(size) * 0.95 * gibibyte;
    }
    const found = gpus.find(([pattern]) => pattern.test((product ?? "").toLowerCase().replace(/-shared$/, "")));
    return found && found[1] * mebibyte;
}
