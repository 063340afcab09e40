/** The exporter of a metric. */
export const Exporter = {
    /** https://github.com/kubernetes/kube-state-metrics/tree/main/docs */
    KubeStateMetrics: "kube-state-metrics",
    /** https://kubernetes.io/docs/reference/instrumentation/metrics/ */
    Kubelet: "kubelet",
    /** https://kueue.sigs.k8s.io/docs/reference/metrics/ */
    Kueue: "kueue",
    /** https://jobset.sigs.k8s.io/docs/reference/metrics/ */
    JobSet: "jobset",
    /** https://github.com/NVIDIA/dcgm-exporter/blob/main/etc/dcp-metrics-included.csv */
    Dcgm: "dcgm-exporter",
    /** https://opencost.io/docs/integrations/metrics/ */
    OpenCost: "opencost",
    /** https://www.envoyproxy.io/docs/envoy/latest/configuration/upstream/cluster_manager/cluster_stats */
    Envoy: "envoy",
    /** https://kserve.github.io/website/docs/model-serving/predictive-inference/observability/prometheus-metrics */
    KServe: "kserve",
    /** https://docs.vllm.ai/en/latest/usage/metrics/ */
    Vllm: "vllm",
    /** The users' programs, by the conventions in docs/monitoring.md. */
    Program: "program",
} as const;
export type Exporter = (typeof Exporter)[keyof typeof Exporter];

/** All metrics that a dashboard or an alert uses, by exporter. */
export const metrics: Record<Exporter, string[]> = {
    [Exporter.KubeStateMetrics]: [
        "kube_deployment_spec_replicas",
        "kube_deployment_status_condition",
        "kube_deployment_status_replicas_available",
        "kube_job_failed",
        "kube_job_status_active",
        "kube_job_status_completion_time",
        "kube_job_status_failed",
        "kube_job_status_start_time",
        "kube_pod_container_status_waiting_reason",
        "kube_pod_start_time",
        "kube_pod_status_phase",
        "kube_pod_status_unschedulable",
    ],
    [Exporter.Kubelet]: [
        "kubelet_volume_stats_available_bytes",
        "kubelet_volume_stats_capacity_bytes",
        "kubelet_volume_stats_used_bytes",
    ],
    [Exporter.Kueue]: [
        "kueue_admission_wait_time_seconds_bucket",
        "kueue_admitted_active_workloads",
        "kueue_admitted_workloads_total",
        "kueue_cluster_queue_nominal_quota",
        "kueue_cluster_queue_resource_usage",
        "kueue_cluster_queue_status",
        "kueue_evicted_workloads_total",
        "kueue_pending_workloads",
        "kueue_ready_wait_time_seconds_bucket",
    ],
    [Exporter.JobSet]: ["jobset_completed_total", "jobset_failed_total"],
    [Exporter.Dcgm]: [
        "DCGM_FI_DEV_FB_FREE",
        "DCGM_FI_DEV_FB_USED",
        "DCGM_FI_DEV_GPU_TEMP",
        "DCGM_FI_DEV_GPU_UTIL",
        "DCGM_FI_DEV_POWER_USAGE",
        "DCGM_FI_DEV_ROW_REMAP_FAILURE",
        "DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS",
        "DCGM_FI_DEV_XID_ERRORS",
        "DCGM_FI_PROF_DRAM_ACTIVE",
        "DCGM_FI_PROF_GR_ENGINE_ACTIVE",
        "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE",
    ],
    [Exporter.OpenCost]: [
        "container_cpu_allocation",
        "container_gpu_allocation",
        "container_memory_allocation_bytes",
        "node_cpu_hourly_cost",
        "node_gpu_hourly_cost",
        "node_ram_hourly_cost",
        "node_total_hourly_cost",
    ],
    [Exporter.Envoy]: ["envoy_cluster_upstream_rq_time_bucket", "envoy_cluster_upstream_rq_xx"],
    [Exporter.KServe]: ["request_predict_seconds_bucket", "request_predict_seconds_count"],
    [Exporter.Vllm]: ["vllm:num_requests_waiting", "vllm:time_to_first_token_seconds_bucket"],
    [Exporter.Program]: [
        "http_request_duration_seconds_bucket",
        "http_request_duration_seconds_count",
        "http_requests_total",
        "training_last_checkpoint_timestamp_seconds",
        "training_loss",
        "training_samples_total",
        "training_step",
        "training_steps",
    ],
};

/**
 * Returns a metric of the state of Kueue's queues. Standby replicas expose it as well and are excluded, or everything
 * would count twice.
 */
export const ofQueues = (metric: string, labels = ""): string =>
    `${metric}{${labels && `${labels}, `}replica_role!="follower"}`;

/**
 * Returns the ratio of requests that each server answers with 5xx. Some middlewares, such as vLLM's, label the
 * durations with the method only, and have the status in a separate counter.
 *
 * @param labels which servers
 */
export function errorShare(range: string, labels = ""): string {
    const requests = (metric: string, more: string): string =>
        `sum by (namespace, app_kubernetes_io_name) (rate(${metric}{${labels}${more}}[${range}]))`;
    const share = (metric: string): string => `${requests(metric, 'status=~"5.*"')} / ${requests(metric, "")}`;
    return `${share("http_requests_total")} or ${share("http_request_duration_seconds_count")}`;
}
