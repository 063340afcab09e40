import { integer, nonEmptyString } from "../../arguments/formats";
import { map } from "../../arguments/rules";
import { CaInjector, type Definition } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { controllerReplicas } from "./shared/controller-replicas";

/** The arguments of External Secrets. Its namespace defaults to "external-secrets". */
export interface ExternalSecretsArgs extends PlatformAddonArgs {
    /**
     * The number of secrets that are synchronized at the same time. Defaults to 1; more puts more load on the vault.
     */
    concurrency?: number;
    /**
     * Annotations of its service account, with which a cloud gives it an identity for its vault, such as
     * `eks.amazonaws.com/role-arn`. Defaults to none.
     */
    serviceAccountAnnotations?: Record<string, string>;
}

const generators = [
    "acraccesstokens",
    "beyondtrustworkloadcredentialsdynamicsecrets",
    "cloudsmithaccesstokens",
    "clustergenerators",
    "ecrauthorizationtokens",
    "fakes",
    "gcraccesstokens",
    "generatorstates",
    "githubaccesstokens",
    "gitlabdeploytokens",
    "grafanas",
    "mfas",
    "passwords",
    "quayaccesstokens",
    "sshkeys",
    "stssessiontokens",
    "uuids",
    "vaultdynamicsecrets",
    "webhooks",
];

const version = "2.9.0";

const crdsOf = (group: string, served: string, plurals: string[]): [string, string[]][] =>
    plurals.map((plural) => [`${plural}.${group}`, [served]]);

export const externalSecrets: Definition<ExternalSecretsArgs> = {
    title: "External Secrets Operator",
    purpose: "Synchronizes secrets from a vault into the cluster, and generates secrets that no one needs to know.",
    homepage: "https://external-secrets.io/latest/",
    version,
    charts: [{ name: "external-secrets", version, repository: "https://charts.external-secrets.io" }],
    namespace: "external-secrets",
    kubernetes: { min: "1.31", max: "1.36" },
    kubernetesSource:
        "https://external-secrets.io/latest/introduction/stability-support/ (2.8: 1.35 and 1.36), and its CRDs, which need selectableFields (1.31)",
    crds: Object.fromEntries([
        ...crdsOf("external-secrets.io", "v1", [
            "clusterexternalsecrets",
            "clustersecretstores",
            "externalsecrets",
            "secretstores",
        ]),
        ...crdsOf("external-secrets.io", "v1alpha1", ["clusterpushsecrets", "pushsecrets"]),
        ...crdsOf("generators.external-secrets.io", "v1alpha1", generators),
    ]),
    after: ["kubePrometheusStack"],
    caInjector: () => CaInjector.Controller,
    upgrades: {
        notes: [
            "external-secrets.io/v1beta1 is in the CRDs but no longer served: use v1.",
            "Generators and PushSecret are still v1alpha1.",
        ],
    },
    fields: {
        concurrency: integer(1, 100),
        serviceAccountAnnotations: map(() => undefined, nonEmptyString),
    },
    values: ({ concurrency, serviceAccountAnnotations }, context) => {
        const resources = context.small && { resources: { requests: { cpu: "10m", memory: "48Mi" } } };
        const budget = context.highlyAvailable && { podDisruptionBudget: { enabled: true, minAvailable: 1 } };
        const isWatched = context.has("kubePrometheusStack");
        return {
            "external-secrets": {
                installCRDs: true,
                replicaCount: controllerReplicas(context),
                leaderElect: context.highlyAvailable,
                ...(concurrency !== undefined && { concurrent: concurrency }),
                ...(serviceAccountAnnotations && { serviceAccount: { annotations: serviceAccountAnnotations } }),
                ...resources,
                ...budget,
                webhook: { replicaCount: controllerReplicas(context), ...resources, ...budget },
                certController: { replicaCount: controllerReplicas(context), ...resources, ...budget },
                // The chart would look for the kind in the cluster, which does not have it in the first preview.
                ...(isWatched && {
                    serviceMonitor: { enabled: true, renderMode: "alwaysRender" },
                    grafanaDashboard: { enabled: true },
                }),
            },
        };
    },
    outputs: () => ({
        apiVersion: "external-secrets.io/v1",
        generatorsApiVersion: "generators.external-secrets.io/v1alpha1",
    }),
};
