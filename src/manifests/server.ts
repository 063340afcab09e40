import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { seconds } from "../duration";
import type { ModelServerArgs, ServerVariantArgs } from "../workloads/model-server";
import { mapInput } from "./inputs";
import { labelsOf, metricsLabel, objectMeta } from "./metadata";
import { inputVolume, modelDir } from "./model";
import { podTemplate } from "./pod";

type Container = types.input.core.v1.Container;

const component = "model-server";

/** The name of the container's port, by which Service and probes find it. */
const portName = "http";

/** How long a pod that is going away still answers, until no proxy of the cluster sends it requests any more. */
const drainSeconds = 10;

/** The pods of a server besides its own: those that get a part of the requests, and those that get copies. */
export type ServerPart = "canary" | "shadow";

/** What a server and its parts are called. */
export function serverName(name: string, part?: ServerPart): string {
    return part === undefined ? name : `${name}-${part}`;
}

/** The labels of everything that belongs to a server, or to a part of it: no selector of one finds the other. */
export function serverLabels(name: string, part?: ServerPart): Record<string, string> {
    return labelsOf(name, serverName(component, part));
}

/** The labels of its pods, of which `labels` are those that a selector names. */
export function podLabels(
    { metrics = false }: ModelServerArgs,
    labels: Record<string, string>,
): Record<string, pulumi.Input<string>> {
    const port = mapInput(metrics, (isTold) => (isTold ? portName : undefined));
    return { ...labels, ...(port !== undefined && { [metricsLabel]: port as pulumi.Input<string> }) };
}

/** The port on which a server is found. */
export function serverPort(args: ModelServerArgs): pulumi.Input<number> {
    return args.port ?? 8080;
}

/** The arguments of a part of a server: those of the server, but for what the part says itself. */
export function variantOf(args: ModelServerArgs, variant: ServerVariantArgs): ModelServerArgs {
    return {
        ...args,
        image: variant.image ?? args.image,
        command: variant.command ?? args.command,
        args: variant.args ?? args.args,
        env: { ...args.env, ...variant.env },
        model: variant.model ?? args.model,
        replicas: variant.replicas,
        autoscaling: undefined,
    };
}

/** What pods of a server refer to. */
export interface ServerObjects {
    /** The Secret that holds `secretEnv`. */
    secretName?: pulumi.Input<string>;
    /** The template of GPU claims, with `gpu.deviceClass`. */
    claimTemplate?: pulumi.Input<string>;
    /** The claim to which models are downloaded. */
    cache?: pulumi.Input<string>;
}

/** How long a rollout is waited for: it starts pods in waves, which take less than the longest that one may take. */
export function rolloutTimeout(args: ModelServerArgs): Record<string, pulumi.Input<string>> {
    return { "pulumi.com/timeoutSeconds": mapInput(startupSeconds(args), (limit) => String(2 * limit + 300)) };
}

/** New pods are ready before old ones go, in four waves at most. */
export const rollingUpdate = { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: 0 } };

function startupSeconds(args: ModelServerArgs): pulumi.Input<number> {
    return mapInput(args.startupTimeout ?? "5m", seconds);
}

/** The pods of a server as a Deployment. */
export function serverDeployment(
    name: string,
    args: ModelServerArgs,
    objects: ServerObjects,
    part?: ServerPart,
): types.input.apps.v1.Deployment {
    const labels = serverLabels(name, part);
    return {
        metadata: objectMeta(serverName(name, part), args.workspace.namespace, labels, {
            ...rolloutTimeout(args),
            // The number of pods is taken back from an autoscaler, or from who has scaled by hand, without a conflict.
            "pulumi.com/patchForce": "true",
        }),
        spec: {
            // Where an autoscaler owns the number, saying one here would set it back at every update.
            replicas: args.autoscaling ? undefined : (args.replicas ?? 1),
            selector: { matchLabels: labels },
            progressDeadlineSeconds: mapInput(startupSeconds(args), (limit) => limit + 60),
            strategy: rollingUpdate,
            template: serverPods(args, labels, objects),
        },
    };
}

/** The pods of a server. */
export function serverPods(
    args: ModelServerArgs,
    labels: Record<string, string>,
    { secretName, claimTemplate, cache }: ServerObjects,
): types.input.core.v1.PodTemplateSpec {
    const shutdown = mapInput(args.shutdownTimeout ?? "30s", seconds);
    return podTemplate(args, {
        labels: podLabels(args, labels),
        container: serverContainer(args),
        spec: {
            terminationGracePeriodSeconds: mapInput(shutdown, (limit) => limit + drainSeconds),
            topologySpreadConstraints: [
                {
                    maxSkew: 1,
                    topologyKey: "kubernetes.io/hostname",
                    whenUnsatisfiable: "ScheduleAnyway",
                    labelSelector: { matchLabels: labels },
                },
            ],
        },
        env: {
            PORT: mapInput(serverPort(args), String),
            ...(args.model !== undefined && { MODEL_URI: args.model, MODEL_DIR: modelDir }),
        },
        volumes: args.model === undefined ? [] : [inputVolume(args.model, cache)],
        secretName,
        claimTemplate,
    });
}

function serverContainer(args: ModelServerArgs): Partial<Container> {
    const health = { path: args.healthPath ?? "/healthz", port: portName };
    const ready = { path: args.readyPath ?? health.path, port: portName };
    const period = 2;
    return {
        ports: [{ name: portName, containerPort: serverPort(args) }],
        // Nothing else is asked before the start is through, so that a slow load of a large model is no failure.
        startupProbe: {
            httpGet: args.warmUpPath === undefined ? ready : { path: args.warmUpPath, port: portName },
            periodSeconds: period,
            // A first prediction allocates, compiles and fills caches.
            timeoutSeconds: args.warmUpPath === undefined ? 5 : 60,
            failureThreshold: mapInput(startupSeconds(args), (limit) => Math.max(1, Math.ceil(limit / period))),
        },
        readinessProbe: { httpGet: ready, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 },
        livenessProbe: { httpGet: health, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
        // The kubelet waits itself (Kubernetes 1.30 and newer), so that the image needs no `sleep`.
        lifecycle: { preStop: { sleep: { seconds: drainSeconds } } },
    };
}

/** The address of a server, the same for all its life. */
export function serverService(name: string, args: ModelServerArgs, part?: ServerPart): types.input.core.v1.Service {
    const labels = serverLabels(name, part);
    return {
        // The Deployment is waited for; a server of no replicas would let a wait for the Service run into its time limit.
        metadata: objectMeta(serverName(name, part), args.workspace.namespace, labels, {
            "pulumi.com/skipAwait": "true",
        }),
        spec: {
            type: "ClusterIP",
            selector: labels,
            ports: [{ name: portName, port: serverPort(args), targetPort: portName, appProtocol: "http" }],
        },
    };
}

/** Nodes are drained one pod of the server at a time. */
export function serverDisruptionBudget(name: string, args: ModelServerArgs): types.input.policy.v1.PodDisruptionBudget {
    const labels = serverLabels(name);
    return {
        metadata: objectMeta(name, args.workspace.namespace, labels),
        spec: {
            maxUnavailable: 1,
            selector: { matchLabels: labels },
            // A pod that does not work anyway must not hold a node up.
            unhealthyPodEvictionPolicy: "AlwaysAllow",
        },
    };
}
