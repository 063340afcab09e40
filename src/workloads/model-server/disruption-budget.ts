import type { types } from "@pulumi/kubernetes";

import { objectMeta } from "../../pod/metadata";
import type { ModelServerArgs } from "./args";
import { serverLabels } from "./pods";

/** Nodes are drained one pod of the server at a time. */
export function buildServerDisruptionBudget(
    name: string,
    args: ModelServerArgs,
): types.input.policy.v1.PodDisruptionBudget {
    const labels = serverLabels(name);
    return {
        metadata: objectMeta(name, args.workspace.namespace, labels),
        spec: {
            maxUnavailable: 1,
            selector: { matchLabels: labels },
            // A pod that does not work anyway must not hold a node up.
            unhealthyPodEvictionPolicy: "AlwaysAllow",
        },
    };
}
