import type { Definition } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";

/** The arguments of the Gateway API Inference Extension. It has no namespace. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- each add-on has arguments of its own.
export interface InferenceExtensionArgs extends PlatformAddonArgs {}

const releases = "https://github.com/kubernetes-sigs/gateway-api-inference-extension/releases/download";
const version = "v1.6.0";

export const inferenceExtension: Definition<InferenceExtensionArgs> = {
    title: "Gateway API Inference Extension",
    purpose: "The CRDs for routes to a pool of model servers, which send each request to the best server.",
    homepage: "https://gateway-api-inference-extension.sigs.k8s.io/",
    version: "1.6.0",
    charts: [
        {
            name: "inference-extension",
            version,
            repository: releases,
            manifest: `${releases}/${version}/manifests.yaml`,
            crdsOnly: true,
        },
    ],
    namespace: "default",
    kubernetes: { min: "1.32", max: "1.36" },
    kubernetesSource:
        "https://gateway-api.sigs.k8s.io/concepts/versioning/#supported-versions (of the Gateway API, which it extends)",
    crds: {
        "inferencepools.inference.networking.k8s.io": ["v1"],
        "inferencepoolimports.inference.networking.x-k8s.io": ["v1alpha1"],
    },
    requires: () => ["gatewayApi"],
    upgrades: {
        notes: [
            "It consists of CRDs only. The gateway must support pools: Envoy Gateway needs Envoy AI Gateway for it.",
            "With 1.6, InferenceObjective and the endpoint picker moved to llm-d-router, into the group llm-d.ai.",
        ],
    },
    fields: {},
    values: () => ({}),
    outputs: () => ({ apiVersion: "inference.networking.k8s.io/v1" }),
};
