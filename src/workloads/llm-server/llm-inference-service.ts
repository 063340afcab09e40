import { createHash } from "node:crypto";

import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/customResource";
import type * as pulumi from "@pulumi/pulumi";

import { mapInput } from "../../arguments/inputs";
import { objectMeta } from "../../pod/metadata";
import { buildPodTemplate } from "../../pod/pod-template";
import type { RouteArgs } from "../../serving/route-args";
import type { LlmServerArgs } from "./args";
import { kserveFlags, servedName } from "./command";
import { isOnHub } from "./model-name";
import { type LlmContext, llmLabels, podDetails, shutdownOf, startupOf, waiting } from "./pods";

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

/** How long KServe's own pods answer before they are told to stop. */
const kserveDrainSeconds = 15;

/**
 * A server that KServe makes: it downloads the model, writes the command, and routes requests by what is in the caches.
 * Source: https://kserve.github.io/website/docs/model-serving/generative-inference/llmisvc/llmisvc-overview
 */
export function buildLlmInferenceService(name: string, args: LlmServerArgs, context: LlmContext): CustomResourceArgs {
    const { route } = args;
    const details = podDetails(name, { ...args, model: "", loras: undefined }, context);
    const period = 10;
    // KServe says of its own pods that a hook of NVIDIA's container toolkit writes into the container.
    const writable = { readOnlyRootFilesystem: false, ...args };
    const { spec } = buildPodTemplate(writable, {
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
