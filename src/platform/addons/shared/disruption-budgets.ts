import type { Context, KubernetesObject } from "../../catalog/definition";

/** A disruption budget that leaves one pod, for controllers whose own chart has none; nothing where there is but one pod. */
export function disruptionBudgets(context: Context, name: string, labels: Record<string, string>): KubernetesObject[] {
    return context.highlyAvailable
        ? [
              {
                  apiVersion: "policy/v1",
                  kind: "PodDisruptionBudget",
                  metadata: { name, namespace: context.namespace },
                  spec: { minAvailable: 1, selector: { matchLabels: labels } },
              },
          ]
        : [];
}
