import { nonEmptyString, boolean } from "../../arguments/formats";
import { list, object, required } from "../../arguments/rules";
import type { Definition, Values } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { controllerReplicas } from "./shared/controller-replicas";

/** A metric for autoscalers. */
export interface PrometheusAdapterRuleArgs {
    /** The name of the metric for autoscalers. */
    name: string;
    /**
     * The series in Prometheus, with the labels that identify the object, such as
     * `queue_length{namespace!="",pod!=""}`.
     */
    series: string;
    /**
     * The query, with `<<.LabelMatchers>>` for the label matchers and `<<.GroupBy>>` for the labels to group by.
     * Defaults to the sum of the series.
     */
    query?: string;
}

/** The arguments of the Prometheus adapter. Its namespace defaults to "prometheus-adapter". */
export interface PrometheusAdapterArgs extends PlatformAddonArgs {
    /**
     * Further metrics for autoscalers, in addition to `http_requests_per_second` and `gpu_utilization` of pods.
     * Defaults to none.
     */
    rules?: PrometheusAdapterRuleArgs[];
    /**
     * Whether all metrics of pods are exposed. Defaults to false: in large clusters, this is slow and needs much memory
     * in Prometheus.
     */
    allMetrics?: boolean;
}

const sum = "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)";

const ruleOf = ({ name, series, query }: PrometheusAdapterRuleArgs): Values => ({
    seriesQuery: series,
    resources: { overrides: { namespace: { resource: "namespace" }, pod: { resource: "pod" } } },
    name: { as: name },
    metricsQuery: query ?? sum,
});

/** By the conventions in docs/monitoring.md. */
const own: Values[] = [
    ruleOf({
        name: "http_requests_per_second",
        series: 'http_request_duration_seconds_count{namespace!="",pod!=""}',
        query: "sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>)",
    }),
    {
        seriesQuery: 'DCGM_FI_DEV_GPU_UTIL{exported_namespace!="",exported_pod!=""}',
        resources: {
            overrides: { exported_namespace: { resource: "namespace" }, exported_pod: { resource: "pod" } },
        },
        name: { as: "gpu_utilization" },
        metricsQuery: "avg(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)",
    },
];

export const prometheusAdapter: Definition<PrometheusAdapterArgs> = {
    title: "Prometheus adapter",
    purpose: "Exposes metrics of Prometheus to autoscalers, through the API custom.metrics.k8s.io.",
    homepage: "https://github.com/kubernetes-sigs/prometheus-adapter",
    version: "0.12.0",
    charts: [
        {
            name: "prometheus-adapter",
            version: "5.3.0",
            repository: "oci://ghcr.io/prometheus-community/charts",
        },
    ],
    namespace: "prometheus-adapter",
    kubernetes: { min: "1.31", max: "1.36" },
    kubernetesSource: "not stated upstream; the range of the other add-ons",
    requires: () => ["kubePrometheusStack"],
    after: ["certManager"],
    upgrades: {
        notes: [
            "It owns the API custom.metrics.k8s.io. Resource metrics belong to metrics-server and external metrics to KEDA: do not set `rules.resource` or `rules.external` in `values`.",
            "If the pods of that API are gone, no namespace can be deleted: remove the APIService as well.",
            "The project is hardly developed any further; prefer KEDA for new autoscaling.",
        ],
    },
    fields: {
        rules: list(
            object<PrometheusAdapterRuleArgs>({
                name: required(nonEmptyString, "give the name of the metric for autoscalers"),
                series: required(
                    nonEmptyString,
                    'give the series, for example \'queue_length{namespace!="",pod!=""}\'',
                ),
                query: nonEmptyString,
            }),
        ),
        allMetrics: boolean,
    },
    values: ({ rules = [], allMetrics = false }, context) => {
        const { protocol, hostname, port, pathname } = new URL(context.outputOf("kubePrometheusStack", "url"));
        return {
            "prometheus-adapter": {
                prometheus: {
                    url: `${protocol}//${hostname}`,
                    port: Number(port),
                    path: pathname === "/" ? "" : pathname,
                },
                replicas: controllerReplicas(context),
                ...(context.highlyAvailable && { podDisruptionBudget: { enabled: true } }),
                resources: { requests: { cpu: context.small ? "10m" : "100m", memory: "64Mi" } },
                // Without it, the adapter generates a certificate at each start, which is not verified.
                certManager: { enabled: context.has("certManager") },
                rules: { default: allMetrics, custom: [...own, ...rules.map(ruleOf)] },
            },
        };
    },
    outputs: () => ({ apiVersion: "custom.metrics.k8s.io/v1beta1" }),
};
