import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/customResource";
import type * as pulumi from "@pulumi/pulumi";

import { joinInputs } from "../../arguments/inputs";
import { objectMeta } from "../../pod/metadata";
import { buildPodTemplate } from "../../pod/pod-template";
import type { LlmServerArgs } from "./args";
import { nodeFlags, vllmArgs } from "./command";
import { commandOf, type LlmContext, llmLabels, podDetails, rolling, servingContainer, waiting } from "./pods";

/**
 * A server whose model is spread over several nodes: groups of pods that start and fail together.
 * Source: https://docs.vllm.ai/en/latest/deployment/frameworks/lws/
 */
export function buildLlmLeaderWorkerSet(
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
                leaderTemplate: buildPodTemplate(args, {
                    ...details,
                    container: servingContainer(args, joinInputs<pulumi.Input<string>>(words, nodeFlags(nodes, true))),
                }),
                workerTemplate: buildPodTemplate(args, {
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
