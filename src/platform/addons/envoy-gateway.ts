import { dnsSubdomain, integer, nonEmptyString, oneOf } from "../../arguments/formats";
import { map } from "../../arguments/rules";
import type { Context, Definition, KubernetesObject } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { serviceMonitors } from "../monitoring/service-monitors";
import { controllerReplicas } from "./shared/controller-replicas";

/** The type of the Service of a Gateway's proxies. */
export const EnvoyServiceType = {
    /** Through a load balancer, which the cluster must provide. */
    LoadBalancer: "LoadBalancer",
    /** On a port of every node. */
    NodePort: "NodePort",
    /** Inside the cluster only. */
    ClusterIP: "ClusterIP",
} as const;
export type EnvoyServiceType = (typeof EnvoyServiceType)[keyof typeof EnvoyServiceType];

/** The arguments of Envoy Gateway. Its namespace defaults to "envoy-gateway-system". */
export interface EnvoyGatewayArgs extends PlatformAddonArgs {
    /** The name of the GatewayClass that Gateways refer to. Defaults to "envoy". */
    gatewayClass?: string;
    /**
     * The type of the Service of its Gateways' proxies. Defaults to LoadBalancer, with a small footprint to ClusterIP.
     */
    service?: EnvoyServiceType;
    /** Annotations of the proxies' Service, with which clouds configure the load balancer. Defaults to none. */
    serviceAnnotations?: Record<string, string>;
    /** The number of proxies of each Gateway. Defaults to 1, with high availability to 2. */
    proxies?: number;
}

const version = "v1.9.0";
const repository = "oci://docker.io/envoyproxy";
const defaultClass = "envoy";
const certificates = "envoy-gateway-certificates";

/** The image of the proxies, which is built into the controller. It is set here so that a mirror can replace it. */
const proxyImage = "docker.io/envoyproxy/envoy:distroless-v1.39.0";

const isTested = (chosen = version): boolean => chosen.replace(/^v/, "") === version.replace(/^v/, "");

/**
 * Returns a Job that creates the certificates with which proxies and controller authenticate each other, if they do not
 * exist. It overwrites none, so that it can run again.
 */
function certificateJob(image: string, namespace: string): KubernetesObject[] {
    const metadata = { name: certificates, namespace };
    return [
        { apiVersion: "v1", kind: "ServiceAccount", metadata },
        {
            apiVersion: "rbac.authorization.k8s.io/v1",
            kind: "Role",
            metadata,
            rules: [{ apiGroups: [""], resources: ["secrets"], verbs: ["get", "create", "update"] }],
        },
        {
            apiVersion: "rbac.authorization.k8s.io/v1",
            kind: "RoleBinding",
            metadata,
            roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: certificates },
            subjects: [{ kind: "ServiceAccount", name: certificates, namespace }],
        },
        {
            apiVersion: "batch/v1",
            kind: "Job",
            metadata,
            spec: {
                backoffLimit: 5,
                template: {
                    spec: {
                        serviceAccountName: certificates,
                        restartPolicy: "Never",
                        securityContext: {
                            runAsNonRoot: true,
                            runAsUser: 65532,
                            runAsGroup: 65532,
                            seccompProfile: { type: "RuntimeDefault" },
                        },
                        containers: [
                            {
                                name: "certgen",
                                image,
                                command: ["envoy-gateway", "certgen"],
                                args: ["--disable-topology-injector"],
                                env: [
                                    {
                                        name: "ENVOY_GATEWAY_NAMESPACE",
                                        valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } },
                                    },
                                    { name: "KUBERNETES_CLUSTER_DOMAIN", value: "cluster.local" },
                                ],
                                resources: { requests: { cpu: "10m", memory: "64Mi" } },
                                securityContext: {
                                    allowPrivilegeEscalation: false,
                                    readOnlyRootFilesystem: true,
                                    capabilities: { drop: ["ALL"] },
                                },
                            },
                        ],
                    },
                },
            },
        },
    ];
}

function proxy(settings: EnvoyGatewayArgs, context: Context): KubernetesObject {
    return {
        apiVersion: "gateway.envoyproxy.io/v1alpha1",
        kind: "EnvoyProxy",
        metadata: { name: settings.gatewayClass ?? defaultClass, namespace: context.namespace },
        spec: {
            // Without it, the chart's values for proxies would have no effect.
            mergeType: "StrategicMerge",
            provider: {
                type: "Kubernetes",
                kubernetes: {
                    envoyDeployment: {
                        replicas: settings.proxies ?? controllerReplicas(context),
                        ...(context.small && {
                            container: { resources: { requests: { cpu: "50m", memory: "128Mi" } } },
                        }),
                    },
                    envoyService: {
                        type:
                            settings.service ??
                            (context.small ? EnvoyServiceType.ClusterIP : EnvoyServiceType.LoadBalancer),
                        ...(settings.serviceAnnotations && { annotations: settings.serviceAnnotations }),
                    },
                    ...(context.highlyAvailable && { envoyPDB: { minAvailable: 1 } }),
                },
            },
        },
    };
}

function gatewayClass({ gatewayClass: name = defaultClass }: EnvoyGatewayArgs, context: Context): KubernetesObject {
    return {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "GatewayClass",
        metadata: { name },
        spec: {
            controllerName: "gateway.envoyproxy.io/gatewayclass-controller",
            parametersRef: {
                group: "gateway.envoyproxy.io",
                kind: "EnvoyProxy",
                name,
                namespace: context.namespace,
            },
        },
    };
}

function proxyMonitor({ namespace }: Context): KubernetesObject {
    return {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "PodMonitor",
        metadata: { name: "envoy-proxies", namespace },
        spec: {
            selector: {
                matchLabels: { "app.kubernetes.io/name": "envoy", "app.kubernetes.io/managed-by": "envoy-gateway" },
            },
            podMetricsEndpoints: [{ port: "metrics", path: "/stats/prometheus" }],
        },
    };
}

export const envoyGateway: Definition<EnvoyGatewayArgs> = {
    title: "Envoy Gateway",
    purpose: "Implements Gateways: traffic into the cluster goes through its proxies.",
    homepage: "https://gateway.envoyproxy.io/docs/",
    version: "1.9.0",
    charts: [
        { name: "gateway-crds-helm", version, repository, release: "envoy-gateway-crds", crdsOnly: true },
        { name: "gateway-helm", version, repository, release: "envoy-gateway" },
    ],
    namespace: "envoy-gateway-system",
    kubernetes: { min: "1.33", max: "1.36" },
    kubernetesSource: "https://gateway.envoyproxy.io/news/releases/matrix/",
    crds: Object.fromEntries(
        [
            "backends",
            "backendtrafficpolicies",
            "clienttrafficpolicies",
            "envoyextensionpolicies",
            "envoypatchpolicies",
            "envoyproxies",
            "httproutefilters",
            "securitypolicies",
        ].map((plural) => [`${plural}.gateway.envoyproxy.io`, ["v1alpha1"]]),
    ),
    requires: () => ["gatewayApi"],
    after: ["kubePrometheusStack"],
    upgrades: {
        notes: [
            "The certificates between controller and proxies are valid for five years and are not renewed automatically.",
            "With another version, the chart installs other images; the chart of the CRDs stays at the tested version.",
            "The image of the proxies is not in a chart but built into the controller. With another version and a mirror, name " +
                "it in `values`, as `global.images.envoyProxy.image`.",
        ],
    },
    hooks:
        "A hook Job creates the certificates between controller and proxies, and the key of OIDC sessions. Here, a Job of " +
        "the platform creates them before the chart. The webhook that tells proxies their zone is not installed.",
    fields: {
        gatewayClass: dnsSubdomain,
        service: oneOf(Object.values(EnvoyServiceType)),
        serviceAnnotations: map(() => undefined, nonEmptyString),
        proxies: integer(1, 100),
    },
    values: ({ version: chosen }, context) => ({
        "gateway-crds-helm": {
            crds: { gatewayAPI: { enabled: false }, envoyGateway: { enabled: true } },
        },
        "gateway-helm": {
            ...(isTested(chosen) && { global: { images: { envoyProxy: { image: proxyImage } } } }),
            crds: { enabled: false },
            topologyInjector: { enabled: false },
            deployment: {
                replicas: controllerReplicas(context),
                ...(context.small && {
                    envoyGateway: { resources: { requests: { cpu: "25m", memory: "128Mi" } } },
                }),
            },
            ...(context.highlyAvailable && { podDisruptionBudget: { minAvailable: 1 } }),
        },
    }),
    objectsBefore: ({ version: chosen }, { namespace }) =>
        certificateJob(`docker.io/envoyproxy/gateway:v${(chosen ?? version).replace(/^v/, "")}`, namespace),
    objects: (settings, context) => [
        proxy(settings, context),
        gatewayClass(settings, context),
        ...serviceMonitors(context, [
            { name: "envoy-gateway", labels: { "control-plane": "envoy-gateway" }, port: "metrics" },
        ]),
        ...(context.has("kubePrometheusStack") ? [proxyMonitor(context)] : []),
    ],
    outputs: ({ gatewayClass: name }) => ({
        gatewayClass: name ?? defaultClass,
        apiVersion: "gateway.envoyproxy.io/v1alpha1",
    }),
};
