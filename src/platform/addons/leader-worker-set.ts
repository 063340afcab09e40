import { boolean } from "../../arguments/formats";
import { CaInjector, type Definition } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { serviceMonitors } from "../monitoring/service-monitors";
import { controllerReplicas } from "./shared/controller-replicas";
import { disruptionBudgets } from "./shared/disruption-budgets";

/** The arguments of LeaderWorkerSet. Its namespace defaults to "lws-system". */
export interface LeaderWorkerSetArgs extends PlatformAddonArgs {
    /** Whether DisaggregatedSets are supported as well: servers with separate prefill and decode. Defaults to false. */
    disaggregatedSets?: boolean;
    /** Whether Volcano schedules all pods of a group together. Volcano is then installed as well. Defaults to false. */
    volcano?: boolean;
}

const version = "0.10.0";

export const leaderWorkerSet: Definition<LeaderWorkerSetArgs> = {
    title: "LeaderWorkerSet",
    purpose: "Runs servers whose replicas consist of several pods, such as a model on several nodes.",
    homepage: "https://lws.sigs.k8s.io/docs/",
    version,
    charts: [{ name: "lws", version, repository: "oci://registry.k8s.io/lws/charts" }],
    namespace: "lws-system",
    kubernetes: { min: "1.26", max: "1.36" },
    kubernetesSource: "https://lws.sigs.k8s.io/docs/installation/ (1.26 or newer)",
    crds: {
        "leaderworkersets.leaderworkerset.x-k8s.io": ["v1"],
        "disaggregatedsets.disaggregatedset.x-k8s.io": ["v1"],
        "disaggregatedsetrolescalers.disaggregatedset.x-k8s.io": ["v1"],
    },
    requires: ({ volcano }) => (volcano ? ["volcano"] : []),
    after: ["kubePrometheusStack"],
    caInjector: () => CaInjector.Controller,
    upgrades: {
        notes: [
            "Its CRD refers to a conversion webhook in the namespace lws-system, which is not called while there is only one version.",
        ],
    },
    fields: { disaggregatedSets: boolean, volcano: boolean },
    values: ({ disaggregatedSets, volcano, version: chosen }, context) => ({
        lws: {
            // The published chart refers to an image that is not a release.
            image: {
                manager: {
                    repository: "registry.k8s.io/lws/lws",
                    tag: `v${chosen ?? version}`,
                    pullPolicy: "IfNotPresent",
                },
            },
            replicaCount: controllerReplicas(context),
            enableDisaggregatedSet: disaggregatedSets ?? false,
            ...(volcano && { gangSchedulingManagement: { schedulerProvider: "volcano" } }),
            resources: {
                requests: context.small ? { cpu: "25m", memory: "64Mi" } : { cpu: "250m", memory: "512Mi" },
            },
            // For the Service; the chart's monitor selects a label that the Service does not have.
            enablePrometheus: context.has("kubePrometheusStack"),
        },
    }),
    objects: (_settings, context) => [
        ...disruptionBudgets(context, "lws-controller-manager", {
            "app.kubernetes.io/name": "lws",
            "control-plane": "controller-manager",
        }),
        ...serviceMonitors(context, [
            {
                name: "lws-controller-manager",
                labels: { "app.kubernetes.io/instance": "controller-manager-metrics-service" },
                port: "https",
                secure: true,
            },
        ]),
    ],
    outputs: () => ({ apiVersion: "leaderworkerset.x-k8s.io/v1" }),
};
