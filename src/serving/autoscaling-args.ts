import type * as pulumi from "@pulumi/pulumi";

import { seconds } from "../arguments/duration";
import { dnsSubdomain, integer, nonEmptyString, oneOf, stringRule } from "../arguments/formats";
import { list, map, object, plain, type Problems, required, rule, type Rule } from "../arguments/rules";

/** Scales on the request rate that Prometheus measures. */
export interface RequestScalingArgs {
    /** The URL of Prometheus, for example "http://kube-prometheus-stack-prometheus.monitoring:9090". */
    prometheusUrl: pulumi.Input<string>;
    /** The target request rate of each pod, in requests per second. */
    perPod: pulumi.Input<number>;
    /**
     * The PromQL query for the request rate of all pods together, in requests per second. Defaults to the rate of
     * `http_request_duration_seconds_count` over the server's pods, which must export it as docs/monitoring.md describes.
     * Required when `min` is 0, because without pods no pod reports requests: query the metrics of the Gateway.
     */
    query?: pulumi.Input<string>;
}

/** The kind of queue from which a server takes its work. */
export const QueueType = {
    /** A RabbitMQ queue. */
    RabbitMq: "rabbitmq",
    /** A Kafka topic. */
    Kafka: "kafka",
    /** A list in Redis or Valkey. */
    Redis: "redis",
} as const;
export type QueueType = (typeof QueueType)[keyof typeof QueueType];

/** Scales on the number of messages that wait in a queue. */
export interface QueueScalingArgs {
    /** The kind of queue. Use `triggers` for other KEDA scalers. */
    type: QueueType;
    /** The name of the queue, topic or list. */
    name: pulumi.Input<string>;
    /**
     * The address of the queue, for example "http://rabbitmq.queues:15672/" or "amqp://…" for RabbitMQ,
     * "kafka.queues:9092" for Kafka or "redis.queues:6379" for Redis. It is stored in plain nonEmptyString in the ScaledObject: put an
     * address that contains a password into `authentication` instead, as the parameter `host` (RabbitMQ) or `address`
     * (Redis). Required unless `authentication` provides it; always required for Kafka.
     */
    address?: pulumi.Input<string>;
    /** The Kafka consumer group whose lag counts as waiting messages. Required for Kafka, and for Kafka only. */
    consumerGroup?: pulumi.Input<string>;
    /** The target number of waiting messages per pod. */
    perPod: pulumi.Input<number>;
    /** The name of a TriggerAuthentication in the namespace, with the credentials for KEDA. Defaults to none. */
    authentication?: pulumi.Input<string>;
}

/** Scales on any other KEDA trigger. */
export interface ScalingTriggerArgs {
    /** The type of the scaler, for example "aws-sqs-queue"; see https://keda.sh/docs/latest/scalers/. */
    type: pulumi.Input<string>;
    /** The settings of the scaler, as strings. Secrets belong in `authentication`. */
    metadata: Record<string, pulumi.Input<string>>;
    /** The name of a TriggerAuthentication in the namespace, with the credentials for KEDA. Defaults to none. */
    authentication?: pulumi.Input<string>;
}

/**
 * Scales the pods of a server on their CPU utilization with a HorizontalPodAutoscaler, which needs resource metrics (the
 * add-on `metricsServer`), or on `requests`, `queue` or `triggers` with a KEDA ScaledObject (the add-on `keda`). If
 * several are set, the one that asks for the most pods wins.
 */
export interface AutoscalingArgs {
    /** The minimum number of pods. Defaults to 1. 0 requires KEDA, which then polls for work every 5 seconds. */
    min?: pulumi.Input<number>;
    /** The maximum number of pods. */
    max: pulumi.Input<number>;
    /**
     * The target average CPU utilization, in percent of the requested CPU. Defaults to 80 if the server scales on
     * nothing else.
     */
    targetCpuUtilization?: pulumi.Input<number>;
    /** Scales on the request rate. Requires KEDA. Defaults to none. */
    requests?: RequestScalingArgs;
    /** Scales on the length of a queue. Requires KEDA. Defaults to none. */
    queue?: QueueScalingArgs;
    /** Scales on any other KEDA triggers. Requires KEDA. Defaults to none. */
    triggers?: ScalingTriggerArgs[];
    /** How long the load must stay lower before pods are removed, at most "1h". Defaults to "5m". */
    scaleDownAfter?: pulumi.Input<string>;
}

const upToOneHour = rule((value) => {
    const known = typeof value === "string" && /^(\d+h)?(\d+m)?(\d+s)?$/.test(value) ? seconds(value) : 0;
    return known >= 1 && known <= 3600
        ? undefined
        : 'it must be a duration of at most one hour, for example "10m" or "1h"';
});

const positiveNumber = rule((value) =>
    typeof value === "number" && value > 0 && Number.isFinite(value) ? undefined : "it must be a number greater than 0",
);

const inScaledObject =
    "it would be stored in plain nonEmptyString in the ScaledObject: use a TriggerAuthentication and name it under authentication";

/** The rule of `autoscaling`. */
export const autoscalingRule: Rule = object<AutoscalingArgs>({
    min: integer(0, 10000),
    max: required(integer(1, 10000), "set the maximum number of pods"),
    targetCpuUtilization: integer(1, 1000),
    requests: object<RequestScalingArgs>({
        prometheusUrl: required(urlRule(), "set the URL of Prometheus"),
        perPod: required(positiveNumber, "set the requests per second that one pod can serve"),
        query: nonEmptyString,
    }),
    queue: object<QueueScalingArgs>({
        type: required(
            plain(oneOf(Object.values(QueueType)), "it must be a plain value, because it decides which settings exist"),
            `set it to one of ${Object.values(QueueType).join(", ")}, or use autoscaling.triggers for other queues`,
        ),
        name: required(nonEmptyString, "set the name of the queue, topic or list"),
        address: stringRule({ notSecret: inScaledObject }),
        consumerGroup: nonEmptyString,
        perPod: required(integer(1, 10_000_000), "set the number of waiting messages per pod"),
        authentication: dnsSubdomain,
    }),
    triggers: list(
        required(
            object<ScalingTriggerArgs>({
                type: required(
                    rule((value) =>
                        typeof value === "string" &&
                        /^[a-z][-a-z0-9]*$/.test(value) &&
                        !["cpu", "memory"].includes(value)
                            ? undefined
                            : 'it must be the type of a KEDA scaler such as "aws-sqs-queue"; for CPU, use targetCpuUtilization',
                    ),
                    'set it to the type of a KEDA scaler such as "aws-sqs-queue"',
                ),
                metadata: required(
                    map(settingNameProblem, stringRule({ notSecret: inScaledObject })),
                    "set the settings of the scaler",
                ),
                authentication: dnsSubdomain,
            }),
            "remove the entry or describe a trigger",
        ),
    ),
    scaleDownAfter: upToOneHour,
});

function settingNameProblem(name: string): string | undefined {
    return /^[a-zA-Z]+$/.test(name) ? undefined : "is not a valid setting of a scaler; use letters only";
}

function urlRule(): Rule {
    return rule(
        (value) =>
            typeof value === "string" && /^https?:\/\/\S+$/.test(value)
                ? undefined
                : 'it must be a URL such as "http://prometheus.monitoring:9090"',
        { notSecret: inScaledObject },
    );
}

/** Returns whether KEDA scales the server. */
export function needsKeda({ requests, queue, triggers = [] }: AutoscalingArgs): boolean {
    return requests !== undefined || queue !== undefined || triggers.length > 0;
}

/** Checks fields that are valid on their own but not together. */
export function checkAutoscaling(autoscaling: AutoscalingArgs | undefined, problems: Problems): void {
    if (autoscaling === undefined) {
        return;
    }
    const { min, max, requests, queue, triggers = [] } = autoscaling;
    const add = (field: string, problem: string) => problems.add(`autoscaling.${field}`, problem);
    if (typeof min === "number" && typeof max === "number" && min > max) {
        add("min", `is ${min}; it must be at most autoscaling.max, which is ${max}`);
    }
    if (min === 0 && !needsKeda(autoscaling)) {
        add(
            "min",
            "is 0, which requires KEDA; set autoscaling.requests, autoscaling.queue or autoscaling.triggers, or set " +
                "autoscaling.min to at least 1",
        );
    }
    if (min === 0 && requests !== undefined && requests.query === undefined && !queue && triggers.length === 0) {
        add(
            "requests.query",
            "is missing; when autoscaling.min is 0, set a query over the metrics of the Gateway, as there may be no pods to query",
        );
    }
    if (queue === undefined) {
        return;
    }
    if (queue.type === QueueType.Kafka && queue.consumerGroup === undefined) {
        add("queue.consumerGroup", "is missing; set the consumer group that reads the Kafka topic");
    }
    if (queue.type !== QueueType.Kafka && queue.consumerGroup !== undefined) {
        add("queue.consumerGroup", `is for Kafka only, and autoscaling.queue.type is "${queue.type}"; remove it`);
    }
    if (queue.address === undefined && (queue.type === QueueType.Kafka || queue.authentication === undefined)) {
        add("queue.address", 'is missing; set the address of the queue, for example "kafka.queues:9092"');
    }
}
