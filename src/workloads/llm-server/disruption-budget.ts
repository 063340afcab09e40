import type { types } from "@pulumi/kubernetes";

import { objectMeta } from "../../pod/metadata";
import { buildDisruptionBudget } from "../../serving/disruption-budget";
import type { LlmServerArgs } from "./args";
import { llmLabels } from "./pods";

/**
 * Nodes are drained one pod of the server at a time. With several nodes that is one group: whichever of its pods goes,
 * it is started anew, and until its leader answers no other may go.
 */
export function buildLlmDisruptionBudget(name: string, args: LlmServerArgs): types.input.policy.v1.PodDisruptionBudget {
    const labels = llmLabels(name);
    return buildDisruptionBudget(objectMeta(name, args.workspace.namespace, labels), labels);
}
