import type { types } from "@pulumi/kubernetes";
import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/customResource";
import * as pulumi from "@pulumi/pulumi";

import { seconds } from "../arguments/duration";
import { mapInput } from "../arguments/inputs";
import { objectMeta } from "../pod/metadata";
import { type AutoscalingArgs, type QueueScalingArgs, QueueType } from "./autoscaling-args";

/** What is scaled: a Deployment of the namespace. */
export interface ScaledDeployment {
    name: string;
    namespace: pulumi.Input<string>;
    labels: Record<string, string>;
}

const targetRef = (name: string) => ({ apiVersion: "apps/v1", kind: "Deployment", name });

/** Pods are taken away when fewer have been enough for so long. */
function behaviorOf({ scaleDownAfter }: AutoscalingArgs) {
    return (
        scaleDownAfter && {
            scaleDown: { stabilizationWindowSeconds: mapInput(scaleDownAfter, (length) => seconds(length)) },
        }
    );
}

/** The number of pods follows the CPU they use. */
export function buildHorizontalPodAutoscaler(
    { name, namespace, labels }: ScaledDeployment,
    autoscaling: AutoscalingArgs,
): types.input.autoscaling.v2.HorizontalPodAutoscaler {
    const behavior = behaviorOf(autoscaling);
    return {
        metadata: objectMeta(name, namespace, labels),
        spec: {
            scaleTargetRef: targetRef(name),
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
            ...(behavior && { behavior }),
        },
    };
}

/**
 * The number of pods follows what there is to do, by way of KEDA.
 * Source: https://keda.sh/docs/latest/reference/scaledobject-spec/
 */
export function buildScaledObject(deployment: ScaledDeployment, autoscaling: AutoscalingArgs): CustomResourceArgs {
    const { name, namespace, labels } = deployment;
    const behavior = behaviorOf(autoscaling);
    return {
        apiVersion: "keda.sh/v1alpha1",
        kind: "ScaledObject",
        metadata: objectMeta(name, namespace, labels, {
            // Where it takes over from a HorizontalPodAutoscaler, that one goes only after this is there, so that the
            // pods are never without one. For a moment there are two, and Kubernetes then follows neither.
            "validations.keda.sh/hpa-ownership": "false",
        }),
        spec: {
            scaleTargetRef: targetRef(name),
            minReplicaCount: autoscaling.min ?? 1,
            maxReplicaCount: autoscaling.max,
            // KEDA's default of 30 s is long for who waits for the first pod.
            pollingInterval: mapInput(autoscaling.min ?? 1, (min) => (min === 0 ? 5 : 30)),
            // While nobody knows what there is to do, no pod goes, and one is there; but KEDA comes to nothing where it
            // cannot connect to a queue.
            fallback: {
                failureThreshold: 3,
                replicas: mapInput(autoscaling.min ?? 1, (min) => Math.max(1, min)),
                behavior: "currentReplicasIfHigher",
            },
            ...(autoscaling.scaleDownAfter && {
                // KEDA's own wait, before the last pod goes.
                cooldownPeriod: mapInput(autoscaling.scaleDownAfter, (length) => seconds(length)),
                advanced: { horizontalPodAutoscalerConfig: { behavior } },
            }),
            triggers: triggersOf(deployment, autoscaling),
        },
    };
}

function triggersOf(deployment: ScaledDeployment, autoscaling: AutoscalingArgs): Record<string, unknown>[] {
    const { requests, queue, triggers = [], targetCpuUtilization } = autoscaling;
    return [
        ...(requests
            ? [
                  {
                      type: "prometheus",
                      metadata: {
                          serverAddress: requests.prometheusUrl,
                          query: requests.query ?? requestsQuery(deployment),
                          threshold: mapInput(requests.perPod, String),
                      },
                  },
              ]
            : []),
        ...(queue ? [{ ...queueTrigger(queue), ...authenticationRef(queue) }] : []),
        ...triggers.map(({ type, metadata, ...rest }) => ({ type, metadata, ...authenticationRef(rest) })),
        ...(targetCpuUtilization === undefined
            ? []
            : [
                  {
                      type: "cpu",
                      metricType: "Utilization",
                      metadata: { value: mapInput(targetCpuUtilization, String) },
                  },
              ]),
    ];
}

function authenticationRef({ authentication }: { authentication?: pulumi.Input<string> }) {
    return authentication === undefined ? {} : { authenticationRef: { name: authentication } };
}

/** The requests a second that the pods of a server tell of themselves, without those that get a part of them or copies. */
export function requestsQuery({ name, namespace }: Omit<ScaledDeployment, "labels">): pulumi.Input<string> {
    return mapInput(
        namespace,
        (known) =>
            `sum(rate(http_request_duration_seconds_count{namespace="${known}",app_kubernetes_io_name="${name}",` +
            `pod!~"${name}-(canary|shadow)-.*"}[1m]))`,
    );
}

/** Sources: https://keda.sh/docs/latest/scalers/rabbitmq-queue/ and its neighbours. */
function queueTrigger({ type, name, address, group, perPod }: QueueScalingArgs): Record<string, unknown> {
    const length = mapInput(perPod, String);
    switch (type) {
        case QueueType.RabbitMq:
            return {
                type: "rabbitmq",
                metadata: { protocol: "auto", host: address, queueName: name, mode: "QueueLength", value: length },
            };
        case QueueType.Kafka:
            return {
                type: "kafka",
                metadata: { bootstrapServers: address, consumerGroup: group, topic: name, lagThreshold: length },
            };
        case QueueType.Redis:
            return { type: "redis", metadata: { address, listName: name, listLength: length } };
    }
}
