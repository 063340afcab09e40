import * as pulumi from "@pulumi/pulumi";

import { seconds } from "../../arguments/duration";
import { joinInputs, mapInput, mapInputs } from "../../arguments/inputs";
import { escapeReferences, literal, shellCode, splitPlaceholders, templateEngines } from "../../arguments/words";
import { buildModelVolume, modelDir } from "../../pod/model-volume";
import type { PodVolumes } from "../../pod/volumes";
import type { LlmServerArgs } from "./args";
import { defaultUtilization, type LlmParallelism } from "./estimate";
import { isMounted, isHubId } from "./model-name";

/** The port on which vLLM serves HTTP. */
export const llmPort = 8000;

export const shutdownSeconds = ({ shutdownTimeout }: LlmServerArgs): pulumi.Input<number> =>
    mapInput(shutdownTimeout ?? "1m", seconds);

/** How long vLLM takes to exit after its last request, in seconds. */
export const vllmExitSeconds = 20;

/** The vLLM options that follow from arguments of an LlmServer, by the argument to use instead. */
export const reservedFlags: Record<string, string> = {
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
    "--pipeline-parallel-size": "pipelineParallelSize",
    "--quantization": "quantization",
    "--revision": "revision",
    "--served-model-name": "servedModelName",
    "--shutdown-timeout": "shutdownTimeout",
    "--tensor-parallel-size": "tensorParallelSize",
    "--tool-call-parser": "toolCallParser",
    "-n": "nodes",
    "-pp": "pipelineParallelSize",
    "-q": "quantization",
    "-tp": "tensorParallelSize",
};

/** Returns the name of the model in requests. */
export function servedModelName(name: string, args: LlmServerArgs): pulumi.Input<string> {
    return args.servedModelName ?? mapInput(args.model, (model) => (isHubId(model) ? model : name));
}

type Flag = string | number | boolean;

/** Command-line arguments, some or all of which may be unknown. */
type CommandArgs = pulumi.Input<pulumi.Input<string>[]>;

/** Returns an option that is always set. */
function option(name: string, value: pulumi.Input<Flag>): pulumi.Input<string>[] {
    return [mapInput(value, (known) => `--${name}=${escapeReferences(String(known))}`)];
}

/** Returns an option that is set if it has a value. */
function optional(name: string, value: pulumi.Input<Flag | undefined> | undefined): CommandArgs {
    return mapInput(value, (known) =>
        known === undefined || known === null ? [] : [`--${name}=${escapeReferences(String(known))}`],
    );
}

/**
 * Returns the options of the model, which all backends share.
 * Source: https://docs.vllm.ai/en/latest/cli/serve/
 */
function buildModelFlags(args: LlmServerArgs, parallelism: pulumi.Input<LlmParallelism>): CommandArgs[] {
    return [
        optional("max-model-len", args.maxModelLen),
        optional("dtype", args.dtype),
        optional("quantization", args.quantization),
        optional("kv-cache-dtype", args.kvCacheDtype),
        // Always set, because vLLM's default changes with its version and the estimate is for this value.
        option("gpu-memory-utilization", args.gpuMemoryUtilization ?? defaultUtilization),
        optional("max-num-seqs", args.maxNumSeqs),
        option(
            "pipeline-parallel-size",
            mapInput(parallelism, ({ pipelineParallelSize }) => pipelineParallelSize),
        ),
        mapInput(args.prefixCaching, (on) =>
            typeof on === "boolean" ? [on ? "--enable-prefix-caching" : "--no-enable-prefix-caching"] : [],
        ),
        mapInput(args.toolCallParser, (parser) =>
            parser ? ["--enable-auto-tool-choice", `--tool-call-parser=${parser}`] : [],
        ),
    ];
}

/** Returns the arguments of `vllm serve`. */
export function buildVllmArgs(
    name: string,
    args: LlmServerArgs,
    parallelism: pulumi.Input<LlmParallelism>,
): CommandArgs {
    const loras = args.loras ?? [];
    return joinArgs([
        [literal(mapInput(args.model, (model) => (isMounted(model) ? modelDir : model)))],
        option("load-format", mapInput(args.model, loadFormat)),
        option("served-model-name", servedModelName(name, args)),
        option("port", llmPort),
        optional("revision", args.revision),
        option(
            "tensor-parallel-size",
            mapInput(parallelism, ({ tensorParallelSize }) => tensorParallelSize),
        ),
        ...buildModelFlags(args, parallelism),
        ...(loras.length === 0
            ? []
            : [
                  ["--enable-lora", "--lora-modules"],
                  ...loras.map((lora, index) =>
                      mapInputs(lora, ({ name: loraName, uri }) => [
                          escapeReferences(`${loraName}=${isMounted(uri) ? loraDir(index) : uri}`),
                      ]),
                  ),
                  optional("max-lora-rank", args.maxLoraRank),
                  option("max-loras", args.maxLoras ?? loras.length),
              ]),
        option("shutdown-timeout", shutdownSeconds(args)),
        args.args ?? [],
    ]);
}

/** A model in an object store is streamed into the GPU. */
const loadFormat = (model: string): string => (/^(s3|gs):/.test(model) ? "runai_streamer" : "auto");

/** Returns the additional options on several nodes: the leader serves requests, and the others only compute. */
export function buildNodeFlags(nodes: number, leader: boolean): string[] {
    // LeaderWorkerSet sets these variables in each pod, and the kubelet substitutes them.
    return [
        `--nnodes=${nodes}`,
        "--node-rank=$(LWS_WORKER_INDEX)",
        "--master-addr=$(LWS_LEADER_ADDRESS)",
        ...(leader ? [] : ["--headless"]),
    ];
}

/** Returns the options that KServe appends to its own command line of vLLM. */
export function buildKServeArgs(args: LlmServerArgs, parallelism: pulumi.Input<LlmParallelism>): CommandArgs {
    const words = joinArgs([...buildModelFlags(args, parallelism), args.args ?? []]);
    // KServe reads them with its template engine, then the kubelet replaces references, and then a shell evaluates them.
    return mapInput(words, (all) =>
        all.map((word) =>
            mapInput(splitPlaceholders(word, templateEngines.braces), (known) => escapeReferences(shellCode(known))),
        ),
    );
}

function joinArgs(args: CommandArgs[]): CommandArgs {
    return args.reduce((first, second) => joinInputs<pulumi.Input<string>>(first, second), []);
}

/** Where adapters are mounted, each in a directory named after its index. */
export const lorasDir = "/lora";

const loraDir = (index: number): string => `${lorasDir}/${index}`;

/** Returns the volumes of the model and of the adapters. */
export function buildModelVolumes(args: LlmServerArgs): PodVolumes[] {
    const model = buildMountedVolume(args.model);
    const loras = (args.loras ?? []).map(({ uri }, index): PodVolumes => {
        const { volumes, mounts } = buildMountedVolume(uri);
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

function buildMountedVolume(address: pulumi.Input<string>): PodVolumes {
    const parts = buildModelVolume(address);
    return {
        volumes: mapInput(address, (known) => (isMounted(known) ? parts.volumes : [])),
        mounts: mapInput(address, (known) => (isMounted(known) ? parts.mounts : [])),
    } as PodVolumes;
}
