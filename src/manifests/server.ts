import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { seconds } from "../duration";
import type { AutoscalingArgs, ModelServerArgs } from "../workloads/model-server";
import { mapInput } from "./inputs";
import { labelsOf, objectMeta } from "./metadata";
import { inputVolume, modelDir } from "./model";
import { podTemplate } from "./pod";

type Container = types.input.core.v1.Container;

const component = "model-server";

/** The name of the container's port, by which Service and probes find it. */
const portName = "http";

/** How long a pod that is going away still answers, until no proxy of the cluster sends it requests any more. */
const drainSeconds = 10;

/** The labels of everything that belongs to a server. */
export function serverLabels(name: string): Record<string, string> {
    return labelsOf(name, component);
}

/** The pods of a server. */
export function serverDeployment(
    name: string,
    args: ModelServerArgs,
    secretName: pulumi.Input<string> | undefined,
): types.input.apps.v1.Deployment {
    const labels = serverLabels(name);
    const startup = mapInput(args.startupTimeout ?? "5m", seconds);
    const shutdown = mapInput(args.shutdownTimeout ?? "30s", seconds);
    return {
        metadata: objectMeta(name, args.workspace.namespace, labels, {
            // A rolling update starts pods in waves, which take less than the longest that one may take.
            "pulumi.com/timeoutSeconds": mapInput(startup, (limit) => String(2 * limit + 300)),
            // The number of pods is taken back from an autoscaler, or from who has scaled by hand, without a conflict.
            "pulumi.com/patchForce": "true",
        }),
        spec: {
            // Where an autoscaler owns the number, saying one here would set it back at every update.
            replicas: args.autoscaling ? undefined : (args.replicas ?? 1),
            selector: { matchLabels: labels },
            progressDeadlineSeconds: mapInput(startup, (limit) => limit + 60),
            // New pods are ready before old ones go, in four waves at most.
            strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: 0 } },
            template: podTemplate(args, {
                labels,
                container: serverContainer(args, startup),
                spec: {
                    terminationGracePeriodSeconds: mapInput(shutdown, (limit) => limit + drainSeconds),
                    topologySpreadConstraints: [
                        {
                            maxSkew: 1,
                            topologyKey: "kubernetes.io/hostname",
                            whenUnsatisfiable: "ScheduleAnyway",
                            labelSelector: { matchLabels: labels },
                        },
                    ],
                },
                env: {
                    PORT: mapInput(args.port ?? 8080, String),
                    ...(args.model !== undefined && { MODEL_URI: args.model, MODEL_DIR: modelDir }),
                },
                volumes: args.model === undefined ? [] : [inputVolume(args.model)],
                secretName,
            }),
        },
    };
}

function serverContainer(args: ModelServerArgs, startup: pulumi.Input<number>): Partial<Container> {
    const health = { path: args.healthPath ?? "/healthz", port: portName };
    const ready = { path: args.readyPath ?? health.path, port: portName };
    const period = 2;
    return {
        ports: [{ name: portName, containerPort: args.port ?? 8080 }],
        // Nothing else is asked before the start is through, so that a slow load of a large model is no failure.
        startupProbe: {
            httpGet: ready,
            periodSeconds: period,
            timeoutSeconds: 5,
            failureThreshold: mapInput(startup, (limit) => Math.max(1, Math.ceil(limit / period))),
        },
        readinessProbe: { httpGet: ready, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 },
        livenessProbe: { httpGet: health, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
        // The kubelet waits itself (Kubernetes 1.30 and newer), so that the image needs no `sleep`.
        lifecycle: { preStop: { sleep: { seconds: drainSeconds } } },
    };
}

/** The address of a server, the same for all its life. */
export function serverService(name: string, args: ModelServerArgs): types.input.core.v1.Service {
    const labels = serverLabels(name);
    return {
        // The Deployment is waited for; a server of no replicas would let a wait for the Service run into its time limit.
        metadata: objectMeta(name, args.workspace.namespace, labels, { "pulumi.com/skipAwait": "true" }),
        spec: {
            type: "ClusterIP",
            selector: labels,
            ports: [{ name: portName, port: args.port ?? 8080, targetPort: portName, appProtocol: "http" }],
        },
    };
}

/** Nodes are drained one pod of the server at a time. */
export function serverDisruptionBudget(name: string, args: ModelServerArgs): types.input.policy.v1.PodDisruptionBudget {
    const labels = serverLabels(name);
    return {
        metadata: objectMeta(name, args.workspace.namespace, labels),
        spec: {
            maxUnavailable: 1,
            selector: { matchLabels: labels },
            // A pod that does not work anyway must not hold a node up.
            unhealthyPodEvictionPolicy: "AlwaysAllow",
        },
    };
}

/** The number of pods follows the CPU they use. */
export function serverAutoscaler(
    name: string,
    args: ModelServerArgs,
    autoscaling: AutoscalingArgs,
): types.input.autoscaling.v2.HorizontalPodAutoscaler {
    return {
        metadata: objectMeta(name, args.workspace.namespace, serverLabels(name)),
        spec: {
            scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
            minReplicas: autoscaling.min ?? 1,
            maxReplicas: autoscaling.max,
            metrics: [
                {
                    type: "Resource",
                    resource: {
                        name: "cpu",
                        target: { type: "Utilization", averageUtilization: autoscaling.targetCpuUtilization ?? 80 },
                    },
                },
            ],
        },
    };
}
