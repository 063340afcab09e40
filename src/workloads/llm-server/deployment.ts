import type { types } from "@pulumi/kubernetes";

import { mapInput } from "../../arguments/inputs";
import { objectMeta } from "../../pod/metadata";
import { buildPodTemplate } from "../../pod/pod-template";
import type { LlmServerArgs } from "./args";
import { vllmArgs } from "./command";
import { type LlmContext, llmLabels, podDetails, rolling, servingContainer, startupOf, waiting } from "./pods";

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
            progressDeadlineSeconds: mapInput(startupOf(args), (limit) => limit + 60),
            strategy: { type: "RollingUpdate", rollingUpdate: rolling(args) },
            template: buildPodTemplate(args, {
                ...details,
                container: servingContainer(args, vllmArgs(name, args, context.spread)),
                spec: {
                    ...details.spec,
                    topologySpreadConstraints: [
                        {
                            maxSkew: 1,
                            topologyKey: "kubernetes.io/hostname",
                            whenUnsatisfiable: "ScheduleAnyway",
                            labelSelector: { matchLabels: labels },
                        },
                    ],
                },
            }),
        },
    };
}
