import { ModelServer, type ModelServerArgs } from "../../../src";
import { fullServerArgs, image, otherImage } from "../arguments";
import {
    type Case,
    claimCases,
    claimScalars,
    digestRef,
    type Fixture,
    httpPath,
    label,
    length,
    list,
    model,
    nonEmptyString,
    object,
    type Row,
    string,
    subdomain,
    validWorkload,
    variable,
    workloadAllowed,
    workloadCases,
    workloadMisspelt,
    workloadNames,
    workloadPlain,
    workloadScalars,
    workloadSecrets,
} from "./fixture";

const route = { gateway: "public", gatewayNamespace: "gateways", hostnames: ["models.example.com"], path: "/fraud" };

/** All arguments of a ModelServer at the same time. */
export const widestServerArgs: ModelServerArgs = {
    ...fullServerArgs,
    model: "s3://models/fraud",
    cache: { size: "20Gi", storageClass: "fast" },
    autoscaling: {
        min: 0,
        max: 8,
        targetCpuUtilization: 60,
        requests: { prometheusUrl: "http://prometheus.monitoring:9090", perPod: 20, query: "sum(rate(requests[1m]))" },
        queue: {
            type: "kafka",
            name: "claims",
            address: "kafka.queues:9092",
            consumerGroup: "fraud",
            perPod: 50,
        } as never,
        triggers: [{ type: "aws-sqs-queue", metadata: { queueURL: "https://sqs/1" }, authentication: "aws" }],
        scaleDownAfter: "10m",
    },
    warmupPath: "/warmup",
    metrics: true,
    route: { ...route, listener: "https", timeout: "90s", tls: true },
    canary: { image: otherImage, env: { LEVEL: "info" }, weight: 10, replicas: 2 },
    shadow: { model: "s3://models/fraud-next", command: ["serve"], args: ["--quiet"], percent: 50 },
};

const scaler = 'it must be the type of a KEDA scaler such as "aws-sqs-queue"; for CPU, use targetCpuUtilization';
const upToOneHour = 'it must be a duration of at most one hour, for example "10m" or "1h"';
const host = 'it must be a hostname in lowercase, such as "models.example.com" or "*.example.com"';
const routePath = 'it must be "/", or a path of letters, digits, ".", "-", "_" and "~" without a trailing slash';
const ociModel =
    "it must be oci://repository@sha256:<64 hexadecimal digits>, because a tag may point to another model later";
const onCommandLine = "the command line of a pod is stored in plain text: move it to secretEnv";

/** Invalid values of the arguments of a canary or shadow. */
const variantScalars = (place: string): Row[] => [
    [`${place}.image`, ["fraud:latest", "", 5], digestRef],
    [`${place}.model`, ["model.joblib", 5], model],
    [`${place}.replicas`, [-1, "2"], "it must be an integer from 0 to 10000"],
];

const variantCases = (part: "canary" | "shadow", others: object): Case[] => {
    const sameVersion = `${part} is the same version as the server; set its image, command, args, env or model`;
    const alone = { canary: undefined, shadow: undefined };
    return [
        [{ [part]: "next" }, `${part} ${object}`],
        [
            { ...alone, route: undefined, [part]: { image: otherImage, ...others } },
            `${part} is set without a route, which is what divides the requests; set route`,
        ],
        [{ [part]: others }, sameVersion],
        [{ [part]: { command: "serve", ...others } }, `${part}.command is "serve"; ${list}`, sameVersion],
        [{ [part]: { args: [5], ...others } }, `${part}.args[0] is 5; ${string}`],
        [{ [part]: { env: { "A-B": "c" }, ...others } }, `${part}.env.A-B ${variable}`],
        [
            { secretEnv: { A: "b" }, [part]: { env: { A: "c" }, ...others } },
            `${part}.env.A is also set under secretEnv; remove one of them`,
        ],
        [
            { ...alone, backend: "KServe", [part]: { image, ...others } },
            `${part} is not supported with backend "KServe"; remove it, or remove backend`,
        ],
    ];
};

const queue = { type: "rabbitmq", name: "claims", address: "http://rabbitmq:15672/", perPod: 5 };

export const fixture: Fixture = {
    component: ModelServer,
    valid: () => ({
        ...validWorkload,
        model: "s3://models/fraud",
        route: { gateway: "public" },
        canary: { image: otherImage, weight: 10 },
        shadow: { image: otherImage },
    }),
    full: () => widestServerArgs,
    children: 11,
    scalars: [
        ...workloadScalars,
        [
            "model",
            [
                "",
                "model.joblib",
                "pvc://",
                "pvc://claim/",
                "pvc://Claim/a",
                "pvc://claim/a/../b",
                "pvc://claim/..",
                "s3://",
                5,
            ],
            model,
        ],
        ["model", ["oci://registry.example/fraud", "oci://registry.example/fraud:1"], ociModel],
        ["port", [0, -1, 65536, 80.5, "8080"], "it must be an integer from 1 to 65535"],
        ["replicas", [-1, 1.5, 10001, "2"], "it must be an integer from 0 to 10000"],
        ["autoscaling.max", [0, 1.5, 10001, "8"], "it must be an integer from 1 to 10000"],
        ["livenessPath", ["", "healthz", "http://a/b", "/a b", 5], httpPath],
        ["readinessPath", ["ready"], httpPath],
        ["startupTimeout", ["5"], length],
        ["shutdownTimeout", ["30"], length],
        ["warmupPath", ["warmup", 5], httpPath],
        ["metrics", ["yes"], "it must be true or false"],
        ...claimScalars("cache"),
        ["route.gateway", ["Public", "", 5], subdomain],
        ["route.gatewayNamespace", ["a.b", ""], label],
        ["route.listener", ["HTTPS"], subdomain],
        ["route.hostnames[0]", ["", "Models.example.com", "https://a.b", "a.*.b", "*", "a:80", 5], host],
        ["route.path", ["", "fraud", "/fraud/", "/a//b", "/a/../b", "/a/.", "/a b", "/a?b", 5], routePath],
        ["route.timeout", ["30", 30], length],
        ["route.tls", ["yes"], "it must be true or false"],
        ["canary.weight", [-1, 101, 0.5, "10"], "it must be an integer from 0 to 100"],
        ...variantScalars("canary"),
        ["shadow.percent", [0, 101, "10"], "it must be an integer from 1 to 100"],
        ...variantScalars("shadow"),
    ],
    plain: [...workloadPlain, ["backend", ["kserve", "Knative", ""], "it must be one of Deployment, KServe"]],
    cases: [
        ...workloadCases,
        [{ autoscaling: true }, `autoscaling ${object}`],
        [{ autoscaling: {} }, "autoscaling.max is missing; set the maximum number of pods"],
        [{ autoscaling: { min: -1, max: 2 } }, "autoscaling.min is -1; it must be an integer from 0 to 10000"],
        [
            { autoscaling: { min: 0, max: 2 } },
            "autoscaling.min is 0, which requires KEDA; set autoscaling.requests, autoscaling.queue or " +
                "autoscaling.triggers, or set autoscaling.min to at least 1",
        ],
        [
            { autoscaling: { max: 2, targetCpuUtilization: 0 } },
            "autoscaling.targetCpuUtilization is 0; it must be an integer from 1 to 1000",
        ],
        [{ autoscaling: { min: 3, max: 2 } }, "autoscaling.min is 3; it must be at most autoscaling.max, which is 2"],
        [
            { replicas: 2, autoscaling: { max: 2 } },
            "replicas cannot be combined with autoscaling, which sets the number of pods; remove one of them",
        ],
        [
            { autoscaling: { max: 2, requests: {} } },
            "autoscaling.requests.prometheusUrl is missing; set the URL of Prometheus",
            "autoscaling.requests.perPod is missing; set the requests per second that one pod can serve",
        ],
        [
            { autoscaling: { max: 2, requests: { prometheusUrl: "prometheus:9090", perPod: 0, query: "" } } },
            'autoscaling.requests.prometheusUrl is "prometheus:9090"; it must be a URL such as "http://prometheus.monitoring:9090"',
            "autoscaling.requests.perPod is 0; it must be a number greater than 0",
            `autoscaling.requests.query is ""; ${nonEmptyString}`,
        ],
        [
            { autoscaling: { min: 0, max: 2, requests: { prometheusUrl: "http://prometheus", perPod: 2 } } },
            "autoscaling.requests.query is missing; when autoscaling.min is 0, set a query over the metrics of the " +
                "Gateway, as there may be no pods to query",
        ],
        [
            { autoscaling: { max: 2, queue: {} } },
            "autoscaling.queue.type is missing; set it to one of rabbitmq, kafka, redis, or use autoscaling.triggers for other queues",
            "autoscaling.queue.name is missing; set the name of the queue, topic or list",
            "autoscaling.queue.perPod is missing; set the number of waiting messages per pod",
            'autoscaling.queue.address is missing; set the address of the queue, for example "kafka.queues:9092"',
        ],
        [
            { autoscaling: { max: 2, queue: { ...queue, type: "sqs" } } },
            'autoscaling.queue.type is "sqs"; it must be one of rabbitmq, kafka, redis',
        ],
        [
            { autoscaling: { max: 2, queue: { ...queue, name: "", perPod: 0.5, authentication: "A" } } },
            `autoscaling.queue.name is ""; ${nonEmptyString}`,
            "autoscaling.queue.perPod is 0.5; it must be an integer from 1 to 10000000",
            `autoscaling.queue.authentication is "A"; ${subdomain}`,
        ],
        [
            { autoscaling: { max: 2, queue: { ...queue, consumerGroup: "fraud" } } },
            'autoscaling.queue.consumerGroup is for Kafka only, and autoscaling.queue.type is "rabbitmq"; remove it',
        ],
        [
            {
                autoscaling: {
                    max: 2,
                    queue: { ...queue, type: "kafka", address: undefined, authentication: "kafka" },
                },
            },
            "autoscaling.queue.consumerGroup is missing; set the consumer group that reads the Kafka topic",
            'autoscaling.queue.address is missing; set the address of the queue, for example "kafka.queues:9092"',
        ],
        ...["", "0s", "2h", "61m", "1d", "5"].map((scaleDownAfter): Case => [
            { autoscaling: { max: 2, scaleDownAfter } },
            `autoscaling.scaleDownAfter is "${scaleDownAfter}"; ${upToOneHour}`,
        ]),
        [{ autoscaling: { max: 2, triggers: "cron" } }, `autoscaling.triggers is "cron"; ${list}`],
        [
            { autoscaling: { max: 2, triggers: [{}, undefined] } },
            'autoscaling.triggers[0].type is missing; set it to the type of a KEDA scaler such as "aws-sqs-queue"',
            "autoscaling.triggers[0].metadata is missing; set the settings of the scaler",
            "autoscaling.triggers[1] is missing; remove the entry or describe a trigger",
        ],
        [
            { autoscaling: { max: 2, triggers: [{ type: "cpu", metadata: { "a.b": "1", c: 5 } }] } },
            `autoscaling.triggers[0].type is "cpu"; ${scaler}`,
            "autoscaling.triggers[0].metadata.a.b is not a valid setting of a scaler; use letters only",
            `autoscaling.triggers[0].metadata.c is 5; ${nonEmptyString}`,
        ],
        ...claimCases("cache"),
        [
            { model: undefined, cache: {} },
            "cache is set without a model; set model to a URI that the container downloads, or remove cache",
        ],
        [
            { model: "pvc://models/fraud", cache: {} },
            "cache has no effect on pvc://models/fraud, which is mounted and not downloaded; remove it",
        ],
        [{ route: "public", canary: undefined, shadow: undefined }, `route ${object}`],
        [{ route: {} }, "route.gateway is missing; set the name of the Gateway, or remove the route"],
        [{ route: { gateway: "public", hostnames: "a.b" } }, `route.hostnames is "a.b"; ${list}`],
        [
            { route: { gateway: "public", hostnames: [undefined] } },
            "route.hostnames[0] is missing; remove the entry or set it to a hostname",
        ],
        [{ canary: { image } }, "canary.weight is missing; set the percentage of requests that it receives"],
        ...variantCases("canary", { weight: 10 }),
        ...variantCases("shadow", {}),
        [
            {
                canary: undefined,
                shadow: undefined,
                backend: "KServe",
                autoscaling: { max: 2, targetCpuUtilization: 150, queue, scaleDownAfter: "1m" },
            },
            'autoscaling.queue is not supported with backend "KServe"; remove it, or remove backend',
            'autoscaling.scaleDownAfter is not supported with backend "KServe"; remove it, or remove backend',
            'autoscaling.targetCpuUtilization is 150; it must be at most 100 with backend "KServe"',
        ],
    ],
    secrets: [...workloadSecrets, ["canary.command[0]", onCommandLine]],
    missing: [
        ["image", "set it to repository@sha256:…, such as the ref of an Image"],
        ["secretEnv.TOKEN", "remove the key or set it to a value"],
    ],
    misspelt: [
        [
            "replica",
            `${workloadNames}, model, port, replicas, autoscaling, livenessPath, readinessPath, startupTimeout, shutdownTimeout, ` +
                "warmupPath, metrics, cache, route, canary, shadow, backend",
        ],
        ["autoscaling.maximum", "min, max, targetCpuUtilization, requests, queue, triggers, scaleDownAfter"],
        ["autoscaling.requests.rate", "prometheusUrl, perPod, query"],
        ["autoscaling.queue.length", "type, name, address, consumerGroup, perPod, authentication"],
        ["autoscaling.triggers[0].kind", "type, metadata, authentication"],
        ["cache.class", "claim, size, storageClass, accessMode, retain"],
        ["route.host", "gateway, gatewayNamespace, listener, hostnames, path, timeout, tls"],
        ["canary.percent", "image, command, args, env, model, replicas, weight"],
        ["shadow.weight", "image, command, args, env, model, replicas, percent"],
        ...workloadMisspelt,
    ],
    allowed: [
        ...workloadAllowed,
        [
            "model",
            [
                "pvc://a",
                "pvc://a/b/c",
                "pvc://a.b/c",
                "s3://bucket/key",
                "hf://org/model",
                `oci://a/b@sha256:${"0".repeat(64)}`,
                null,
            ],
        ],
        ["port", [1, 65535]],
        ["replicas", [0]],
        [
            "autoscaling",
            [
                { min: 2, max: 2 },
                { max: 2, scaleDownAfter: "1h" },
                { max: 2, scaleDownAfter: "59m60s", triggers: [] },
                { min: 0, max: 2, queue },
                { max: 2, queue: { type: "redis", name: "a", perPod: 1, authentication: "redis" } },
                { max: 2, requests: { prometheusUrl: "http://prometheus", perPod: 0.5 } },
            ],
        ],
        ["livenessPath", ["/", "/v1/health?full=1"]],
        ["route", [{ gateway: "a" }, { gateway: "a", hostnames: ["*.example.com"], path: "/a/b.c/~d" }]],
        ["backend", ["Deployment", undefined]],
    ],
    // A server ignores the queue of its workspace.
    unused: ["workspace.queue"],
};
