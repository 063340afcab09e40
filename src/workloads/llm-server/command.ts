import * as pulumi from "@pulumi/pulumi";

import { seconds } from "../../arguments/duration";
import { joinInputs, mapInput, mapInputs } from "../../arguments/inputs";
import { inputVolume, modelDir, type PodVolumes } from "../../pod/model-volume";
import type { LlmServerArgs } from "./args";
import { defaultUtilization, type LlmSpread } from "./estimate";
import { isMounted, isOnHub } from "./model-name";

/** The port on which vLLM serves. */
export const llmPort = 8000;

/** The flags of vLLM that follow from arguments of their own, and must not be given twice. */
export const ownFlags: Record<string, string> = {
    "--api-key": "apiKey",
    "--device-memory-utilization": "gpuMemoryUtilization",
    "--dtype": "dtype",
    "--enable-auto-tool-choice": "toolCallParser",
    "--enable-lora": "loras",
    "--enable-prefix-caching": "prefixCaching",
    "--gpu-memory-utilization": "gpuMemoryUtilization",
    "--hf-token": "huggingFaceToken",
    "--kv-cache-dtype": "kvCacheDtype",
    "--load-format": "model",
    "--lora-modules": "loras",
    "--max-lora-rank": "maxLoraRank",
    "--max-loras": "maxLoras",
    "--max-model-len": "maxModelLen",
    "--max-num-seqs": "maxNumSeqs",
    "--model": "model",
    "--nnodes": "nodes",
    "--no-enable-auto-tool-choice": "toolCallParser",
    "--no-enable-lora": "loras",
    "--no-enable-prefix-caching": "prefixCaching",
    "--pipeline-parallel-size": "pipelineParallel",
    "--quantization": "quantization",
    "--revision": "revision",
    "--served-model-name": "servedName",
    "--shutdown-timeout": "shutdownTimeout",
    "--tensor-parallel-size": "tensorParallel",
    "--tool-call-parser": "toolCallParser",
    "-n": "nodes",
    "-pp": "pipelineParallel",
    "-q": "quantization",
    "-tp": "tensorParallel",
};

/** The name by which requests ask for the model. */
export function servedName(name: string, args: LlmServerArgs): pulumi.Input<string> {
    return args.servedName ?? mapInput(args.model, (model) => (isOnHub(model) ? model : name));
}

type Flag = string | number | boolean;

/** Words of a command line, some or all of which may not be known yet. */
type Words = pulumi.Input<pulumi.Input<string>[]>;

/** An option that is always given. */
function option(name: string, value: pulumi.Input<Flag>): pulumi.Input<string>[] {
    return [mapInput(value, (known) => `--${name}=${known}`)];
}

/** An option that is given where it has a value. */
function optional(name: string, value: pulumi.Input<Flag | undefined> | undefined): Words {
    return mapInput(value, (known) => (known === undefined || known === null ? [] : [`--${name}=${known}`]));
}

/**
 * The options of the model, which are the same wherever it is served.
 * Source: https://docs.vllm.ai/en/latest/cli/serve/
 */
function modelFlags(args: LlmServerArgs, spread: pulumi.Input<LlmSpread>): Words[] {
    return [
        optional("max-model-len", args.maxModelLen),
        optional("dtype", args.dtype),
        optional("quantization", args.quantization),
        optional("kv-cache-dtype", args.kvCacheDtype),
        // Said always, because what vLLM does without it changes with its version, and the estimate is for this one.
        option("gpu-memory-utilization", args.gpuMemoryUtilization ?? defaultUtilization),
        optional("max-num-seqs", args.maxNumSeqs),
        option(
            "pipeline-parallel-size",
            mapInput(spread, ({ pipelineParallel }) => pipelineParallel),
        ),
        mapInput(args.prefixCaching, (on) =>
            typeof on === "boolean" ? [on ? "--enable-prefix-caching" : "--no-enable-prefix-caching"] : [],
        ),
        mapInput(args.toolCallParser, (parser) =>
            parser ? ["--enable-auto-tool-choice", `--tool-call-parser=${parser}`] : [],
        ),
    ];
}

/** The command line of a server that the component starts itself. */
export function vllmArgs(name: string, args: LlmServerArgs, spread: pulumi.Input<LlmSpread>): Words {
    const loras = args.loras ?? [];
    return joined([
        [mapInput(args.model, (model) => (isMounted(model) ? modelDir : model))],
        option("load-format", mapInput(args.model, loadFormat)),
        option("served-model-name", servedName(name, args)),
        option("port", llmPort),
        optional("revision", args.revision),
        option(
            "tensor-parallel-size",
            mapInput(spread, ({ tensorParallel }) => tensorParallel),
        ),
        ...modelFlags(args, spread),
        ...(loras.length === 0
            ? []
            : [
                  ["--enable-lora", "--lora-modules"],
                  ...loras.map((lora, index) =>
                      mapInputs(lora, ({ name: loraName, uri }) => [
                          `${loraName}=${isMounted(uri) ? loraDir(index) : uri}`,
                      ]),
                  ),
                  optional("max-lora-rank", args.maxLoraRank),
                  option("max-loras", args.maxLoras ?? loras.length),
              ]),
        option("shutdown-timeout", mapInput(args.shutdownTimeout ?? "1m", seconds)),
        args.args ?? [],
    ]);
}

/** What is in an object store is read straight into the GPU. */
const loadFormat = (model: string): string => (/^(s3|gs):/.test(model) ? "runai_streamer" : "auto");

/** What a server of several nodes says besides: the first is asked, and the others only compute. */
export function nodeFlags(nodes: number, leader: boolean): string[] {
    // LeaderWorkerSet gives each pod these variables, which the kubelet fills in.
    return [
        `--nnodes=${nodes}`,
        "--node-rank=$(LWS_WORKER_INDEX)",
        "--master-addr=$(LWS_LEADER_ADDRESS)",
        ...(leader ? [] : ["--headless"]),
    ];
}

/** The options that KServe hands over to vLLM, whose command line it writes itself. */
export function kserveFlags(args: LlmServerArgs, spread: pulumi.Input<LlmSpread>): Words {
    return joined([...modelFlags(args, spread), (args.args ?? []).map((word) => mapInput(word, quoted))]);
}

/** KServe's command is one for a shell, which reads the words once more. */
function quoted(word: string): string {
    return /^[-\w./:=,@%+]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function joined(words: Words[]): Words {
    return words.reduce((first, second) => joinInputs<pulumi.Input<string>>(first, second), []);
}

/** Where the adapter of this number is mounted. */
const loraDir = (index: number): string => `/lora/${index}`;

/** The volumes of the model and of the adapters. */
export function modelVolumes(args: LlmServerArgs): PodVolumes[] {
    const model = mountedVolume(args.model);
    const loras = (args.loras ?? []).map(({ uri }, index): PodVolumes => {
        const { volumes, mounts } = mountedVolume(uri);
        const volume = `lora-${index}`;
        return {
            volumes: mapInput(volumes, (known) => known.map((one) => ({ ...one, name: volume }))),
            mounts: mapInput(mounts, (known) =>
                known.map((one) => ({ ...one, name: volume, mountPath: loraDir(index) })),
            ),
        };
    });
    return [model, ...loras];
}

function mountedVolume(address: pulumi.Input<string>): PodVolumes {
    const parts = inputVolume(address);
    return {
        volumes: mapInput(address, (known) => (isMounted(known) ? parts.volumes : [])),
        mounts: mapInput(address, (known) => (isMounted(known) ? parts.mounts : [])),
    } as PodVolumes;
}
