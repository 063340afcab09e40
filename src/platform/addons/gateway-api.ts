import type { Definition } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";

/** The arguments of the Gateway API. It has no namespace. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- each add-on has arguments of its own.
export interface GatewayApiArgs extends PlatformAddonArgs {}

const served = ["v1", "v1beta1"];

export const gatewayApi: Definition<GatewayApiArgs> = {
    title: "Gateway API",
    purpose: "The CRDs for gateways and routes into the cluster, whatever implements them.",
    homepage: "https://gateway-api.sigs.k8s.io/",
    version: "1.6.1",
    charts: [
        {
            name: "gateway-crds-helm",
            // From Envoy Gateway, which publishes the CRDs as a chart.
            version: "v1.9.0",
            repository: "oci://docker.io/envoyproxy",
            release: "gateway-api",
            crdsOnly: true,
        },
    ],
    namespace: "default",
    kubernetes: { min: "1.32", max: "1.36" },
    kubernetesSource:
        "https://gateway-api.sigs.k8s.io/concepts/versioning/#supported-versions (the last five minor versions)",
    crds: {
        "backendtlspolicies.gateway.networking.k8s.io": ["v1"],
        "gatewayclasses.gateway.networking.k8s.io": served,
        "gateways.gateway.networking.k8s.io": served,
        "grpcroutes.gateway.networking.k8s.io": ["v1"],
        "httproutes.gateway.networking.k8s.io": served,
        "listenersets.gateway.networking.k8s.io": ["v1"],
        "referencegrants.gateway.networking.k8s.io": ["v1beta1", "v1"],
        "tcproutes.gateway.networking.k8s.io": ["v1"],
        "tlsroutes.gateway.networking.k8s.io": ["v1"],
        "udproutes.gateway.networking.k8s.io": ["v1"],
    },
    upgrades: {
        notes: [
            "Many managed clusters include it: set `existing: true` there.",
            "The standard channel is installed, with its admission policy, which refuses the CRDs of the experimental channel.",
        ],
    },
    fields: {},
    values: () => ({
        "gateway-crds-helm": {
            crds: { gatewayAPI: { enabled: true, channel: "standard" }, envoyGateway: { enabled: false } },
        },
    }),
    outputs: () => ({ apiVersion: "gateway.networking.k8s.io/v1" }),
};
