/**
 * Monitoring with all its components: the operator, a Prometheus that it runs, kube-state-metrics, and the controllers
 * and workloads that are monitored. Every monitor of the package scrapes a target, every rule is evaluated, and the
 * dashboards and alerts show what really happens.
 */
import { strict as assert } from "node:assert";
import * as fs from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";

import type { PulumiFn } from "@pulumi/pulumi/automation";

import * as mlops from "../../src";
import { alertGroups } from "../../src/platform/monitoring/alerts";
import { dashboards } from "../../src/platform/monitoring/dashboards";
import { Exporter, metrics } from "../../src/platform/monitoring/metrics";
import { controllers, deleteLeftovers, mirrorOf } from "../support/controllers";
import { savedEnvironment } from "../support/environment";
import { eventually } from "../support/eventually";
import { getOnce } from "../support/http";
import { createObjects, kubectl } from "../support/kubectl";
import { clusterQueue, localQueue } from "../support/kueue";
import { TestStack } from "../support/stack";

const namespace = "monitoring-test";
const program = fs.readFileSync(path.join(__dirname, "monitored", "program.py"), "utf8");
const stack = "kube-prometheus-stack";
const addons: mlops.AddonsArgs = {
    certManager: {},
    kubePrometheusStack: { grafana: { enabled: false } },
    jobset: {},
    // Otherwise, Kueue does not measure how long workloads take to become ready.
    kueue: { waitForPodsReady: { timeout: "1m" } },
};
/** The namespaces with monitored workloads. */
const namespaces = [namespace, "monitoring", "jobset-system", "kueue-system", "kube-system"];
const has = (addon: string): boolean => addon in addons;

/** Everything that Prometheus scrapes: the pools of targets, each named after its monitor. */
const pools = [
    "podMonitor/monitoring/mlops-labelled/0",
    "podMonitor/monitoring/mlops-llm-servers/0",
    "serviceMonitor/jobset-system/jobset-controller/0",
    "serviceMonitor/kueue-system/kueue-controller-manager-metrics-monitor/0",
    `serviceMonitor/monitoring/${stack}-alertmanager/0`,
    `serviceMonitor/monitoring/${stack}-kube-state-metrics/0`,
    `serviceMonitor/monitoring/${stack}-kubelet/0`,
    `serviceMonitor/monitoring/${stack}-kubelet/1`,
    `serviceMonitor/monitoring/${stack}-operator/0`,
    `serviceMonitor/monitoring/${stack}-prometheus/0`,
];

/** The alerts that are raised here, with their messages. */
const raised: Record<string, string> = {
    JobFailed: `Job fails in ${namespace} has failed`,
    PodCrashLooping: `Container main of ${namespace}/crashes ends again and again`,
    PodUnschedulable: `No node takes pod unschedulable in ${namespace}`,
    QueueInactive: "Queue monitoring-broken admits nothing",
    ServerErrors: `server in ${namespace} fails requests`,
    "ServerErrors of a language model": `llm in ${namespace} fails requests`,
};

const metadata = (name: string, queue?: string) => ({
    name,
    namespace,
    ...(queue && { labels: { "kueue.x-k8s.io/queue-name": queue } }),
});
const pod = (command: string, more: object = {}, cpu = "10m") => ({
    restartPolicy: "Never",
    terminationGracePeriodSeconds: 1,
    containers: [
        {
            name: "main",
            image: savedEnvironment().baseImage!,
            command: ["sh", "-c", command],
            resources: { requests: { cpu, memory: "16Mi" } },
        },
    ],
    ...more,
});
const job = (name: string, spec: object, queue?: string) => ({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: metadata(name, queue),
    spec: { backoffLimit: 0, template: { spec } },
});
const jobSet = (name: string, command: string) => ({
    apiVersion: "jobset.x-k8s.io/v1alpha2",
    kind: "JobSet",
    metadata: metadata(name),
    spec: { replicatedJobs: [{ name: "main", template: { spec: job(name, pod(command)).spec } }] },
});
const quota = { cpu: "1", memory: "1Gi" };

/** The workloads of a cluster with problems. */
const troubles = () => [
    clusterQueue("monitoring-test", "default", quota),
    clusterQueue("monitoring-broken", "missing", quota),
    localQueue("queue", namespace, "monitoring-test"),
    job("waits", pod("true", {}, "2"), "queue"),
    job("not-ready", pod("true", { nodeSelector: { no: "such" } }), "queue"),
    job("runs", pod("sleep 3600")),
    job("fails", pod("exit 1")),
    jobSet("succeeds", "true"),
    jobSet("breaks", "exit 1"),
    { apiVersion: "v1", kind: "Pod", metadata: metadata("crashes"), spec: pod("exit 1", { restartPolicy: "Always" }) },
    {
        apiVersion: "v1",
        kind: "Pod",
        metadata: metadata("unschedulable"),
        spec: pod("true", { nodeSelector: { no: "such" } }),
    },
];

/** Workloads of this package that expose metrics, each in a different way. */
function workloads(dependsOn: mlops.Platform): void {
    const common = { image: savedEnvironment().baseImage!, resources: { cpu: "10m", memory: "64Mi" }, runAsUser: 1000 };
    const serving = (port: number) => ["python3", "-c", program, String(port), "3600"];
    const readWriteOnce = mlops.AccessMode.ReadWriteOnce;
    new mlops.ModelServer(
        "server",
        {
            workspace: { namespace },
            ...common,
            command: serving(8080),
            metrics: true,
            model: "s3://models/fraud",
            cache: { size: "1Gi", accessMode: readWriteOnce },
        },
        { dependsOn },
    );
    const noGpu = { "nvidia.com/gpu": null };
    new mlops.LlmServer(
        "llm",
        {
            workspace: { namespace },
            ...common,
            model: "org/model",
            command: serving(8000),
            checkMemory: false,
            podSpec: { containers: [{ name: "main", resources: { requests: noGpu, limits: noGpu } }] },
        },
        { dependsOn },
    );
    new mlops.TrainingJob(
        "train",
        {
            workspace: { namespace, queue: "queue" },
            ...common,
            // Long enough to be scraped twice.
            command: ["python3", "-c", program, "9090", "100"],
            output: { accessMode: readWriteOnce },
            podSpec: { containers: [{ name: "main", ports: [{ name: "metrics", containerPort: 9090 }] }] },
            timeout: "10m",
        },
        { dependsOn },
    );
}

interface Target {
    scrapePool: string;
    scrapeUrl: string;
    health: string;
    lastError: string;
    labels: { namespace: string };
}

interface Rule {
    name: string;
    health: string;
    lastError?: string;
}

interface ActiveAlert {
    state: string;
    labels: { alertname: string };
    annotations: { summary: string };
}

/** What Alertmanager sends. */
interface Notification {
    alerts: { labels: { alertname: string } }[];
}

/** Receives what Alertmanager sends, by path. */
class Receiver {
    private readonly received = new Map<string, Set<string>>();

    private constructor(
        private readonly server: Server,
        /** `http://<address>:<port>`, as pods reach it. */
        public readonly url: string,
    ) {}

    public static async start(): Promise<Receiver> {
        const internal = "--output=jsonpath={.items[0].status.addresses[?(@.type=='InternalIP')].address}";
        const host = await kubectl("get", "nodes", internal);
        const server = createServer((request, response) => {
            void request.toArray().then((parts) => {
                const { alerts } = JSON.parse(Buffer.concat(parts as Buffer[]).toString()) as Notification;
                alerts.forEach(({ labels }) => receiver.of(request.url!.slice(1)).add(labels.alertname));
                response.end();
            });
        });
        await new Promise<void>((resolve) => server.listen(0, resolve));
        const receiver = new Receiver(server, `http://${host}:${(server.address() as AddressInfo).port}`);
        return receiver;
    }

    /** The names of the alerts received so far. */
    public of(place: string): Set<string> {
        return this.received.get(place) ?? this.received.set(place, new Set()).get(place)!;
    }

    public stop(): void {
        this.server.closeAllConnections();
        this.server.close();
    }
}

/** Sends the alerts of a namespace, or of all, to the receiver. */
const alertmanagerConfig = (name: string, where: string, receiver: Receiver) => ({
    apiVersion: "monitoring.coreos.com/v1alpha1",
    kind: "AlertmanagerConfig",
    metadata: { name, namespace: where },
    spec: {
        route: { receiver: "test", groupWait: "1s", groupInterval: "5s" },
        receivers: [{ name: "test", webhookConfigs: [{ url: `${receiver.url}/${name}` }] }],
    },
});

/** Alerts that always fire, each of another namespace. */
const alwaysOn = {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: metadata("always-on"),
    spec: {
        groups: [
            {
                name: "always-on",
                rules: Object.entries({ OfTheTeam: namespace, OfOthers: "default" }).map(([alert, of]) => ({
                    alert,
                    expr: "vector(1)",
                    labels: { namespace: of },
                })),
            },
        ],
    },
};

interface Sample {
    metric: Record<string, string>;
    value: [time: number, value: string];
}

describe("monitoring with a real Prometheus", function () {
    this.timeout("20m");
    let test: TestStack;
    let platformWith: (more?: (platform: mlops.Platform) => void, settings?: mlops.KubePrometheusStackArgs) => PulumiFn;
    let receiver: Receiver;
    let address: string;

    /** The response of Prometheus, at the address that the add-on passes to workloads. */
    async function ask<T>(question: string): Promise<T> {
        const { status, text } = await getOnce(`http://${address}/api/v1/${question}`, 10_000);
        assert.equal(status, 200, text);
        return (JSON.parse(text) as { data: T }).data;
    }

    const query = async (expr: string): Promise<Sample[]> =>
        (await ask<{ result: Sample[] }>(`query?query=${encodeURIComponent(expr)}`)).result;

    /** Scrapes and evaluations happen every half minute. */
    const soon = (check: () => Promise<void>, minutes = 4): Promise<void> => eventually(check, minutes * 60, 5000);

    before(async function () {
        this.timeout("90m");
        const mirror = mirrorOf(await controllers(["cert-manager", "prometheus-operator", "jobset", "kueue"]));
        await createObjects({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
        receiver = await Receiver.start();
        platformWith = (more, settings) => () => {
            const kubePrometheusStack = { ...addons.kubePrometheusStack, ...settings };
            const platform = new mlops.Platform("platform", {
                addons: { ...addons, kubePrometheusStack },
                footprint: mlops.Footprint.Small,
                mirror,
            });
            more?.(platform);
            return Promise.resolve({ addons: platform.addons });
        };
        test = await TestStack.create("monitoring", platformWith());
    });

    after(async () => {
        receiver?.stop();
        // While the controllers exist that remove their finalizers.
        await kubectl("delete", "namespace", namespace);
        await kubectl("delete", "clusterqueue", "monitoring-test", "monitoring-broken", "--ignore-not-found");
        await test.destroy();
        // The operator creates it, and does not delete it.
        await kubectl("delete", "service", "--namespace", "kube-system", `${stack}-kubelet`, "--ignore-not-found");
        const groups = ["monitoring.coreos.com", "jobset.x-k8s.io", "kueue.x-k8s.io", "cert-manager.io"];
        await deleteLeftovers(
            [...groups, "acme.cert-manager.io"],
            ["monitoring", "jobset-system", "kueue-system", "cert-manager"],
        );
    });

    it("is installed in one update", async () => {
        const outputs = (await test.up()).addons as Record<string, { outputs: { url: string } }>;
        const url = new URL(outputs.kubePrometheusStack!.outputs.url);
        const [service, where] = url.hostname.split(".");
        const ip = await kubectl("get", "service", "-n", where!, service!, "--output=jsonpath={.spec.clusterIP}");
        address = `${ip}:${url.port}`;
        const servers = [`prometheus/${stack}-prometheus`, `alertmanager/${stack}-alertmanager`];
        await kubectl("wait", "-n", where!, "--for=condition=Available", ...servers, "--timeout=300s");
    });

    it("watches workloads of every kind, whether they succeed or fail", async () => {
        await createObjects(...troubles());
        await test.up(platformWith(workloads));
    });

    it("evaluates every rule", async () => {
        const expected = alertGroups(has).map(({ name, alerts }) => [`mlops-${name}`, alerts.map((one) => one.name)]);
        await soon(async () => {
            const { groups } = await ask<{ groups: { name: string; rules: Rule[] }[] }>("rules");
            const wrong = groups.flatMap(({ rules }) => rules.filter(({ health }) => health !== "ok"));
            assert.deepEqual(wrong, []);
            const found = groups.map(({ name, rules }) => [name, rules.map((rule) => rule.name)]);
            assert.deepEqual(found.sort(), expected.sort());
        });
    });

    it("scrapes the targets of every monitor", async () => {
        await soon(async () => {
            const { activeTargets } = await ask<{ activeTargets: Target[] }>("targets?state=active");
            // Other targets in the cluster may be found as well.
            const ours = activeTargets.filter(({ labels }) => namespaces.includes(labels.namespace));
            assert.deepEqual(
                ours.filter(({ health }) => health !== "up"),
                [],
            );
            assert.deepEqual([...new Set(ours.map(({ scrapePool }) => scrapePool))].sort(), pools);
            // The training has ended.
            const trained = `last_over_time(up{job="monitoring/mlops-workloads",namespace="${namespace}"}[15m])`;
            assert.deepEqual(
                (await query(trained)).map(({ metric, value }) => [metric.app_kubernetes_io_name, value[1]]),
                [["train", "1"]],
            );
        });
    });

    const present = [
        Exporter.KubeStateMetrics,
        Exporter.Kubelet,
        Exporter.Kueue,
        Exporter.JobSet,
        Exporter.Vllm,
        Exporter.Program,
    ];
    for (const exporter of present) {
        it(`has every metric of ${exporter} that dashboards or alerts use`, async () => {
            await soon(async () => {
                const missing: string[] = [];
                for (const name of metrics[exporter]) {
                    if ((await query(`last_over_time({"${name}"}[15m])`)).length === 0) {
                        missing.push(name);
                    }
                }
                assert.deepEqual(missing, []);
            });
        });
    }

    /** The query of a panel, for all namespaces. */
    const filled = (expr: string): string => expr.replaceAll("$namespace", ".*").replaceAll("$__rate_interval", "5m");

    for (const { uid, panels } of dashboards(has)) {
        it(`shows something in every panel of ${uid}`, async () => {
            await soon(async () => {
                const empty: string[] = [];
                for (const { title, targets = [] } of panels) {
                    for (const { expr } of targets as { expr: string }[]) {
                        const samples = await query(filled(expr));
                        if (!samples.some(({ value }) => !Number.isNaN(Number(value[1])))) {
                            empty.push(`${String(title)}: ${filled(expr)}`);
                        }
                    }
                }
                assert.deepEqual(empty, []);
            });
        });
    }

    it("counts events, including the first", async () => {
        const panel = (title: string): string =>
            dashboards(has)
                .flatMap(({ panels }) => panels)
                .filter((one) => one.title === title)
                .map(({ targets }) => filled((targets as { expr: string }[])[0]!.expr))[0]!;
        const label = (sample: Sample): [string, string] => [Object.values(sample.metric).join("/"), sample.value[1]];
        assert.deepEqual((await query(panel("JobSets ended"))).map(label), [[`${namespace}/succeeds`, "1"]]);
        assert.deepEqual((await query(panel("JobSets failed"))).map(label), [[`${namespace}/breaks`, "1"]]);
    });

    it("alerts of problems, and names the workload", async () => {
        await soon(async () => {
            const { alerts } = await ask<{ alerts: ActiveAlert[] }>("alerts");
            const summaries = alerts.map(({ annotations }) => annotations.summary);
            assert.deepEqual(
                Object.values(raised).filter((summary) => !summaries.includes(summary)),
                [],
            );
            const failed = alerts.find(({ annotations }) => annotations.summary === raised.JobFailed)!;
            assert.equal(failed.state, "firing");
        });
    });

    it("sends a team the alerts of its namespace, and the platform team those of all namespaces", async () => {
        const team = alertmanagerConfig("team", namespace, receiver);
        await createObjects(alwaysOn, team, alertmanagerConfig("platform", "monitoring", receiver));
        await soon(() => {
            for (const expected of ["OfTheTeam", "JobFailed"]) {
                assert.ok(receiver.of("team").has(expected), [...receiver.of("team")].join());
                assert.ok(receiver.of("platform").has(expected), [...receiver.of("platform")].join());
            }
            assert.ok(receiver.of("platform").has("OfOthers"), [...receiver.of("platform")].join());
            return Promise.resolve();
        });
        assert.ok(!receiver.of("team").has("OfOthers"));
    });

    it("refuses a rule that Prometheus could not read", async () => {
        const rule = { alert: "Wrong", expr: "sum(up" };
        const wrong = {
            apiVersion: "monitoring.coreos.com/v1",
            kind: "PrometheusRule",
            metadata: metadata("wrong"),
            spec: { groups: [{ name: "wrong", rules: [rule] }] },
        };
        await assert.rejects(createObjects(wrong), /could not parse expression/);
    });

    it("shows no change afterwards, nor does a refresh", async () => {
        assert.deepEqual(await test.preview(), []);
        assert.deepEqual(await test.refresh(), []);
    });

    it("sends alerts to the receivers in a Secret, too", async () => {
        const page = fs.readFileSync(path.join(__dirname, "../../docs/monitoring.md"), "utf8");
        const config = /```yaml\n(route:[^`]*)```/.exec(page)![1]!;
        await createObjects({
            apiVersion: "v1",
            kind: "Secret",
            metadata: { name: "alerts", namespace: "monitoring" },
            stringData: { "alertmanager.yaml": config.replace("https://example.com/alerts", `${receiver.url}/secret`) },
        });
        await test.up(platformWith(workloads, { alertmanager: { existingSecret: "alerts" } }));
        await soon(() => {
            for (const expected of ["OfTheTeam", "OfOthers", "JobFailed"]) {
                assert.ok(receiver.of("secret").has(expected), [...receiver.of("secret")].join());
            }
            return Promise.resolve();
        });
        assert.deepEqual(await test.preview(), []);
    });
});
