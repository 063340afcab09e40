import { createHash } from "node:crypto";

import type { types } from "@pulumi/kubernetes";
import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/customResource";
import type * as pulumi from "@pulumi/pulumi";

import { failArgument, joinInputs, mapInput, mapInputs } from "../../arguments/inputs";
import { templateEngines } from "../../arguments/words";
import { objectMeta } from "../../pod/metadata";
import { parseClaimUri } from "../../pod/model-volume";
import { buildPodTemplate } from "../../pod/pod-template";
import { startupFailureThreshold } from "../../serving/probes";
import type { RouteArgs } from "../../serving/route-args";
import type { LlmServerArgs } from "./args";
import { buildKServeArgs, servedModelName, shutdownSeconds, vllmExitSeconds } from "./command";
import { isHubId, kserveNameProblem } from "./model-name";
import { type LlmContext, llmLabels, buildPodDetails, podOwnerAnnotations, startupSeconds } from "./pods";

/**
 * Returns the name of the Service that KServe creates for a server. Long names are shortened as Knative does it.
 * Source: https://github.com/knative/pkg/blob/main/kmeta/names.go
 */
export function kserveServiceName(name: string): string {
    const suffix = "-kserve-workload-svc";
    const maxLength = 63;
    return name.length + suffix.length <= maxLength
        ? `${name}${suffix}`
        : `${name.slice(0, maxLength - 32 - suffix.length)}${createHash("md5").update(name).digest("hex")}${suffix}`;
}

/** How long KServe's pods keep serving after their termination has begun, in seconds. */
const kserveDrainSeconds = 15;

/**
 * Returns the LLMInferenceService of a server. KServe downloads the model, sets the command and routes requests by cached
 * prefix.
 * Source: https://kserve.github.io/website/docs/model-serving/generative-inference/llmisvc/llmisvc-overview
 */
export function buildLlmInferenceService(name: string, args: LlmServerArgs, context: LlmContext): CustomResourceArgs {
    const { route } = args;
    const details = buildPodDetails(name, { ...args, model: "", loras: undefined }, context);
    const period = 10;
    // As in KServe's own pods, because a hook of the NVIDIA container toolkit writes into the container.
    const writable = { readOnlyRootFilesystem: false, ...args };
    const template = buildPodTemplate(writable, {
        ...details,
        templateEngine: templateEngines.braces,
        container: {
            // Set by KServe.
            command: undefined,
            args: buildKServeArgs(args, context.parallelism),
            // KServe sets the rest of the probe.
            startupProbe: {
                periodSeconds: period,
                failureThreshold: startupFailureThreshold(startupSeconds(args), period),
            },
        },
        spec: {
            terminationGracePeriodSeconds: mapInput(
                shutdownSeconds(args),
                (limit) => limit + kserveDrainSeconds + vllmExitSeconds,
            ),
        },
    });
    const spec = template.spec as types.input.core.v1.PodSpec;
    return {
        apiVersion: "serving.kserve.io/v1alpha2",
        kind: "LLMInferenceService",
        metadata: objectMeta(name, args.workspace.namespace, llmLabels(name), podOwnerAnnotations),
        spec: {
            model: {
                uri: resolveUri(args.model, args.revision),
                name: checkName(name, "servedModelName", servedModelName(name, args)),
                ...((args.loras ?? []).length > 0 && { lora: buildLoras(name, args) }),
            },
            replicas: args.replicas ?? 1,
            parallelism: { tensor: mapInput(context.parallelism, ({ tensorParallelSize }) => tensorParallelSize) },
            template: { ...spec, volumes: joinInputs(buildKServeVolumes(args), (spec.volumes ?? []) as Volumes) },
            // KServe gives the pods its own labels, by which it finds them.
            ...(args.podLabels && { labels: args.podLabels }),
            ...(args.podAnnotations && { annotations: args.podAnnotations }),
            ...(route && { router: buildRouter(route) }),
        },
    };
}

type Volumes = pulumi.Input<types.input.core.v1.Volume[]>;

/**
 * Returns the volumes of the model and the adapters that are in claims, under the names by which KServe looks for them.
 * Otherwise it adds volumes that are not read-only, although it only reads them. They come first: if another volume of the
 * pod has the same claim, the kubelet does as the last one says.
 * Source: AddModelMount in https://github.com/kserve/kserve/blob/v0.20.0/pkg/utils/storage.go
 */
function buildKServeVolumes({ model, loras = [] }: LlmServerArgs): Volumes {
    const uris = [
        { name: "kserve-pvc-source", uri: model },
        ...loras.map(({ name, uri }) => ({ name: mapInput(name, (known) => `lora-pvc-${known}`), uri })),
    ];
    return mapInputs(uris, (known) =>
        known.flatMap(({ name, uri }) => {
            const { claim } = parseClaimUri(uri) ?? {};
            // KServe shortens longer names.
            return claim === undefined || name.length > 63
                ? []
                : [{ name, persistentVolumeClaim: { claimName: claim, readOnly: true } }];
        }),
    );
}

/** Returns a name that may have been unknown when the rules were applied. */
const checkName = (server: string, path: string, name: pulumi.Input<string>): pulumi.Input<string> =>
    mapInput(name, (known) => {
        const problem = kserveNameProblem(known);
        return problem === undefined ? known : failArgument<string>(`LlmServer "${server}": ${path} ${problem}`);
    });

function buildLoras(server: string, args: LlmServerArgs): object {
    return {
        adapters: args.loras!.map(({ name, uri }, index) => ({
            name: checkName(server, `loras[${index}].name`, name),
            uri: resolveUri(uri, undefined),
        })),
        maxRank: args.maxLoraRank,
        maxAdapters: args.maxLoras ?? args.loras!.length,
    };
}

function resolveUri(uri: pulumi.Input<string>, revision: pulumi.Input<string> | undefined): pulumi.Input<string> {
    return mapInput(uri, (known) =>
        isHubId(known)
            ? (mapInput(revision, (version) => `hf://${known}${version ? `:${version}` : ""}`) as string)
            : known,
    );
}

/** Returns the settings of KServe's own route and endpoint picker. */
function buildRouter({ gateway, gatewayNamespace, listener, hostnames }: RouteArgs): object {
    return {
        gateway: { refs: [{ name: gateway, namespace: gatewayNamespace, sectionName: listener }] },
        route: hostnames ? { http: { spec: { hostnames } } } : {},
        scheduler: {},
    };
}
