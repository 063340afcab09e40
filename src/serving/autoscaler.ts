import type { types } from "@pulumi/kubernetes";
import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/customResource";
import * as pulumi from "@pulumi/pulumi";

import { seconds } from "../arguments/duration";
import { mapInput } from "../arguments/inputs";
import { objectMeta } from "../pod/metadata";
import { type AutoscalingArgs, type QueueScalingArgs, QueueType } from "./autoscaling-args";

/** The Deployment to scale. */
export interface ScaledDeployment {
    name: string;
    namespace: pulumi.Input<string>;
    labels: Record<string, string>;
}

const targetRef = (name: string) => ({ apiVersion: "apps/v1", kind: "Deployment", name });

/** Returns the scaling behavior that delays the removal of pods. */
function buildBehavior({ scaleDownAfter }: AutoscalingArgs) {
    return (
        scaleDownAfter && {
            scaleDown: { stabilizationWindowSeconds: mapInput(scaleDownAfter, seconds) },
        }
    );
}

/** Returns the HorizontalPodAutoscaler that scales pods on their CPU utilization. */
export function buildHorizontalPodAutoscaler(
    { name, namespace, labels }: ScaledDeployment,
    autoscaling: AutoscalingArgs,
): types.input.autoscaling.v2.HorizontalPodAutoscaler {
    const behavior = buildBehavior(autoscaling);
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
 * Returns the KEDA ScaledObject that scales pods on their work.
 * Source: https://keda.sh/docs/latest/reference/scaledobject-spec/
 */
export function buildScaledObject(deployment: ScaledDeployment, autoscaling: AutoscalingArgs): CustomResourceArgs {
    const { name, namespace, labels } = deployment;
    const behavior = buildBehavior(autoscaling);
    return {
        apiVersion: "keda.sh/v1alpha1",
        kind: "ScaledObject",
        metadata: objectMeta(name, namespace, labels, {
            // When it replaces a HorizontalPodAutoscaler, that one is deleted only afterwards, so that the pods are never
            // without an autoscaler. For a moment there are two, and Kubernetes then follows neither.
            "validations.keda.sh/hpa-ownership": "false",
        }),
        spec: {
            scaleTargetRef: targetRef(name),
            minReplicaCount: autoscaling.min ?? 1,
            maxReplicaCount: autoscaling.max,
            // KEDA's default of 30 s would be a long wait for the first pod.
            pollingInterval: mapInput(autoscaling.min ?? 1, (min) => (min === 0 ? 5 : 30)),
            // While the metrics are not available, no pod is removed and at least one runs. This has no effect where KEDA
            // cannot connect to a queue.
            fallback: {
                failureThreshold: 3,
                replicas: mapInput(autoscaling.min ?? 1, (min) => Math.max(1, min)),
                behavior: "currentReplicasIfHigher",
            },
            ...(autoscaling.scaleDownAfter && {
                // KEDA itself removes the last pod, after this delay.
                cooldownPeriod: mapInput(autoscaling.scaleDownAfter, seconds),
                advanced: { horizontalPodAutoscalerConfig: { behavior } },
            }),
            triggers: buildTriggers(deployment, autoscaling),
        },
    };
}

function buildTriggers(deployment: ScaledDeployment, autoscaling: AutoscalingArgs): Record<string, unknown>[] {
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
        ...(queue ? [{ ...buildQueueTrigger(queue), ...buildAuthenticationRef(queue) }] : []),
        ...triggers.map(({ type, metadata, ...rest }) => ({ type, metadata, ...buildAuthenticationRef(rest) })),
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

function buildAuthenticationRef({ authentication }: { authentication?: pulumi.Input<string> }) {
    return authentication === undefined ? {} : { authenticationRef: { name: authentication } };
}

/** Returns the query for the request rate of a server's pods, without those of its canary and shadow. */
export function requestsQuery({ name, namespace }: Omit<ScaledDeployment, "labels">): pulumi.Input<string> {
    return mapInput(
        namespace,
        (known) =>
            `sum(rate(http_request_duration_seconds_count{namespace="${known}",app_kubernetes_io_name="${name}",` +
            `pod!~"${name}-(canary|shadow)-.*"}[1m]))`,
    );
}

/** Sources: https://keda.sh/docs/latest/scalers/rabbitmq-queue/, apache-kafka/ and redis-lists/ beside it. */
function buildQueueTrigger({ type, name, address, consumerGroup, perPod }: QueueScalingArgs): Record<string, unknown> {
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
                metadata: { bootstrapServers: address, consumerGroup, topic: name, lagThreshold: length },
            };
        case QueueType.Redis:
            return { type: "redis", metadata: { address, listName: name, listLength: length } };
    }
}
