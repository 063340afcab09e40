import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { seconds } from "../../arguments/duration";
import { mapInput } from "../../arguments/inputs";
import { labelsOf } from "../../pod/metadata";
import type { PodVolumes } from "../../pod/model-volume";
import type { PodDetails } from "../../pod/pod-template";
import type { LlmServerArgs } from "./args";
import { llmPort, modelVolumes } from "./command";
import type { LlmSpread } from "./estimate";

type Container = types.input.core.v1.Container;
type Words = pulumi.Input<pulumi.Input<string>[]>;

const component = "llm-server";

/** The name of the container's port, by which Service and probes find it, and monitors of metrics. */
export const portName = "http";

/** How long a pod that is going away still answers, until no proxy of the cluster sends it requests any more. */
const drainSeconds = 10;

/** What a server refers to, besides its arguments. */
export interface LlmContext {
    /** How the model is spread over GPUs. */
    spread: pulumi.Input<LlmSpread>;
    /** The name of the Secret with the tokens and `secretEnv`. */
    secretName?: pulumi.Input<string>;
    /** The claim in which downloaded models are kept. */
    cache?: pulumi.Input<string>;
    /** The name of the template of GPU claims, with `gpu.deviceClass`. */
    claimTemplate?: pulumi.Input<string>;
}

/** The labels of everything that belongs to a server. */
export function llmLabels(name: string): Record<string, string> {
    return labelsOf(name, component);
}

/** The labels of the pods that answer: of several nodes, the first one's. */
export function answeringLabels(name: string, nodes: number): Record<string, string> {
    return { ...llmLabels(name), ...(nodes > 1 && { "leaderworkerset.sigs.k8s.io/worker-index": "0" }) };
}

export const startupOf = (args: LlmServerArgs): pulumi.Input<number> => mapInput(args.startupTimeout ?? "20m", seconds);

export const shutdownOf = (args: LlmServerArgs): pulumi.Input<number> =>
    mapInput(args.shutdownTimeout ?? "1m", seconds);

/** What the pods of a server have that is not the user's to say, wherever they are made. */
export function podDetails(name: string, args: LlmServerArgs, context: LlmContext): PodDetails {
    const { secretName, claimTemplate, cache } = context;
    return {
        labels: llmLabels(name),
        secretName,
        claimTemplate,
        env: {
            // PyTorch asks who the user is, whom the image need not know. See vllm-project/vllm#44548.
            USER: "vllm",
            // What is compiled is kept beside /tmp's other files, the only ones that can be written.
            VLLM_CACHE_ROOT: "/tmp/vllm",
            TRITON_CACHE_DIR: "/tmp/triton",
            TORCHINDUCTOR_CACHE_DIR: "/tmp/torchinductor",
            HF_HOME: cache === undefined ? "/tmp/huggingface" : "/cache/huggingface",
            // Nothing is told about who uses what.
            DO_NOT_TRACK: "1",
        },
        volumes: [...modelVolumes(args), ...cacheVolume(cache)],
        spec: {
            // Some seconds more, for what vLLM does besides waiting for requests.
            terminationGracePeriodSeconds: mapInput(shutdownOf(args), (limit) => limit + drainSeconds + 20),
        },
    };
}

function cacheVolume(cache: pulumi.Input<string> | undefined): PodVolumes[] {
    return cache === undefined
        ? []
        : [
              {
                  volumes: [{ name: "cache", persistentVolumeClaim: { claimName: cache } }],
                  mounts: [{ name: "cache", mountPath: "/cache" }],
              },
          ];
}

/** A container that answers, from the words that start it. */
export function servingContainer(args: LlmServerArgs, words: Words): Partial<Container> {
    const health = { path: "/health", port: portName };
    const period = 5;
    return {
        command: commandOf(args),
        args: words,
        ports: [{ name: portName, containerPort: llmPort }],
        // Nothing else is asked before the start is through: weights are loaded, kernels compiled, graphs captured.
        startupProbe: {
            httpGet: health,
            periodSeconds: period,
            timeoutSeconds: 5,
            failureThreshold: mapInput(startupOf(args), (limit) => Math.max(1, Math.ceil(limit / period))),
        },
        readinessProbe: { httpGet: health, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 },
        livenessProbe: { httpGet: health, periodSeconds: 10, timeoutSeconds: 10, failureThreshold: 6 },
        lifecycle: { preStop: { sleep: { seconds: drainSeconds } } },
    };
}

export const commandOf = (args: LlmServerArgs): pulumi.Input<string>[] => args.command ?? ["vllm", "serve"];

/** How many pods, or groups of them, an update may have too many or too few. */
export function rolling(args: LlmServerArgs) {
    const surge = args.surge ?? true;
    return {
        maxSurge: mapInput(surge, (more) => (more ? 1 : 0)),
        maxUnavailable: mapInput(surge, (more) => (more ? 0 : 1)),
    };
}

/** The annotations of what is waited for, whose number of pods is taken back from who has scaled by hand. */
export function waiting(args: LlmServerArgs): Record<string, pulumi.Input<string>> {
    return {
        "pulumi.com/timeoutSeconds": mapInput(startupOf(args), (limit) => String(2 * limit + 300)),
        "pulumi.com/patchForce": "true",
    };
}
