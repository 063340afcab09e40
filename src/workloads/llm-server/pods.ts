import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { seconds } from "../../arguments/duration";
import { mapInput } from "../../arguments/inputs";
import { labelsOf } from "../../pod/metadata";
import type { PodDetails } from "../../pod/pod-template";
import { buildClaimVolume, type PodVolumes } from "../../pod/volumes";
import { buildProbes, httpPortName } from "../../serving/probes";
import { gracePeriodSeconds } from "../../serving/rollout";
import { followed } from "../../serving/when-ready";
import type { LlmServerArgs } from "./args";
import { llmPort, buildModelVolumes, shutdownSeconds, vllmExitSeconds } from "./command";
import type { LlmParallelism } from "./estimate";

type Container = types.input.core.v1.Container;
type CommandArgs = pulumi.Input<pulumi.Input<string>[]>;

const component = "llm-server";

/** Where the cache is mounted. */
export const cacheDir = "/cache";

/** What the pods of a server depend on, in addition to its arguments. */
export interface LlmContext {
    /** How the model is divided among GPUs. */
    parallelism: pulumi.Input<LlmParallelism>;
    /** The name of the Secret with the tokens and `secretEnv`. */
    secretName?: pulumi.Input<string>;
    /** The name of the PersistentVolumeClaim that caches downloaded models. */
    cache?: pulumi.Input<string>;
    /** The name of the ResourceClaimTemplate, with `gpu.deviceClass`. */
    claimTemplate?: pulumi.Input<string>;
}

/** Returns the labels of a server's objects. */
export function llmLabels(name: string): Record<string, string> {
    return labelsOf(name, component);
}

/** Returns the labels of the pods that serve requests: on several nodes, the leaders. */
export function servingLabels(name: string, nodes: number): Record<string, string> {
    return { ...llmLabels(name), ...(nodes > 1 && { "leaderworkerset.sigs.k8s.io/worker-index": "0" }) };
}

export const startupSeconds = ({ startupTimeout }: LlmServerArgs): pulumi.Input<number> =>
    mapInput(startupTimeout ?? "20m", seconds);

/** Returns what the pods of all backends have in common. */
export function buildPodDetails(name: string, args: LlmServerArgs, context: LlmContext): PodDetails {
    const { secretName, claimTemplate, cache } = context;
    return {
        labels: llmLabels(name),
        secretName,
        claimTemplate,
        env: {
            // PyTorch looks up the user name, and the image may have no entry for the UID. See vllm-project/vllm#44548.
            USER: "vllm",
            // Compiled code goes to /tmp, the only writable directory.
            VLLM_CACHE_ROOT: "/tmp/vllm",
            TRITON_CACHE_DIR: "/tmp/triton",
            TORCHINDUCTOR_CACHE_DIR: "/tmp/torchinductor",
            HF_HOME: cache === undefined ? "/tmp/huggingface" : `${cacheDir}/huggingface`,
            // Disables vLLM's usage statistics.
            DO_NOT_TRACK: "1",
        },
        volumes: [...buildModelVolumes(args), ...buildCacheVolume(cache)],
        spec: {
            terminationGracePeriodSeconds: gracePeriodSeconds(shutdownSeconds(args), vllmExitSeconds),
        },
    };
}

function buildCacheVolume(cache: pulumi.Input<string> | undefined): PodVolumes[] {
    return cache === undefined ? [] : [buildClaimVolume("cache", cache, { mountPath: cacheDir })];
}

/** Returns the container that serves requests. */
export function buildServingContainer(args: LlmServerArgs, vllmArgs: CommandArgs): Partial<Container> {
    const path = "/health";
    return {
        command: resolveCommand(args),
        args: vllmArgs,
        ports: [{ name: httpPortName, containerPort: llmPort }],
        ...buildProbes({
            livenessPath: path,
            livenessTimeoutSeconds: 10,
            readinessPath: path,
            startupPath: path,
            startupPeriodSeconds: 5,
            startupTimeoutSeconds: 5,
            startupSeconds: startupSeconds(args),
        }),
    };
}

export const resolveCommand = (args: LlmServerArgs): pulumi.Input<string>[] => args.command ?? ["vllm", "serve"];

/** Returns how many pods, or groups of pods, an update may add or remove at a time. */
export function buildRollingUpdate(args: LlmServerArgs) {
    const surge = args.surge ?? true;
    return {
        maxSurge: mapInput(surge, (allowed) => (allowed ? 1 : 0)),
        maxUnavailable: mapInput(surge, (allowed) => (allowed ? 0 : 1)),
    };
}

/** The annotations of the object with the pods. The second one takes their number back from `kubectl scale`. */
export const podOwnerAnnotations = { ...followed, "pulumi.com/patchForce": "true" };
