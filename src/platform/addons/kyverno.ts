import { dnsLabel, nonEmptyString, oneOf } from "../../arguments/formats";
import { list } from "../../arguments/rules";
import { type Context, type Definition, type KubernetesObject, InstallPhase } from "../catalog/definition";
import { type AddonName, addonNames } from "../catalog/names";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { controllerReplicas } from "./shared/controller-replicas";

/** What happens to an object that violates a policy of the platform. */
export const KyvernoAction = {
    /** It is admitted, and the violation is reported. */
    Audit: "Audit",
    /** It is refused. */
    Deny: "Deny",
} as const;
export type KyvernoAction = (typeof KyvernoAction)[keyof typeof KyvernoAction];

/** The arguments of Kyverno. Its namespace defaults to "kyverno". */
export interface KyvernoArgs extends PlatformAddonArgs {
    /**
     * Namespaces that are excluded from all policies, in addition to those of Kubernetes and of the platform's add-ons,
     * which must be able to start while Kyverno is down. Defaults to none.
     */
    excludedNamespaces?: string[];
    /**
     * The allowed prefixes of images, such as "registry.example.com/" or "ghcr.io/our-team/". End a registry with a
     * slash, or "registry.example.com.evil.org" is allowed as well. Defaults to all.
     */
    allowedRegistries?: string[];
    /** What happens to pods that violate the policies of the platform. Defaults to Audit. */
    action?: KyvernoAction;
    /** The namespace in which PolicyExceptions are effective. Defaults to none: exceptions are disabled. */
    exceptionNamespace?: string;
}

const kubernetesNamespaces = ["kube-system", "kube-public", "kube-node-lease"];
const legacy = ["v2", "v2beta1"];
const policies = ["v1beta1", "v1", "v1alpha1"];
const namespaced = ["v1beta1", "v1"];

const withVersions = (group: string, versions: Record<string, string[]>): [string, string[]][] =>
    Object.entries(versions).map(([plural, served]) => [`${plural}.${group}`, served]);

/** They have no pods, and their namespace is "default", which belongs to users. */
const withoutPods: AddonName[] = ["gatewayApi", "inferenceExtension"];

function excluded({ excludedNamespaces = [] }: KyvernoArgs, context: Context): string[] {
    const platform = addonNames
        .filter((name) => context.has(name) && !withoutPods.includes(name))
        .map((name) => context.namespaceOf(name));
    return [...new Set([...kubernetesNamespaces, context.namespace, ...platform, ...excludedNamespaces])].sort();
}

function registryPolicy(settings: KyvernoArgs, context: Context): KubernetesObject[] {
    const { allowedRegistries, action = KyvernoAction.Audit } = settings;
    if (!allowedRegistries?.length) {
        return [];
    }
    // A pod may keep the images that it was admitted with: otherwise its finalizers could not be removed, and its Job
    // would not end.
    const all = (field: string) =>
        `object.spec.?${field}.orValue([]).all(c, variables.allowed.exists(prefix, c.image.startsWith(prefix)) || ` +
        `(request.operation == "UPDATE" && oldObject.spec.?${field}.orValue([]).exists(old, old.image == c.image)))`;
    return [
        {
            apiVersion: "policies.kyverno.io/v1",
            kind: "ValidatingPolicy",
            metadata: { name: "platform-allowed-registries" },
            spec: {
                validationActions: [action],
                failurePolicy: action === KyvernoAction.Deny ? "Fail" : "Ignore",
                // Pods are validated themselves, whatever creates them.
                autogen: { podControllers: { controllers: [] } },
                matchConstraints: {
                    resourceRules: [
                        {
                            apiGroups: [""],
                            apiVersions: ["v1"],
                            operations: ["CREATE", "UPDATE"],
                            // Ephemeral containers are a subresource, which must be listed:
                            // https://github.com/kyverno/kyverno/pull/12536
                            resources: ["pods", "pods/ephemeralcontainers"],
                        },
                    ],
                    namespaceSelector: {
                        matchExpressions: [
                            {
                                key: "kubernetes.io/metadata.name",
                                operator: "NotIn",
                                values: excluded(settings, context),
                            },
                        ],
                    },
                },
                variables: [{ name: "allowed", expression: JSON.stringify(allowedRegistries) }],
                validations: [
                    {
                        expression: ["containers", "initContainers", "ephemeralContainers"].map(all).join(" && "),
                        message: `Images must come from one of: ${allowedRegistries.join(", ")}`,
                    },
                ],
            },
        },
    ];
}

export const kyverno: Definition<KyvernoArgs> = {
    title: "Kyverno",
    purpose: "Validates, mutates and generates objects by policies.",
    homepage: "https://kyverno.io/docs/",
    version: "1.19.0",
    charts: [{ name: "kyverno", version: "3.9.0", repository: "https://kyverno.github.io/kyverno" }],
    namespace: "kyverno",
    kubernetes: { min: "1.31", max: "1.36" },
    kubernetesSource:
        "https://github.com/kyverno/kyverno (its chart: 1.25 or newer; its CRDs need selectableFields, 1.31)",
    crds: Object.fromEntries([
        ...withVersions("kyverno.io", {
            cleanuppolicies: legacy,
            clustercleanuppolicies: legacy,
            clusterpolicies: ["v1", "v2beta1"],
            globalcontextentries: ["v2beta1", "v2", "v2alpha1"],
            policies: ["v1", "v2beta1"],
            policyexceptions: legacy,
            updaterequests: ["v2"],
        }),
        ...withVersions("policies.kyverno.io", {
            deletingpolicies: policies,
            generatingpolicies: policies,
            imagevalidatingpolicies: policies,
            mutatingpolicies: policies,
            namespaceddeletingpolicies: namespaced,
            namespacedgeneratingpolicies: namespaced,
            namespacedimagevalidatingpolicies: namespaced,
            namespacedmutatingpolicies: namespaced,
            namespacedvalidatingpolicies: namespaced,
            policyexceptions: policies,
            validatingpolicies: policies,
        }),
        ...withVersions("reports.kyverno.io", { clusterephemeralreports: ["v1"], ephemeralreports: ["v1"] }),
        ...withVersions("wgpolicyk8s.io", { clusterpolicyreports: ["v1alpha2"], policyreports: ["v1alpha2"] }),
    ]),
    installPhase: InstallPhase.Last,
    upgrades: {
        notes: [
            "Use policies of the group policies.kyverno.io: the kinds of kyverno.io (ClusterPolicy, Policy and the " +
                "cleanup policies) are deprecated and will be removed (https://kyverno.io/docs/guides/migration-to-cel/).",
            "Delete your own policies before you remove it. It creates its webhooks itself and removes them when it " +
                "stops, unless its roles are deleted first; a webhook that is left refuses pods until it is deleted " +
                "(https://kyverno.io/docs/installation/uninstallation/#clean-up-webhooks).",
        ],
    },
    hooks:
        "Jobs migrate stored objects after an upgrade, and remove webhooks before a removal. Stored " +
        "versions have not changed in this release; Kyverno removes its webhooks itself, see the upgrade notes.",
    fields: {
        excludedNamespaces: list(dnsLabel),
        allowedRegistries: list(nonEmptyString),
        action: oneOf(Object.values(KyvernoAction)),
        exceptionNamespace: dnsLabel,
    },
    values: (settings, context) => {
        const { exceptionNamespace } = settings;
        const isWatched = context.has("kubePrometheusStack");
        const controller = (count: number) => ({
            replicas: count,
            ...(context.highlyAvailable && { podDisruptionBudget: { enabled: true } }),
            ...(isWatched && { serviceMonitor: { enabled: true } }),
        });
        const background = {
            ...controller(controllerReplicas(context)),
            ...(context.small && { resources: { requests: { cpu: "10m", memory: "64Mi" } } }),
        };
        return {
            kyverno: {
                crds: { install: true, migration: { enabled: false } },
                webhooksCleanup: { enabled: false },
                config: {
                    webhooks: {
                        namespaceSelector: {
                            matchExpressions: [
                                {
                                    key: "kubernetes.io/metadata.name",
                                    operator: "NotIn",
                                    values: excluded(settings, context),
                                },
                            ],
                        },
                    },
                },
                features: {
                    policyExceptions: {
                        enabled: exceptionNamespace !== undefined,
                        ...(exceptionNamespace && { namespace: exceptionNamespace }),
                    },
                },
                // Upstream: three for high availability (https://kyverno.io/docs/guides/high-availability/).
                admissionController: {
                    ...controller(context.highlyAvailable ? 3 : 1),
                    ...(context.small && {
                        container: { resources: { requests: { cpu: "25m", memory: "128Mi" } } },
                    }),
                },
                backgroundController: background,
                cleanupController: background,
                reportsController: background,
                grafana: { enabled: isWatched },
            },
        };
    },
    objects: registryPolicy,
    outputs: () => ({ apiVersion: "policies.kyverno.io/v1" }),
};
