import { dnsLabel, nonEmptyString } from "../../arguments/formats";
import { list, map } from "../../arguments/rules";
import { CaInjector, type Definition } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { controllerReplicas } from "./shared/controller-replicas";

/** The arguments of KEDA. Its namespace defaults to "keda". */
export interface KedaArgs extends PlatformAddonArgs {
    /** The namespaces whose workloads it scales. Defaults to all. */
    namespaces?: string[];
    /**
     * Annotations of its operator's service account, with which a cloud gives it an identity for reading queues and
     * metrics, such as `eks.amazonaws.com/role-arn`. Defaults to none.
     */
    serviceAccountAnnotations?: Record<string, string>;
}

const version = "2.20.2";

export const keda: Definition<KedaArgs> = {
    title: "KEDA",
    purpose: "Scales servers and jobs by events and load, down to zero.",
    homepage: "https://keda.sh/docs/2.20/",
    version,
    charts: [{ name: "keda", version, repository: "https://kedacore.github.io/charts" }],
    namespace: "keda",
    kubernetes: { min: "1.33", max: "1.36" },
    kubernetesSource: "https://keda.sh/docs/2.20/operate/cluster/ (1.33 to 1.35), and tests of this package (1.36)",
    crds: Object.fromEntries(
        [
            "scaledjobs.keda.sh",
            "scaledobjects.keda.sh",
            "triggerauthentications.keda.sh",
            "clustertriggerauthentications.keda.sh",
            "cloudeventsources.eventing.keda.sh",
            "clustercloudeventsources.eventing.keda.sh",
        ].map((name) => [name, ["v1alpha1"]]),
    ),
    after: ["kubePrometheusStack"],
    caInjector: () => CaInjector.Controller,
    upgrades: {
        notes: [
            "It owns the API v1beta1.external.metrics.k8s.io: nothing else in the cluster may serve external metrics.",
            "If the pods of that API are gone, no namespace can be deleted: remove the APIService as well.",
        ],
    },
    fields: {
        namespaces: list(dnsLabel),
        serviceAccountAnnotations: map(() => undefined, nonEmptyString),
    },
    values: ({ namespaces, serviceAccountAnnotations }, context) => {
        const resources = { requests: { cpu: "25m", memory: "64Mi" }, limits: { memory: "512Mi" } };
        const budget = { minAvailable: 1 };
        const metrics = { enabled: true, serviceMonitor: { enabled: true } };
        return {
            keda: {
                image: { pullPolicy: "IfNotPresent" },
                crds: { install: true },
                ...(namespaces && { watchNamespace: namespaces.join(",") }),
                ...(serviceAccountAnnotations && {
                    serviceAccount: { operator: { annotations: serviceAccountAnnotations } },
                }),
                operator: { replicaCount: controllerReplicas(context) },
                metricsServer: { replicaCount: controllerReplicas(context) },
                webhooks: { replicaCount: controllerReplicas(context) },
                ...(context.highlyAvailable && {
                    podDisruptionBudget: { operator: budget, metricServer: budget, webhooks: budget },
                }),
                ...(context.small && {
                    resources: { operator: resources, metricServer: resources, webhooks: resources },
                }),
                ...(context.has("kubePrometheusStack") && {
                    prometheus: { operator: metrics, metricServer: metrics, webhooks: metrics },
                }),
            },
        };
    },
    outputs: () => ({ apiVersion: "keda.sh/v1alpha1" }),
};
