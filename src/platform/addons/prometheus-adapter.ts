import { text, truth } from "../../arguments/formats";
import { list, object, required } from "../../arguments/rules";
import type { Definition, Values } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { controllerReplicas } from "./shared/controller-replicas";

/** A measurement that autoscalers can follow. */
export interface PrometheusAdapterRuleArgs {
    /** What autoscalers call it. */
    name: string;
    /**
     * The metric in Prometheus that has it, with the labels that say whose it is, such as
     * `queue_length{namespace!="",pod!=""}`.
     */
    series: string;
    /**
     * How it is asked for, with `<<.LabelMatchers>>` in the braces and `<<.GroupBy>>` in what it is summed by. Defaults
     * to the sum of the series.
     */
    query?: string;
}

/** The settings of the Prometheus adapter. Its namespace defaults to "prometheus-adapter". */
export interface PrometheusAdapterArgs extends PlatformAddonArgs {
    /**
     * Further measurements for autoscalers, besides `http_requests_per_second` and `gpu_utilization` of pods. Defaults to
     * none.
     */
    rules?: PrometheusAdapterRuleArgs[];
    /**
     * Whether every metric of a pod is offered. Defaults to false: in large clusters that is slow, and costs Prometheus
     * much memory.
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
    purpose: "Lets autoscalers follow what Prometheus measures, through the API custom.metrics.k8s.io.",
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
    kubernetesSource: "none is stated upstream; the range of the other add-ons",
    requires: () => ["kubePrometheusStack"],
    after: ["certManager"],
    upgrades: {
        notes: [
            "It owns the API custom.metrics.k8s.io. That of resources is metrics-server's, that of external metrics KEDA's: neither is touched, so do not set `rules.resource` or `rules.external` among the values.",
            "When the API has lost its pods, no namespace can be deleted: remove the APIService as well.",
            "Its project is hardly developed any further; for new autoscaling KEDA is the better choice.",
        ],
    },
    fields: {
        rules: list(
            object<PrometheusAdapterRuleArgs>({
                name: required(text, "say what autoscalers call it"),
                series: required(text, 'name the metric, for example \'queue_length{namespace!="",pod!=""}\''),
                query: text,
            }),
        ),
        allMetrics: truth,
    },
    values: ({ rules = [], allMetrics = false }, context) => {
        const { protocol, hostname, port, pathname } = new URL(context.outputsOf("kubePrometheusStack")["url"]!);
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
                // Without it the adapter makes a certificate of its own at each start, which is taken unchecked.
                certManager: { enabled: context.has("certManager") },
                rules: { default: allMetrics, custom: [...own, ...rules.map(ruleOf)] },
            },
        };
    },
    outputs: () => ({ apiVersion: "custom.metrics.k8s.io/v1beta1" }),
};
