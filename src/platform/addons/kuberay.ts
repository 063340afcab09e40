import { dnsLabel, integer, oneOf } from "../../arguments/formats";
import { list } from "../../arguments/rules";
import type { Definition } from "../catalog/definition";
import type { AddonName } from "../catalog/names";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { controllerReplicas } from "./shared/controller-replicas";
import { disruptionBudgets } from "./shared/disruption-budgets";

/** The scheduler that starts all pods of a Ray cluster together. */
export const RayBatchScheduler = {
    /** KAI Scheduler. */
    Kai: "kai-scheduler",
    /** Volcano. */
    Volcano: "volcano",
} as const;
export type RayBatchScheduler = (typeof RayBatchScheduler)[keyof typeof RayBatchScheduler];

/** The arguments of KubeRay. Its namespace defaults to "kuberay-system". */
export interface KubeRayArgs extends PlatformAddonArgs {
    /** The namespaces that it watches for Ray clusters. Defaults to all. */
    namespaces?: string[];
    /**
     * The scheduler that starts all pods of a Ray cluster together, which is then installed as well. Defaults to none:
     * each pod is scheduled separately, and Kueue ensures that there is quota for all.
     */
    batchScheduler?: RayBatchScheduler;
    /** The number of Ray clusters that are reconciled at the same time. Defaults to 1. */
    concurrency?: number;
}

const version = "1.7.0";

const schedulers: Record<RayBatchScheduler, AddonName> = {
    [RayBatchScheduler.Kai]: "kaiScheduler",
    [RayBatchScheduler.Volcano]: "volcano",
};

const crd = ["v1", "v1alpha1"];

export const kuberay: Definition<KubeRayArgs> = {
    title: "KubeRay",
    purpose: "Runs Ray clusters, jobs and services.",
    homepage: "https://docs.ray.io/en/latest/cluster/kubernetes/index.html",
    version,
    charts: [{ name: "kuberay-operator", version, repository: "https://ray-project.github.io/kuberay-helm/" }],
    namespace: "kuberay-system",
    kubernetes: { min: "1.29", max: "1.36" },
    kubernetesSource:
        "https://github.com/ray-project/kuberay/tree/v1.7.0/tests (upstream tests on 1.29), and tests of this package (1.36)",
    crds: {
        "rayclusters.ray.io": crd,
        "rayjobs.ray.io": crd,
        "rayservices.ray.io": crd,
        "raycronjobs.ray.io": ["v1"],
    },
    requires: ({ batchScheduler }) =>
        batchScheduler && batchScheduler in schedulers ? [schedulers[batchScheduler]] : [],
    after: ["kubePrometheusStack"],
    upgrades: { notes: ["v1alpha1 is served but deprecated; objects are stored as v1."] },
    fields: {
        namespaces: list(dnsLabel),
        batchScheduler: oneOf(Object.values(RayBatchScheduler)),
        concurrency: integer(1, 100),
    },
    values: ({ namespaces, batchScheduler, concurrency }, context) => ({
        "kuberay-operator": {
            replicas: controllerReplicas(context),
            ...(namespaces && { watchNamespace: namespaces }),
            ...(batchScheduler && { batchScheduler: { name: batchScheduler } }),
            ...(concurrency && { reconcileConcurrency: concurrency }),
            resources: context.small
                ? { requests: { cpu: "25m", memory: "64Mi" } }
                : { requests: { cpu: "100m", memory: "512Mi" }, limits: { cpu: "1", memory: "1Gi" } },
            ...(context.has("kubePrometheusStack") && {
                metrics: { enabled: true, serviceMonitor: { enabled: true } },
            }),
        },
    }),
    objects: (_settings, context) =>
        disruptionBudgets(context, "kuberay-operator", {
            "app.kubernetes.io/name": "kuberay-operator",
            "app.kubernetes.io/component": "kuberay-operator",
        }),
    outputs: () => ({ apiVersion: "ray.io/v1" }),
};
