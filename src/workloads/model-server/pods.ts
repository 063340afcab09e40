import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { seconds } from "../../arguments/duration";
import { mapInput } from "../../arguments/inputs";
import { literal } from "../../arguments/words";
import { labelsOf, metricsLabel } from "../../pod/metadata";
import { buildModelVolume, modelDir } from "../../pod/model-volume";
import { serverNames } from "../../pod/names";
import { buildPodTemplate } from "../../pod/pod-template";
import { buildProbes, httpPortName } from "../../serving/probes";
import { buildTopologySpread, gracePeriodSeconds } from "../../serving/rollout";
import type { ModelServerArgs, ServerVariantArgs } from "./args";

type Container = types.input.core.v1.Container;

const component = "model-server";

/** The other versions of a server: one that receives a share of the requests, and one that receives copies. */
export type ServerPart = "canary" | "shadow";

/** Returns the name of a server's objects, or of those of its canary or shadow. */
export function serverName(name: string, part?: ServerPart): string {
    return part === undefined ? name : serverNames[part](name);
}

/** Returns the labels of a server's objects, or of those of its canary or shadow. Their selectors do not overlap. */
export function serverLabels(name: string, part?: ServerPart): Record<string, string> {
    return labelsOf(name, serverName(component, part));
}

/** Returns the labels of pods: those of the selector, and the one that lets Prometheus find them. */
function buildPodLabels(
    { metrics = false }: ModelServerArgs,
    labels: Record<string, string>,
): Record<string, pulumi.Input<string>> {
    const port = mapInput(metrics, (exposed) => (exposed ? httpPortName : undefined));
    return { ...labels, ...(port !== undefined && { [metricsLabel]: port as pulumi.Input<string> }) };
}

/** Returns the port of a server's container and Service. */
export function serverPort(args: ModelServerArgs): pulumi.Input<number> {
    return args.port ?? 8080;
}

/** Returns the arguments of a canary or shadow: those of the server with its own merged into them. */
export function variantArgs(args: ModelServerArgs, variant: ServerVariantArgs): ModelServerArgs {
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

/** The objects to which the pods of a server refer. */
export interface ServerObjects {
    /** The name of the Secret with `secretEnv`. */
    secretName?: pulumi.Input<string>;
    /** The name of the ResourceClaimTemplate, with `gpu.deviceClass`. */
    claimTemplate?: pulumi.Input<string>;
    /** The name of the PersistentVolumeClaim that caches downloaded models. */
    cache?: pulumi.Input<string>;
}

export const startupSeconds = ({ startupTimeout }: ModelServerArgs): pulumi.Input<number> =>
    mapInput(startupTimeout ?? "5m", seconds);

const shutdownSeconds = ({ shutdownTimeout }: ModelServerArgs): pulumi.Input<number> =>
    mapInput(shutdownTimeout ?? "30s", seconds);

/** Returns the pod template of a server. */
export function buildServerPodTemplate(
    args: ModelServerArgs,
    labels: Record<string, string>,
    { secretName, claimTemplate, cache }: ServerObjects,
): types.input.core.v1.PodTemplateSpec {
    return buildPodTemplate(args, {
        labels: buildPodLabels(args, labels),
        container: buildServerContainer(args),
        spec: {
            terminationGracePeriodSeconds: gracePeriodSeconds(shutdownSeconds(args)),
            topologySpreadConstraints: buildTopologySpread(labels),
        },
        env: {
            PORT: mapInput(serverPort(args), String),
            ...(args.model !== undefined && { MODEL_URI: literal(args.model), MODEL_DIR: modelDir }),
        },
        volumes: args.model === undefined ? [] : [buildModelVolume(args.model, cache)],
        secretName,
        claimTemplate,
    });
}

function buildServerContainer(args: ModelServerArgs): Partial<Container> {
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
