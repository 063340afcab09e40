import { kebabCase } from "../catalog/names";
import type { Has } from "./dashboards";
import { errorShare, ofQueues } from "./metrics";

/** The urgency of an alert. */
export const Severity = {
    /** Act immediately: users or data are affected. */
    Critical: "critical",
    /** Act during working hours. */
    Warning: "warning",
} as const;
export type Severity = (typeof Severity)[keyof typeof Severity];

/** An alert. */
export interface Alert {
    name: string;
    severity: Severity;
    /** How long the condition must hold. */
    for: string;
    expr: string;
    /** The problem, in one line. */
    summary: string;
    /** What to do. */
    description: string;
}

/** Alerts that are evaluated together. */
export interface AlertGroup {
    name: string;
    alerts: Alert[];
}

const runbooks = "https://github.com/kubernetes-mlops/kubernetes-mlops/blob/main/docs/runbooks/";

/** Returns the name of an alert's page in docs/runbooks. */
export const runbookPage = (alert: string): string => `${kebabCase(alert).replace(/^-/, "")}.md`;

/** Returns the URL of an alert's runbook. */
export const runbookUrl = (alert: string): string => runbooks + runbookPage(alert);

/** Returns the alerts of a platform: those whose metrics it has. */
export function alertGroups(has: Has): AlertGroup[] {
    return [
        { name: "workloads", alerts: workloads },
        { name: "serving", alerts: serving },
        ...(has("kueue") ? [{ name: "queues", alerts: queues }] : []),
        ...(has("gpuOperator") || has("dcgmExporter") ? [{ name: "gpus", alerts: gpus }] : []),
    ];
}

/** The alerts of kube-prometheus-stack that the ones below replace. */
export const replacedAlerts = [
    "KubeDeploymentRolloutStuck",
    "KubeJobFailed",
    "KubePersistentVolumeFillingUp",
    "KubePodCrashLooping",
];

const volume = (share: number): string =>
    `kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes < ${share}` +
    " and kubelet_volume_stats_used_bytes > 0";

const volumeNearlyFull: Omit<Alert, "severity" | "for" | "expr"> = {
    name: "VolumeNearlyFull",
    summary: "Volume {{ $labels.persistentvolumeclaim }} in {{ $labels.namespace }} is nearly full",
    description:
        "{{ $value | humanizePercentage }} is free. Delete old checkpoints and caches, or resize the claim: " +
        "writes fail when it is full.",
};

const workloads: Alert[] = [
    {
        name: "JobFailed",
        severity: Severity.Warning,
        for: "1m",
        expr: 'kube_job_failed{condition="true"} > 0',
        summary: "Job {{ $labels.job_name }} in {{ $labels.namespace }} has failed",
        description:
            "It has exceeded its backoff limit or its deadline. Check the log of its last pod, fix the cause, and run it " +
            "again; the alert resolves when the Job is deleted.",
    },
    {
        name: "TrainingStalled",
        severity: Severity.Warning,
        for: "15m",
        expr:
            "changes(training_step[30m]) == 0" +
            ' and on (namespace, pod) kube_pod_status_phase{phase="Running"} == 1' +
            " and on (namespace, pod) time() - kube_pod_start_time > 3600",
        summary: "Training in pod {{ $labels.pod }} in {{ $labels.namespace }} makes no progress",
        description:
            "`training_step` has not changed for 30 minutes although the pod is running. Check for a hanging collective, a " +
            "slow data source or a full volume, and restart it from its last checkpoint.",
    },
    {
        name: "ServerDown",
        severity: Severity.Critical,
        for: "5m",
        expr:
            "kube_deployment_spec_replicas > 0" +
            " and on (namespace, deployment) kube_deployment_status_replicas_available == 0",
        summary: "{{ $labels.deployment }} in {{ $labels.namespace }} has no ready pod",
        description:
            "None of its {{ $value }} pods is ready. Check their events and logs; if the latest change caused it, " +
            "revert that change.",
    },
    {
        name: "PodCrashLooping",
        severity: Severity.Warning,
        for: "10m",
        expr: 'max_over_time(kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff"}[5m]) >= 1',
        summary: "Container {{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} keeps crashing",
        description: "Check the log of its previous run and its exit reason: out of memory, a failed probe, an error.",
    },
    {
        name: "RolloutStuck",
        severity: Severity.Warning,
        for: "5m",
        expr: 'kube_deployment_status_condition{condition="Progressing", status="false"} == 1',
        summary: "The rollout of {{ $labels.deployment }} in {{ $labels.namespace }} is stuck",
        description:
            "New pods did not become ready in time; old ones still serve. Check the newest pods, and fix or revert " +
            "the change.",
    },
    {
        name: "PodUnschedulable",
        severity: Severity.Warning,
        for: "30m",
        expr: "kube_pod_status_unschedulable == 1",
        summary: "Pod {{ $labels.pod }} in {{ $labels.namespace }} cannot be scheduled",
        description:
            "Its events show what is missing: CPU, memory, GPUs, a toleration or a volume in the zone. Add nodes, " +
            "or request less.",
    },
    { ...volumeNearlyFull, severity: Severity.Warning, for: "15m", expr: volume(0.1) },
    { ...volumeNearlyFull, severity: Severity.Critical, for: "1m", expr: volume(0.03) },
];

const serving: Alert[] = [
    {
        name: "ServerErrors",
        severity: Severity.Critical,
        for: "10m",
        expr: `(${errorShare("5m")}) > 0.05`,
        summary: "{{ $labels.app_kubernetes_io_name }} in {{ $labels.namespace }} returns errors",
        description:
            "{{ $value | humanizePercentage }} of its responses are 5xx. Check its log and its dependencies; if the " +
            "latest model or image caused it, roll back to the previous one.",
    },
];

const queues: Alert[] = [
    {
        name: "QueuePendingTooLong",
        severity: Severity.Warning,
        for: "1h",
        expr:
            `sum by (cluster_queue) (${ofQueues("kueue_pending_workloads")}) > 0` +
            " unless sum by (cluster_queue) (increase(kueue_admitted_workloads_total[1h])) > 0",
        summary: "Queue {{ $labels.cluster_queue }} has admitted nothing for an hour",
        description:
            "{{ $value }} workloads are pending. Their conditions show why: quota, a flavor or an admission check. A " +
            "workload that requests more than the whole quota never starts and may block those behind it.",
    },
    {
        name: "QueueInactive",
        severity: Severity.Warning,
        for: "10m",
        expr: `max by (cluster_queue) (${ofQueues("kueue_cluster_queue_status", 'status="active"')}) == 0`,
        summary: "Queue {{ $labels.cluster_queue }} admits nothing",
        description:
            "The ClusterQueue is stopped, or a ResourceFlavor or AdmissionCheck that it refers to is missing. Its " +
            "`Active` condition shows which.",
    },
    {
        name: "WorkloadsNotReady",
        severity: Severity.Warning,
        for: "0m",
        expr:
            "sum by (cluster_queue)" + ' (increase(kueue_evicted_workloads_total{reason="PodsReadyTimeout"}[1h])) > 3',
        summary: "Workloads of queue {{ $labels.cluster_queue }} are evicted because their pods do not become ready",
        description:
            "The quota exceeds the capacity of the nodes, images are slow to pull, or pods fail at startup. Check the " +
            "pods of the evicted workloads.",
    },
];

/** XIDs that are caused by the program in most cases. Source: https://docs.nvidia.com/deploy/xid-errors/ */
const programXids = [13, 31, 43, 45];

const gpu = "GPU {{ $labels.gpu }} of node {{ $labels.Hostname }}";

const gpus: Alert[] = [
    {
        name: "GpuXidError",
        severity: Severity.Critical,
        for: "0m",
        expr:
            "DCGM_FI_DEV_XID_ERRORS > 0" +
            ` unless (${programXids.map((xid) => `DCGM_FI_DEV_XID_ERRORS == ${xid}`).join(" or ")})`,
        summary: `${gpu} reports XID {{ $value }}`,
        description:
            "Its hardware or driver has failed. Cordon the node, look up the XID in NVIDIA's documentation, and reset the " +
            "GPU or reboot the node.",
    },
    {
        name: "GpuEccError",
        severity: Severity.Warning,
        for: "0m",
        expr: "increase(DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS[1h]) > 0",
        summary: `${gpu} has uncorrectable memory errors`,
        description:
            "The program that used that memory was terminated, or has wrong results. Reset the GPU when it is free, so " +
            "that the rows are remapped; replace the GPU if it happens often.",
    },
    {
        name: "GpuRowRemapFailure",
        severity: Severity.Critical,
        for: "0m",
        expr: "DCGM_FI_DEV_ROW_REMAP_FAILURE > 0",
        summary: `${gpu} has no spare memory rows left`,
        description: "Cordon the node and replace the GPU: further errors will terminate programs.",
    },
    {
        name: "GpuTooHot",
        severity: Severity.Warning,
        for: "10m",
        expr: "DCGM_FI_DEV_GPU_TEMP > 88",
        summary: `${gpu} is at {{ $value }} °C`,
        description:
            "It throttles to protect itself. Check fans, air flow and neighboring GPUs, or lower its power limit.",
    },
    {
        name: "GpuAllocatedButIdle",
        severity: Severity.Warning,
        for: "1h",
        expr:
            "avg by (exported_namespace, exported_pod, Hostname, gpu)" +
            ' (avg_over_time(DCGM_FI_DEV_GPU_UTIL{exported_pod!=""}[1h])) < 2',
        summary: `Pod {{ $labels.exported_pod }} in {{ $labels.exported_namespace }} does not use ${gpu}`,
        description:
            "It has held the GPU for more than an hour. Ask its owner; stop a forgotten notebook, or fix a program that " +
            "waits for data or runs on the CPU.",
    },
];
