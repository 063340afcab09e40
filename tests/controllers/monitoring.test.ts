/** Alerts and dashboards with sample series, evaluated by Prometheus itself. */
import * as assert from "node:assert/strict";

import { type Alert, alertGroups, runbookUrl, Severity } from "../../src/platform/monitoring/alerts";
import { dashboards } from "../../src/platform/monitoring/dashboards";
import { metrics } from "../../src/platform/monitoring/metrics";
import { ruleGroupOf } from "../../src/platform/monitoring/monitoring-objects";
import { promtool, type Series, testRules } from "../support/promtool";

const everything = (): boolean => true;
const groups = alertGroups(everything);
const alerts = groups.flatMap((group) => group.alerts);

/** What an alert must report for some series, and for others that are nearly problems. */
interface AlertCase {
    /** When it is evaluated, in minutes after the series begin. */
    at: number;
    series: Series[];
    labels: Record<string, string>;
    /** The value as its messages show it. */
    value?: string;
    summary: string;
    /** Series for which nothing is reported at that time. */
    quiet: Series[];
}

const pod = 'namespace="team",pod="fraud-0"';
const deployment = 'namespace="team",deployment="fraud"';
const volume = 'namespace="team",persistentvolumeclaim="models"';
const gpu = 'Hostname="node-1",gpu="3"';
const gpuLabels = { Hostname: "node-1", gpu: "3" };

const volumeSeries = (available: number): Series[] => [
    [`kubelet_volume_stats_available_bytes{${volume}}`, `${available}x60`],
    [`kubelet_volume_stats_capacity_bytes{${volume}}`, "100x60"],
    [`kubelet_volume_stats_used_bytes{${volume}}`, `${100 - available}x60`],
];
const answers = (failed: number, fine: number): Series[] =>
    Object.entries({ 500: failed, 200: fine }).map(([status, each]) => [
        `http_request_duration_seconds_count{namespace="team",app_kubernetes_io_name="fraud",status="${status}"}`,
        `0+${each}x60`,
    ]);
const running = (steps: string): Series[] => [
    [`training_step{${pod}}`, steps],
    [`kube_pod_status_phase{${pod},phase="Running"}`, "1x200"],
    [`kube_pod_status_phase{${pod},phase="Pending"}`, "0x200"],
    [`kube_pod_start_time{${pod}}`, "0x200"],
];

const cases: Record<string, AlertCase> = {
    JobFailed: {
        at: 8,
        series: [['kube_job_failed{condition="true",job_name="fraud-1",namespace="team"}', "0x4 1x10"]],
        labels: { condition: "true", job_name: "fraud-1", namespace: "team" },
        summary: "Job fraud-1 in team has failed",
        quiet: [['kube_job_failed{condition="false",job_name="fraud-1",namespace="team"}', "1x20"]],
    },
    TrainingStalled: {
        at: 110,
        series: running("0+10x60 600x120"),
        labels: { namespace: "team", pod: "fraud-0" },
        summary: "Training in pod fraud-0 in team makes no steps",
        quiet: running("0+10x90 900x120"),
    },
    ServerDown: {
        at: 12,
        series: [
            [`kube_deployment_spec_replicas{${deployment}}`, "2x20"],
            [`kube_deployment_status_replicas_available{${deployment}}`, "2x5 0x20"],
        ],
        labels: { namespace: "team", deployment: "fraud" },
        value: "2",
        summary: "fraud in team has no pod that answers",
        // It is scaled to zero.
        quiet: [
            [`kube_deployment_spec_replicas{${deployment}}`, "0x20"],
            [`kube_deployment_status_replicas_available{${deployment}}`, "0x20"],
        ],
    },
    PodCrashLooping: {
        at: 15,
        series: [
            [
                `kube_pod_container_status_waiting_reason{${pod},container="main",reason="CrashLoopBackOff"}`,
                "1 _x3 1 _x3 1 _x3 1 _x3",
            ],
        ],
        labels: { namespace: "team", pod: "fraud-0", container: "main", reason: "CrashLoopBackOff" },
        summary: "Container main of team/fraud-0 ends again and again",
        quiet: [
            [`kube_pod_container_status_waiting_reason{${pod},container="main",reason="CrashLoopBackOff"}`, "1 _x20"],
        ],
    },
    RolloutStuck: {
        at: 6,
        series: [[`kube_deployment_status_condition{${deployment},condition="Progressing",status="false"}`, "1x10"]],
        labels: { namespace: "team", deployment: "fraud", condition: "Progressing", status: "false" },
        summary: "The rollout of fraud in team does not get on",
        quiet: [[`kube_deployment_status_condition{${deployment},condition="Progressing",status="true"}`, "1x10"]],
    },
    PodUnschedulable: {
        at: 35,
        series: [[`kube_pod_status_unschedulable{${pod}}`, "1x40"]],
        labels: { namespace: "team", pod: "fraud-0" },
        summary: "No node takes pod fraud-0 in team",
        quiet: [[`kube_pod_status_unschedulable{${pod}}`, "1x20 _x20"]],
    },
    "VolumeNearlyFull warning": {
        at: 20,
        series: volumeSeries(8),
        labels: { namespace: "team", persistentvolumeclaim: "models" },
        value: "8%",
        summary: "Volume models in team is nearly full",
        quiet: volumeSeries(12),
    },
    "VolumeNearlyFull critical": {
        // Before the warning is due.
        at: 5,
        series: volumeSeries(2),
        labels: { namespace: "team", persistentvolumeclaim: "models" },
        value: "2%",
        summary: "Volume models in team is nearly full",
        quiet: volumeSeries(8),
    },
    ServerErrors: {
        at: 20,
        series: answers(6, 54),
        labels: { namespace: "team", app_kubernetes_io_name: "fraud" },
        value: "10%",
        summary: "fraud in team fails requests",
        quiet: answers(2, 98),
    },
    QueuePendingTooLong: {
        at: 65,
        series: [
            ['kueue_pending_workloads{cluster_queue="team",status="active",replica_role="leader"}', "3x120"],
            ['kueue_pending_workloads{cluster_queue="team",status="inadmissible",replica_role="leader"}', "1x120"],
            ['kueue_pending_workloads{cluster_queue="team",status="active",replica_role="follower"}', "4x120"],
            ['kueue_admitted_workloads_total{cluster_queue="team"}', "5x120"],
        ],
        labels: { cluster_queue: "team" },
        value: "4",
        summary: "Queue team has admitted nothing for an hour",
        quiet: [
            ['kueue_pending_workloads{cluster_queue="team",status="active"}', "3x120"],
            ['kueue_admitted_workloads_total{cluster_queue="team"}', "5x30 6x90"],
        ],
    },
    QueueInactive: {
        at: 12,
        series: [
            ['kueue_cluster_queue_status{cluster_queue="team",status="active"}', "0x20"],
            ['kueue_cluster_queue_status{cluster_queue="team",status="pending"}', "1x20"],
        ],
        labels: { cluster_queue: "team" },
        summary: "Queue team admits nothing",
        quiet: [
            ['kueue_cluster_queue_status{cluster_queue="team",status="active"}', "1x20"],
            ['kueue_cluster_queue_status{cluster_queue="team",status="pending"}', "0x20"],
        ],
    },
    WorkloadsNotReady: {
        at: 10,
        series: [['kueue_evicted_workloads_total{cluster_queue="team",reason="PodsReadyTimeout"}', "0+1x20"]],
        labels: { cluster_queue: "team" },
        summary: "Workloads of queue team lose their quota because pods do not get ready",
        quiet: [
            ['kueue_evicted_workloads_total{cluster_queue="team",reason="PodsReadyTimeout"}', "0 1 2x20"],
            ['kueue_evicted_workloads_total{cluster_queue="team",reason="Preempted"}', "0+1x20"],
        ],
    },
    GpuXidError: {
        at: 1,
        series: [[`DCGM_FI_DEV_XID_ERRORS{${gpu}}`, "79x5"]],
        labels: gpuLabels,
        value: "79",
        summary: "GPU 3 of node node-1 reports XID 79",
        quiet: [
            [`DCGM_FI_DEV_XID_ERRORS{${gpu}}`, "13x5"],
            ['DCGM_FI_DEV_XID_ERRORS{Hostname="node-2",gpu="0"}', "0x5"],
        ],
    },
    GpuEccError: {
        at: 12,
        series: [[`DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS{${gpu}}`, "0x10 1x10"]],
        labels: gpuLabels,
        summary: "GPU 3 of node node-1 has memory errors that could not be corrected",
        quiet: [[`DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS{${gpu}}`, "2x20"]],
    },
    GpuRowRemapFailure: {
        at: 1,
        series: [[`DCGM_FI_DEV_ROW_REMAP_FAILURE{${gpu}}`, "1x5"]],
        labels: gpuLabels,
        summary: "GPU 3 of node node-1 has no spare memory rows left",
        quiet: [[`DCGM_FI_DEV_ROW_REMAP_FAILURE{${gpu}}`, "0x5"]],
    },
    GpuTooHot: {
        at: 12,
        series: [[`DCGM_FI_DEV_GPU_TEMP{${gpu}}`, "91x20"]],
        labels: gpuLabels,
        value: "91",
        summary: "GPU 3 of node node-1 is at 91 °C",
        quiet: [[`DCGM_FI_DEV_GPU_TEMP{${gpu}}`, "91x8 85x20"]],
    },
    GpuAllocatedButIdle: {
        at: 65,
        series: [
            [`DCGM_FI_DEV_GPU_UTIL{${gpu},exported_namespace="team",exported_pod="notebook-0"}`, "0x120"],
            ['DCGM_FI_DEV_GPU_UTIL{Hostname="node-2",gpu="0"}', "0x120"],
        ],
        labels: { ...gpuLabels, exported_namespace: "team", exported_pod: "notebook-0" },
        summary: "Pod notebook-0 in team does not use GPU 3 of node node-1",
        quiet: [[`DCGM_FI_DEV_GPU_UTIL{${gpu},exported_namespace="team",exported_pod="notebook-0"}`, "0x20 50x120"]],
    },
};

/** The name of an alert's case: some alerts have two severities. */
const titleOf = ({ name, severity }: Alert): string =>
    alerts.filter((alert) => alert.name === name).length > 1 ? `${name} ${severity}` : name;

const filled = (text: string, { labels, value }: AlertCase): string =>
    text
        .replace(/\{\{ \$labels\.(\w+) \}\}/g, (_all, label: string) => labels[label]!)
        .replace(/\{\{ \$value[^}]*\}\}/g, () => value!);

/** A cluster after two hours of work: every metric that a dashboard reads. */
const histogram = (name: string, labels: string): Series[] =>
    // Of ten per minute, eight are below the first limit.
    [
        ["1", 8],
        ["10", 10],
        ["+Inf", 10],
    ].map(([le, each]) => [`${name}_bucket{${labels},le="${le}"}`, `0+${each}x120`]);
const [first, second, third] = [
    'Hostname="node-1",gpu="0",exported_namespace="team",exported_pod="fraud-0"',
    'Hostname="node-1",gpu="1",exported_namespace="team",exported_pod="notebook-0"',
    'Hostname="node-2",gpu="0"',
];
const ofGpus = (metric: string, ...values: [number, number, number]): Series[] =>
    [first, second, third].map((labels, index) => [`${metric}{${labels}}`, `${values[index]}x120`]);
const constant = (series: string, value: number): Series => [series, `${value}x120`];
const queue = 'cluster_queue="team",replica_role="leader"';
const waiting = 'cluster_queue="team",replica_role="follower"';
const server = 'namespace="team",app_kubernetes_io_name="fraud"';
const llm = 'namespace="team",app_kubernetes_io_name="llm"';
const model = 'namespace="team",model_name="fraud"';
const job = (name: string): string => `namespace="team",job_name="${name}"`;

const cluster: Series[] = [
    constant(`kueue_pending_workloads{${queue},status="active"}`, 3),
    constant(`kueue_pending_workloads{${queue},status="inadmissible"}`, 1),
    // A second replica reports the same, with another reason for waiting.
    constant(`kueue_pending_workloads{${waiting},status="active"}`, 4),
    constant(`kueue_admitted_active_workloads{${queue}}`, 2),
    constant(`kueue_admitted_active_workloads{${waiting}}`, 2),
    [`kueue_admitted_workloads_total{${queue}}`, "0+1x120"],
    [`kueue_evicted_workloads_total{${queue},reason="Preempted"}`, "0+2x120"],
    constant(`kueue_cluster_queue_status{${queue},status="active"}`, 1),
    constant('kueue_cluster_queue_status{cluster_queue="other",replica_role="leader",status="active"}', 0),
    constant('kueue_cluster_queue_status{cluster_queue="other",replica_role="follower",status="active"}', 0),
    constant(`kueue_cluster_queue_resource_usage{${queue},flavor="default",resource="nvidia.com/gpu"}`, 6),
    constant(`kueue_cluster_queue_nominal_quota{${queue},flavor="default",resource="nvidia.com/gpu"}`, 8),
    ...histogram("kueue_admission_wait_time_seconds", queue),
    ...histogram("kueue_ready_wait_time_seconds", queue),

    ...ofGpus("DCGM_FI_DEV_GPU_TEMP", 60, 40, 50),
    ...ofGpus("DCGM_FI_DEV_GPU_UTIL", 50, 0, 10),
    ...ofGpus("DCGM_FI_DEV_POWER_USAGE", 300, 60, 80),
    ...ofGpus("DCGM_FI_DEV_FB_USED", 30, 10, 0),
    ...ofGpus("DCGM_FI_DEV_FB_FREE", 10, 30, 40),
    ...ofGpus("DCGM_FI_DEV_XID_ERRORS", 0, 31, 0),
    ...ofGpus("DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS", 0, 0, 2),
    ...ofGpus("DCGM_FI_PROF_GR_ENGINE_ACTIVE", 0.5, 0, 0.1),
    ...ofGpus("DCGM_FI_PROF_DRAM_ACTIVE", 0.25, 0, 0.1),
    ...ofGpus("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", 0.2, 0, 0.1),

    constant(`kube_job_status_active{${job("running")}}`, 1),
    constant(`kube_job_status_active{${job("done")}}`, 0),
    constant(`kube_job_status_start_time{${job("running")}}`, 3000),
    constant(`kube_job_status_start_time{${job("done")}}`, 0),
    constant(`kube_job_status_completion_time{${job("done")}}`, 1000),
    constant(`kube_job_status_failed{${job("running")}}`, 2),
    constant(`kube_job_status_failed{${job("done")}}`, 0),
    constant(`kube_job_failed{${job("broken")},condition="true"}`, 1),
    constant(`kube_pod_status_phase{${pod},phase="Running"}`, 1),
    constant(`kube_pod_status_phase{${pod},phase="Pending"}`, 0),
    // The first failure: it creates the counter.
    ['jobset_completed_total{exported_namespace="team",jobset_name="fraud"}', "0+1x120"],
    ['jobset_failed_total{exported_namespace="team",jobset_name="churn"}', "_x90 1x30"],
    [`training_step{${pod}}`, "0+10x120"],
    constant(`training_steps{${pod}}`, 2000),
    constant(`training_loss{${pod}}`, 0.25),
    [`training_samples_total{${pod}}`, "0+600x120"],
    constant(`training_last_checkpoint_timestamp_seconds{${pod}}`, 5400),

    ...histogram("http_request_duration_seconds", server),
    [`http_request_duration_seconds_count{${server},status="200"}`, "0+54x120"],
    [`http_request_duration_seconds_count{${server},status="503"}`, "0+6x120"],
    // As vLLM exposes it: only the counter has the status.
    [`http_request_duration_seconds_count{${llm},handler="/v1/completions",method="POST"}`, "0+60x120"],
    [`http_requests_total{${llm},handler="/v1/completions",method="POST",status="2xx"}`, "0+45x120"],
    [`http_requests_total{${llm},handler="/v1/completions",method="POST",status="5xx"}`, "0+15x120"],
    constant(`kube_deployment_status_replicas_available{${deployment}}`, 2),
    ...histogram("vllm:time_to_first_token_seconds", model),
    constant(`vllm:num_requests_waiting{${model}}`, 5),
    ['envoy_cluster_upstream_rq_xx{envoy_cluster_name="fraud",envoy_response_code_class="2"}', "0+60x120"],
    ...histogram("envoy_cluster_upstream_rq_time", 'envoy_cluster_name="fraud"'),
    [`request_predict_seconds_count{${model}}`, "0+60x120"],
    ...histogram("request_predict_seconds", model),

    ...["node-1", "node-2"].flatMap((node) => [
        constant(`node_cpu_hourly_cost{node="${node}"}`, 0.04),
        constant(`node_ram_hourly_cost{node="${node}"}`, 0.005),
        constant(`node_gpu_hourly_cost{node="${node}"}`, 2.5),
        constant(`node_total_hourly_cost{node="${node}"}`, 3),
    ]),
    constant(`container_cpu_allocation{${pod},container="main",node="node-1"}`, 4),
    constant(`container_memory_allocation_bytes{${pod},container="main",node="node-1"}`, 8 * 1024 ** 3),
    constant(`container_gpu_allocation{${pod},container="main",node="node-1"}`, 1),
];

/** What some panels show after a hundred minutes; all others must show something. */
const values: Record<string, [labels: string, value: number][]> = {
    "mlops-queues: Waiting now": [["{}", 4]],
    "mlops-queues: Admitted now": [["{}", 2]],
    "mlops-queues: Wait, half of all": [["{}", 0.625]],
    "mlops-queues: Queues that admit nothing": [["{}", 1]],
    "mlops-queues: Admissions": [['{cluster_queue="team"}', 60]],
    "mlops-queues: Quota in use": [['{cluster_queue="team",resource="nvidia.com/gpu"}', 0.75]],
    "mlops-gpus: GPUs": [["{}", 3]],
    "mlops-gpus: Given to a pod": [["{}", 2]],
    "mlops-gpus: Mean use": [["{}", 20]],
    "mlops-gpus: Given but idle": [["{}", 1]],
    "mlops-gpus: GPUs by namespace": [['{exported_namespace="team"}', 2]],
    "mlops-gpus: Memory in use by GPU": [
        ['{Hostname="node-1",gpu="0"}', 0.75],
        ['{Hostname="node-1",gpu="1"}', 0.25],
        ['{Hostname="node-2",gpu="0"}', 0],
    ],
    "mlops-training: Running": [["{}", 1]],
    "mlops-training: Failed": [["{}", 1]],
    "mlops-training: Ended in a day": [["{}", 1]],
    "mlops-training: Failed pods": [["{}", 2]],
    "mlops-training: How long they have run": [[`{${job("running")}}`, 3000]],
    "mlops-training: JobSets ended": [['{exported_namespace="team", jobset_name="fraud"}', 60]],
    "mlops-training: JobSets failed": [['{exported_namespace="team", jobset_name="churn"}', 1]],
    "mlops-training: Done": [[`{${pod}}`, 0.5]],
    "mlops-training: Steps": [[`{${pod}}`, 10]],
    "mlops-training: Samples": [[`{${pod}}`, 10]],
    "mlops-training: Age of the last checkpoint": [[`{${pod}}`, 600]],
    "mlops-serving: Errors": [
        [`{${server}}`, 0.1],
        [`{${llm}}`, 0.25],
    ],
    "mlops-serving: Pods that serve": [[`kube_deployment_status_replicas_available{${deployment}}`, 2]],
    "mlops-cost: An hour": [["{}", 6]],
    "mlops-cost: GPUs, an hour": [["{}", 2.5]],
    "mlops-cost: Unallocated, an hour": [["{}", 3.3]],
    "mlops-cost: CPU by namespace": [['{namespace="team"}', 0.16]],
    "mlops-cost: Memory by namespace": [['{namespace="team"}', 0.04]],
};

describe("monitoring, as Prometheus sees it", function () {
    this.timeout("1m");

    before(async function () {
        this.timeout("30m");
        await promtool();
    });

    it("has a case for every alert", () => {
        assert.deepEqual(Object.keys(cases).sort(), alerts.map(titleOf).sort());
    });

    for (const alert of alerts) {
        const title = titleOf(alert);
        const found = cases[title]!;
        const rules = groups.map(ruleGroupOf);
        const expects = (expected: unknown[]) => ({
            alert_rule_test: [{ eval_time: `${found.at}m`, alertname: alert.name, exp_alerts: expected }],
        });

        it(`alerts of ${title}`, async () => {
            const expected = {
                exp_labels: { severity: alert.severity, ...found.labels },
                exp_annotations: {
                    summary: found.summary,
                    description: filled(alert.description, found),
                    runbook_url: runbookUrl(alert.name),
                },
            };
            await testRules(rules, found.series, expects([expected]));
        });

        it(`does not alert of ${title} when it is only close`, async () => {
            const quietRules = rules.map((group) => ({
                ...group,
                rules: group.rules.filter(
                    ({ labels }) => (labels as { severity: Severity }).severity === alert.severity,
                ),
            }));
            await testRules(quietRules, found.quiet, expects([]));
        });
    }

    it("has series for every metric of the dashboards", () => {
        const shown = dashboards(everything).flatMap(({ panels }) =>
            panels.flatMap(({ targets = [] }) => (targets as { expr: string }[]).map(({ expr }) => expr)),
        );
        const read = Object.values(metrics)
            .flat()
            .filter((name) => shown.some((expr) => new RegExp(`\\b${name}\\b`).test(expr)));
        const known = cluster.map(([series]) => series.replace(/\{.*/, ""));
        assert.deepEqual(
            read.filter((name) => !known.includes(name)),
            [],
        );
    });

    const panels = dashboards(everything).flatMap((dashboard) =>
        dashboard.panels.flatMap(({ title, targets = [] }) =>
            (targets as { expr: string }[]).map(({ expr }) => ({ place: `${dashboard.uid}: ${String(title)}`, expr })),
        ),
    );

    it("has values only for existing panels", () => {
        const places = panels.map(({ place }) => place);
        assert.deepEqual(
            Object.keys(values).filter((place) => !places.includes(place)),
            [],
        );
    });

    for (const { uid, title } of dashboards(everything)) {
        it(`shows something in every panel of "${title}"`, async () => {
            const tests = panels
                .filter(({ place }) => place.startsWith(`${uid}: `))
                .map(({ place, expr }) => {
                    const filledIn = expr.replaceAll("$namespace", ".*").replaceAll("$__rate_interval", "5m");
                    const exact = values[place];
                    return {
                        expr: exact ? filledIn : `count(${filledIn}) > bool 0`,
                        eval_time: "100m",
                        exp_samples: (exact ?? [["{}", 1]]).map(([labels, value]) => ({ labels, value })),
                    };
                });
            assert.ok(tests.length > 5);
            await testRules([], cluster, { promql_expr_test: tests });
        });
    }
});
