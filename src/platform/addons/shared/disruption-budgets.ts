import type { Context, KubernetesObject } from "../../catalog/definition";

/**
 * Returns a disruption budget that keeps one pod, for controllers whose chart has none; nothing without high
 * availability.
 */
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
