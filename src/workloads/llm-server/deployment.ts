import type { types } from "@pulumi/kubernetes";

import { objectMeta } from "../../pod/metadata";
import { buildPodTemplate } from "../../pod/pod-template";
import { buildTopologySpread, progressDeadlineSeconds } from "../../serving/rollout";
import type { LlmServerArgs } from "./args";
import { buildVllmArgs } from "./command";
import {
    type LlmContext,
    llmLabels,
    buildPodDetails,
    buildRollingUpdate,
    buildServingContainer,
    startupSeconds,
    podOwnerAnnotations,
} from "./pods";

/** Returns the Deployment of a server, each pod of which has the whole model. */
export function buildLlmDeployment(
    name: string,
    args: LlmServerArgs,
    context: LlmContext,
): types.input.apps.v1.Deployment {
    const labels = llmLabels(name);
    const details = buildPodDetails(name, args, context);
    return {
        metadata: objectMeta(name, args.workspace.namespace, labels, podOwnerAnnotations),
        spec: {
            replicas: args.replicas ?? 1,
            selector: { matchLabels: labels },
            progressDeadlineSeconds: progressDeadlineSeconds(startupSeconds(args)),
            strategy: { type: "RollingUpdate", rollingUpdate: buildRollingUpdate(args) },
            template: buildPodTemplate(args, {
                ...details,
                container: buildServingContainer(args, buildVllmArgs(name, args, context.parallelism)),
                spec: {
                    ...details.spec,
                    topologySpreadConstraints: buildTopologySpread(labels),
                },
            }),
        },
    };
}
