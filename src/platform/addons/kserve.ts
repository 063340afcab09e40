import { matching, oneOf, text, truth } from "../../validation";
import { type Context, type Definition, type KubernetesObject, type Values, Certificates } from "../definition";
import { monitors } from "../monitors";
import type { AddonSettings } from "../settings";

/** What KServe makes of an InferenceService that does not say it itself. */
export enum KServeMode {
    /** Deployments and Services. */
    Standard = "Standard",
    /** Knative services, which scale to zero. Knative must be in the cluster; it is not part of this package. */
    Knative = "Knative",
}

/** The settings of KServe. Its namespace defaults to "kserve". */
export interface KServeSettings extends AddonSettings {
    /** What becomes of an InferenceService. Defaults to Standard. */
    mode?: KServeMode;
    /**
     * The Gateway, as `<namespace>/<name>`, through which models are reached from outside. Defaults to none: in the
     * mode Standard they are then reached inside the cluster only.
     */
    gateway?: string;
    /**
     * The domain under which each model has a host name of its own, `<name>-<namespace>.<domain>`. Must be given with
     * a gateway. Defaults to none.
     */
    domain?: string;
    /** Whether the gateway speaks TLS, so that the addresses begin with `https`. Defaults to false. */
    tls?: boolean;
    /**
     * Whether there are ClusterServingRuntimes for scikit-learn, XGBoost, Hugging Face, Triton and the other servers
     * that upstream offers. Defaults to true.
     */
    runtimes?: boolean;
}

const version = "v0.20.0";
const repository = "oci://ghcr.io/kserve/charts";

/** Upstream gives the controller a tenth of a core, with which it takes minutes to start. */
function controllerResources(small: boolean): Values {
    return small
        ? { requests: { cpu: "50m", memory: "128Mi" }, limits: { cpu: "500m", memory: "512Mi" } }
        : { requests: { cpu: "100m", memory: "300Mi" }, limits: { cpu: "1", memory: "1Gi" } };
}

function gatewayValues({ mode, gateway, domain, tls }: KServeSettings): Values {
    return {
        ...(domain && { domain }),
        ...(tls && { urlScheme: "https" }),
        // Without a gateway, it would make Ingresses of a class "istio", which nobody serves.
        ...(!gateway && mode !== KServeMode.Knative && { disableIngressCreation: true }),
        ...(gateway && { ingressGateway: { enableGatewayApi: true, kserveGateway: gateway, createGateway: false } }),
    };
}

/** The metrics of the models themselves, on the port that the annotations of their runtime name. */
function modelMonitor({ namespace }: Context): KubernetesObject {
    const annotation = "__meta_kubernetes_pod_annotation_prometheus_kserve_io_";
    return {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "PodMonitor",
        metadata: { name: "kserve-models", namespace },
        spec: {
            namespaceSelector: { any: true },
            selector: { matchExpressions: [{ key: "serving.kserve.io/inferenceservice", operator: "Exists" }] },
            podTargetLabels: ["serving.kserve.io/inferenceservice"],
            podMetricsEndpoints: [
                {
                    relabelings: [
                        {
                            sourceLabels: ["__meta_kubernetes_pod_container_name"],
                            action: "keep",
                            regex: "kserve-container",
                        },
                        { sourceLabels: [`${annotation}port`], action: "keep", regex: "\\d+" },
                        { sourceLabels: [`${annotation}path`], regex: "(.+)", targetLabel: "__metrics_path__" },
                        {
                            sourceLabels: ["__meta_kubernetes_pod_ip", `${annotation}port`],
                            regex: "(.+);(\\d+)",
                            replacement: "$1:$2",
                            targetLabel: "__address__",
                        },
                    ],
                },
            ],
        },
    };
}

export const kserve: Definition<KServeSettings> = {
    title: "KServe",
    purpose: "Serves models from where they are stored, with a server for each format.",
    homepage: "https://kserve.github.io/website/",
    version: "0.20.0",
    charts: [
        { name: "kserve-crd", version, repository, crdsOnly: true },
        // Before the webhooks that judge runtimes are there: with them, a chart would race with the controller's start.
        { name: "kserve-runtime-configs", version, repository },
        { name: "kserve-resources", version, repository },
    ],
    namespace: "kserve",
    kubernetes: { min: "1.32", max: "1.36" },
    kubernetesSource:
        "https://kserve.github.io/website/docs/admin-guide/kubernetes-deployment (1.32 or newer), and tests of this package",
    crds: {
        "clusterservingruntimes.serving.kserve.io": ["v1alpha1"],
        "clusterstoragecontainers.serving.kserve.io": ["v1alpha1"],
        "inferencegraphs.serving.kserve.io": ["v1alpha1"],
        "inferenceservices.serving.kserve.io": ["v1beta1"],
        "servingruntimes.serving.kserve.io": ["v1alpha1"],
        "trainedmodels.serving.kserve.io": ["v1alpha1"],
    },
    requires: ({ gateway }) => ["certManager", ...(gateway ? (["gatewayApi"] as const) : [])],
    // Its controller looks only once, at its start, for KEDA and the Gateway API.
    after: ["gatewayApi", "envoyGateway", "keda", "kubePrometheusStack"],
    certificates: () => Certificates.CertManager,
    webhooks: ["inferenceservice.serving.kserve.io"],
    upgrades: {
        notes: [
            "Its charts were split in 0.17: objects of an older chart `kserve` must be removed by hand, all but the CRDs.",
            "Another `version` is that of its controller; its CRDs and runtimes stay at the tested one.",
            "Its controller looks at its start for KEDA, the Gateway API and Knative: restart it when one comes later.",
            "The runtime kserve-vllmserver of upstream names an image without a version, `vllm/vllm-openai:latest`.",
        ],
    },
    fields: {
        mode: oneOf(Object.values(KServeMode)),
        gateway: matching(
            /^[a-z0-9]([-a-z0-9]*[a-z0-9])?\/[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/,
            'it must be "<namespace>/<name>" of a Gateway',
        ),
        domain: text,
        tls: truth,
        runtimes: truth,
    },
    check: ({ mode, gateway, domain, tls }, problems) => {
        if (gateway !== undefined && domain === undefined) {
            problems.add(
                "domain",
                'is missing; with a gateway, name the domain of the models, such as "ml.example.com"',
            );
        }
        if (gateway === undefined && mode !== KServeMode.Knative) {
            for (const [field, value] of Object.entries({ domain, tls })) {
                if (value !== undefined) {
                    problems.add(field, "is of no use without a gateway; name one in `gateway`, or leave it out");
                }
            }
        }
    },
    values: (settings, context) => ({
        "kserve-resources": {
            kserve: {
                // Images that its ConfigMap names: with the registry, so that a mirror finds them.
                agent: { image: "docker.io/kserve/agent" },
                router: { image: "docker.io/kserve/router" },
                storage: { image: "docker.io/kserve/storage-initializer" },
                servingruntime: { art: { image: "docker.io/kserve/art-explainer" } },
                localmodel: { enabled: false, defaultJobImage: "docker.io/kserve/storage-initializer" },
                ...(context.small && {
                    inferenceservice: { resources: { requests: { cpu: "100m", memory: "256Mi" } } },
                }),
                controller: {
                    deploymentMode: settings.mode ?? KServeMode.Standard,
                    imagePullPolicy: "IfNotPresent",
                    resources: controllerResources(context.small),
                    ...(context.small && { rbacProxy: { resources: { requests: { cpu: "10m", memory: "32Mi" } } } }),
                    gateway: gatewayValues(settings),
                },
            },
        },
        "kserve-runtime-configs": {
            kserve: { servingruntime: { enabled: settings.runtimes ?? true }, llmisvcConfigs: { enabled: false } },
        },
    }),
    objects: (_settings, context) => [
        ...monitors(context, [
            {
                name: "kserve-controller-manager",
                labels: { "control-plane": "kserve-controller-manager" },
                port: "https",
                secure: true,
            },
        ]),
        ...(context.has("kubePrometheusStack") ? [modelMonitor(context)] : []),
    ],
    outputs: () => ({ apiVersion: "serving.kserve.io/v1beta1" }),
};
