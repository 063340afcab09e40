import type * as pulumi from "@pulumi/pulumi";

import { seconds } from "../arguments/duration";
import { dnsSubdomain, integer, oneOf, text, textOf } from "../arguments/formats";
import { list, map, object, plain, type Problems, required, rule, type Rule } from "../arguments/rules";

/** The requests that a server gets, as Prometheus counts them. */
export interface RequestScalingArgs {
    /** The address of Prometheus, such as "http://kube-prometheus-stack-prometheus.monitoring:9090". */
    prometheusUrl: pulumi.Input<string>;
    /** How many requests a second one pod is there for. */
    perPod: pulumi.Input<number>;
    /**
     * The query whose result is the requests a second of all pods together. Defaults to the rate of
     * `http_request_duration_seconds_count` that the pods of the server tell of themselves, by the conventions of
     * docs/monitoring.md. Must be given where `min` is 0, as no pod tells nothing: ask the Gateway.
     */
    query?: pulumi.Input<string>;
}

/** What holds the work of a server that takes it from a queue. */
export const QueueType = {
    /** A queue of RabbitMQ. */
    RabbitMq: "rabbitmq",
    /** A topic of Kafka. */
    Kafka: "kafka",
    /** A list of Redis or Valkey. */
    Redis: "redis",
} as const;
export type QueueType = (typeof QueueType)[keyof typeof QueueType];

/** The work that waits in a queue. */
export interface QueueScalingArgs {
    /** What kind of queue it is; KEDA's other scalers are to be had by `triggers`. */
    type: QueueType;
    /** The name of the queue, the topic or the list. */
    name: pulumi.Input<string>;
    /**
     * Where it is: "http://rabbitmq.queues:15672/" or "amqp://…" of RabbitMQ, "kafka.queues:9092" of Kafka,
     * "redis.queues:6379" of Redis. Anybody who may read the ScaledObject reads it: an address with a password in it is
     * left out here and stands in `authentication`, as its `host` (RabbitMQ) or `address` (Redis).
     */
    address?: pulumi.Input<string>;
    /** The group of consumers of a Kafka topic, how far behind it is. Kafka needs it, others have none. */
    group?: pulumi.Input<string>;
    /** How many waiting messages one pod is there for. */
    perPod: pulumi.Input<number>;
    /** The TriggerAuthentication of the namespace that names the Secrets with which KEDA asks. Defaults to none. */
    authentication?: pulumi.Input<string>;
}

/** Any other trigger of KEDA. */
export interface ScalingTriggerArgs {
    /** The name of the scaler, for example "aws-sqs-queue"; see https://keda.sh/docs/latest/scalers/. */
    type: pulumi.Input<string>;
    /** The settings of the scaler, all of which are texts. Secrets belong into `authentication`. */
    metadata: Record<string, pulumi.Input<string>>;
    /** The TriggerAuthentication of the namespace that names the Secrets with which KEDA asks. Defaults to none. */
    authentication?: pulumi.Input<string>;
}

/**
 * How many pods a server has: by the CPU they use, which needs metrics-server or another source of resource metrics,
 * or, with `requests`, `queue` or `triggers`, by what there is to do, which needs KEDA. Where there are several reasons,
 * the one that asks for the most pods wins.
 */
export interface AutoscalingArgs {
    /** The least number of pods. Defaults to 1. 0 is for KEDA only, which looks for something to do every 5 seconds. */
    min?: pulumi.Input<number>;
    /** The greatest number of pods. */
    max: pulumi.Input<number>;
    /**
     * The share of their requested CPU, in per cent, that pods use on average. Defaults to 80 where nothing else is
     * given to go by.
     */
    targetCpuUtilization?: pulumi.Input<number>;
    /** Follows the requests that come in. Makes a ScaledObject of KEDA in place of a HorizontalPodAutoscaler. */
    requests?: RequestScalingArgs;
    /** Follows the length of a queue. Makes a ScaledObject of KEDA in place of a HorizontalPodAutoscaler. */
    queue?: QueueScalingArgs;
    /** Follows whatever KEDA knows. Makes a ScaledObject of KEDA in place of a HorizontalPodAutoscaler. */
    triggers?: ScalingTriggerArgs[];
    /** How long there must be less to do before pods are taken away, at most "1h". Defaults to "5m". */
    scaleDownAfter?: pulumi.Input<string>;
}

const upToAnHour = rule((value) => {
    const known = typeof value === "string" && /^(\d+h)?(\d+m)?(\d+s)?$/.test(value) ? seconds(value) : 0;
    return known >= 1 && known <= 3600
        ? undefined
        : 'it must be a length of time of at most an hour, for example "10m" or "1h"';
});

const above0 = rule((value) =>
    typeof value === "number" && value > 0 && Number.isFinite(value) ? undefined : "it must be a number above 0",
);

const inScaledObject = "a ScaledObject is no place for it: name a TriggerAuthentication under authentication";

/** The rule of an argument that says the above. */
export const autoscalingRule: Rule = object<AutoscalingArgs>({
    min: integer(0, 10000),
    max: required(integer(1, 10000), "say up to how many pods it may grow"),
    targetCpuUtilization: integer(1, 1000),
    requests: object<RequestScalingArgs>({
        prometheusUrl: required(url(), "say where Prometheus is"),
        perPod: required(above0, "say how many requests a second one pod is there for"),
        query: text,
    }),
    queue: object<QueueScalingArgs>({
        type: required(
            plain(oneOf(Object.values(QueueType)), "it decides which settings there are: give a text"),
            `name one of ${Object.values(QueueType).join(", ")}, or describe another under autoscaling.triggers`,
        ),
        name: required(text, "name the queue, the topic or the list"),
        address: textOf({ notSecret: inScaledObject }),
        group: text,
        perPod: required(integer(1, 10_000_000), "say how many waiting messages one pod is there for"),
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
                            : 'it must be a scaler of KEDA such as "aws-sqs-queue"; for CPU there is targetCpuUtilization',
                    ),
                    'name the scaler of KEDA, such as "aws-sqs-queue"',
                ),
                metadata: required(
                    map(settingProblem, textOf({ notSecret: inScaledObject })),
                    "give the settings of the scaler",
                ),
                authentication: dnsSubdomain,
            }),
            "leave the entry out or describe a trigger",
        ),
    ),
    scaleDownAfter: upToAnHour,
});

function settingProblem(name: string): string | undefined {
    return /^[a-zA-Z]+$/.test(name) ? undefined : "is no setting of a scaler, which are words of letters";
}

function url(): Rule {
    return rule(
        (value) =>
            typeof value === "string" && /^https?:\/\/\S+$/.test(value)
                ? undefined
                : 'it must be an address such as "http://prometheus.monitoring:9090"',
        { notSecret: inScaledObject },
    );
}

/** Whether it is KEDA that scales. */
export function needsKeda({ requests, queue, triggers = [] }: AutoscalingArgs): boolean {
    return requests !== undefined || queue !== undefined || triggers.length > 0;
}

/** What is wrong with fields that each are right. */
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
            "is 0, to which only KEDA scales; say what wakes the server up under autoscaling.requests, queue or " +
                "triggers, or leave it out",
        );
    }
    if (min === 0 && requests !== undefined && requests.query === undefined && !queue && triggers.length === 0) {
        add(
            "requests.query",
            "is missing; where autoscaling.min is 0 no pod tells of requests: ask for those that wait at the Gateway",
        );
    }
    if (queue === undefined) {
        return;
    }
    if (queue.type === QueueType.Kafka && queue.group === undefined) {
        add("queue.group", "is missing; name the group of consumers that takes from the Kafka topic");
    }
    if (queue.type !== QueueType.Kafka && queue.group !== undefined) {
        add("queue.group", `is for Kafka only, and autoscaling.queue.type is "${queue.type}"; leave it out`);
    }
    if (queue.address === undefined && (queue.type === QueueType.Kafka || queue.authentication === undefined)) {
        add("queue.address", 'is missing; say where the queue is, for example "kafka.queues:9092"');
    }
}
