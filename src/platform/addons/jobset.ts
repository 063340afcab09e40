import { bytes } from "../../arguments/formats";
import { CaInjector, type Definition } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { serviceMonitors } from "../monitoring/service-monitors";
import { controllerReplicas } from "./shared/controller-replicas";

/** The arguments of JobSet. Its namespace defaults to "jobset-system". */
export interface JobSetArgs extends PlatformAddonArgs {
    /**
     * The memory limit of its controller. Defaults to "4Gi", with a small footprint to "512Mi". Thousands of jobs at
     * the same time need more.
     */
    memoryLimit?: string;
}

const version = "0.12.0";

export const jobset: Definition<JobSetArgs> = {
    title: "JobSet",
    purpose: "Runs groups of jobs that belong together, such as the workers of one distributed training.",
    homepage: "https://jobset.sigs.k8s.io/docs/",
    version,
    charts: [{ name: "jobset", version, repository: "oci://registry.k8s.io/jobset/charts" }],
    namespace: "jobset-system",
    kubernetes: { min: "1.34", max: "1.36" },
    kubernetesSource: "https://jobset.sigs.k8s.io/docs/installation/ (the latest three minor versions at its release)",
    crds: { "jobsets.jobset.x-k8s.io": ["v1alpha2"] },
    after: ["kubePrometheusStack"],
    caInjector: () => CaInjector.Controller,
    upgrades: { notes: ["Its only API version is v1alpha2."] },
    fields: { memoryLimit: bytes },
    values: ({ memoryLimit, version: chosen }, context) => ({
        jobset: {
            // The published chart refers to an image that is not a release.
            image: {
                repository: "registry.k8s.io/jobset/jobset",
                tag: `v${chosen ?? version}`,
                pullPolicy: "IfNotPresent",
            },
            controller: {
                replicas: controllerReplicas(context),
                ...(context.highlyAvailable && { podDisruptionBudget: { enabled: true, minAvailable: 1 } }),
                resources: {
                    ...(context.small && { requests: { cpu: "50m", memory: "64Mi" } }),
                    limits: { memory: memoryLimit ?? (context.small ? "512Mi" : "4Gi") },
                },
            },
        },
    }),
    objects: (_settings, context) =>
        serviceMonitors(context, [
            {
                name: "jobset-controller",
                labels: { "app.kubernetes.io/name": "jobset", "app.kubernetes.io/component": "controller" },
                port: "https",
                secure: true,
            },
        ]),
    outputs: () => ({ apiVersion: "jobset.x-k8s.io/v1alpha2" }),
};
