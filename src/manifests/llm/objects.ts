import { createHash } from "node:crypto";

import type { types } from "@pulumi/kubernetes";
import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/customResource";
import type * as pulumi from "@pulumi/pulumi";

import { seconds } from "../../duration";
import type { EndpointPickerArgs, LlmServerArgs } from "../../workloads/llm-server";
import type { RouteArgs } from "../../workloads/route";
import { joinInputs, mapInput } from "../inputs";
import { labelsOf, objectMeta } from "../metadata";
import type { PodVolumes } from "../model";
import { type PodDetails, podTemplate } from "../pod";
import { isOnHub, kserveFlags, llmPort, modelVolumes, nodeFlags, servedName, vllmArgs } from "./command";
import type { LlmSpread } from "./estimate";

type Container = types.input.core.v1.Container;
type Words = pulumi.Input<pulumi.Input<string>[]>;

const component = "llm-server";

/** The name of the container's port, by which Service and probes find it, and monitors of metrics. */
const portName = "http";

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

/**
 * The name of the Service that KServe makes for a server, which is shortened as Knative shortens names.
 * Source: https://github.com/knative/pkg/blob/main/kmeta/names.go
 */
export function kserveServiceName(name: string): string {
    const suffix = "-kserve-workload-svc";
    const longest = 63;
    return name.length + suffix.length <= longest
        ? `${name}${suffix}`
        : `${name.slice(0, longest - 32 - suffix.length)}${createHash("md5").update(name).digest("hex")}${suffix}`;
}

const startupOf = (args: LlmServerArgs): pulumi.Input<number> => mapInput(args.startupTimeout ?? "20m", seconds);

const shutdownOf = (args: LlmServerArgs): pulumi.Input<number> => mapInput(args.shutdownTimeout ?? "1m", seconds);

/** What the pods of a server have that is not the user's to say, wherever they are made. */
function podDetails(name: string, args: LlmServerArgs, context: LlmContext): PodDetails {
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
function servingContainer(args: LlmServerArgs, words: Words): Partial<Container> {
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

const commandOf = (args: LlmServerArgs): pulumi.Input<string>[] => args.command ?? ["vllm", "serve"];

/** How many pods, or groups of them, an update may have too many or too few. */
function rolling(args: LlmServerArgs) {
    const surge = args.surge ?? true;
    return {
        maxSurge: mapInput(surge, (more) => (more ? 1 : 0)),
        maxUnavailable: mapInput(surge, (more) => (more ? 0 : 1)),
    };
}

/** The annotations of what is waited for, whose number of pods is taken back from who has scaled by hand. */
function waiting(args: LlmServerArgs): Record<string, pulumi.Input<string>> {
    return {
        "pulumi.com/timeoutSeconds": mapInput(startupOf(args), (limit) => String(2 * limit + 300)),
        "pulumi.com/patchForce": "true",
    };
}

/** The pods of a server, each on a node of its own. */
export function llmDeployment(name: string, args: LlmServerArgs, context: LlmContext): types.input.apps.v1.Deployment {
    const labels = llmLabels(name);
    const details = podDetails(name, args, context);
    return {
        metadata: objectMeta(name, args.workspace.namespace, labels, waiting(args)),
        spec: {
            replicas: args.replicas ?? 1,
            selector: { matchLabels: labels },
            progressDeadlineSeconds: mapInput(startupOf(args), (limit) => limit + 60),
            strategy: { type: "RollingUpdate", rollingUpdate: rolling(args) },
            template: podTemplate(args, {
                ...details,
                container: servingContainer(args, vllmArgs(name, args, context.spread)),
                spec: {
                    ...details.spec,
                    topologySpreadConstraints: [
                        {
                            maxSkew: 1,
                            topologyKey: "kubernetes.io/hostname",
                            whenUnsatisfiable: "ScheduleAnyway",
                            labelSelector: { matchLabels: labels },
                        },
                    ],
                },
            }),
        },
    };
}

/**
 * A server whose model is spread over several nodes: groups of pods that start and fail together.
 * Source: https://docs.vllm.ai/en/latest/deployment/frameworks/lws/
 */
export function llmLeaderWorkerSet(
    name: string,
    args: LlmServerArgs,
    context: LlmContext,
    nodes: number,
): CustomResourceArgs {
    const labels = llmLabels(name);
    const details = podDetails(name, args, context);
    const words = vllmArgs(name, args, context.spread);
    return {
        apiVersion: "leaderworkerset.x-k8s.io/v1",
        kind: "LeaderWorkerSet",
        metadata: objectMeta(name, args.workspace.namespace, labels, {
            ...waiting(args),
            "pulumi.com/waitFor": "condition=Available",
        }),
        spec: {
            replicas: args.replicas ?? 1,
            // The headless Service of each group is called after its leader, so that the server's own is called as ever.
            networkConfig: { subdomainPolicy: "UniquePerReplica" },
            rolloutStrategy: { type: "RollingUpdate", rollingUpdateConfiguration: rolling(args) },
            leaderWorkerTemplate: {
                size: nodes,
                // One that has lost the others waits for them for ever.
                restartPolicy: "RecreateGroupOnPodRestart",
                leaderTemplate: podTemplate(args, {
                    ...details,
                    container: servingContainer(args, joinInputs<pulumi.Input<string>>(words, nodeFlags(nodes, true))),
                }),
                workerTemplate: podTemplate(args, {
                    ...details,
                    container: {
                        command: commandOf(args),
                        args: joinInputs<pulumi.Input<string>>(words, nodeFlags(nodes, false)),
                    },
                }),
            },
        },
    };
}

/** The address of a server, the same for all its life. */
export function llmService(name: string, args: LlmServerArgs, nodes: number): types.input.core.v1.Service {
    const labels = llmLabels(name);
    return {
        // The pods are waited for where they are made.
        metadata: objectMeta(name, args.workspace.namespace, labels, { "pulumi.com/skipAwait": "true" }),
        spec: {
            type: "ClusterIP",
            selector: answeringLabels(name, nodes),
            ports: [{ name: portName, port: llmPort, targetPort: portName, appProtocol: "http" }],
        },
    };
}

/**
 * Nodes are drained one pod of the server at a time. With several nodes that is one group: whichever of its pods goes,
 * it is started anew, and until its leader answers no other may go.
 */
export function llmDisruptionBudget(name: string, args: LlmServerArgs): types.input.policy.v1.PodDisruptionBudget {
    return {
        metadata: objectMeta(name, args.workspace.namespace, llmLabels(name)),
        spec: {
            maxUnavailable: 1,
            selector: { matchLabels: llmLabels(name) },
            // A pod that does not work anyway must not hold a node up.
            unhealthyPodEvictionPolicy: "AlwaysAllow",
        },
    };
}

/**
 * The pods of a server, of which an endpoint picker chooses one for each request: the one that has its beginning in the
 * cache, or the adapter loaded, or the fewest requests.
 * Source: https://gateway-api-inference-extension.sigs.k8s.io/api-types/inferencepool/
 */
export function inferencePool(
    name: string,
    args: LlmServerArgs,
    picker: EndpointPickerArgs,
    nodes: number,
): CustomResourceArgs {
    return {
        apiVersion: "inference.networking.k8s.io/v1",
        kind: "InferencePool",
        metadata: objectMeta(name, args.workspace.namespace, llmLabels(name)),
        spec: {
            selector: { matchLabels: answeringLabels(name, nodes) },
            targetPorts: [{ number: llmPort }],
            endpointPickerRef: {
                name: picker.service,
                port: { number: picker.port ?? 9002 },
                failureMode: mapInput(picker.failOpen ?? false, (open) => (open ? "FailOpen" : "FailClose")),
            },
        },
    };
}

/** How long KServe's own pods answer before they are told to stop. */
const kserveDrainSeconds = 15;

/**
 * A server that KServe makes: it downloads the model, writes the command, and routes requests by what is in the caches.
 * Source: https://kserve.github.io/website/docs/model-serving/generative-inference/llmisvc/llmisvc-overview
 */
export function llmInferenceService(name: string, args: LlmServerArgs, context: LlmContext): CustomResourceArgs {
    const { route } = args;
    const details = podDetails(name, { ...args, model: "", loras: undefined }, context);
    const period = 10;
    // KServe says of its own pods that a hook of NVIDIA's container toolkit writes into the container.
    const writable = { readOnlyRootFilesystem: false, ...args };
    const { spec } = podTemplate(writable, {
        ...details,
        container: {
            // Left to KServe.
            command: undefined,
            args: kserveFlags(args, context.spread),
            // The rest of the probe is KServe's.
            startupProbe: {
                periodSeconds: period,
                failureThreshold: mapInput(startupOf(args), (limit) => Math.max(1, Math.ceil(limit / period))),
            },
        },
        spec: {
            terminationGracePeriodSeconds: mapInput(shutdownOf(args), (limit) => limit + kserveDrainSeconds + 20),
        },
    });
    return {
        apiVersion: "serving.kserve.io/v1alpha2",
        kind: "LLMInferenceService",
        metadata: objectMeta(name, args.workspace.namespace, llmLabels(name), {
            ...waiting(args),
            "pulumi.com/waitFor": "condition=Ready",
        }),
        spec: {
            model: {
                uri: kserveUri(args.model, args.revision),
                name: servedName(name, args),
                ...((args.loras ?? []).length > 0 && { lora: kserveLoras(args) }),
            },
            replicas: args.replicas ?? 1,
            parallelism: { tensor: mapInput(context.spread, ({ tensorParallel }) => tensorParallel) },
            template: spec,
            ...(route && { router: kserveRouter(route) }),
        },
    };
}

function kserveLoras(args: LlmServerArgs): object {
    return {
        adapters: args.loras!.map(({ name, uri }) => ({ name, uri: kserveUri(uri, undefined) })),
        maxRank: args.maxLoraRank,
        maxAdapters: args.maxLoras ?? args.loras!.length,
    };
}

function kserveUri(address: pulumi.Input<string>, revision: pulumi.Input<string> | undefined): pulumi.Input<string> {
    return mapInput(address, (known) =>
        isOnHub(known)
            ? (mapInput(revision, (version) => `hf://${known}${version ? `:${version}` : ""}`) as string)
            : known,
    );
}

/** KServe's own route, with its path, and its own endpoint picker. */
function kserveRouter({ gateway, gatewayNamespace, listener, hostnames }: RouteArgs): object {
    return {
        gateway: { refs: [{ name: gateway, namespace: gatewayNamespace, sectionName: listener }] },
        route: hostnames ? { http: { spec: { hostnames } } } : {},
        scheduler: {},
    };
}
