import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { seconds } from "../../arguments/duration";
import { mapInput } from "../../arguments/inputs";
import { labelsOf, metricsLabel } from "../../pod/metadata";
import { inputVolume, modelDir } from "../../pod/model-volume";
import { buildPodTemplate } from "../../pod/pod-template";
import type { ModelServerArgs, ServerVariantArgs } from "./args";

type Container = types.input.core.v1.Container;

const component = "model-server";

/** The name of the container's port, by which Service and probes find it. */
export const portName = "http";

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

export function startupSeconds(args: ModelServerArgs): pulumi.Input<number> {
    return mapInput(args.startupTimeout ?? "5m", seconds);
}

/** The pods of a server. */
export function buildServerPodTemplate(
    args: ModelServerArgs,
    labels: Record<string, string>,
    { secretName, claimTemplate, cache }: ServerObjects,
): types.input.core.v1.PodTemplateSpec {
    const shutdown = mapInput(args.shutdownTimeout ?? "30s", seconds);
    return buildPodTemplate(args, {
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
