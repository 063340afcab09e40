import type { types } from "@pulumi/kubernetes";

import { objectMeta } from "../../pod/metadata";
import { buildDisruptionBudget } from "../../serving/disruption-budget";
import type { LlmServerArgs } from "./args";
import { llmLabels } from "./pods";

/**
 * Returns the PodDisruptionBudget of a server. With several nodes per copy, draining affects one group at a time: evicting
 * any of its pods restarts the group, and no other pod can be evicted until its leader is ready.
 */
export function buildLlmDisruptionBudget(name: string, args: LlmServerArgs): types.input.policy.v1.PodDisruptionBudget {
    const labels = llmLabels(name);
    return buildDisruptionBudget(objectMeta(name, args.workspace.namespace, labels), labels);
}
