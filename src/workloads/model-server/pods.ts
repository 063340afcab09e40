import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { seconds } from "../../arguments/duration";
import { mapInput } from "../../arguments/inputs";
import { labelsOf, metricsLabel } from "../../pod/metadata";
import { inputVolume, modelDir } from "../../pod/model-volume";
import { buildPodTemplate } from "../../pod/pod-template";
import { buildProbes, httpPortName } from "../../serving/probes";
import { buildTopologySpread, gracePeriodSeconds } from "../../serving/rollout";
import type { ModelServerArgs, ServerVariantArgs } from "./args";

type Container = types.input.core.v1.Container;

const component = "model-server";

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
    const port = mapInput(metrics, (isTold) => (isTold ? httpPortName : undefined));
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

export const startupSeconds = ({ startupTimeout }: ModelServerArgs): pulumi.Input<number> =>
    mapInput(startupTimeout ?? "5m", seconds);

const shutdownSeconds = ({ shutdownTimeout }: ModelServerArgs): pulumi.Input<number> =>
    mapInput(shutdownTimeout ?? "30s", seconds);

/** The pods of a server. */
export function buildServerPodTemplate(
    args: ModelServerArgs,
    labels: Record<string, string>,
    { secretName, claimTemplate, cache }: ServerObjects,
): types.input.core.v1.PodTemplateSpec {
    return buildPodTemplate(args, {
        labels: podLabels(args, labels),
        container: serverContainer(args),
        spec: {
            terminationGracePeriodSeconds: gracePeriodSeconds(shutdownSeconds(args)),
            topologySpreadConstraints: buildTopologySpread(labels),
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
    const { livenessPath = "/healthz", readinessPath = livenessPath, warmupPath } = args;
    return {
        ports: [{ name: httpPortName, containerPort: serverPort(args) }],
        ...buildProbes({
            livenessPath,
            livenessTimeoutSeconds: 5,
            readinessPath,
            startupPath: warmupPath ?? readinessPath,
            startupPeriodSeconds: 2,
            // A first prediction allocates memory, compiles code and fills caches.
            startupTimeoutSeconds: warmupPath === undefined ? 5 : 60,
            startupSeconds: startupSeconds(args),
        }),
    };
}
