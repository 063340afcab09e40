import type { types } from "@pulumi/kubernetes";

/** Returns the PodDisruptionBudget of a server: draining nodes evicts one of its pods at a time. */
export function buildDisruptionBudget(
    metadata: types.input.meta.v1.ObjectMeta,
    selector: Record<string, string>,
): types.input.policy.v1.PodDisruptionBudget {
    return {
        metadata,
        spec: {
            maxUnavailable: 1,
            selector: { matchLabels: selector },
            // A pod that is not ready anyway must not block a node's drain.
            unhealthyPodEvictionPolicy: "AlwaysAllow",
        },
    };
}
