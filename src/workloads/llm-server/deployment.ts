import type { types } from "@pulumi/kubernetes";

import { objectMeta } from "../../pod/metadata";
import { buildPodTemplate } from "../../pod/pod-template";
import { buildTopologySpread, progressDeadlineSeconds } from "../../serving/rollout";
import type { LlmServerArgs } from "./args";
import { vllmArgs } from "./command";
import { type LlmContext, llmLabels, podDetails, rolling, servingContainer, startupSeconds, waiting } from "./pods";

/** The pods of a server, each on a node of its own. */
export function buildLlmDeployment(
    name: string,
    args: LlmServerArgs,
    context: LlmContext,
): types.input.apps.v1.Deployment {
    const labels = llmLabels(name);
    const details = podDetails(name, args, context);
    return {
        metadata: objectMeta(name, args.workspace.namespace, labels, waiting(args)),
        spec: {
            replicas: args.replicas ?? 1,
            selector: { matchLabels: labels },
            progressDeadlineSeconds: progressDeadlineSeconds(startupSeconds(args)),
            strategy: { type: "RollingUpdate", rollingUpdate: rolling(args) },
            template: buildPodTemplate(args, {
                ...details,
                container: servingContainer(args, vllmArgs(name, args, context.spread)),
                spec: {
                    ...details.spec,
                    topologySpreadConstraints: buildTopologySpread(labels),
                },
            }),
        },
    };
}
