/** The same objects, each written out. */
import * as apps from "@pulumi/kubernetes/apps/v1";
import * as batch from "@pulumi/kubernetes/batch/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import * as policy from "@pulumi/kubernetes/policy/v1";
import * as pulumi from "@pulumi/pulumi";

import { bare, pairs } from "./pairs";
import { image, namespace } from "./shared";

/**
 * A component that does nothing except contain objects, to show what Pulumi itself takes for any component. Its outputs
 * depend on them, as those of any component: a separate step, late in an update.
 */
class Bare extends pulumi.ComponentResource {
    constructor(type: string, name: string) {
        super(`kubernetes-mlops:index:${type}`, name);
    }

    public finish(outputs: pulumi.Inputs): void {
        this.registerOutputs(outputs);
    }
}

const annotations = { "pulumi.com/patchFieldManager": `pulumi/${pulumi.getProject()}/${pulumi.getStack()}` };

const podSecurityContext = {
    runAsNonRoot: true,
    fsGroup: 1000,
    fsGroupChangePolicy: "OnRootMismatch",
    seccompProfile: { type: "RuntimeDefault" },
};

const securityContext = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    readOnlyRootFilesystem: true,
};

for (let index = 0; index < pairs; index++) {
    const train = `train-${index}`;
    const training = bare ? new Bare("TrainingJob", train) : undefined;
    const trainLabels = { "app.kubernetes.io/name": train, "app.kubernetes.io/component": "training" };
    const claim = new core.PersistentVolumeClaim(
        `${train}-model`,
        {
            metadata: {
                name: `${train}-training-model`,
                namespace,
                labels: { ...trainLabels, "app.kubernetes.io/managed-by": "pulumi" },
                annotations,
            },
            spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "10Gi" } } },
        },
        { parent: training, retainOnDelete: true },
    );
    const job = new batch.Job(
        `${train}-job`,
        {
            metadata: {
                name: train,
                namespace,
                labels: { ...trainLabels, "app.kubernetes.io/managed-by": "pulumi" },
                annotations: { ...annotations, "pulumi.com/deletionPropagationPolicy": "background" },
            },
            spec: {
                backoffLimit: 2,
                activeDeadlineSeconds: 21600,
                podFailurePolicy: {
                    rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
                },
                template: {
                    metadata: { labels: trainLabels },
                    spec: {
                        automountServiceAccountToken: false,
                        tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }],
                        enableServiceLinks: false,
                        securityContext: podSecurityContext,
                        restartPolicy: "Never",
                        containers: [
                            {
                                name: "main",
                                image,
                                command: ["python", "train.py"],
                                env: [
                                    {
                                        name: "RUN_UID",
                                        valueFrom: {
                                            fieldRef: {
                                                fieldPath: "metadata.labels['batch.kubernetes.io/controller-uid']",
                                            },
                                        },
                                    },
                                    { name: "HOME", value: "/tmp" },
                                    {
                                        name: "MODEL_URI",
                                        value: pulumi.interpolate`pvc://${claim.metadata.name}/${train}/$(RUN_UID)`,
                                    },
                                    { name: "MODEL_DIR", value: "/model" },
                                    { name: "EPOCHS", value: "20" },
                                ],
                                resources: {
                                    requests: { cpu: "2", memory: "4Gi", "nvidia.com/gpu": "1" },
                                    limits: { memory: "4Gi", "nvidia.com/gpu": "1" },
                                },
                                securityContext,
                                terminationMessagePolicy: "FallbackToLogsOnError",
                                volumeMounts: [
                                    { name: "tmp", mountPath: "/tmp" },
                                    { name: "model", mountPath: "/model", subPathExpr: `${train}/$(RUN_UID)` },
                                ],
                            },
                        ],
                        volumes: [
                            { name: "tmp", emptyDir: {} },
                            { name: "model", persistentVolumeClaim: { claimName: claim.metadata.name } },
                        ],
                    },
                },
            },
        },
        { parent: training },
    );
    const record = new core.ConfigMap(
        `${train}-record`,
        {
            metadata: {
                name: `${train}-training`,
                namespace,
                labels: { ...trainLabels, "app.kubernetes.io/managed-by": "pulumi" },
                annotations,
            },
        },
        { parent: training, dependsOn: job },
    );
    training?.finish({ model: record.metadata.name, jobName: job.metadata.name });

    const serve = `serve-${index}`;
    const server = bare ? new Bare("ModelServer", serve) : undefined;
    const serveLabels = { "app.kubernetes.io/name": serve, "app.kubernetes.io/component": "model-server" };
    const probe = { httpGet: { path: "/healthz", port: "http" }, timeoutSeconds: 5 };
    const service = new core.Service(
        `${serve}-service`,
        {
            metadata: {
                name: serve,
                namespace,
                labels: { ...serveLabels, "app.kubernetes.io/managed-by": "pulumi" },
                annotations,
            },
            spec: {
                type: "ClusterIP",
                selector: serveLabels,
                ports: [{ name: "http", port: 8080, targetPort: "http", appProtocol: "http" }],
            },
        },
        { parent: server },
    );
    const deployment = new apps.Deployment(
        `${serve}-deployment`,
        {
            metadata: {
                name: serve,
                namespace,
                labels: { ...serveLabels, "app.kubernetes.io/managed-by": "pulumi" },
                annotations: { ...annotations, "pulumi.com/timeoutSeconds": "900", "pulumi.com/patchForce": "true" },
            },
            spec: {
                replicas: 2,
                selector: { matchLabels: serveLabels },
                progressDeadlineSeconds: 360,
                strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: 0 } },
                template: {
                    metadata: { labels: serveLabels },
                    spec: {
                        automountServiceAccountToken: false,
                        tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }],
                        enableServiceLinks: false,
                        securityContext: podSecurityContext,
                        terminationGracePeriodSeconds: 40,
                        topologySpreadConstraints: [
                            {
                                maxSkew: 1,
                                topologyKey: "kubernetes.io/hostname",
                                whenUnsatisfiable: "ScheduleAnyway",
                                labelSelector: { matchLabels: serveLabels },
                            },
                        ],
                        containers: [
                            {
                                name: "main",
                                image,
                                command: ["python", "serve.py"],
                                env: [
                                    { name: "HOME", value: "/tmp" },
                                    { name: "PORT", value: "8080" },
                                    {
                                        name: "MODEL_URI",
                                        value: pulumi.interpolate`pvc://models/${job.metadata.name}`,
                                    },
                                    { name: "MODEL_DIR", value: "/model" },
                                    { name: "THREADS", value: "4" },
                                ],
                                ports: [{ name: "http", containerPort: 8080 }],
                                resources: {
                                    requests: { cpu: "1", memory: "2Gi", "nvidia.com/gpu": "1" },
                                    limits: { memory: "2Gi", "nvidia.com/gpu": "1" },
                                },
                                startupProbe: { ...probe, periodSeconds: 2, failureThreshold: 150 },
                                readinessProbe: { ...probe, periodSeconds: 5, failureThreshold: 3 },
                                livenessProbe: { ...probe, periodSeconds: 10, failureThreshold: 6 },
                                lifecycle: { preStop: { sleep: { seconds: 10 } } },
                                securityContext,
                                terminationMessagePolicy: "FallbackToLogsOnError",
                                volumeMounts: [
                                    { name: "tmp", mountPath: "/tmp" },
                                    { name: "model", mountPath: "/model", subPath: job.metadata.name, readOnly: true },
                                ],
                            },
                        ],
                        volumes: [
                            { name: "tmp", emptyDir: {} },
                            { name: "model", persistentVolumeClaim: { claimName: "models" } },
                        ],
                    },
                },
            },
        },
        { parent: server, dependsOn: service },
    );
    server?.finish({ url: deployment.metadata.name, serviceName: service.metadata.name });
    new policy.PodDisruptionBudget(
        `${serve}-pdb`,
        {
            metadata: {
                name: serve,
                namespace,
                labels: { ...serveLabels, "app.kubernetes.io/managed-by": "pulumi" },
                annotations,
            },
            spec: {
                maxUnavailable: 1,
                selector: { matchLabels: serveLabels },
                unhealthyPodEvictionPolicy: "AlwaysAllow",
            },
        },
        { parent: server },
    );
}
