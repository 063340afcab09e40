import { nonEmptyString, boolean } from "../../arguments/formats";
import { list } from "../../arguments/rules";
import { CaInjector, type Definition } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { controllerReplicas } from "./shared/controller-replicas";

/** The arguments of cert-manager. Its namespace defaults to "cert-manager". */
export interface CertManagerArgs extends PlatformAddonArgs {
    /** Whether to create a ClusterIssuer "self-signed", for certificates within the cluster. Defaults to false. */
    selfSignedIssuer?: boolean;
    /**
     * The name servers, as `<address>:<port>`, that are queried for DNS-01 challenges. Defaults to the cluster's own.
     */
    dnsResolvers?: string[];
}

const oci = "oci://quay.io/jetstack/charts";

export const certManager: Definition<CertManagerArgs> = {
    title: "cert-manager",
    purpose: "Issues and renews certificates, including those of other add-ons' webhooks.",
    homepage: "https://cert-manager.io/docs/",
    version: "1.21.1",
    charts: [{ name: "cert-manager", version: "v1.21.1", repository: oci }],
    namespace: "cert-manager",
    kubernetes: { min: "1.33", max: "1.36" },
    kubernetesSource: "https://cert-manager.io/docs/releases/",
    crds: {
        "challenges.acme.cert-manager.io": ["v1"],
        "orders.acme.cert-manager.io": ["v1"],
        "certificaterequests.cert-manager.io": ["v1"],
        "certificates.cert-manager.io": ["v1"],
        "clusterissuers.cert-manager.io": ["v1"],
        "issuers.cert-manager.io": ["v1"],
    },
    caInjector: () => CaInjector.Controller,
    upgrades: {
        oneMinorAtATime: true,
        notes: [
            "Upstream recommends upgrading one minor version at a time (https://cert-manager.io/docs/installation/upgrade/).",
        ],
    },
    hooks: "A hook Job checks that the API is available. Here, Pulumi waits for the webhook's Deployment and its certificate.",
    fields: { selfSignedIssuer: boolean, dnsResolvers: list(nonEmptyString) },
    values: ({ dnsResolvers }, context) => ({
        "cert-manager": {
            crds: { enabled: true, keep: true },
            startupapicheck: { enabled: false },
            replicaCount: controllerReplicas(context),
            webhook: { replicaCount: controllerReplicas(context) },
            cainjector: { replicaCount: controllerReplicas(context) },
            ...(context.highlyAvailable && { podDisruptionBudget: { enabled: true } }),
            ...(dnsResolvers && {
                dns01RecursiveNameservers: dnsResolvers.join(","),
                dns01RecursiveNameserversOnly: true,
            }),
        },
    }),
    objects: ({ selfSignedIssuer }) =>
        selfSignedIssuer
            ? [
                  {
                      apiVersion: "cert-manager.io/v1",
                      kind: "ClusterIssuer",
                      metadata: { name: "self-signed" },
                      spec: { selfSigned: {} },
                  },
              ]
            : [],
};
