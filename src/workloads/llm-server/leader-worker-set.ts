import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/customResource";
import type * as pulumi from "@pulumi/pulumi";

import { joinInputs } from "../../arguments/inputs";
import { objectMeta } from "../../pod/metadata";
import { buildPodTemplate } from "../../pod/pod-template";
import type { LlmServerArgs } from "./args";
import { buildNodeFlags, buildVllmArgs } from "./command";
import {
    resolveCommand,
    type LlmContext,
    llmLabels,
    buildPodDetails,
    buildRollingUpdate,
    buildServingContainer,
    podOwnerAnnotations,
} from "./pods";

/**
 * Returns the LeaderWorkerSet of a server: groups of pods that share a model, and start and fail together.
 * Source: https://docs.vllm.ai/en/latest/deployment/frameworks/lws/
 */
export function buildLlmLeaderWorkerSet(
    name: string,
    args: LlmServerArgs,
    context: LlmContext,
    nodes: number,
): CustomResourceArgs {
    const labels = llmLabels(name);
    const details = buildPodDetails(name, args, context);
    const vllmArgs = buildVllmArgs(name, args, context.parallelism);
    return {
        apiVersion: "leaderworkerset.x-k8s.io/v1",
        kind: "LeaderWorkerSet",
        metadata: objectMeta(name, args.workspace.namespace, labels, podOwnerAnnotations),
        spec: {
            replicas: args.replicas ?? 1,
            // The headless Service of each group is named after its leader, which leaves the server's name to its own Service.
            networkConfig: { subdomainPolicy: "UniquePerReplica" },
            rolloutStrategy: { type: "RollingUpdate", rollingUpdateConfiguration: buildRollingUpdate(args) },
            leaderWorkerTemplate: {
                size: nodes,
                // A pod that has lost the others of its group would wait for them forever.
                restartPolicy: "RecreateGroupOnPodRestart",
                leaderTemplate: buildPodTemplate(args, {
                    ...details,
                    container: buildServingContainer(
                        args,
                        joinInputs<pulumi.Input<string>>(vllmArgs, buildNodeFlags(nodes, true)),
                    ),
                }),
                workerTemplate: buildPodTemplate(args, {
                    ...details,
                    container: {
                        command: resolveCommand(args),
                        args: joinInputs<pulumi.Input<string>>(vllmArgs, buildNodeFlags(nodes, false)),
                    },
                }),
            },
        },
    };
}
