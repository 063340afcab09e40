import * as assert from "node:assert/strict";

import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { ModelServer, ModelServerArgs } from "../../src";
import { fullServerArgs, image, password, workload } from "../support/arguments";
import { Recording, run, RunOptions, Secret, unknownOutput, unknownPaths } from "../support/mocks";

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

/** The kind and the name of all that is registered. */
function kinds({ resources }: Recording): string[] {
    return resources.map(({ type, name }) => `${type.split(":").pop()} ${name}`);
}

const selector = { "app.kubernetes.io/component": "model-server", "app.kubernetes.io/name": "fraud" };
const labels = { ...selector, "app.kubernetes.io/managed-by": "pulumi" };
const annotations = { "pulumi.com/patchFieldManager": "pulumi-project-stack" };

/** What is the same in the registration of all children. */
const child = { parent: "fraud", provider: "", dependsOn: [], propertiesFrom: [], options: {} };

describe("a ModelServer", () => {
    it("of which only the least is said is a Deployment, a Service and a disruption budget", async () => {
        const recording = await serve();
        assert.deepEqual(recording.resources, [
            {
                ...child,
                type: "kubernetes-mlops:index:ModelServer",
                name: "fraud",
                parent: "",
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
                            "pulumi.com/timeoutSeconds": "900",
                        },
                    },
                    spec: {
                        replicas: 1,
                        selector: { matchLabels: selector },
                        progressDeadlineSeconds: 360,
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

    it("of which everything is said has an autoscaler and a Secret besides", async () => {
        assert.deepEqual(kinds(await serve(fullServerArgs)), [
            "ModelServer fraud",
            "Deployment fraud-deployment",
            "Secret fraud-env",
            "HorizontalPodAutoscaler fraud-hpa",
            "PodDisruptionBudget fraud-pdb",
            "Service fraud-service",
        ]);
    });

    it("leaves the number of pods to its autoscaler", async () => {
        const recording = await serve({ autoscaling: { min: 2, max: 8, targetCpuUtilization: 60 } });
        assert.ok(!("replicas" in deploymentOf(recording).spec));
        assert.deepEqual(recording.resource("fraud-deployment").options, { ignoreChanges: ["spec.replicas"] });
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

    it("scales from one pod at 80 per cent where only the greatest number is said", async () => {
        const { inputs } = (await serve({ autoscaling: { max: 3 } })).resource("fraud-hpa");
        const { spec } = inputs as types.output.autoscaling.v2.HorizontalPodAutoscaler;
        assert.equal(spec.minReplicas, 1);
        assert.equal(spec.maxReplicas, 3);
        assert.equal(spec.metrics[0]!.resource.target.averageUtilization, 80);
    });

    for (const replicas of [0, 3, pulumi.output(5)]) {
        const what = typeof replicas === "number" ? replicas : "an Output";
        it(`has as many pods as it is told: ${what}`, async () => {
            const { spec } = deploymentOf(await serve({ replicas }));
            assert.equal(spec.replicas, typeof replicas === "number" ? replicas : 5);
        });
    }

    it("listens on one port, which its container, its Service and its address know", async () => {
        const recording = await serve({ port: 9000 });
        const [container] = podOf(recording).containers;
        assert.deepEqual(container!.ports, [{ name: "http", containerPort: 9000 }]);
        assert.deepEqual(container!.env[1], { name: "PORT", value: "9000" });
        assert.equal(serviceOf(recording).spec.ports[0]!.port, 9000);
        assert.equal(recording.resource("fraud").outputs?.url, "http://fraud.ml.svc.cluster.local:9000");
    });

    it("tells a container that works from one that is ready where they have paths of their own", async () => {
        const [container] = podOf(await serve({ healthPath: "/live", readyPath: "/ready" })).containers;
        assert.equal(container!.livenessProbe.httpGet.path, "/live");
        assert.equal(container!.readinessProbe.httpGet.path, "/ready");
        assert.equal(container!.startupProbe.httpGet.path, "/ready");
    });

    const starts: [startupTimeout: string, probes: number, deadline: number, wait: string][] = [
        ["1s", 1, 61, "302"],
        ["3s", 2, 63, "306"],
        ["10m", 300, 660, "1500"],
    ];
    for (const [startupTimeout, probes, deadline, wait] of starts) {
        it(`has ${startupTimeout} to start, and is waited for longer than that`, async () => {
            const { metadata, spec } = deploymentOf(await serve({ startupTimeout }));
            assert.equal(spec.template.spec.containers[0]!.startupProbe.failureThreshold, probes);
            assert.equal(spec.progressDeadlineSeconds, deadline);
            assert.equal(metadata.annotations["pulumi.com/timeoutSeconds"], wait);
        });
    }

    it("has the time that it takes to be forgotten, and then its own, to stop", async () => {
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
        it(`is mounted, only to be read, where it is in a claim: ${what}`, async () => {
            const pod = podOf(await serve({ model: input("pvc://models/fraud/run-1") }));
            assert.deepEqual(pod.volumes, [
                { name: "tmp", emptyDir: {} },
                { name: "model", persistentVolumeClaim: { claimName: "models" } },
            ]);
            assert.deepEqual(pod.containers[0]!.volumeMounts, [
                { name: "tmp", mountPath: "/tmp" },
                { name: "model", mountPath: "/model", subPath: "fraud/run-1", readOnly: true },
            ]);
            assert.deepEqual(pod.containers[0]!.env, variables("pvc://models/fraud/run-1"));
        });

        it(`is named to the container where it is elsewhere: ${what}`, async () => {
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
    const secretName = "fraud-env-57bea20f";

    it("are kept in a Secret of their content's name", async () => {
        const recording = await serve({ secretEnv: { TOKEN: password } });
        assert.deepEqual(recording.resource("fraud-env"), {
            ...child,
            type: "kubernetes:core/v1:Secret",
            name: "fraud-env",
            options: { additionalSecretOutputs: ["data", "stringData"] },
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

    it("are rolled out when one has another value", async () => {
        const recording = await serve({ secretEnv: { TOKEN: "another" } });
        const { name } = podOf(recording).containers[0]!.env[2]!.valueFrom.secretKeyRef;
        assert.notEqual(name, secretName);
        assert.equal((recording.resource("fraud-env").inputs as types.output.core.v1.Secret).metadata.name, name);
    });
});

describe("a preview of a ModelServer", () => {
    it("knows everything where its arguments are known", async () => {
        const { resources } = await serve(fullServerArgs, { preview: true });
        assert.deepEqual(resources.flatMap(unknownPaths), []);
        assert.deepEqual(resources, (await serve(fullServerArgs)).resources);
    });

    const container = "inputs.spec.template.spec.containers[0]";
    const previews: [what: string, args: () => Partial<ModelServerArgs>, unknown: Record<string, string[]>][] = [
        [
            "an image that is not built yet",
            () => ({ image: unknownOutput() }),
            { "fraud-deployment": [`${container}.image`] },
        ],
        [
            "a model that is not trained yet",
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
            "a namespace that is not named yet",
            () => ({ workspace: { namespace: unknownOutput<string>() } }),
            {
                fraud: ["outputs.url"],
                "fraud-deployment": ["inputs.metadata.namespace"],
                "fraud-pdb": ["inputs.metadata.namespace"],
                "fraud-service": ["inputs.metadata.namespace"],
            },
        ],
        [
            "a port that is not known yet",
            () => ({ port: unknownOutput() }),
            {
                fraud: ["outputs.url"],
                "fraud-deployment": [`${container}.env[1].value`, `${container}.ports[0].containerPort`],
                "fraud-service": ["inputs.spec.ports[0].port"],
            },
        ],
        [
            "a secret that is not known yet",
            () => ({ secretEnv: { TOKEN: pulumi.secret(unknownOutput<string>()) } }),
            {
                "fraud-deployment": [`${container}.env[2].valueFrom.secretKeyRef.name`],
                "fraud-env": ["inputs.metadata.name", "inputs.stringData"],
            },
        ],
    ];
    for (const [what, args, expected] of previews) {
        it(`shows all that does not depend on ${what}`, async () => {
            const { resources } = await serve(args(), { preview: true });
            const unknown = resources.map((resource): [string, string[]] => [resource.name, unknownPaths(resource)]);
            assert.deepEqual(Object.fromEntries(unknown.filter(([, paths]) => paths.length > 0)), expected);
        });
    }
});
