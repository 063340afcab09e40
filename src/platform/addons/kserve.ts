import { matching, oneOf, nonEmptyString, boolean } from "../../arguments/formats";
import { CaInjector, type Context, type Definition, type KubernetesObject, type Values } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { serviceMonitors } from "../monitoring/service-monitors";
import { controllerReplicas } from "./shared/controller-replicas";
import { disruptionBudgets } from "./shared/disruption-budgets";

/** The deployment mode of InferenceServices that do not set one. */
export const KServeMode = {
    /** Deployments and Services. */
    Standard: "Standard",
    /** Knative services, which scale to zero. Knative must be installed; it is not part of this package. */
    Knative: "Knative",
} as const;
export type KServeMode = (typeof KServeMode)[keyof typeof KServeMode];

/** The arguments of KServe. Its namespace defaults to "kserve". */
export interface KServeArgs extends PlatformAddonArgs {
    /** The deployment mode of InferenceServices that do not set one. Defaults to Standard. */
    mode?: KServeMode;
    /**
     * The Gateway, as `<namespace>/<name>`, through which models are reached from outside the cluster. Defaults to
     * none: in Standard mode, they are then reachable only inside the cluster.
     */
    gateway?: string;
    /**
     * The domain of the models' host names, `<name>-<namespace>.<domain>`. Required with `gateway`. Defaults to none.
     */
    domain?: string;
    /** Whether the gateway terminates TLS, so that the models' URLs start with `https`. Defaults to false. */
    tls?: boolean;
    /**
     * Whether to install the ClusterServingRuntimes of upstream, for scikit-learn, XGBoost, Hugging Face, Triton and
     * others. Defaults to true.
     */
    runtimes?: boolean;
    /**
     * Whether KServe also serves LLMInferenceServices. Installs the charts kserve-llmisvc-crd and
     * kserve-llmisvc-resources and the CRDs of llm-d-router. Requires the namespace "kserve". A model on several nodes
     * also needs the add-on `leaderWorkerSet`. Defaults to false.
     */
    llm?: boolean;
}

const version = "v0.20.0";
const repository = "oci://ghcr.io/kserve/charts";

/** The namespace that some objects of the charts refer to, whatever namespace the charts are installed in. */
const namespace = "kserve";

/** The endpoint picker for language models, in the version that KServe uses. */
const routerVersion = "v0.9.0";
const routerReleases = "https://github.com/llm-d/llm-d-router/releases/download";

const llmController = "llmisvc-controller-manager";

/** Upstream limits each controller to 100m of CPU, with which it takes minutes to start. */
function controllerResources(small: boolean): Values {
    return small
        ? { requests: { cpu: "50m", memory: "128Mi" }, limits: { cpu: "500m", memory: "512Mi" } }
        : { requests: { cpu: "100m", memory: "300Mi" }, limits: { cpu: "1", memory: "1Gi" } };
}

function gatewayValues({ mode, gateway, domain, tls }: KServeArgs): Values {
    return {
        ...(domain && { domain }),
        ...(tls && { urlScheme: "https" }),
        // Without a gateway, it would create Ingresses of the class "istio", which nothing implements.
        ...(!gateway && mode !== KServeMode.Knative && { disableIngressCreation: true }),
        ...(gateway && { ingressGateway: { enableGatewayApi: true, kserveGateway: gateway, createGateway: false } }),
    };
}

/** The metrics of the models, on the port that the annotations of their runtime name. */
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

export const kserve: Definition<KServeArgs> = {
    title: "KServe",
    purpose: "Serves models of many formats from where they are stored.",
    homepage: "https://kserve.github.io/website/",
    version: "0.20.0",
    charts: [
        { name: "kserve-crd", version, repository, crdsOnly: true },
        // Before the webhooks that validate runtimes: with them, the chart would race with the start of the controller.
        { name: "kserve-runtime-configs", version, repository },
        { name: "kserve-resources", version, repository },
    ],
    namespace,
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
    optionalCharts: [
        {
            when: ({ llm }) => llm ?? false,
            charts: [
                // It contains the CRD of ClusterStorageContainers again, unchanged.
                { name: "kserve-llmisvc-crd", version, repository, crdsOnly: true },
                // The endpoint picker does not start without its CRDs, which are not published as a chart.
                {
                    name: "llm-d-router",
                    version: routerVersion,
                    repository: routerReleases,
                    manifest: `${routerReleases}/${routerVersion}/manifests.yaml`,
                    crdsOnly: true,
                },
                // After kserve-resources, which contains the configuration of both controllers and the issuer.
                { name: "kserve-llmisvc-resources", version, repository },
            ],
            crds: {
                "inferencemodelrewrites.llm-d.ai": ["v1alpha2"],
                "inferenceobjectives.llm-d.ai": ["v1alpha2"],
                "llminferenceserviceconfigs.serving.kserve.io": ["v1alpha2", "v1alpha1"],
                "llminferenceservices.serving.kserve.io": ["v1alpha2", "v1alpha1"],
            },
        },
    ],
    requires: ({ gateway, llm }) => [
        "certManager",
        ...(gateway || llm ? (["gatewayApi"] as const) : []),
        ...(llm ? (["inferenceExtension"] as const) : []),
    ],
    // Its controllers look for KEDA, the Gateway API and LeaderWorkerSet only when they start.
    after: ["gatewayApi", "envoyGateway", "keda", "leaderWorkerSet", "kubePrometheusStack"],
    caInjector: () => CaInjector.CertManager,
    webhooks: ["inferenceservice.serving.kserve.io", "llminferenceservice.serving.kserve.io"],
    upgrades: {
        notes: [
            "Its charts were split in 0.17: remove the objects of an older chart `kserve` by hand, except the CRDs.",
            "`version` sets the version of its controller only; the CRDs, the runtimes and the charts of `llm` stay at the tested version.",
            "Its controller looks for KEDA, the Gateway API and Knative when it starts: restart it if one is installed later. The controller of `llm` looks for KEDA and LeaderWorkerSet.",
            "Delete all LLMInferenceServices before you disable `llm`: without its controller, they are not cleaned up.",
            "KServe refuses the deletion of its LLMInferenceServiceConfigs, so they stay when `llm` is disabled or KServe is " +
                "removed, and are adopted when it is installed again. Without KServe, delete them with " +
                "`kubectl patch llminferenceserviceconfigs --namespace kserve <name> --type merge --patch " +
                `'{"metadata":{"finalizers":null}}'` +
                "` and `kubectl delete`.",
            "The runtime kserve-vllmserver of upstream names an image without a version, `vllm/vllm-openai:latest`.",
        ],
    },
    fields: {
        mode: oneOf(Object.values(KServeMode)),
        gateway: matching(
            /^[a-z0-9]([-a-z0-9]*[a-z0-9])?\/[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/,
            'it must be "<namespace>/<name>" of a Gateway',
        ),
        domain: nonEmptyString,
        tls: boolean,
        runtimes: boolean,
        llm: boolean,
    },
    check: ({ mode, gateway, domain, tls, llm, namespace: chosen = namespace }, problems) => {
        if (llm && chosen !== namespace) {
            problems.add(
                "namespace",
                `is "${chosen}", but with llm it must be "${namespace}", which the CRDs of upstream refer to; remove it`,
            );
        }
        if (gateway !== undefined && domain === undefined) {
            problems.add(
                "domain",
                'is missing; with gateway, set the domain of the models, for example "ml.example.com"',
            );
        }
        if (gateway === undefined && mode !== KServeMode.Knative) {
            for (const [field, value] of Object.entries({ domain, tls })) {
                if (value !== undefined) {
                    problems.add(field, "has no effect without gateway; set gateway, or remove it");
                }
            }
        }
    },
    values: (settings, context) => ({
        "kserve-resources": {
            kserve: {
                // Images in its ConfigMap: with their registry, so that they are recognized for a mirror.
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
            kserve: {
                servingruntime: { enabled: settings.runtimes ?? true },
                llmisvcConfigs: { enabled: settings.llm ?? false },
            },
        },
        "kserve-llmisvc-resources": {
            kserve: {
                // kserve-resources installs them.
                createSharedResources: false,
                llmisvc: {
                    // inferenceExtension and llm-d-router install them.
                    createGIECRDs: false,
                    controller: {
                        imagePullPolicy: "IfNotPresent",
                        replicas: controllerReplicas(context),
                        resources: controllerResources(context.small),
                        // By default, its metrics are reachable only in its own pod.
                        ...(context.has("kubePrometheusStack") && { metricsBindAddress: "" }),
                    },
                },
            },
        },
    }),
    objects: ({ llm }, context) => [
        ...(llm ? disruptionBudgets(context, llmController, { "control-plane": llmController }) : []),
        ...serviceMonitors(context, [
            {
                name: "kserve-controller-manager",
                labels: { "control-plane": "kserve-controller-manager" },
                port: "https",
                secure: true,
            },
            ...(llm
                ? [
                      {
                          name: llmController,
                          labels: { "control-plane": llmController },
                          // The Service of its webhooks has the same labels.
                          service: `${llmController}-service`,
                          port: "https",
                          secure: true,
                      },
                  ]
                : []),
        ]),
        ...(context.has("kubePrometheusStack") ? [modelMonitor(context)] : []),
    ],
    outputs: () => ({ apiVersion: "serving.kserve.io/v1beta1" }),
};
