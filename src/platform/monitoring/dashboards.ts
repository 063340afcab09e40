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

/** The dashboards of a platform: those whose metrics it has. */
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
 * How often something was counted lately. Unlike increase() and rate(), it knows of the first time, with which a counter
 * comes into being.
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
    return dashboard("mlops-queues", "ML: queues", "How long jobs wait in Kueue's queues, and for what.", [
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
                    "Wait, half of all",
                    "From creation to admission, over the last day.",
                    "s",
                    `histogram_quantile(0.5, ${counted("le", wait, "1d")})`,
                ),
                figure(
                    "Queues that admit nothing",
                    "ClusterQueues that are not active, for lack of a flavor or because they are stopped.",
                    "none",
                    `count(${ofQueues("kueue_cluster_queue_status", 'status="active"')} == 0) or vector(0)`,
                ),
                curve("Waiting by queue", "`inadmissible` ones wait for a change in the cluster.", "none", [
                    query(
                        `sum by (cluster_queue, status) (${ofQueues("kueue_pending_workloads")})`,
                        "{{cluster_queue}} {{status}}",
                    ),
                ]),
                curve("Time until admission", "From creation to admission: half of all, and nine of ten.", "s", [
                    query(waited(0.5, wait), `${queue} half`),
                    query(waited(0.9, wait), `${queue} nine of ten`),
                ]),
                curve(
                    "Time until ready",
                    "From creation until all pods are ready, nine of ten; measured with `waitForPodsReady` only.",
                    "s",
                    [query(waited(0.9, "kueue_ready_wait_time_seconds_bucket"), queue)],
                ),
                curve("Admissions", "Workloads that are admitted in an hour.", "none", [
                    query(counted("cluster_queue", "kueue_admitted_workloads_total"), queue),
                ]),
            ],
        },
        {
            title: "Quota",
            panels: [
                curve("Quota in use", "Above 100 % where a queue borrows from its cohort.", "percentunit", [
                    query(
                        byResource(ofQueues("kueue_cluster_queue_resource_usage")) +
                            ` / ${byResource(`${ofQueues("kueue_cluster_queue_nominal_quota")} > 0`)}`,
                        "{{cluster_queue}} {{resource}}",
                    ),
                ]),
                curve("Evictions", "Workloads that lost their quota in an hour, and why.", "none", [
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
    // The exporter's own pod is in `pod`; the pod that has the GPU is in `exported_pod`.
    const used = 'exported_namespace=~"$namespace"';
    const gpu = "{{Hostname}} GPU {{gpu}}";
    const pod = "{{exported_namespace}}/{{exported_pod}}";
    const of = (metric: string): string => `avg by (Hostname, gpu) (${metric})`;
    return dashboard(
        "mlops-gpus",
        "ML: GPUs",
        "How well the GPUs are used, and whether they are healthy.",
        [
            {
                title: "Use",
                panels: [
                    figure("GPUs", "All that report.", "none", "count(DCGM_FI_DEV_GPU_TEMP)"),
                    figure(
                        "Given to a pod",
                        "A GPU that is shared counts once for each pod.",
                        "none",
                        'count(DCGM_FI_DEV_GPU_TEMP{exported_pod!=""}) or vector(0)',
                    ),
                    figure("Mean use", "Of all GPUs.", "percent", "avg(DCGM_FI_DEV_GPU_UTIL)"),
                    figure(
                        "Given but idle",
                        "With a pod, and unused for an hour.",
                        "none",
                        'count(avg_over_time(DCGM_FI_DEV_GPU_UTIL{exported_pod!=""}[1h]) < 2) or vector(0)',
                    ),
                    curve("Use by pod", "The share of time in which a kernel ran.", "percent", [
                        query(`avg by (exported_namespace, exported_pod) (DCGM_FI_DEV_GPU_UTIL{${used}})`, pod),
                    ]),
                    curve(
                        "Tensor cores by pod",
                        "The share of cycles; low where the code does not use them.",
                        "percentunit",
                        [
                            query(
                                `avg by (exported_namespace, exported_pod) (DCGM_FI_PROF_PIPE_TENSOR_ACTIVE{${used}})`,
                                pod,
                            ),
                        ],
                    ),
                    curve(
                        "Engine by GPU",
                        "The share of time in which the engine was active; also with MIG.",
                        "percentunit",
                        [query(of("DCGM_FI_PROF_GR_ENGINE_ACTIVE"), gpu)],
                    ),
                    curve("Memory bandwidth by GPU", "The share of cycles in which memory moved data.", "percentunit", [
                        query(of("DCGM_FI_PROF_DRAM_ACTIVE"), gpu),
                    ]),
                    curve("Memory in use by GPU", "Of the GPU's own memory.", "percentunit", [
                        query(of("DCGM_FI_DEV_FB_USED / (DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE)"), gpu),
                    ]),
                    stacked("GPUs by namespace", "Those given to pods.", "none", [
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
                    curve(
                        "Remapped rows",
                        "Memory that was replaced after errors that could not be corrected.",
                        "none",
                        [query("max by (Hostname, gpu) (DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS)", gpu)],
                    ),
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
            "Jobs that gave up and are still there.",
            "none",
            `count(kube_job_failed{condition="true", ${here}} > 0) or vector(0)`,
        ),
        figure(
            "Ended in a day",
            "Jobs that completed.",
            "none",
            `count(time() - kube_job_status_completion_time{${here}} < 86400) or vector(0)`,
        ),
        figure(
            "Failed pods",
            "Of the jobs that are there; each is a try that was lost.",
            "none",
            `sum(kube_job_status_failed{${here}})`,
        ),
        curve("How long they have run", "Jobs that run now.", "s", [
            query(
                `(time() - kube_job_status_start_time{${here}})` +
                    ` and on (namespace, job_name) (kube_job_status_active{${here}} > 0)`,
                "{{namespace}}/{{job_name}}",
            ),
        ]),
        curve("Pods by phase", "`Pending` ones have a place in the queue but none on a node.", "none", [
            query(`sum by (phase) (kube_pod_status_phase{${here}} > 0)`, "{{phase}}"),
        ]),
    ];
    // The namespace of the controller is in `namespace`, that of the JobSet in `exported_namespace`.
    const set = "exported_namespace, jobset_name";
    const ofSets = 'exported_namespace=~"$namespace"';
    const sets: Section = {
        title: "JobSets",
        panels: [
            curve("JobSets ended", "Those that completed in an hour.", "none", [
                query(counted(set, `jobset_completed_total{${ofSets}}`), "{{exported_namespace}}/{{jobset_name}}"),
            ]),
            curve("JobSets failed", "Those that failed in an hour.", "none", [
                query(counted(set, `jobset_failed_total{${ofSets}}`), "{{exported_namespace}}/{{jobset_name}}"),
            ]),
        ],
    };
    return dashboard(
        "mlops-training",
        "ML: training",
        "Jobs, and what the programs in them tell of themselves (docs/monitoring.md).",
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
                    curve("Steps", "Steps in a minute.", "none", [
                        query(`deriv(training_step{${here}}[10m]) * 60`, pod),
                    ]),
                    curve("Samples", "Samples in a second.", "none", [
                        query(`rate(training_samples_total{${here}}[${interval}])`, pod),
                    ]),
                    curve("Age of the last checkpoint", "What is lost when the pod is evicted now.", "s", [
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
            curve("Requests at the gateway", "In a second, by backend and class of answer.", "reqps", [
                query(
                    "sum by (envoy_cluster_name, envoy_response_code_class)" +
                        ` (rate(envoy_cluster_upstream_rq_xx[${interval}]))`,
                    "{{envoy_cluster_name}} {{envoy_response_code_class}}xx",
                ),
            ]),
            curve("Latency at the gateway", "Of the backends, 19 of 20 requests.", "ms", [
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
            curve("Predictions", "In a second.", "reqps", [
                query(
                    `sum by (namespace, model_name) (rate(request_predict_seconds_count{${here}}[${interval}]))`,
                    "{{namespace}}/{{model_name}}",
                ),
            ]),
            curve("Time to predict", "The model's own share, 19 of 20 requests.", "s", [
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
        "How fast the servers answer, and how many requests fail (docs/monitoring.md).",
        [
            {
                title: "Servers",
                panels: [
                    curve("Requests", "In a second.", "reqps", [query(count, server)]),
                    curve("Errors", "The share that is answered with 5xx.", "percentunit", [
                        query(errorShare(interval, `${here}, `), server),
                    ]),
                    curve("Latency, half of all", "", "s", [query(quantile(0.5, bucket, by), server)]),
                    curve("Latency, 19 of 20", "", "s", [query(quantile(0.95, bucket, by), server)]),
                    curve("Latency, 99 of 100", "", "s", [query(quantile(0.99, bucket, by), server)]),
                    curve("Pods that serve", "Available replicas of Deployments.", "none", [
                        query(`kube_deployment_status_replicas_available{${here}}`, "{{namespace}}/{{deployment}}"),
                    ]),
                ],
            },
            {
                title: "Language models (vLLM)",
                panels: [
                    curve("Time to the first token", "19 of 20 requests.", "s", [
                        query(
                            quantile(0.95, `vllm:time_to_first_token_seconds_bucket{${here}}`, "namespace, model_name"),
                            "{{namespace}}/{{model_name}}",
                        ),
                    ]),
                    curve("Requests that wait", "In the engine's own queue.", "none", [
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
        "What the nodes cost and who uses them, at OpenCost's prices.",
        [
            {
                title: "The cluster",
                panels: [
                    figure("An hour", "All nodes.", currency, nodes),
                    figure(
                        "A month",
                        "All nodes, at 730 hours and today's number of nodes.",
                        currency,
                        `${nodes} * 730`,
                    ),
                    figure("GPUs, an hour", "Of the pods that have one.", currency, `sum(${gpu}) or vector(0)`),
                    figure(
                        "Nobody's, an hour",
                        "CPU, memory and GPUs of the nodes that no pod has asked for.",
                        currency,
                        `${nodes} - (sum(${cpu}) + sum(${memory}) + (sum(${gpu}) or vector(0)))`,
                    ),
                    stacked("Nodes", "An hour's cost of each.", currency, [
                        query("avg by (node) (node_total_hourly_cost)", "{{node}}"),
                    ]),
                ],
            },
            {
                title: "Who uses them",
                panels: [
                    stacked("CPU by namespace", "An hour's cost.", currency, [query(by(cpu), "{{namespace}}")]),
                    stacked("Memory by namespace", "An hour's cost.", currency, [query(by(memory), "{{namespace}}")]),
                    stacked("GPUs by namespace", "An hour's cost.", currency, [query(by(gpu), "{{namespace}}")]),
                ],
            },
        ],
        [namespaceVariable("container_cpu_allocation")],
    );
}
