import { kebabCase } from "../catalog/names";
import type { Has } from "./dashboards";
import { errorShare, ofQueues } from "./metrics";

/** How soon somebody should look. */
export const Severity = {
    /** At once: users or data are hit. */
    Critical: "critical",
    /** In working hours. */
    Warning: "warning",
} as const;
export type Severity = (typeof Severity)[keyof typeof Severity];

/** An alert. */
export interface Alert {
    name: string;
    severity: Severity;
    /** How long it must hold. */
    for: string;
    expr: string;
    /** What is wrong, in one line. */
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

/** The name of an alert's page in docs/runbooks. */
export const runbookPage = (alert: string): string => `${kebabCase(alert).replace(/^-/, "")}.md`;

/** Where the runbook of an alert is. */
export const runbookUrl = (alert: string): string => runbooks + runbookPage(alert);

/** The alerts of a platform: those whose metrics it has. */
export function alertGroups(has: Has): AlertGroup[] {
    return [
        { name: "workloads", alerts: workloads },
        { name: "serving", alerts: serving },
        ...(has("kueue") ? [{ name: "queues", alerts: queues }] : []),
        ...(has("gpuOperator") || has("dcgmExporter") ? [{ name: "gpus", alerts: gpus }] : []),
    ];
}

/** The alerts of kube-prometheus-stack in whose place those above come. */
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
        "{{ $value | humanizePercentage }} are left. Remove old checkpoints and caches, or make the claim larger: " +
        "programs fail with their next write.",
};

const workloads: Alert[] = [
    {
        name: "JobFailed",
        severity: Severity.Warning,
        for: "1m",
        expr: 'kube_job_failed{condition="true"} > 0',
        summary: "Job {{ $labels.job_name }} in {{ $labels.namespace }} has failed",
        description:
            "It has used up its tries or its time. Look at the log of its last pod, mend the cause, and run it again; " +
            "the alert ends when the Job is gone.",
    },
    {
        name: "TrainingStalled",
        severity: Severity.Warning,
        for: "15m",
        expr:
            "changes(training_step[30m]) == 0" +
            ' and on (namespace, pod) kube_pod_status_phase{phase="Running"} == 1' +
            " and on (namespace, pod) time() - kube_pod_start_time > 3600",
        summary: "Training in pod {{ $labels.pod }} in {{ $labels.namespace }} makes no steps",
        description:
            "`training_step` has not changed for half an hour while the pod runs. Look for a hanging collective, a " +
            "slow data source or a full volume, and start it again from its last checkpoint.",
    },
    {
        name: "ServerDown",
        severity: Severity.Critical,
        for: "5m",
        expr:
            "kube_deployment_spec_replicas > 0" +
            " and on (namespace, deployment) kube_deployment_status_replicas_available == 0",
        summary: "{{ $labels.deployment }} in {{ $labels.namespace }} has no pod that answers",
        description:
            "All of its {{ $value }} pods are missing or not ready. Look at their events and logs; if the latest " +
            "change broke it, take that back.",
    },
    {
        name: "PodCrashLooping",
        severity: Severity.Warning,
        for: "10m",
        expr: 'max_over_time(kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff"}[5m]) >= 1',
        summary: "Container {{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} ends again and again",
        description:
            "Look at the log of its previous run and at why it ended: out of memory, a failed probe, an error.",
    },
    {
        name: "RolloutStuck",
        severity: Severity.Warning,
        for: "5m",
        expr: 'kube_deployment_status_condition{condition="Progressing", status="false"} == 1',
        summary: "The rollout of {{ $labels.deployment }} in {{ $labels.namespace }} does not get on",
        description:
            "New pods did not get ready in time; old ones still serve. Look at the newest pods, and mend the change " +
            "or take it back.",
    },
    {
        name: "PodUnschedulable",
        severity: Severity.Warning,
        for: "30m",
        expr: "kube_pod_status_unschedulable == 1",
        summary: "No node takes pod {{ $labels.pod }} in {{ $labels.namespace }}",
        description:
            "Its events say what is missing: CPU, memory, GPUs, a tolerated taint or a volume in the zone. Add nodes, " +
            "or ask for less.",
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
        summary: "{{ $labels.app_kubernetes_io_name }} in {{ $labels.namespace }} fails requests",
        description:
            "{{ $value | humanizePercentage }} of its answers are 5xx. Look at its log and at what it calls; if the " +
            "latest model or image broke it, go back to the one before.",
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
            "{{ $value }} workloads wait. Their conditions say for what: quota, a flavor or an admission check. One " +
            "that asks for more than the whole quota never starts and may block those behind it.",
    },
    {
        name: "QueueInactive",
        severity: Severity.Warning,
        for: "10m",
        expr: `max by (cluster_queue) (${ofQueues("kueue_cluster_queue_status", 'status="active"')}) == 0`,
        summary: "Queue {{ $labels.cluster_queue }} admits nothing",
        description:
            "The ClusterQueue is stopped, or a ResourceFlavor or AdmissionCheck that it names is missing. Its " +
            "`Active` condition says which.",
    },
    {
        name: "WorkloadsNotReady",
        severity: Severity.Warning,
        for: "0m",
        expr:
            "sum by (cluster_queue)" + ' (increase(kueue_evicted_workloads_total{reason="PodsReadyTimeout"}[1h])) > 3',
        summary: "Workloads of queue {{ $labels.cluster_queue }} lose their quota because pods do not get ready",
        description:
            "The quota promises more than the nodes have, images are slow, or pods fail at their start. Look at the " +
            "pods of the evicted workloads.",
    },
];

/** XIDs that come from the program in most cases. Source: https://docs.nvidia.com/deploy/xid-errors/ */
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
            "Its hardware or driver has failed. Cordon the node, look the number up in NVIDIA's table, and reset the " +
            "GPU or start the node anew.",
    },
    {
        name: "GpuEccError",
        severity: Severity.Warning,
        for: "0m",
        expr: "increase(DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS[1h]) > 0",
        summary: `${gpu} has memory errors that could not be corrected`,
        description:
            "The program that used that memory was ended, or has wrong results. Reset the GPU when it is free, so " +
            "that the rows are replaced; have it exchanged when it happens often.",
    },
    {
        name: "GpuRowRemapFailure",
        severity: Severity.Critical,
        for: "0m",
        expr: "DCGM_FI_DEV_ROW_REMAP_FAILURE > 0",
        summary: `${gpu} has no spare memory rows left`,
        description: "Cordon the node and have the GPU exchanged: further errors will end programs.",
    },
    {
        name: "GpuTooHot",
        severity: Severity.Warning,
        for: "10m",
        expr: "DCGM_FI_DEV_GPU_TEMP > 88",
        summary: `${gpu} is at {{ $value }} °C`,
        description:
            "It slows down to protect itself. Look at fans, air flow and neighbours, or lower its power limit.",
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
            "It has held the GPU for hours. Ask its owner; end a forgotten notebook, mend a program that waits for " +
            "data or runs on the CPU.",
    },
];
