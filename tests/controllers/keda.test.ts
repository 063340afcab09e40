/**
 * The real KEDA scales servers by their load: by the length of a Redis list and of a RabbitMQ queue, and by the
 * requests that the real Prometheus counts.
 */
import { strict as assert } from "node:assert";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import { Deployment } from "@pulumi/kubernetes/apps/v1";
import { Secret, Service } from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";

import * as mlops from "../../src";
import { restricted } from "../../src/pod/pod-template";
import { controllers, deleteLeftovers, mirrorOf } from "../support/controllers";
import { savedEnvironment } from "../support/environment";
import { eventually } from "../support/eventually";
import { askOnce } from "../support/http";
import { inOrder } from "../support/in-order";
import { createObjects, kubectl } from "../support/kubectl";
import { restrictedPod } from "../support/pod-security";
import { TestStack } from "../support/stack";

const namespace = "keda-test";
const rabbitMq = `amqp://guest:guest@queues.${namespace}:5672/`;
const inNamespace = (...args: string[]): Promise<string> => kubectl("--namespace", namespace, ...args);

const names = { app: "queues" };
const ports = { redis: 6379, rabbitmq: 5672 };

/** Redis and RabbitMQ, in one pod. */
function queues(image: pulumi.Input<string>): Deployment {
    const data = { name: "data", mountPath: "/data" };
    const common = {
        image,
        volumeMounts: [data],
        securityContext: restricted,
    };
    const at = (port: number) => ({ tcpSocket: { port }, periodSeconds: 2, failureThreshold: 60 });
    new Service("queues", {
        metadata: { name: "queues", namespace },
        spec: { selector: names, ports: Object.entries(ports).map(([name, port]) => ({ name, port })) },
    });
    return new Deployment("queues", {
        metadata: { name: "queues", namespace },
        spec: {
            selector: { matchLabels: names },
            template: {
                metadata: { labels: names },
                spec: {
                    securityContext: restrictedPod,
                    containers: [
                        {
                            ...common,
                            name: "redis",
                            command: ["redis-server", "--dir", "/data", "--protected-mode", "no", "--save", ""],
                            readinessProbe: at(ports.redis),
                        },
                        {
                            ...common,
                            name: "rabbitmq",
                            // Debian's command only runs as root or as a dedicated user.
                            command: ["/usr/lib/rabbitmq/bin/rabbitmq-server"],
                            env: Object.entries({
                                HOME: "/data",
                                RABBITMQ_CONFIG_FILE: "/rabbitmq.conf",
                                RABBITMQ_MNESIA_BASE: "/data/rabbitmq",
                                RABBITMQ_LOG_BASE: "/data/log",
                                RABBITMQ_LOGS: "-",
                                RABBITMQ_NODENAME: "rabbit@localhost",
                            }).map(([name, value]) => ({ name, value })),
                            readinessProbe: at(ports.rabbitmq),
                        },
                    ],
                    volumes: [{ name: "data", emptyDir: {} }],
                },
            },
        },
    });
}

/** A server with up to three pods. */
const server = (name: string, autoscaling: Omit<mlops.AutoscalingArgs, "max">, image: pulumi.Input<string>) =>
    new mlops.ModelServer(name, {
        workspace: { namespace },
        image,
        command: ["python3", "/serve.py"],
        livenessPath: "/",
        metrics: true,
        autoscaling: { max: 3, scaleDownAfter: "1s", ...autoscaling },
        resources: { cpu: "10m", memory: "64Mi" },
        runAsUser: 1000,
    });

/** Runs Python statements with the queue `claims`. */
const withRabbitMq = (action: string): Promise<string> => {
    const program = [
        "import pika",
        `channel = pika.BlockingConnection(pika.URLParameters("${rabbitMq}")).channel()`,
        "channel.queue_declare('claims', durable=True)",
        action,
    ];
    return inNamespace("exec", "deploy/queues", "--container=rabbitmq", "--", "python3", "-c", program.join("\n"));
};
const withRedis = (...command: string[]): Promise<string> =>
    inNamespace("exec", "deploy/queues", "--container=redis", "--", "redis-cli", ...command);

/** Waits until a server has this number of ready pods. */
const hasPods = (name: string, count: number): Promise<void> =>
    eventually(async () => {
        const path = "--output=jsonpath={.status.readyReplicas}";
        assert.equal(Number(await inNamespace("get", "deployment", name, path)), count, `pods of ${name}`);
    }, 240);

describe("servers that KEDA scales", function () {
    this.timeout("10m");
    inOrder();

    let stack: TestStack;

    before(async function () {
        this.timeout("90m");
        const mirror = mirrorOf(await controllers(["keda", "prometheus-operator"]));
        const { registry, baseImage } = savedEnvironment();
        const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
        await createObjects({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } });
        stack = await TestStack.create("keda", () => {
            const platform = new mlops.Platform("platform", {
                addons: { keda: {}, kubePrometheusStack: { grafana: { enabled: false } } },
                footprint: mlops.Footprint.Small,
                mirror,
            });
            const image = new mlops.Image("queues", {
                repository: `${registry}/queues`,
                context: path.join(__dirname, "keda"),
                buildArgs: { BASE: baseImage! },
                network: "host",
            });
            // The CRDs of KEDA, and what it queries, exist before the servers.
            const ready = pulumi.all([platform.addons, queues(image.ref).id, image.ref]);
            const ref = ready.apply(([, , known]) => known);
            const prometheusUrl = platform.addons.apply(
                (addons) => (addons.kubePrometheusStack!.outputs as { url: string }).url,
            );
            const { Redis, RabbitMq } = mlops.QueueType;
            const redis = { type: Redis, name: "work", address: `queues.${namespace}:6379`, perPod: 5 };
            const claims = { type: RabbitMq, name: "claims", perPod: 5, authentication: "rabbitmq" };
            const metadata = { name: "rabbitmq", namespace };
            new Secret("rabbitmq", { metadata, stringData: { host: rabbitMq } });
            new CustomResource(
                "rabbitmq",
                {
                    apiVersion: "keda.sh/v1alpha1",
                    kind: "TriggerAuthentication",
                    metadata,
                    spec: { secretTargetRef: [{ parameter: "host", name: "rabbitmq", key: "host" }] },
                },
                { dependsOn: platform },
            );
            server("redis", { min: 0, queue: redis }, ref);
            server("rabbitmq", { min: 0, queue: claims }, ref);
            server("requests", { requests: { prometheusUrl, perPod: 5 } }, ref);
            const unreachable = { prometheusUrl: `http://unreachable.${namespace}:9090`, query: "up", perPod: 1 };
            server("blind", { min: 0, requests: unreachable }, ref);
            return Promise.resolve({});
        });
    });
    after(async () => {
        await stack?.destroy();
        // The operator creates it, and does not delete it.
        const kubelet = "kube-prometheus-stack-kubelet";
        await kubectl("delete", "service", "--namespace", "kube-system", kubelet, "--ignore-not-found");
        await deleteLeftovers(
            ["keda.sh", "eventing.keda.sh", "monitoring.coreos.com"],
            ["keda", "monitoring", namespace],
        );
    });

    it("are up, with KEDA and Prometheus, in one update", async () => {
        await stack.up();
    });

    it("follow a queue of RabbitMQ, whose password is in a Secret", async () => {
        await withRabbitMq("pass");
        await hasPods("rabbitmq", 0);
        await withRabbitMq("for _ in range(12): channel.basic_publish('', 'claims', b'{}')");
        await hasPods("rabbitmq", 3);
        await withRabbitMq("channel.queue_purge('claims')");
        await hasPods("rabbitmq", 0);
    });

    it("follow a list of Redis", async () => {
        await hasPods("redis", 0);
        await withRedis("RPUSH", "work", "a", "b", "c", "d", "e", "f");
        await hasPods("redis", 2);
        await withRedis("DEL", "work");
        await hasPods("redis", 0);
    });

    it("keep their pods while the length of their queue is unknown", async () => {
        await withRedis("RPUSH", "work", "a", "b", "c", "d", "e", "f");
        await hasPods("redis", 2);
        await inNamespace("scale", "deployment/queues", "--replicas=0");
        await inNamespace("wait", "--for=condition=ScalingActive=false", "hpa/keda-hpa-redis", "--timeout=2m");
        // KEDA polls every five seconds, and would remove one by then.
        await sleep(20_000);
        await hasPods("redis", 2);
        await inNamespace("scale", "deployment/queues", "--replicas=1");
        await hasPods("redis", 0);
    });

    it("have a pod where Prometheus cannot be queried", async () => {
        await inNamespace("scale", "deployment/blind", "--replicas=0");
        await hasPods("blind", 0);
        await hasPods("blind", 1);
    });

    it("follow the requests that Prometheus counts, down to one pod", async () => {
        await hasPods("requests", 1);
        const ip = await inNamespace("get", "service", "requests", "--output=jsonpath={.spec.clusterIP}");
        const asking = setInterval(() => void askOnce(`http://${ip}:8080/predict`).catch(() => undefined), 1000 / 12);
        try {
            await hasPods("requests", 3);
            // Pods added under load are not a change.
            assert.deepEqual(await stack.preview(), []);
            assert.deepEqual(await stack.refresh(), []);
        } finally {
            clearInterval(asking);
        }
        await hasPods("requests", 1);
    });

    it("show no change afterwards, nor does a refresh", async () => {
        assert.deepEqual(await stack.preview(), []);
        assert.deepEqual(await stack.refresh(), []);
    });
});
