import { boolean } from "../../arguments/formats";
import { CaInjector, type Definition, type KubernetesObject } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { serviceMonitors } from "../monitoring/service-monitors";
import { controllerReplicas } from "./shared/controller-replicas";

/** The arguments of Volcano. Its namespace defaults to "volcano-system". */
export interface VolcanoArgs extends PlatformAddonArgs {
    /** Whether pods of servers and jobs may share nodes (colocation), with an agent on each node. Defaults to false. */
    colocation?: boolean;
}

const version = "1.15.1";
const secret = "volcano-admission-secret";
const tenYears = "87600h";

const versions: Record<string, string[]> = {
    "batch.volcano.sh": ["cronjobs", "jobs"],
    "bus.volcano.sh": ["commands"],
    "config.volcano.sh": ["colocationconfigurations"],
    "flow.volcano.sh": ["jobflows", "jobtemplates"],
    "nodeinfo.volcano.sh": ["numatopologies"],
    "shard.volcano.sh": ["nodeshards"],
    "topology.volcano.sh": ["hypernodes"],
};

/**
 * Returns the certificate of its webhooks. Its pods write the CA bundle into the webhook configurations only when they
 * start, so both are valid for ten years.
 */
function webhookCertificates(namespace: string): KubernetesObject[] {
    const apiVersion = "cert-manager.io/v1";
    const authority = "volcano-admission-ca";
    const service = "volcano-admission-service";
    return [
        {
            apiVersion,
            kind: "Issuer",
            metadata: { name: "volcano-admission-self-signed", namespace },
            spec: { selfSigned: {} },
        },
        {
            apiVersion,
            kind: "Certificate",
            metadata: { name: authority, namespace },
            spec: {
                isCA: true,
                commonName: authority,
                secretName: authority,
                duration: tenYears,
                issuerRef: { name: "volcano-admission-self-signed", kind: "Issuer" },
            },
        },
        {
            apiVersion,
            kind: "Issuer",
            metadata: { name: authority, namespace },
            spec: { ca: { secretName: authority } },
        },
        {
            apiVersion,
            kind: "Certificate",
            metadata: { name: "volcano-admission", namespace },
            spec: {
                secretName: secret,
                duration: tenYears,
                dnsNames: [service, `${service}.${namespace}`, `${service}.${namespace}.svc`],
                issuerRef: { name: authority, kind: "Issuer" },
            },
        },
    ];
}

export const volcano: Definition<VolcanoArgs> = {
    title: "Volcano",
    purpose: "Schedules all pods of a job together or none, with queues of its own.",
    homepage: "https://volcano.sh/en/docs/",
    version,
    charts: [{ name: "volcano", version, repository: "https://volcano-sh.github.io/helm-charts" }],
    namespace: "volcano-system",
    kubernetes: { min: "1.25", max: "1.35" },
    kubernetesSource: "https://github.com/volcano-sh/volcano#kubernetes-compatibility",
    crds: {
        ...Object.fromEntries(
            Object.entries(versions).flatMap(([group, plurals]) =>
                plurals.map((plural): [string, string[]] => [`${plural}.${group}`, ["v1alpha1"]]),
            ),
        ),
        "podgroups.scheduling.volcano.sh": ["v1beta1"],
        "queues.scheduling.volcano.sh": ["v1beta1"],
    },
    requires: () => ["certManager"],
    after: ["kubePrometheusStack"],
    excludes: () => ({
        kaiScheduler: "both schedule the pods of a job together, and would allocate the same GPUs twice",
    }),
    caInjector: () => CaInjector.Controller,
    upgrades: {
        notes: [
            "Its scheduler creates the queues `root` and `default` itself.",
            "The certificates of its webhooks are valid for ten years; renew them by hand, and restart its admission pods after that.",
        ],
    },
    hooks: "A hook Job creates the certificate of its webhooks with a script. Here, cert-manager issues it.",
    fields: { colocation: boolean },
    values: ({ colocation }, context) => {
        const requests = context.small ? { cpu: "25m", memory: "64Mi" } : { cpu: "250m", memory: "256Mi" };
        const count = controllerReplicas(context);
        return {
            volcano: {
                basic: {
                    image_registry: "docker.io",
                    image_pull_policy: "IfNotPresent",
                    admission_secret_name: secret,
                },
                custom: {
                    // This would install another Prometheus and Grafana.
                    metrics_enable: false,
                    admission_replicas: count,
                    controller_replicas: count,
                    scheduler_replicas: count,
                    leader_elect_enable: count > 1,
                    admission_resources: { requests },
                    controller_resources: { requests },
                    scheduler_resources: { requests },
                    colocation_enable: colocation ?? false,
                },
            },
        };
    },
    objectsBefore: (_settings, { namespace }) => webhookCertificates(namespace),
    objects: (_settings, context) =>
        serviceMonitors(context, [
            { name: "volcano-scheduler", labels: { app: "volcano-scheduler" }, port: "metrics" },
            { name: "volcano-controllers", labels: { app: "volcano-controller" }, port: "metrics" },
        ]),
    outputs: () => ({
        apiVersion: "scheduling.volcano.sh/v1beta1",
        scheduler: "volcano",
        queue: "default",
    }),
};
