import { metricsLabel } from "../../pod/metadata";
import type { Context, KubernetesObject } from "../catalog/definition";
import { type Alert, type AlertGroup, alertGroups, runbookUrl } from "./alerts";
import { dashboards } from "./dashboards";

/** The label of the ConfigMaps from which Grafana loads dashboards. */
export const dashboardLabel = { grafana_dashboard: "1" };

/** The annotation with the folder of a dashboard. */
export const folderAnnotation = "grafana_folder";

const llmServer = "llm-server";

const folder = "Machine learning";
const componentLabel = "app.kubernetes.io/component";
/** The component labels of this package's workloads. */
const components = [
    "training",
    "sweep",
    "sweep-best",
    "schedule",
    "batch-inference",
    "notebook",
    "model-server",
    "model-server-canary",
    "model-server-shadow",
    llmServer,
];
const monitoring = "monitoring.coreos.com/v1";

/** Returns the dashboards, alerts and monitors of the platform's add-ons and workloads. */
export function monitoringObjects(context: Context): KubernetesObject[] {
    const has = (addon: Parameters<Context["has"]>[0]): boolean => context.has(addon);
    return [
        ...dashboards(has).map((content) => ({
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: {
                name: `dashboard-${content.uid}`,
                namespace: context.namespace,
                labels: dashboardLabel,
                annotations: { [folderAnnotation]: folder },
            },
            data: { [`${content.uid}.json`]: JSON.stringify(content, undefined, 2) },
        })),
        ...alertGroups(has)
            .map(ruleGroupOf)
            .map((group) => ({
                apiVersion: monitoring,
                kind: "PrometheusRule",
                metadata: { name: group.name, namespace: context.namespace },
                spec: { groups: [group] },
            })),
        ...podMonitors(context.namespace),
    ];
}

/** Returns a rule group of Prometheus. */
export function ruleGroupOf({ name, alerts }: AlertGroup): { name: string; rules: Record<string, unknown>[] } {
    return { name: `mlops-${name}`, rules: alerts.map(ruleOf) };
}

function ruleOf(alert: Alert): Record<string, unknown> {
    return {
        alert: alert.name,
        expr: alert.expr,
        for: alert.for,
        labels: { severity: alert.severity },
        annotations: {
            summary: alert.summary,
            description: alert.description,
            runbook_url: runbookUrl(alert.name),
        },
    };
}

/**
 * Returns the PodMonitors of workloads, in all namespaces: workloads of this package by the name of their port, all
 * others by a label. LLM servers expose metrics on the port on which they serve.
 */
function podMonitors(namespace: string): KubernetesObject[] {
    const monitor = (name: string, selector: Record<string, unknown>, endpoint: Record<string, unknown>) => ({
        apiVersion: monitoring,
        kind: "PodMonitor",
        metadata: { name, namespace },
        spec: {
            namespaceSelector: { any: true },
            selector,
            podTargetLabels: ["app.kubernetes.io/name", componentLabel],
            podMetricsEndpoints: [{ path: "/metrics", ...endpoint }],
        },
    });
    return [
        monitor(
            "mlops-workloads",
            {
                matchExpressions: [
                    { key: componentLabel, operator: "In", values: components },
                    { key: metricsLabel, operator: "DoesNotExist" },
                ],
            },
            { port: "metrics" },
        ),
        monitor(
            "mlops-llm-servers",
            {
                matchLabels: { [componentLabel]: llmServer },
                matchExpressions: [{ key: metricsLabel, operator: "DoesNotExist" }],
            },
            { port: "http" },
        ),
        monitor(
            "mlops-labelled",
            { matchExpressions: [{ key: metricsLabel, operator: "Exists" }] },
            {
                relabelings: [
                    {
                        action: "keepequal",
                        sourceLabels: ["__meta_kubernetes_pod_container_port_name"],
                        targetLabel: "__meta_kubernetes_pod_label_kubernetes_mlops_metrics",
                    },
                ],
            },
        ),
    ];
}
