import { truth } from "../../arguments/formats";
import { CaInjector, type Definition } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { serviceMonitors } from "../monitoring/service-monitors";
import { controllerReplicas } from "./shared/controller-replicas";
import { disruptionBudgets } from "./shared/disruption-budgets";

/** The settings of LeaderWorkerSet. Its namespace defaults to "lws-system". */
export interface LeaderWorkerSetArgs extends PlatformAddonArgs {
    /** Whether DisaggregatedSets are looked after as well: servers with prefill and decode apart. Defaults to false. */
    disaggregatedSets?: boolean;
    /** Whether Volcano starts all pods of a group together. It comes by itself. Defaults to false. */
    volcano?: boolean;
}

const version = "0.10.0";

export const leaderWorkerSet: Definition<LeaderWorkerSetArgs> = {
    title: "LeaderWorkerSet",
    purpose: "Runs servers of which each takes several pods, such as a model over several nodes.",
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
            "Its CRD names a conversion webhook in the namespace lws-system, which is not asked while there is one version.",
        ],
    },
    fields: { disaggregatedSets: truth, volcano: truth },
    values: ({ disaggregatedSets, volcano, version: chosen }, context) => ({
        lws: {
            // The chart in its repository names an image of a build that is not a release.
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
            // For the Service; the monitor beside it looks for a label that the Service does not have.
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
