import type { types } from "@pulumi/kubernetes";

import { objectMeta } from "../../pod/metadata";
import { buildDisruptionBudget } from "../../serving/disruption-budget";
import type { ModelServerArgs } from "./args";
import { serverLabels } from "./pods";

/** Returns the PodDisruptionBudget of a server. */
export function buildServerDisruptionBudget(
    name: string,
    args: ModelServerArgs,
): types.input.policy.v1.PodDisruptionBudget {
    const labels = serverLabels(name);
    return buildDisruptionBudget(objectMeta(name, args.workspace.namespace, labels), labels);
}
