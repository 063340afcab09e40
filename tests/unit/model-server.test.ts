import * as assert from "node:assert/strict";

import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import {
    type AutoscalingArgs,
    ModelServer,
    ModelServerArgs,
    type QueueScalingArgs,
    QueueType,
    ServerBackend,
} from "../../src";
import { hashOf } from "../../src/arguments/hash";
import { fullServerArgs, image, otherImage, password, workload } from "../support/arguments";
import { widestServerArgs } from "../support/components/model-server";
import { Recording, run, RunOptions, Secret, unknownOutput, unknownPaths } from "../support/mocks";
import { keepsOwner, ownerAnnotations, ownerPath } from "../support/ownership";
import { type PodSpec, violations } from "../support/pod-security";

function serve(args: Partial<ModelServerArgs> = {}, options?: RunOptions): Promise<Recording> {
    return run(() => new ModelServer("fraud", { ...workload, ...args }), options);
}

function deploymentOf(recording: Recording): types.output.apps.v1.Deployment {
    return recording.resource("fraud-deployment").inputs as types.output.apps.v1.Deployment;
}

function podOf(recording: Recording): types.output.core.v1.PodSpec {
    return deploymentOf(recording).spec.template.spec;
}

function serviceOf(recording: Recording): types.output.core.v1.Service {
    return recording.resource("fraud-service").inputs as types.output.core.v1.Service;
}

/** Returns the kind and name of each registered resource. */
function kinds({ resources }: Recording): string[] {
    return resources.map(({ type, name }) => `${type.split(":").pop()} ${name}`);
}

const selector = { "app.kubernetes.io/component": "model-server", "app.kubernetes.io/name": "fraud" };
const labels = { ...selector, "app.kubernetes.io/managed-by": "pulumi" };
const annotations = ownerAnnotations;

/** What the registrations of all children have in common. */
const child = { parent: "fraud", provider: "", dependsOn: [], propertiesFrom: [], options: keepsOwner };

describe("a ModelServer", () => {
    it("creates a Deployment, a Service and a PodDisruptionBudget from the required arguments", async () => {
        const recording = await serve();
        assert.deepEqual(recording.resources, [
            {
                ...child,
                type: "kubernetes-mlops:index:ModelServer",
                name: "fraud",
                parent: "",
                options: {},
                inputs: {},
                outputs: { url: "http://fraud.ml.svc.cluster.local:8080", serviceName: "fraud" },
            },
            {
                ...child,
                type: "kubernetes:apps/v1:Deployment",
                name: "fraud-deployment",
                dependsOn: ["fraud-service"],
                inputs: {
                    apiVersion: "apps/v1",
                    kind: "Deployment",
                    metadata: {
                        name: "fraud",
                        namespace: "ml",
                        labels,
                        annotations: {
                            ...annotations,
                            "pulumi.com/patchForce": "true",
                            "pulumi.com/waitFor": "jsonpath={.metadata.uid}",
                        },
                    },
                    spec: {
                        replicas: 1,
                        selector: { matchLabels: selector },
                        progressDeadlineSeconds: 900,
                        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: 0 } },
                        template: {
                            metadata: { labels: selector },
                            spec: {
                                automountServiceAccountToken: false,
                                enableServiceLinks: false,
                                securityContext: {
                                    runAsNonRoot: true,
                                    fsGroup: 1000,
                                    fsGroupChangePolicy: "OnRootMismatch",
                                    seccompProfile: { type: "RuntimeDefault" },
                                },
                                terminationGracePeriodSeconds: 40,
                                topologySpreadConstraints: [
                                    {
                                        maxSkew: 1,
                                        topologyKey: "kubernetes.io/hostname",
                                        whenUnsatisfiable: "ScheduleAnyway",
                                        labelSelector: { matchLabels: selector },
                                    },
                                ],
                                containers: [
                                    {
                                        name: "main",
                                        image,
                                        env: [
                                            { name: "HOME", value: "/tmp" },
                                            { name: "PORT", value: "8080" },
                                        ],
                                        ports: [{ name: "http", containerPort: 8080 }],
                                        startupProbe: {
                                            httpGet: { path: "/healthz", port: "http" },
                                            periodSeconds: 2,
                                            timeoutSeconds: 5,
                                            failureThreshold: 150,
                                        },
                                        readinessProbe: {
                                            httpGet: { path: "/healthz", port: "http" },
                                            periodSeconds: 5,
                                            timeoutSeconds: 5,
                                            failureThreshold: 3,
                                        },
                                        livenessProbe: {
                                            httpGet: { path: "/healthz", port: "http" },
                                            periodSeconds: 10,
                                            timeoutSeconds: 5,
                                            failureThreshold: 6,
                                        },
                                        lifecycle: { preStop: { sleep: { seconds: 10 } } },
                                        resources: {
                                            requests: { cpu: "500m", memory: "1Gi" },
                                            limits: { memory: "1Gi" },
                                        },
                                        securityContext: {
                                            allowPrivilegeEscalation: false,
                                            capabilities: { drop: ["ALL"] },
                                            readOnlyRootFilesystem: true,
                                        },
                                        terminationMessagePolicy: "FallbackToLogsOnError",
                                        volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
                                    },
                                ],
                                volumes: [{ name: "tmp", emptyDir: {} }],
                            },
                        },
                    },
                },
            },
            {
                ...child,
                dependsOn: ["fraud-deployment"],
                type: "kubernetes:policy/v1:PodDisruptionBudget",
                name: "fraud-pdb",
                inputs: {
                    apiVersion: "policy/v1",
                    kind: "PodDisruptionBudget",
                    metadata: { name: "fraud", namespace: "ml", labels, annotations },
                    spec: {
                        maxUnavailable: 1,
                        selector: { matchLabels: selector },
                        unhealthyPodEvictionPolicy: "AlwaysAllow",
                    },
                },
            },
            {
                ...child,
                type: "kubernetes:core/v1:Service",
                name: "fraud-service",
                inputs: {
                    apiVersion: "v1",
                    kind: "Service",
                    metadata: {
                        name: "fraud",
                        namespace: "ml",
                        labels,
                        annotations: { ...annotations, "pulumi.com/skipAwait": "true" },
                    },
                    spec: {
                        type: "ClusterIP",
                        selector,
                        ports: [{ name: "http", port: 8080, targetPort: "http", appProtocol: "http" }],
                    },
                },
            },
        ]);
    });

    it("creates an autoscaler and a Secret in addition from all arguments", async () => {
        assert.deepEqual(kinds(await serve(fullServerArgs)), [
            "ModelServer fraud",
            "Deployment fraud-deployment",
            "Secret fraud-env",
            "HorizontalPodAutoscaler fraud-hpa",
            "PodDisruptionBudget fraud-pdb",
            "Service fraud-service",
        ]);
    });

    it("does not set the number of pods with autoscaling", async () => {
        const recording = await serve({ autoscaling: { min: 2, max: 8, targetCpuUtilization: 60 } });
        assert.ok(!("replicas" in deploymentOf(recording).spec));
        assert.deepEqual(recording.resource("fraud-deployment").options, {
            ignoreChanges: ["spec.replicas", ownerPath],
        });
        assert.deepEqual(recording.resource("fraud-hpa"), {
            ...child,
            type: "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
            name: "fraud-hpa",
            dependsOn: ["fraud-deployment"],
            inputs: {
                apiVersion: "autoscaling/v2",
                kind: "HorizontalPodAutoscaler",
                metadata: { name: "fraud", namespace: "ml", labels, annotations },
                spec: {
                    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "fraud" },
                    minReplicas: 2,
                    maxReplicas: 8,
                    metrics: [
                        {
                            type: "Resource",
                            resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 60 } },
                        },
                    ],
                },
            },
        });
    });

    it("scales from one pod at 80 percent CPU utilization by default", async () => {
        const { inputs } = (await serve({ autoscaling: { max: 3 } })).resource("fraud-hpa");
        const { spec } = inputs as types.output.autoscaling.v2.HorizontalPodAutoscaler;
        assert.equal(spec.minReplicas, 1);
        assert.equal(spec.maxReplicas, 3);
        assert.equal(spec.metrics[0]!.resource.target.averageUtilization, 80);
    });

    for (const replicas of [0, 3, pulumi.output(5)]) {
        const what = typeof replicas === "number" ? replicas : "an Output";
        it(`sets the number of pods: ${what}`, async () => {
            const { spec } = deploymentOf(await serve({ replicas }));
            assert.equal(spec.replicas, typeof replicas === "number" ? replicas : 5);
        });
    }

    it("uses its port in the container, the Service and the URL", async () => {
        const recording = await serve({ port: 9000 });
        const [container] = podOf(recording).containers;
        assert.deepEqual(container!.ports, [{ name: "http", containerPort: 9000 }]);
        assert.deepEqual(container!.env[1], { name: "PORT", value: "9000" });
        assert.equal(serviceOf(recording).spec.ports[0]!.port, 9000);
        assert.equal(recording.resource("fraud").outputs?.url, "http://fraud.ml.svc.cluster.local:9000");
    });

    it("has different paths for liveness and readiness probes", async () => {
        const [container] = podOf(await serve({ livenessPath: "/live", readinessPath: "/ready" })).containers;
        assert.equal(container!.livenessProbe.httpGet.path, "/live");
        assert.equal(container!.readinessProbe.httpGet.path, "/ready");
        assert.equal(container!.startupProbe.httpGet.path, "/ready");
    });

    const starts: [startupTimeout: string, probes: number, deadline: number][] = [
        ["1s", 1, 601],
        ["3s", 2, 603],
        ["10m", 300, 1200],
    ];
    for (const [startupTimeout, probes, deadline] of starts) {
        it(`has ${startupTimeout} to start, and ten minutes more for a node and its image`, async () => {
            const { spec } = deploymentOf(await serve({ startupTimeout }));
            assert.equal(spec.template.spec.containers[0]!.startupProbe.failureThreshold, probes);
            assert.equal(spec.progressDeadlineSeconds, deadline);
        });
    }

    it("drains before SIGTERM and then has shutdownTimeout to stop", async () => {
        const pod = podOf(await serve({ shutdownTimeout: "2m" }));
        assert.equal(pod.containers[0]!.lifecycle.preStop.sleep.seconds, 10);
        assert.equal(pod.terminationGracePeriodSeconds, 130);
    });
});

describe("the model of a ModelServer", () => {
    const variables = (uri: string) => [
        { name: "HOME", value: "/tmp" },
        { name: "PORT", value: "8080" },
        { name: "MODEL_URI", value: uri },
        { name: "MODEL_DIR", value: "/model" },
    ];

    for (const [what, input] of [
        ["as a value", (uri: string) => uri],
        ["as an Output", (uri: string) => pulumi.output(uri)],
    ] as const) {
        it(`is mounted read-only from a PersistentVolumeClaim: ${what}`, async () => {
            const pod = podOf(await serve({ model: input("pvc://models/fraud/run-1") }));
            assert.deepEqual(pod.volumes, [
                { name: "tmp", emptyDir: {} },
                { name: "model", persistentVolumeClaim: { claimName: "models", readOnly: true } },
            ]);
            assert.deepEqual(pod.containers[0]!.volumeMounts, [
                { name: "tmp", mountPath: "/tmp" },
                { name: "model", mountPath: "/model", subPath: "fraud/run-1", readOnly: true },
            ]);
            assert.deepEqual(pod.containers[0]!.env, variables("pvc://models/fraud/run-1"));
        });

        it(`is passed to the container as MODEL_URI from elsewhere: ${what}`, async () => {
            const pod = podOf(await serve({ model: input("s3://models/fraud") }));
            assert.deepEqual(pod.volumes, [
                { name: "tmp", emptyDir: {} },
                { name: "model", emptyDir: {} },
            ]);
            assert.deepEqual(pod.containers[0]!.volumeMounts, [
                { name: "tmp", mountPath: "/tmp" },
                { name: "model", mountPath: "/model" },
            ]);
            assert.equal(pod.containers[0]!.env[2]!.value, "s3://models/fraud");
        });
    }
});

describe("the secret variables of a ModelServer", () => {
    const secretName = "fraud-server-env-57bea20f";

    it("are stored in a Secret whose name contains a hash of them", async () => {
        const recording = await serve({ secretEnv: { TOKEN: password } });
        assert.deepEqual(recording.resource("fraud-env"), {
            ...child,
            type: "kubernetes:core/v1:Secret",
            name: "fraud-env",
            options: { additionalSecretOutputs: ["data", "stringData"], ...keepsOwner },
            inputs: {
                apiVersion: "v1",
                kind: "Secret",
                metadata: { name: secretName, namespace: "ml", labels, annotations },
                stringData: new Secret({ TOKEN: password }),
            },
        });
        assert.deepEqual(recording.resource("fraud-deployment").propertiesFrom, ["fraud-env"]);
        assert.deepEqual(podOf(recording).containers[0]!.env[2], {
            name: "TOKEN",
            valueFrom: { secretKeyRef: { name: secretName, key: "TOKEN" } },
        });
    });

    it("roll the pods when one of them changes", async () => {
        const recording = await serve({ secretEnv: { TOKEN: "another" } });
        const { name } = podOf(recording).containers[0]!.env[2]!.valueFrom.secretKeyRef;
        assert.notEqual(name, secretName);
        assert.equal((recording.resource("fraud-env").inputs as types.output.core.v1.Secret).metadata.name, name);
    });
});

describe("a preview of a ModelServer", () => {
    it("has no unknown values if all arguments are known", async () => {
        const { resources } = await serve(fullServerArgs, { preview: true });
        assert.deepEqual(resources.flatMap(unknownPaths), []);
        assert.deepEqual(resources, (await serve(fullServerArgs)).resources);
    });

    const container = "inputs.spec.template.spec.containers[0]";
    const previews: [what: string, args: () => Partial<ModelServerArgs>, unknown: Record<string, string[]>][] = [
        ["an unknown image", () => ({ image: unknownOutput() }), { "fraud-deployment": [`${container}.image`] }],
        [
            "an unknown model",
            () => ({ model: unknownOutput() }),
            {
                "fraud-deployment": [
                    `${container}.env[2].value`,
                    `${container}.volumeMounts`,
                    "inputs.spec.template.spec.volumes",
                ],
            },
        ],
        [
            "an unknown namespace",
            () => ({ workspace: { namespace: unknownOutput<string>() } }),
            {
                fraud: ["outputs.url"],
                "fraud-deployment": ["inputs.metadata.namespace"],
                "fraud-pdb": ["inputs.metadata.namespace"],
                "fraud-service": ["inputs.metadata.namespace"],
            },
        ],
        [
            "an unknown port",
            () => ({ port: unknownOutput() }),
            {
                fraud: ["outputs.url"],
                "fraud-deployment": [`${container}.env[1].value`, `${container}.ports[0].containerPort`],
                "fraud-service": ["inputs.spec.ports[0].port"],
            },
        ],
        [
            "an unknown secret",
            () => ({ secretEnv: { TOKEN: pulumi.secret(unknownOutput<string>()) } }),
            {
                "fraud-deployment": [`${container}.env[2].valueFrom.secretKeyRef.name`],
                "fraud-env": ["inputs.metadata.name", "inputs.stringData"],
            },
        ],
    ];
    for (const [what, args, expected] of previews) {
        it(`shows everything that does not depend on ${what}`, async () => {
            const { resources } = await serve(args(), { preview: true });
            const unknown = resources.map((resource): [string, string[]] => [resource.name, unknownPaths(resource)]);
            assert.deepEqual(Object.fromEntries(unknown.filter(([, paths]) => paths.length > 0)), expected);
        });
    }
});

interface ScaledObjectSpec {
    minReplicaCount: number;
    pollingInterval: number;
    cooldownPeriod?: number;
    advanced?: object;
    fallback: { replicas: number };
    triggers: { metadata: Record<string, string> }[];
}

interface RouteRule {
    filters?: object[];
    backendRefs: { name: string; port: number; weight?: number }[];
    timeouts?: object;
}

type Predictor = PodSpec &
    Record<"minReplicas" | "maxReplicas" | "scaleMetric" | "scaleTarget" | "autoScaling", unknown>;

describe("the autoscaler of a ModelServer with KEDA", () => {
    const requests = { prometheusUrl: "http://prometheus.monitoring:9090", perPod: 20 };
    const specOf = async (args: Omit<AutoscalingArgs, "max">) => {
        const { inputs } = (await serve({ autoscaling: { max: 8, ...args } })).resource("fraud-scaledobject");
        return (inputs as { spec: ScaledObjectSpec }).spec;
    };
    const triggersOf = async (args: Omit<AutoscalingArgs, "max">) => (await specOf(args)).triggers;

    it("is a ScaledObject instead of a HorizontalPodAutoscaler", async () => {
        const recording = await serve({ autoscaling: { max: 8, requests } });
        assert.deepEqual(kinds(recording), [
            "ModelServer fraud",
            "Deployment fraud-deployment",
            "PodDisruptionBudget fraud-pdb",
            "ScaledObject fraud-scaledobject",
            "Service fraud-service",
        ]);
        assert.ok(!("replicas" in deploymentOf(recording).spec));
        assert.deepEqual(recording.resource("fraud-deployment").options, {
            ignoreChanges: ["spec.replicas", ownerPath],
        });
        assert.deepEqual(recording.resource("fraud-scaledobject"), {
            ...child,
            type: "kubernetes:keda.sh/v1alpha1:ScaledObject",
            name: "fraud-scaledobject",
            dependsOn: ["fraud-deployment"],
            inputs: {
                apiVersion: "keda.sh/v1alpha1",
                kind: "ScaledObject",
                metadata: {
                    name: "fraud",
                    namespace: "ml",
                    labels,
                    annotations: { ...annotations, "validations.keda.sh/hpa-ownership": "false" },
                },
                spec: {
                    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "fraud" },
                    minReplicaCount: 1,
                    maxReplicaCount: 8,
                    pollingInterval: 30,
                    fallback: { failureThreshold: 3, replicas: 1, behavior: "currentReplicasIfHigher" },
                    triggers: [
                        {
                            type: "prometheus",
                            metadata: {
                                serverAddress: "http://prometheus.monitoring:9090",
                                query:
                                    'sum(rate(http_request_duration_seconds_count{namespace="ml",' +
                                    'app_kubernetes_io_name="fraud",pod!~"fraud-(canary|shadow)-.*"}[1m]))',
                                threshold: "20",
                            },
                        },
                    ],
                },
            },
        });
    });

    it("scales to zero, and keeps one pod while metrics are unavailable", async () => {
        const spec = await specOf({ min: 0, requests: { ...requests, query: "sum(waiting)" } });
        assert.equal(spec.minReplicaCount, 0);
        assert.equal(spec.pollingInterval, 5);
        assert.equal(spec.fallback.replicas, 1);
        assert.equal(spec.triggers[0]!.metadata.query, "sum(waiting)");
        assert.equal((await specOf({ min: 3, requests })).fallback.replicas, 3);
    });

    it("removes pods, including the last one, after scaleDownAfter", async () => {
        const spec = await specOf({ requests, scaleDownAfter: "1m30s" });
        assert.equal(spec.cooldownPeriod, 90);
        assert.deepEqual(spec.advanced, {
            horizontalPodAutoscalerConfig: { behavior: { scaleDown: { stabilizationWindowSeconds: 90 } } },
        });
        const { inputs } = (await serve({ autoscaling: { max: 3, scaleDownAfter: "1m" } })).resource("fraud-hpa");
        const hpa = inputs as types.output.autoscaling.v2.HorizontalPodAutoscaler;
        assert.deepEqual(hpa.spec.behavior, { scaleDown: { stabilizationWindowSeconds: 60 } });
    });

    const queues: [queue: Omit<QueueScalingArgs, "name" | "perPod">, trigger: object][] = [
        [
            { type: QueueType.RabbitMq, authentication: "rabbitmq" },
            {
                type: "rabbitmq",
                metadata: { protocol: "auto", queueName: "claims", mode: "QueueLength", value: "5" },
                authenticationRef: { name: "rabbitmq" },
            },
        ],
        [
            { type: QueueType.RabbitMq, address: "http://rabbitmq:15672/" },
            {
                type: "rabbitmq",
                metadata: {
                    protocol: "auto",
                    host: "http://rabbitmq:15672/",
                    queueName: "claims",
                    mode: "QueueLength",
                    value: "5",
                },
            },
        ],
        [
            { type: QueueType.Kafka, address: "kafka:9092", consumerGroup: "fraud" },
            {
                type: "kafka",
                metadata: {
                    bootstrapServers: "kafka:9092",
                    consumerGroup: "fraud",
                    topic: "claims",
                    lagThreshold: "5",
                },
            },
        ],
        [
            { type: QueueType.Redis, address: "redis:6379" },
            { type: "redis", metadata: { address: "redis:6379", listName: "claims", listLength: "5" } },
        ],
    ];
    for (const [queue, trigger] of queues) {
        it(`scales on a queue: ${JSON.stringify(queue)}`, async () => {
            assert.deepEqual(await triggersOf({ queue: { ...queue, name: "claims", perPod: 5 } }), [trigger]);
        });
    }

    it("scales on any KEDA triggers, and on CPU in addition", async () => {
        const metadata = { queueURL: "https://sqs.eu-west-1.amazonaws.com/1/a", queueLength: "5" };
        const triggers = [
            { type: "aws-sqs-queue", metadata, authentication: "aws" },
            { type: "cron", metadata: { timezone: "Europe/Berlin" } },
        ];
        assert.deepEqual(await triggersOf({ triggers, targetCpuUtilization: 70 }), [
            { type: "aws-sqs-queue", metadata, authenticationRef: { name: "aws" } },
            { type: "cron", metadata: { timezone: "Europe/Berlin" } },
            { type: "cpu", metricType: "Utilization", metadata: { value: "70" } },
        ]);
    });

    const secret = pulumi.secret("amqp://user:hunter2@a");
    const inScaledObject =
        "it would be stored in plain text in the ScaledObject: use a TriggerAuthentication and name it under authentication";
    const secrets: [place: string, args: () => Omit<AutoscalingArgs, "max">][] = [
        [
            "autoscaling.queue.address",
            () => ({ queue: { type: QueueType.RabbitMq, name: "a", perPod: 1, address: secret } }),
        ],
        ["autoscaling.requests.prometheusUrl", () => ({ requests: { ...requests, prometheusUrl: secret } })],
        ["autoscaling.triggers[0].metadata.host", () => ({ triggers: [{ type: "a", metadata: { host: secret } }] })],
    ];
    for (const [place, args] of secrets) {
        it(`rejects a secret that would be stored in plain text: ${place}`, async () => {
            await assert.rejects(specOf(args()), {
                message: `ModelServer "fraud": ${place} is a secret; ${inScaledObject}`,
            });
        });
    }

    it("reports an invalid Output with the same message as a plain value", async () => {
        await assert.rejects(serve({ autoscaling: { max: 3, scaleDownAfter: pulumi.output("2h") } }), {
            message:
                'ModelServer "fraud": autoscaling.scaleDownAfter is "2h"; it must be a duration of at most one hour, for ' +
                'example "10m" or "1h"',
        });
    });
});

describe("the route of a ModelServer", () => {
    const route = { gateway: "public" };
    const routeOf = (recording: Recording) => recording.resource("fraud-route");
    const ruleIn = (recording: Recording) =>
        (routeOf(recording).inputs as { spec: { rules: RouteRule[] } }).spec.rules[0]!;
    const ruleOf = async (args: Partial<ModelServerArgs>) => ruleIn(await serve(args));

    it("sends requests from a Gateway to the Service once the pods are ready", async () => {
        const recording = await serve({ route });
        assert.deepEqual(routeOf(recording), {
            ...child,
            type: "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute",
            name: "fraud-route",
            dependsOn: ["fraud-deployment", "fraud-service"],
            propertiesFrom: ["fraud-service"],
            inputs: {
                apiVersion: "gateway.networking.k8s.io/v1",
                kind: "HTTPRoute",
                metadata: {
                    name: "fraud",
                    namespace: "ml",
                    labels,
                    annotations: {
                        ...annotations,
                        "pulumi.com/timeoutSeconds": "120",
                        "pulumi.com/waitFor": JSON.stringify([
                            'jsonpath={.status.parents[0].conditions[?(@.type=="Accepted")].status}=True',
                            'jsonpath={.status.parents[0].conditions[?(@.type=="ResolvedRefs")].status}=True',
                        ]),
                    },
                },
                spec: {
                    parentRefs: [{ name: "public" }],
                    rules: [
                        {
                            matches: [{ path: { type: "PathPrefix", value: "/" } }],
                            backendRefs: [{ name: "fraud", port: 8080 }],
                        },
                    ],
                },
            },
        });
        assert.ok(!("publicUrl" in recording.resource("fraud").outputs!));
    });

    it("matches hostnames and a path, which it removes", async () => {
        const hostnames = ["*.example.com", "models.example.com"];
        const args = { gateway: "public", gatewayNamespace: "gateways", listener: "https", hostnames, path: "/fraud" };
        const recording = await serve({ route: { ...args, timeout: "1h1m5s" }, port: 9000 });
        assert.deepEqual(routeOf(recording).inputs.spec, {
            parentRefs: [{ name: "public", namespace: "gateways", sectionName: "https" }],
            hostnames,
            rules: [
                {
                    matches: [{ path: { type: "PathPrefix", value: "/fraud" } }],
                    filters: [
                        {
                            type: "URLRewrite",
                            urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } },
                        },
                    ],
                    backendRefs: [{ name: "fraud", port: 9000 }],
                    timeouts: { request: "1h1m5s" },
                },
            ],
        });
        assert.equal(recording.resource("fraud").outputs?.publicUrl, "https://models.example.com/fraud");
        assert.equal(recording.resource("fraud").outputs?.url, "http://fraud.ml.svc.cluster.local:9000");
    });

    it("sets the timeout in the units of the Gateway API", async () => {
        assert.deepEqual((await ruleOf({ route: { ...route, timeout: "2d" } })).timeouts, { request: "48h" });
    });

    it("has an http URL without TLS, and no URL for a wildcard hostname", async () => {
        const urlOf = async (more: object) =>
            (await serve({ route: { ...route, ...more } })).resource("fraud").outputs?.publicUrl as unknown;
        assert.equal(await urlOf({ hostnames: ["a.example.com"], tls: false }), "http://a.example.com");
        assert.equal(await urlOf({ hostnames: [pulumi.output("a.example.com")] }), "https://a.example.com");
        assert.equal(await urlOf({ hostnames: ["*.example.com"] }), undefined);
    });

    it("sends a share of the requests to a canary, which has its own Deployment and Service", async () => {
        const recording = await serve({
            route,
            image,
            command: ["serve"],
            env: { LEVEL: "info", A: "1" },
            secretEnv: { TOKEN: password },
            replicas: 3,
            canary: { image: otherImage, env: { LEVEL: "debug" }, weight: 10 },
        });
        assert.deepEqual(kinds(recording), [
            "ModelServer fraud",
            "Deployment fraud-canary-deployment",
            "Service fraud-canary-service",
            "Deployment fraud-deployment",
            "Secret fraud-env",
            "PodDisruptionBudget fraud-pdb",
            "HTTPRoute fraud-route",
            "Service fraud-service",
        ]);
        const canary = recording.resource("fraud-canary-deployment").inputs as types.output.apps.v1.Deployment;
        const [container] = canary.spec.template.spec.containers;
        assert.equal(canary.metadata.name, "fraud-canary");
        assert.equal(canary.spec.replicas, 1);
        assert.equal(deploymentOf(recording).spec.replicas, 3);
        assert.equal(container!.image, otherImage);
        assert.deepEqual(container!.command, ["serve"]);
        assert.deepEqual(
            container!.env.map(({ name, value }) => [name, value]),
            [
                ["HOME", "/tmp"],
                ["PORT", "8080"],
                ["LEVEL", "debug"],
                ["A", "1"],
                ["TOKEN", undefined],
            ],
        );
        const own = { ...selector, "app.kubernetes.io/component": "model-server-canary" };
        assert.deepEqual(canary.spec.selector.matchLabels, own);
        assert.deepEqual(canary.spec.template.metadata.labels, own);
        const service = recording.resource("fraud-canary-service").inputs as types.output.core.v1.Service;
        assert.equal(service.metadata.name, "fraud-canary");
        assert.deepEqual(service.spec.selector, own);
        assert.deepEqual(ruleIn(recording).backendRefs, [
            { name: "fraud", port: 8080, weight: 90 },
            { name: "fraud-canary", port: 8080, weight: 10 },
        ]);
        assert.ok(routeOf(recording).dependsOn.includes("fraud-canary-deployment"));
    });

    it("does not change the server's own objects when a canary is added", async () => {
        const before = await serve({ route });
        const after = await serve({ route, canary: { image: otherImage, weight: pulumi.output(0) } });
        for (const name of ["fraud-deployment", "fraud-service", "fraud-pdb"]) {
            assert.deepEqual(after.resource(name), before.resource(name));
        }
        assert.deepEqual(
            ruleIn(after).backendRefs.map(({ weight }) => weight),
            [100, 0],
        );
    });

    it("sends copies of all or some requests to a shadow", async () => {
        const shadow = { model: "s3://models/next", command: ["next"], args: ["--quiet"], replicas: 2 };
        const recording = await serve({ route: { ...route, path: "/fraud" }, model: "s3://models/fraud", shadow });
        const { spec } = recording.resource("fraud-shadow-deployment").inputs as types.output.apps.v1.Deployment;
        assert.equal(spec.replicas, 2);
        assert.deepEqual(spec.template.spec.containers[0]!.command, ["next"]);
        assert.deepEqual(spec.template.spec.containers[0]!.args, ["--quiet"]);
        assert.equal(spec.template.spec.containers[0]!.env[2]!.value, "s3://models/next");
        const rule = ruleIn(recording);
        const backendRef = { name: "fraud-shadow", port: 8080 };
        assert.deepEqual(rule.filters?.[1], { type: "RequestMirror", requestMirror: { backendRef } });
        assert.deepEqual(rule.backendRefs, [{ name: "fraud", port: 8080 }]);
        const part = await ruleOf({ route, shadow: { image: otherImage, percent: 5 } });
        assert.deepEqual(part.filters, [{ type: "RequestMirror", requestMirror: { backendRef, percent: 5 } }]);
    });
});

describe("the metrics of a ModelServer", () => {
    it("are found by a label of its pods that is not part of a selector", async () => {
        const recording = await serve({ metrics: true });
        const { spec } = recording.resource("fraud-deployment").inputs as types.output.apps.v1.Deployment;
        assert.deepEqual(spec.template.metadata.labels, { ...selector, "kubernetes-mlops/metrics": "http" });
        assert.deepEqual(spec.selector.matchLabels, selector);
        const service = recording.resource("fraud-service").inputs as types.output.core.v1.Service;
        assert.deepEqual(service.spec.selector, selector);
    });
});

describe("the start of a ModelServer", () => {
    it("completes after a first prediction if warmupPath is set", async () => {
        const [container] = podOf(await serve({ warmupPath: "/warmup", readinessPath: "/ready" })).containers;
        assert.deepEqual(container!.startupProbe, {
            httpGet: { path: "/warmup", port: "http" },
            periodSeconds: 2,
            timeoutSeconds: 60,
            failureThreshold: 150,
        });
        assert.equal(container!.readinessProbe.httpGet.path, "/ready");
    });

    it("mounts the cache, which canary and shadow share, with a directory for each model", async () => {
        const recording = await serve({ ...widestServerArgs });
        const claim = recording.resource("fraud-cache");
        assert.equal(claim.type, "kubernetes:core/v1:PersistentVolumeClaim");
        assert.deepEqual(claim.options, { retainOnDelete: true, ...keepsOwner });
        const mountOf = (resource: string) => {
            const { spec } = recording.resource(resource).inputs as types.output.apps.v1.Deployment;
            const { volumes, containers } = spec.template.spec;
            const { claimName } = volumes.find(({ name }) => name === "model")!.persistentVolumeClaim;
            return [claimName, containers[0]!.volumeMounts.find(({ name }) => name === "model")!.subPath];
        };
        const claimName = (claim.inputs as { metadata: { name: string } }).metadata.name;
        const own = [claimName, hashOf("s3://models/fraud")];
        assert.deepEqual(mountOf("fraud-deployment"), own);
        assert.deepEqual(mountOf("fraud-canary-deployment"), own);
        assert.deepEqual(mountOf("fraud-shadow-deployment"), [claimName, hashOf("s3://models/fraud-next")]);
    });

    it("refers to a ResourceClaimTemplate with gpu.deviceClass", async () => {
        const recording = await serve({ gpu: { deviceClass: "gpu.nvidia.com" } });
        const template = recording.resource("fraud-gpu").inputs as { metadata: { name: string } };
        assert.equal(podOf(recording).resourceClaims[0]!.resourceClaimTemplateName, template.metadata.name);
    });
});

describe("a ModelServer with KServe", () => {
    const KServe = ServerBackend.KServe;
    const inferenceServiceOf = async (args: Partial<ModelServerArgs>) => {
        const { inputs } = (await serve({ backend: KServe, ...args })).resource("fraud-inferenceservice");
        return inputs as { metadata: { annotations: Record<string, string> }; spec: { predictor: Predictor } };
    };

    it("is an InferenceService with the same pods as the Deployment", async () => {
        const recording = await serve({ backend: KServe, model: "pvc://models/fraud" });
        assert.deepEqual(kinds(recording), [
            "ModelServer fraud",
            "InferenceService fraud-inferenceservice",
            "PodDisruptionBudget fraud-pdb",
        ]);
        const pod = podOf(await serve({ model: "pvc://models/fraud" }));
        const [container] = pod.containers;
        assert.deepEqual(recording.resource("fraud-inferenceservice"), {
            ...child,
            type: "kubernetes:serving.kserve.io/v1beta1:InferenceService",
            name: "fraud-inferenceservice",
            inputs: {
                apiVersion: "serving.kserve.io/v1beta1",
                kind: "InferenceService",
                metadata: {
                    name: "fraud",
                    namespace: "ml",
                    labels,
                    annotations: {
                        ...annotations,
                        "pulumi.com/waitFor": "jsonpath={.metadata.uid}",
                        "serving.kserve.io/autoscalerClass": "none",
                        "serving.kserve.io/deploymentMode": "Standard",
                    },
                },
                spec: {
                    predictor: {
                        labels: selector,
                        minReplicas: 1,
                        maxReplicas: 1,
                        deploymentStrategy: {
                            type: "RollingUpdate",
                            rollingUpdate: { maxSurge: "25%", maxUnavailable: 0 },
                        },
                        ...pod,
                        containers: [
                            {
                                ...container,
                                name: "kserve-container",
                                resources: {
                                    requests: { cpu: "500m", memory: "1Gi" },
                                    limits: { cpu: "1", memory: "1Gi" },
                                },
                            },
                        ],
                    },
                },
            },
        });
        assert.deepEqual(recording.resource("fraud").outputs, {
            url: "http://fraud-predictor.ml.svc.cluster.local",
            serviceName: "fraud-predictor",
        });
    });

    for (const [cpu, limit] of [
        ["1", "1"],
        ["1500m", "1500m"],
        ["4", "4"],
    ] as const) {
        it(`has a CPU limit of ${limit} for a request of ${cpu}, because KServe's default limit is 1`, async () => {
            const { spec } = await inferenceServiceOf({ resources: { cpu } });
            assert.equal(spec.predictor.containers[0]!.resources.limits.cpu, limit);
        });
    }

    it("merges podSpec into the container main, and does not change other containers", async () => {
        const podSpec = {
            containers: [
                { name: "main", tty: true },
                { name: "proxy", image },
            ],
        };
        const { containers } = (await inferenceServiceOf({ podSpec })).spec.predictor;
        assert.equal(containers[0]!.name, "kserve-container");
        assert.equal(containers[0]!.tty, true);
        assert.deepEqual(containers[1], { name: "proxy", image });
    });

    it("has a fixed number of pods, or scales on CPU or requests", async () => {
        const requests = { prometheusUrl: "http://prometheus", perPod: 0.5, query: "sum(rate(a[1m]))" };
        const scalingOf = async (args: Partial<ModelServerArgs>) => {
            const { metadata, spec } = await inferenceServiceOf(args);
            const { minReplicas, maxReplicas, scaleMetric, scaleTarget, autoScaling } = spec.predictor;
            const set = { minReplicas, maxReplicas, scaleMetric, scaleTarget, autoScaling };
            return [
                metadata.annotations["serving.kserve.io/autoscalerClass"],
                Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined)),
            ];
        };
        const external = {
            metric: { backend: "prometheus", serverAddress: "http://prometheus", query: "sum(rate(a[1m]))" },
            target: { type: "Value", value: "0.5" },
        };
        assert.deepEqual(await scalingOf({ replicas: 3 }), ["none", { minReplicas: 3, maxReplicas: 3 }]);
        assert.deepEqual(await scalingOf({ autoscaling: { max: 4 } }), [
            "hpa",
            { minReplicas: 1, maxReplicas: 4, scaleMetric: "cpu", scaleTarget: 80 },
        ]);
        assert.deepEqual(await scalingOf({ autoscaling: { min: 0, max: 4, requests } }), [
            "keda",
            { minReplicas: 0, maxReplicas: 4, autoScaling: { metrics: [{ type: "External", external }] } },
        ]);
        assert.deepEqual(await scalingOf({ autoscaling: { max: 4, targetCpuUtilization: 70, requests } }), [
            "keda",
            {
                minReplicas: 1,
                maxReplicas: 4,
                autoScaling: {
                    metrics: [
                        { type: "External", external },
                        {
                            type: "Resource",
                            resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } },
                        },
                    ],
                },
            },
        ]);
    });

    it("has a route to the Service that KServe creates", async () => {
        const { inputs } = (await serve({ backend: KServe, route: { gateway: "public" } })).resource("fraud-route");
        const [rule] = (inputs as { spec: { rules: RouteRule[] } }).spec.rules;
        assert.deepEqual(rule!.backendRefs, [{ name: "fraud-predictor", port: 80 }]);
        // KServe may create a route with the server's name.
        assert.equal((inputs as { metadata: { name: string } }).metadata.name, "fraud-route");
    });
});

describe("the pods of a ModelServer", () => {
    it("meet the restricted Pod Security Standard with every backend", async () => {
        const recording = await serve({ ...widestServerArgs, podSpec: undefined });
        for (const name of ["fraud-deployment", "fraud-canary-deployment", "fraud-shadow-deployment"]) {
            const { spec } = recording.resource(name).inputs as types.output.apps.v1.Deployment;
            assert.deepEqual(violations(spec.template.spec), []);
        }
        const { inputs } = (await serve({ backend: ServerBackend.KServe })).resource("fraud-inferenceservice");
        assert.deepEqual(violations((inputs as { spec: { predictor: PodSpec } }).spec.predictor), []);
    });
});

describe("a preview of a ModelServer with all arguments", () => {
    it("has no unknown values if all arguments are known", async () => {
        const { resources } = await serve(widestServerArgs, { preview: true });
        assert.deepEqual(resources.flatMap(unknownPaths), []);
    });

    it("shows the route except for an unknown weight", async () => {
        const canary = { image: otherImage, weight: unknownOutput<number>() };
        const { resources } = await serve({ route: { gateway: "public" }, canary }, { preview: true });
        assert.deepEqual(
            resources.flatMap((one) => unknownPaths(one).map((path) => `${one.name} ${path}`)),
            [
                "fraud-route inputs.spec.rules[0].backendRefs[0].weight",
                "fraud-route inputs.spec.rules[0].backendRefs[1].weight",
            ],
        );
    });
});
