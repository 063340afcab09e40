import { matching, oneOf, text, truth } from "../../arguments/formats";
import { CaInjector, type Context, type Definition, type KubernetesObject, type Values } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { serviceMonitors } from "../monitoring/service-monitors";
import { controllerReplicas } from "./shared/controller-replicas";
import { disruptionBudgets } from "./shared/disruption-budgets";

/** What KServe makes of an InferenceService that does not say it itself. */
export const KServeMode = {
    /** Deployments and Services. */
    Standard: "Standard",
    /** Knative services, which scale to zero. Knative must be in the cluster; it is not part of this package. */
    Knative: "Knative",
} as const;
export type KServeMode = (typeof KServeMode)[keyof typeof KServeMode];

/** The settings of KServe. Its namespace defaults to "kserve". */
export interface KServeArgs extends PlatformAddonArgs {
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
    /**
     * Whether KServe also serves LLMInferenceServices: the charts kserve-llmisvc-crd and kserve-llmisvc-resources come
     * along, and the kinds of llm-d-router. Needs the namespace "kserve". A model over several nodes needs the add-on
     * `leaderWorkerSet` besides. Defaults to false.
     */
    llm?: boolean;
}

const version = "v0.20.0";
const repository = "oci://ghcr.io/kserve/charts";

/** The namespace of upstream, which some of its objects name whatever namespace their chart is installed in. */
const namespace = "kserve";

/** What picks a pod for each request of a language model, in the version that KServe runs. */
const routerVersion = "v0.9.0";
const routerReleases = "https://github.com/llm-d/llm-d-router/releases/download";

const llmController = "llmisvc-controller-manager";

/** Upstream gives each controller a tenth of a core, with which it takes minutes to start. */
function controllerResources(small: boolean): Values {
    return small
        ? { requests: { cpu: "50m", memory: "128Mi" }, limits: { cpu: "500m", memory: "512Mi" } }
        : { requests: { cpu: "100m", memory: "300Mi" }, limits: { cpu: "1", memory: "1Gi" } };
}

function gatewayValues({ mode, gateway, domain, tls }: KServeArgs): Values {
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

export const kserve: Definition<KServeArgs> = {
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
                // It has the CRD of ClusterStorageContainers once more, word for word, which does no harm.
                { name: "kserve-llmisvc-crd", version, repository, crdsOnly: true },
                // The picker of pods does not start without its kinds, which are not published as a chart of their own.
                {
                    name: "llm-d-router",
                    version: routerVersion,
                    repository: routerReleases,
                    manifest: `${routerReleases}/${routerVersion}/manifests.yaml`,
                    crdsOnly: true,
                },
                // After kserve-resources, which has the configuration of both controllers and the issuer.
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
    // Its controllers look only once, at their start, for KEDA, the Gateway API and LeaderWorkerSet.
    after: ["gatewayApi", "envoyGateway", "keda", "leaderWorkerSet", "kubePrometheusStack"],
    caInjector: () => CaInjector.CertManager,
    webhooks: ["inferenceservice.serving.kserve.io", "llminferenceservice.serving.kserve.io"],
    upgrades: {
        notes: [
            "Its charts were split in 0.17: objects of an older chart `kserve` must be removed by hand, all but the CRDs.",
            "Another `version` is that of its controller; its CRDs, its runtimes and what `llm` brings stay at the tested one.",
            "Its controller looks at its start for KEDA, the Gateway API and Knative: restart it when one comes later. That of `llm` looks for KEDA and LeaderWorkerSet.",
            "Delete all LLMInferenceServices before `llm` is turned off: without its controller, they are not cleaned up.",
            "KServe refuses to have its LLMInferenceServiceConfigs deleted, so they stay when `llm` is turned off or KServe is " +
                "removed, and are taken over when it comes back. Without it they go with " +
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
        domain: text,
        tls: truth,
        runtimes: truth,
        llm: truth,
    },
    check: ({ mode, gateway, domain, tls, llm, namespace: chosen = namespace }, problems) => {
        if (llm && chosen !== namespace) {
            problems.add(
                "namespace",
                `is "${chosen}", but with llm it must be "${namespace}", which the CRDs of upstream name; leave it out`,
            );
        }
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
            kserve: {
                servingruntime: { enabled: settings.runtimes ?? true },
                llmisvcConfigs: { enabled: settings.llm ?? false },
            },
        },
        "kserve-llmisvc-resources": {
            kserve: {
                // They come from kserve-resources.
                createSharedResources: false,
                llmisvc: {
                    // They come from the add-on inferenceExtension, and from llm-d-router.
                    createGIECRDs: false,
                    controller: {
                        imagePullPolicy: "IfNotPresent",
                        replicas: controllerReplicas(context),
                        resources: controllerResources(context.small),
                        // By default, its metrics can be read in its own pod only.
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
                          // That of its webhooks has the same labels.
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
