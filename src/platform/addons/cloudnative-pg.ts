import { nonEmptyString } from "../../arguments/formats";
import { list } from "../../arguments/rules";
import { CaInjector, type Definition } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { controllerReplicas } from "./shared/controller-replicas";
import { disruptionBudgets } from "./shared/disruption-budgets";

/** The arguments of CloudNativePG. Its namespace defaults to "cnpg-system". */
export interface CloudNativePgArgs extends PlatformAddonArgs {
    /**
     * The PostgreSQL image for Clusters that do not set one, such as an image in an air-gapped network. Defaults to the
     * one that the operator was released with.
     */
    postgresImage?: string;
    /** The labels of a Cluster that its pods and volumes inherit. Defaults to none. */
    inheritedLabels?: string[];
    /** The annotations of a Cluster that its pods and volumes inherit. Defaults to none. */
    inheritedAnnotations?: string[];
}

const repository = "https://cloudnative-pg.github.io/charts";

export const cloudnativePg: Definition<CloudNativePgArgs> = {
    title: "CloudNativePG",
    purpose: "Runs PostgreSQL: clusters with standbys, failover and backups, as custom resources.",
    homepage: "https://cloudnative-pg.io/documentation/1.30/",
    version: "1.30.0",
    charts: [{ name: "cloudnative-pg", version: "0.29.0", repository }],
    namespace: "cnpg-system",
    kubernetes: { min: "1.30", max: "1.36" },
    kubernetesSource: "https://cloudnative-pg.io/documentation/1.30/supported_releases/",
    crds: Object.fromEntries(
        [
            "backups",
            "clusterimagecatalogs",
            "clusters",
            "databaseroles",
            "databases",
            "failoverquorums",
            "imagecatalogs",
            "poolers",
            "publications",
            "scheduledbackups",
            "subscriptions",
        ].map((plural) => [`${plural}.postgresql.cnpg.io`, ["v1"]]),
    ),
    after: ["kubePrometheusStack"],
    caInjector: () => CaInjector.Controller,
    upgrades: {
        notes: [
            "An upgrade of the operator restarts the databases one after the other, with a switchover of each primary.",
            "A Cluster outlives the operator: its pods continue to run, without failover until the operator is back.",
        ],
    },
    fields: {
        postgresImage: nonEmptyString,
        inheritedLabels: list(nonEmptyString),
        inheritedAnnotations: list(nonEmptyString),
    },
    values: ({ postgresImage, inheritedLabels, inheritedAnnotations }, context) => ({
        "cloudnative-pg": {
            crds: { create: true },
            replicaCount: controllerReplicas(context),
            config: {
                data: {
                    ...(postgresImage && { POSTGRES_IMAGE_NAME: postgresImage }),
                    ...(inheritedLabels && { INHERITED_LABELS: inheritedLabels.join(", ") }),
                    ...(inheritedAnnotations && { INHERITED_ANNOTATIONS: inheritedAnnotations.join(", ") }),
                },
            },
            resources: {
                requests: context.small ? { cpu: "25m", memory: "100Mi" } : { cpu: "100m", memory: "200Mi" },
                limits: { memory: "512Mi" },
            },
            monitoring: { podMonitorEnabled: context.has("kubePrometheusStack") },
        },
    }),
    objects: (_settings, context) =>
        disruptionBudgets(context, "cloudnative-pg", {
            "app.kubernetes.io/name": "cloudnative-pg",
            "app.kubernetes.io/instance": "cloudnative-pg",
        }),
    outputs: () => ({ apiVersion: "postgresql.cnpg.io/v1" }),
};
