import { oneOf, boolean } from "../../arguments/formats";
import type { Context, Definition, KubernetesObject, Values } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { controllerReplicas } from "./shared/controller-replicas";

/** Which nodes are preferred for pods. */
export const KaiPlacement = {
    /** Nodes that are in use already, so that others stay free for large jobs. */
    BinPack: "binpack",
    /** The least used nodes. */
    Spread: "spread",
} as const;
export type KaiPlacement = (typeof KaiPlacement)[keyof typeof KaiPlacement];

/** The arguments of KAI Scheduler. Its namespace defaults to "kai-scheduler". */
export interface KaiSchedulerArgs extends PlatformAddonArgs {
    /** Which nodes are preferred for pods. Defaults to BinPack. */
    placement?: KaiPlacement;
    /** Whether pods may share a GPU, by fractions and without isolation. Defaults to false. */
    gpuSharing?: boolean;
    /** Whether a cluster autoscaler adds nodes for pods that request fractions of GPUs. Defaults to false. */
    clusterAutoscaling?: boolean;
}

const version = "v0.17.0";
const registry = "ghcr.io/kai-scheduler/kai-scheduler";
const reservation = "kai-resource-reservation";
const queue = "default-queue";

/** Without quota and limit: resources are given in the order of requests. */
const unlimited = { quota: 0, limit: -1, overQuotaWeight: 1 };

function queueObject(name: string, parentQueue?: string): KubernetesObject {
    return {
        apiVersion: "scheduling.run.ai/v2",
        kind: "Queue",
        metadata: { name },
        spec: {
            ...(parentQueue && { parentQueue }),
            resources: { cpu: unlimited, gpu: unlimited, memory: unlimited },
        },
    };
}

/** The Deployments that its operator creates: the scheduler and its components. */
function configuration(settings: KaiSchedulerArgs, context: Context): KubernetesObject {
    const tag = `v${(settings.version ?? version).replace(/^v/, "")}`;
    const image = (name: string): Values => ({ name, repository: registry, tag, pullPolicy: "IfNotPresent" });
    const service = (name: string): Values => ({ enabled: true, image: image(name) });
    return {
        apiVersion: "kai.scheduler/v1",
        kind: "Config",
        metadata: { name: "kai-config", annotations: { "pulumi.com/waitFor": "condition=Available" } },
        spec: {
            namespace: context.namespace,
            global: { replicaCount: controllerReplicas(context) },
            scheduler: { service: service("scheduler") },
            binder: {
                service: service("binder"),
                resourceReservation: {
                    namespace: reservation,
                    serviceAccountName: reservation,
                    appLabel: reservation,
                    image: image("resourcereservation"),
                },
            },
            admission: { service: service("admission"), gpuSharing: settings.gpuSharing ?? false },
            podGrouper: { service: service("podgrouper") },
            podGroupController: { service: service("podgroupcontroller") },
            queueController: { service: service("queuecontroller") },
            nodeScaleAdjuster: {
                service: { enabled: settings.clusterAutoscaling ?? false, image: image("nodescaleadjuster") },
                args: { nodeScaleNamespace: "kai-scale-adjust", scalingPodImage: image("scalingpod") },
            },
        },
    };
}

export const kaiScheduler: Definition<KaiSchedulerArgs> = {
    title: "KAI Scheduler",
    purpose: "Schedules all pods of a job together or none, and GPUs fairly between teams.",
    homepage: "https://github.com/kai-scheduler/KAI-Scheduler",
    version: "0.17.0",
    charts: [{ name: "kai-scheduler", version, repository: "oci://ghcr.io/kai-scheduler/kai-scheduler" }],
    namespace: "kai-scheduler",
    kubernetes: { min: "1.31", max: "1.35" },
    kubernetesSource:
        "https://github.com/kai-scheduler/KAI-Scheduler/blob/v0.17.0/go.mod (not stated; by the libraries)",
    crds: {
        "configs.kai.scheduler": ["v1"],
        "schedulingshards.kai.scheduler": ["v1"],
        "topologies.kai.scheduler": ["v1alpha1"],
        "bindrequests.scheduling.run.ai": ["v1alpha2"],
        "podgroups.scheduling.run.ai": ["v2alpha2"],
        "queues.scheduling.run.ai": ["v2"],
    },
    excludes: () => ({
        volcano: "both schedule the pods of a job together, and would allocate the same GPUs twice",
    }),
    upgrades: {
        notes: [
            "Its operator creates the scheduler and its components, so their pods are not in the preview.",
            "Topologies of Kueue are not copied to its own, as a hook of the chart would do.",
        ],
    },
    hooks:
        "Hook Jobs upgrade the CRDs, apply the configuration and clean up. Here, the CRDs and the configuration are " +
        "objects like all others, and so is what the chart creates only at its first installation (queues, a namespace).",
    fields: { placement: oneOf(Object.values(KaiPlacement)), gpuSharing: boolean, clusterAutoscaling: boolean },
    values: ({ placement, gpuSharing, clusterAutoscaling, version: chosen }, context) => ({
        "kai-scheduler": {
            global: {
                registry,
                tag: `v${(chosen ?? version).replace(/^v/, "")}`,
                leaderElection: context.highlyAvailable,
                gpuSharing: gpuSharing ?? false,
                clusterAutoscaling: clusterAutoscaling ?? false,
                // The chart checks whether they exist, and would leave them out from the second update on.
                resourceReservation: { createNamespace: false, createServiceAccount: false },
            },
            operator: { replicaCount: controllerReplicas(context) },
            scheduler: { placementStrategy: placement ?? KaiPlacement.BinPack },
            defaultQueue: { createDefaultQueue: false },
            kaiConfig: { render: false },
            kaiConfigDeployer: { enabled: false },
            topologyMigration: { enabled: false },
            postCleanup: { enabled: false },
        },
    }),
    objectsBefore: () => [{ apiVersion: "v1", kind: "Namespace", metadata: { name: reservation } }],
    // Queues together with the configuration: their webhook starts only some time after it.
    objects: (settings, context) => [
        {
            apiVersion: "v1",
            kind: "ServiceAccount",
            metadata: { name: reservation, namespace: reservation },
        },
        queueObject("default-parent-queue"),
        queueObject(queue, "default-parent-queue"),
        configuration(settings, context),
    ],
    outputs: () => ({ apiVersion: "scheduling.run.ai/v2", scheduler: "kai-scheduler", queue }),
};
