import { ModelServer } from "../../../src";
import { image, otherImage } from "../arguments";
import { metadataEdit, type Scenario } from "./scenario";

const create =
    (name: string, args: object): Scenario["create"] =>
    (workspace, edits, opts) =>
        new ModelServer(name, { workspace, image, ...args, ...edits }, opts);

const digest = `sha256:${"c".repeat(64)}`;
const requests = { prometheusUrl: "http://prometheus.monitoring:9090", perPod: 20 };
const queue = { type: "rabbitmq" as never, name: "claims", address: "http://rabbitmq.queues:15672/", perPod: 5 };

export const scenarios: Scenario[] = [
    {
        name: "model-server-plain",
        create: create("model-server-plain", { model: "s3://models/fraud-1" }),
        edits: [
            {
                what: "a warmup path: a rolling update",
                edit: { warmupPath: "/warmup" },
                preview: ["update deployment startupProbe.httpGet.path startupProbe.timeoutSeconds"],
            },
            {
                what: "probes and timeouts",
                edit: { livenessPath: "/live", readinessPath: "/ready", startupTimeout: "10m", shutdownTimeout: "1m" },
                preview: [
                    "update deployment livenessProbe.httpGet.path readinessProbe.httpGet.path spec.progressDeadlineSeconds startupProbe.failureThreshold terminationGracePeriodSeconds",
                ],
            },
            {
                what: "a model cache",
                edit: { cache: { size: "5Gi" } },
                preview: ["create cache", "update deployment volumeMounts volumes"],
            },
            {
                what: "another model: another directory of the cache",
                edit: { model: "s3://models/fraud-2" },
                preview: ["update deployment env volumeMounts"],
            },
            {
                what: "another storage class: a new cache, and the old one is kept",
                edit: { cache: { size: "5Gi", storageClass: "fast" } },
                preview: ["replace cache metadata.name spec.storageClassName", "update deployment volumes"],
            },
            {
                what: "a model in an image, without a cache: the volume is kept",
                edit: { model: `oci://registry.example/models/fraud@${digest}`, cache: undefined },
                preview: ["delete cache", "update deployment env volumeMounts volumes"],
            },
            {
                what: "autoscaling that removes pods sooner",
                edit: { autoscaling: { max: 3, scaleDownAfter: "1m" } },
                preview: ["create hpa"],
            },
            {
                what: "autoscaling with the default delay and more pods",
                edit: { autoscaling: { max: 5 } },
                preview: ["update hpa spec.behavior spec.maxReplicas"],
            },
            {
                what: "a time-sliced GPU",
                edit: { gpu: { sharing: "time-slicing" } },
                preview: [
                    'update deployment affinity resources.limits["nvidia.com/gpu"] resources.requests["nvidia.com/gpu"] tolerations',
                ],
            },
        ],
    },
    {
        name: "model-server-claim",
        create: create("model-server-claim", { gpu: { deviceClass: "gpu.nvidia.com", memory: "40Gi" } }),
        edits: [
            {
                what: "more GPU memory: another ResourceClaimTemplate, and a rolling update",
                edit: { gpu: { deviceClass: "gpu.nvidia.com", memory: "70Gi" } },
                preview: [
                    "replace gpu metadata.name spec.spec.devices.requests[0].exactly.selectors[0].cel.expression",
                    "update deployment resourceClaims[0].resourceClaimTemplateName",
                ],
            },
        ],
    },
    {
        name: "model-server-keda",
        crds: ["keda.sh/ScaledObject"],
        create: create("model-server-keda", { autoscaling: { max: 4 } }),
        edits: [
            metadataEdit({
                "update deployment": ["spec.template.metadata.annotations", "spec.template.metadata.labels.identity"],
                "update hpa": [],
                "update pdb": [],
                "update service": [],
            }),
            {
                what: "scaling on requests instead of CPU: KEDA takes over, and the Deployment is unchanged",
                edit: { autoscaling: { max: 4, requests } },
                preview: ["create scaledobject", "delete hpa"],
            },
            {
                what: "scaling on a queue, down to zero",
                edit: { autoscaling: { min: 0, max: 4, queue } },
                preview: [
                    "update scaledobject spec.minReplicaCount spec.pollingInterval spec.triggers[0].metadata.host spec.triggers[0].metadata.mode spec.triggers[0].metadata.protocol spec.triggers[0].metadata.query spec.triggers[0].metadata.queueName spec.triggers[0].metadata.serverAddress spec.triggers[0].metadata.threshold spec.triggers[0].metadata.value spec.triggers[0].type",
                ],
            },
            {
                what: "another queue length",
                edit: { autoscaling: { min: 0, max: 4, queue: { ...queue, perPod: 10 } } },
                preview: ["update scaledobject spec.triggers[0].metadata.value"],
            },
            {
                what: "CPU and another trigger in addition, and another delay",
                edit: {
                    autoscaling: {
                        min: 1,
                        max: 4,
                        queue: { ...queue, perPod: 10 },
                        triggers: [{ type: "aws-sqs-queue", metadata: { queueLength: "5" }, authentication: "aws" }],
                        targetCpuUtilization: 70,
                        scaleDownAfter: "10m",
                    },
                },
                preview: [
                    "update scaledobject spec.advanced spec.cooldownPeriod spec.minReplicaCount spec.pollingInterval spec.triggers[1] spec.triggers[2]",
                ],
            },
            {
                what: "a fixed number of pods: the stack sets it again",
                edit: { autoscaling: undefined, replicas: 3 },
                preview: ["delete scaledobject", "update deployment spec.replicas"],
            },
            {
                what: "scaling with KEDA again",
                edit: { autoscaling: { max: 4, requests }, replicas: undefined },
                preview: ["create scaledobject"],
            },
            {
                what: "scaling with a HorizontalPodAutoscaler again",
                edit: { autoscaling: { max: 4 } },
                preview: ["create hpa", "delete scaledobject"],
            },
        ],
    },
    {
        name: "model-server-route",
        crds: ["gateway.networking.k8s.io/HTTPRoute"],
        create: create("model-server-route", {}),
        edits: [
            {
                what: "a route",
                edit: { route: { gateway: "public", hostnames: ["models.example.com"], path: "/fraud" } },
                preview: ["create route"],
            },
            {
                what: "a canary: its own Deployment and Service, and a share of the requests",
                edit: { canary: { image: otherImage, weight: 10 } },
                preview: [
                    "create canary-deployment",
                    "create canary-service",
                    "update route spec.rules[0].backendRefs[0].weight spec.rules[0].backendRefs[1]",
                ],
            },
            {
                what: "a greater share of the requests",
                edit: { canary: { image: otherImage, weight: 50 } },
                preview: ["update route spec.rules[0].backendRefs[0].weight spec.rules[0].backendRefs[1].weight"],
            },
            {
                what: "no canary",
                edit: { canary: undefined },
                preview: [
                    "delete canary-deployment",
                    "delete canary-service",
                    "update route spec.rules[0].backendRefs[0].weight spec.rules[0].backendRefs[1]",
                ],
            },
            {
                what: "a canary with another model, and a shadow",
                edit: {
                    canary: { model: "s3://models/fraud-2", weight: 5, replicas: 2 },
                    shadow: { image: otherImage, percent: 20 },
                },
                preview: [
                    "create canary-deployment",
                    "create canary-service",
                    "create shadow-deployment",
                    "create shadow-service",
                    "update route spec.rules[0].backendRefs[0].weight spec.rules[0].backendRefs[1] spec.rules[0].filters[1]",
                ],
            },
            {
                what: "the canary promoted, and the shadow with all requests",
                edit: { model: "s3://models/fraud-2", canary: undefined, shadow: { image: otherImage } },
                preview: [
                    "delete canary-deployment",
                    "delete canary-service",
                    "update deployment env volumeMounts volumes",
                    "update route spec.rules[0].backendRefs[0].weight spec.rules[0].backendRefs[1] spec.rules[0].filters[1].requestMirror.percent",
                    "update shadow-deployment env volumeMounts volumes",
                ],
            },
            {
                what: "another path, hostname and Gateway, and no shadow",
                edit: {
                    shadow: undefined,
                    route: {
                        gateway: "other",
                        gatewayNamespace: "gateways",
                        hostnames: ["ml.example.com"],
                        timeout: "2m",
                    },
                },
                preview: [
                    "delete shadow-deployment",
                    "delete shadow-service",
                    "update route spec.hostnames[0] spec.parentRefs[0].name spec.parentRefs[0].namespace spec.rules[0].filters spec.rules[0].matches[0].path.value spec.rules[0].timeouts",
                ],
            },
            { what: "no route", edit: { route: undefined }, preview: ["delete route"] },
        ],
    },
    {
        name: "model-server-kserve",
        crds: ["serving.kserve.io/InferenceService", "gateway.networking.k8s.io/HTTPRoute"],
        create: create("model-server-kserve", { backend: "KServe", model: "s3://models/fraud-1" }),
        edits: [
            metadataEdit({
                "update inferenceservice": ["spec.predictor.annotations", "spec.predictor.labels.identity"],
                "update pdb": [],
            }),
            {
                what: "another image",
                edit: { image: otherImage },
                preview: ["update inferenceservice spec.predictor.image"],
            },
            {
                what: "more pods",
                edit: { replicas: 3 },
                preview: ["update inferenceservice spec.predictor.maxReplicas spec.predictor.minReplicas"],
            },
            {
                what: "scaling on CPU",
                edit: { replicas: undefined, autoscaling: { min: 1, max: 4 } },
                preview: [
                    'update inferenceservice metadata.annotations["serving.kserve.io/autoscalerClass"] spec.predictor.maxReplicas spec.predictor.minReplicas spec.predictor.scaleMetric spec.predictor.scaleTarget',
                ],
            },
            {
                what: "scaling on requests",
                edit: { autoscaling: { min: 1, max: 4, requests } },
                preview: [
                    'update inferenceservice metadata.annotations["serving.kserve.io/autoscalerClass"] spec.predictor.autoScaling spec.predictor.scaleMetric spec.predictor.scaleTarget',
                ],
            },
            { what: "a route", edit: { route: { gateway: "public", path: "/fraud" } }, preview: ["create route"] },
            {
                what: "the backend Deployment",
                edit: { backend: "Deployment", autoscaling: { min: 1, max: 4 } },
                preview: [
                    "create deployment",
                    "create hpa",
                    "create service",
                    "delete inferenceservice",
                    "replace route metadata.name spec.rules[0].backendRefs[0].name spec.rules[0].backendRefs[0].port",
                ],
            },
        ],
    },
    {
        name: "model-server-two",
        crds: ["gateway.networking.k8s.io/HTTPRoute"],
        // Two models behind one hostname.
        create: (workspace, edits, opts) => {
            const route = { gateway: "public", hostnames: ["models.example.com"] };
            const first = { workspace, image, route: { ...route, path: "/one" } };
            new ModelServer("model-server-two-first", first, opts);
            const second = { workspace, image, route: { ...route, path: "/two", ...edits } };
            return new ModelServer("model-server-two-second", second, opts);
        },
        edits: [
            {
                what: "another path for one of two models: the other is unchanged",
                edit: { path: "/two/v2" },
                preview: ["update second-route spec.rules[0].matches[0].path.value"],
            },
        ],
    },
];
