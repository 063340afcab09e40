import type { AddonName } from "../catalog/names";
import { errorShare, ofQueues } from "./metrics";
import {
    curve,
    dashboard,
    type Dashboard,
    figure,
    namespaceVariable,
    type Panel,
    query,
    type Section,
    stacked,
} from "./panels";

/** Whether the platform has an add-on. */
export type Has = (addon: AddonName) => boolean;

/** Returns the dashboards of a platform: those whose metrics it has. */
export function dashboards(has: Has): Dashboard[] {
    return [
        ...(has("kueue") ? [queues()] : []),
        ...(has("gpuOperator") || has("dcgmExporter") ? [gpus()] : []),
        training(has),
        serving(has),
        ...(has("opencost") ? [cost()] : []),
    ];
}

const interval = "$__rate_interval";

/**
 * Returns a query for how often a counter increased in the last hour. Unlike increase() and rate(), it includes the
 * first increment, which creates the series.
 */
const counted = (by: string, counter: string, range = "1h"): string =>
    `sum by (${by}) (clamp_min(${counter} - (${counter} offset ${range} or ${counter} * 0), 0))`;

const quantile = (share: number, bucket: string, by: string): string =>
    `histogram_quantile(${share}, sum by (le, ${by}) (rate(${bucket}[${interval}])))`;

function queues(): Dashboard {
    const queue = "{{cluster_queue}}";
    const wait = "kueue_admission_wait_time_seconds_bucket";
    const waited = (share: number, bucket: string): string =>
        `histogram_quantile(${share}, ${counted("le, cluster_queue", bucket)})`;
    const byResource = (expr: string): string => `sum by (cluster_queue, resource) (${expr})`;
    return dashboard("mlops-queues", "ML: queues", "How long jobs wait in Kueue's queues, and why.", [
        {
            title: "Waiting",
            panels: [
                figure(
                    "Waiting now",
                    "Workloads in all queues.",
                    "none",
                    `sum(${ofQueues("kueue_pending_workloads")})`,
                ),
                figure(
                    "Admitted now",
                    "Workloads with quota.",
                    "none",
                    `sum(${ofQueues("kueue_admitted_active_workloads")})`,
                ),
                figure(
                    "Wait time, median",
                    "From creation to admission, over the last day.",
                    "s",
                    `histogram_quantile(0.5, ${counted("le", wait, "1d")})`,
                ),
                figure(
                    "Inactive queues",
                    "ClusterQueues that are stopped, or whose flavor is missing.",
                    "none",
                    `count(${ofQueues("kueue_cluster_queue_status", 'status="active"')} == 0) or vector(0)`,
                ),
                curve("Waiting by queue", "`inadmissible` workloads wait for a change in the cluster.", "none", [
                    query(
                        `sum by (cluster_queue, status) (${ofQueues("kueue_pending_workloads")})`,
                        "{{cluster_queue}} {{status}}",
                    ),
                ]),
                curve("Time until admission", "From creation to admission: median and 90th percentile.", "s", [
                    query(waited(0.5, wait), `${queue} half`),
                    query(waited(0.9, wait), `${queue} p90`),
                ]),
                curve(
                    "Time until ready",
                    "From creation until all pods are ready, 90th percentile; only with `waitForPodsReady`.",
                    "s",
                    [query(waited(0.9, "kueue_ready_wait_time_seconds_bucket"), queue)],
                ),
                curve("Admissions", "Admitted workloads per hour.", "none", [
                    query(counted("cluster_queue", "kueue_admitted_workloads_total"), queue),
                ]),
            ],
        },
        {
            title: "Quota",
            panels: [
                curve("Quota in use", "Above 100 % if a queue borrows from its cohort.", "percentunit", [
                    query(
                        byResource(ofQueues("kueue_cluster_queue_resource_usage")) +
                            ` / ${byResource(`${ofQueues("kueue_cluster_queue_nominal_quota")} > 0`)}`,
                        "{{cluster_queue}} {{resource}}",
                    ),
                ]),
                curve("Evictions", "Evicted workloads per hour, by reason.", "none", [
                    query(
                        counted("cluster_queue, reason", "kueue_evicted_workloads_total"),
                        "{{cluster_queue}} {{reason}}",
                    ),
                ]),
            ],
        },
    ]);
}

function gpus(): Dashboard {
    // `pod` is the pod of the exporter; `exported_pod` is the pod that uses the GPU.
    const used = 'exported_namespace=~"$namespace"';
    const gpu = "{{Hostname}} GPU {{gpu}}";
    const pod = "{{exported_namespace}}/{{exported_pod}}";
    const of = (metric: string): string => `avg by (Hostname, gpu) (${metric})`;
    return dashboard(
        "mlops-gpus",
        "ML: GPUs",
        "Utilization and health of GPUs.",
        [
            {
                title: "Utilization",
                panels: [
                    figure("GPUs", "All that report.", "none", "count(DCGM_FI_DEV_GPU_TEMP)"),
                    figure(
                        "Allocated",
                        "A shared GPU counts once for each pod.",
                        "none",
                        'count(DCGM_FI_DEV_GPU_TEMP{exported_pod!=""}) or vector(0)',
                    ),
                    figure("Mean utilization", "Of all GPUs.", "percent", "avg(DCGM_FI_DEV_GPU_UTIL)"),
                    figure(
                        "Allocated but idle",
                        "Allocated to a pod, and unused for an hour.",
                        "none",
                        'count(avg_over_time(DCGM_FI_DEV_GPU_UTIL{exported_pod!=""}[1h]) < 2) or vector(0)',
                    ),
                    curve("Utilization by pod", "Ratio of time in which a kernel ran.", "percent", [
                        query(`avg by (exported_namespace, exported_pod) (DCGM_FI_DEV_GPU_UTIL{${used}})`, pod),
                    ]),
                    curve("Tensor cores by pod", "Ratio of cycles; low if the code does not use them.", "percentunit", [
                        query(
                            `avg by (exported_namespace, exported_pod) (DCGM_FI_PROF_PIPE_TENSOR_ACTIVE{${used}})`,
                            pod,
                        ),
                    ]),
                    curve(
                        "Engine by GPU",
                        "Ratio of time in which the graphics engine was active; also with MIG.",
                        "percentunit",
                        [query(of("DCGM_FI_PROF_GR_ENGINE_ACTIVE"), gpu)],
                    ),
                    curve(
                        "Memory bandwidth by GPU",
                        "Ratio of cycles in which memory transferred data.",
                        "percentunit",
                        [query(of("DCGM_FI_PROF_DRAM_ACTIVE"), gpu)],
                    ),
                    curve("Memory in use by GPU", "Of the GPU's own memory.", "percentunit", [
                        query(of("DCGM_FI_DEV_FB_USED / (DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE)"), gpu),
                    ]),
                    stacked("GPUs by namespace", "Allocated to pods.", "none", [
                        query(
                            `count by (exported_namespace) (DCGM_FI_DEV_GPU_TEMP{exported_pod!="", ${used}})`,
                            "{{exported_namespace}}",
                        ),
                    ]),
                ],
            },
            {
                title: "Health",
                panels: [
                    curve("Temperature", "GPUs slow down near their limit, mostly about 90 °C.", "celsius", [
                        query(of("DCGM_FI_DEV_GPU_TEMP"), gpu),
                    ]),
                    curve("Power", "", "watt", [query(of("DCGM_FI_DEV_POWER_USAGE"), gpu)]),
                    curve("Last XID", "The driver's last error; 0 is none.", "none", [
                        query("max by (Hostname, gpu) (DCGM_FI_DEV_XID_ERRORS)", gpu),
                    ]),
                    curve("Remapped rows", "Memory rows that were remapped after uncorrectable errors.", "none", [
                        query("max by (Hostname, gpu) (DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS)", gpu),
                    ]),
                ],
            },
        ],
        [namespaceVariable("DCGM_FI_DEV_GPU_TEMP", "exported_namespace")],
    );
}

function training(has: Has): Dashboard {
    const here = 'namespace=~"$namespace"';
    const pod = "{{namespace}}/{{pod}}";
    const jobs: Panel[] = [
        figure("Running", "Jobs with a pod.", "none", `count(kube_job_status_active{${here}} > 0) or vector(0)`),
        figure(
            "Failed",
            "Failed Jobs that still exist.",
            "none",
            `count(kube_job_failed{condition="true", ${here}} > 0) or vector(0)`,
        ),
        figure(
            "Completed, last day",
            "Completed Jobs.",
            "none",
            `count(time() - kube_job_status_completion_time{${here}} < 86400) or vector(0)`,
        ),
        figure(
            "Failed pods",
            "Of existing Jobs; each is a failed attempt.",
            "none",
            `sum(kube_job_status_failed{${here}})`,
        ),
        curve("Run time", "Of running Jobs.", "s", [
            query(
                `(time() - kube_job_status_start_time{${here}})` +
                    ` and on (namespace, job_name) (kube_job_status_active{${here}} > 0)`,
                "{{namespace}}/{{job_name}}",
            ),
        ]),
        curve("Pods by phase", "`Pending` pods are admitted but not running yet.", "none", [
            query(`sum by (phase) (kube_pod_status_phase{${here}} > 0)`, "{{phase}}"),
        ]),
    ];
    // `namespace` is the namespace of the controller; `exported_namespace` is the namespace of the JobSet.
    const set = "exported_namespace, jobset_name";
    const ofSets = 'exported_namespace=~"$namespace"';
    const sets: Section = {
        title: "JobSets",
        panels: [
            curve("JobSets completed", "Per hour.", "none", [
                query(counted(set, `jobset_completed_total{${ofSets}}`), "{{exported_namespace}}/{{jobset_name}}"),
            ]),
            curve("JobSets failed", "Per hour.", "none", [
                query(counted(set, `jobset_failed_total{${ofSets}}`), "{{exported_namespace}}/{{jobset_name}}"),
            ]),
        ],
    };
    return dashboard(
        "mlops-training",
        "ML: training",
        "Jobs, and the metrics of their programs (docs/monitoring.md).",
        [
            { title: "Jobs", panels: jobs },
            ...(has("jobset") ? [sets] : []),
            {
                title: "Progress",
                panels: [
                    curve("Done", "`training_step` of `training_steps`.", "percentunit", [
                        query(`training_step{${here}} / (training_steps{${here}} > 0)`, pod),
                    ]),
                    curve("Loss", "`training_loss`", "none", [query(`training_loss{${here}}`, pod)]),
                    curve("Steps", "Per minute.", "none", [query(`deriv(training_step{${here}}[10m]) * 60`, pod)]),
                    curve("Samples", "Per second.", "none", [
                        query(`rate(training_samples_total{${here}}[${interval}])`, pod),
                    ]),
                    curve("Age of the last checkpoint", "The progress that an eviction would lose.", "s", [
                        query(`time() - training_last_checkpoint_timestamp_seconds{${here}}`, pod),
                    ]),
                ],
            },
        ],
        [namespaceVariable("kube_pod_status_phase")],
    );
}

function serving(has: Has): Dashboard {
    const here = 'namespace=~"$namespace"';
    const by = "namespace, app_kubernetes_io_name";
    const server = "{{namespace}}/{{app_kubernetes_io_name}}";
    const bucket = `http_request_duration_seconds_bucket{${here}}`;
    const count = `sum by (${by}) (rate(http_request_duration_seconds_count{${here}}[${interval}]))`;
    const envoy: Section = {
        title: "At the gateway (Envoy)",
        panels: [
            curve("Requests at the gateway", "Per second, by backend and response class.", "reqps", [
                query(
                    "sum by (envoy_cluster_name, envoy_response_code_class)" +
                        ` (rate(envoy_cluster_upstream_rq_xx[${interval}]))`,
                    "{{envoy_cluster_name}} {{envoy_response_code_class}}xx",
                ),
            ]),
            curve("Latency at the gateway", "Of the backends, 95th percentile.", "ms", [
                query(
                    quantile(0.95, "envoy_cluster_upstream_rq_time_bucket", "envoy_cluster_name"),
                    "{{envoy_cluster_name}}",
                ),
            ]),
        ],
    };
    const kserve: Section = {
        title: "KServe",
        panels: [
            curve("Predictions", "Per second.", "reqps", [
                query(
                    `sum by (namespace, model_name) (rate(request_predict_seconds_count{${here}}[${interval}]))`,
                    "{{namespace}}/{{model_name}}",
                ),
            ]),
            curve("Time to predict", "Time in the model, 95th percentile.", "s", [
                query(
                    quantile(0.95, `request_predict_seconds_bucket{${here}}`, "namespace, model_name"),
                    "{{namespace}}/{{model_name}}",
                ),
            ]),
        ],
    };
    return dashboard(
        "mlops-serving",
        "ML: serving",
        "Latency and errors of servers (docs/monitoring.md).",
        [
            {
                title: "Servers",
                panels: [
                    curve("Requests", "Per second.", "reqps", [query(count, server)]),
                    curve("Errors", "Ratio of 5xx responses.", "percentunit", [
                        query(errorShare(interval, `${here}, `), server),
                    ]),
                    curve("Latency, median", "", "s", [query(quantile(0.5, bucket, by), server)]),
                    curve("Latency, 95th percentile", "", "s", [query(quantile(0.95, bucket, by), server)]),
                    curve("Latency, 99th percentile", "", "s", [query(quantile(0.99, bucket, by), server)]),
                    curve("Available pods", "Available replicas of Deployments.", "none", [
                        query(`kube_deployment_status_replicas_available{${here}}`, "{{namespace}}/{{deployment}}"),
                    ]),
                ],
            },
            {
                title: "Language models (vLLM)",
                panels: [
                    curve("Time to first token", "95th percentile.", "s", [
                        query(
                            quantile(0.95, `vllm:time_to_first_token_seconds_bucket{${here}}`, "namespace, model_name"),
                            "{{namespace}}/{{model_name}}",
                        ),
                    ]),
                    curve("Waiting requests", "In the queue of the engine.", "none", [
                        query(
                            `sum by (namespace, model_name) (vllm:num_requests_waiting{${here}})`,
                            "{{namespace}}/{{model_name}}",
                        ),
                    ]),
                ],
            },
            ...(has("envoyGateway") ? [envoy] : []),
            ...(has("kserve") ? [kserve] : []),
        ],
        [namespaceVariable("kube_deployment_spec_replicas")],
    );
}

function cost(): Dashboard {
    const here = 'namespace=~"$namespace"';
    const price = (metric: string): string => `on (node) group_left () avg by (node) (${metric})`;
    const cpu = `container_cpu_allocation{${here}} * ${price("node_cpu_hourly_cost")}`;
    const memory = `container_memory_allocation_bytes{${here}} / 1024 ^ 3 * ${price("node_ram_hourly_cost")}`;
    const gpu = `container_gpu_allocation{${here}} * ${price("node_gpu_hourly_cost")}`;
    const nodes = "sum(avg by (node) (node_total_hourly_cost))";
    const by = (expr: string): string => `sum by (namespace) (${expr})`;
    const currency = "currencyUSD";
    return dashboard(
        "mlops-cost",
        "ML: cost",
        "Cost of nodes and of their use, at OpenCost's prices.",
        [
            {
                title: "Cluster",
                panels: [
                    figure("Per hour", "All nodes.", currency, nodes),
                    figure(
                        "A month",
                        "All nodes: 730 hours with the current number of nodes.",
                        currency,
                        `${nodes} * 730`,
                    ),
                    figure("GPUs, per hour", "Allocated to pods.", currency, `sum(${gpu}) or vector(0)`),
                    figure(
                        "Unallocated, an hour",
                        "CPU, memory and GPUs that no pod has requested.",
                        currency,
                        `${nodes} - (sum(${cpu}) + sum(${memory}) + (sum(${gpu}) or vector(0)))`,
                    ),
                    stacked("Nodes", "Cost per hour.", currency, [
                        query("avg by (node) (node_total_hourly_cost)", "{{node}}"),
                    ]),
                ],
            },
            {
                title: "Use",
                panels: [
                    stacked("CPU by namespace", "Cost per hour.", currency, [query(by(cpu), "{{namespace}}")]),
                    stacked("Memory by namespace", "Cost per hour.", currency, [query(by(memory), "{{namespace}}")]),
                    stacked("GPUs by namespace", "Cost per hour.", currency, [query(by(gpu), "{{namespace}}")]),
                ],
            },
        ],
        [namespaceVariable("container_cpu_allocation")],
    );
}
