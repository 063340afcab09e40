import { duration } from "../../arguments/duration";
import { bytes, dnsSubdomain, matching, text, truth } from "../../arguments/formats";
import { bytesOf } from "../../arguments/quantity";
import { object } from "../../arguments/rules";
import { CaInjector, type Context, type Definition, type KubernetesObject, type Values } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { replacedAlerts } from "../monitoring/alerts";
import { dashboardLabel, folderAnnotation, monitoringObjects } from "../monitoring/monitoring-objects";
import { controllerReplicas } from "./shared/controller-replicas";

/** How Grafana is reached and who may change what. */
export interface GrafanaArgs {
    /** Whether it is installed. Defaults to true. */
    enabled?: boolean;
    /**
     * The name of a Secret in the add-on's namespace, with the keys `admin-user` and `admin-password`, for its
     * administrator. Without it nobody can log in, and everybody who reaches it inside the cluster may look.
     */
    existingSecret?: string;
    /** The size of its volume, for dashboards that are made in it. Defaults to none: they are lost with its pod. */
    storage?: string;
    /** The address under which browsers reach it, where there is a route to it. Defaults to none. */
    url?: string;
}

/** Alertmanager, and who gets alerts. */
export interface AlertmanagerArgs {
    /**
     * The name of a Secret in the add-on's namespace whose key `alertmanager.yaml` says who gets alerts. The receiver of
     * its route gets those that no AlertmanagerConfig takes; its `routes` get these, too. Defaults to none: nobody, except
     * by AlertmanagerConfig objects: one in the add-on's namespace gets all alerts, any other one those of its own
     * namespace.
     */
    existingSecret?: string;
}

/** The settings of kube-prometheus-stack. Its namespace defaults to "monitoring". */
export interface KubePrometheusStackArgs extends PlatformAddonArgs {
    /** How long measurements are kept. Defaults to "15d", on a laptop to "24h". */
    retention?: string;
    /**
     * The size of each Prometheus's volume; the oldest measurements go before it is full. Defaults to "50Gi", on a
     * laptop to none: they are lost with the pod.
     */
    storage?: string;
    /** The storage class of all its volumes. Defaults to the cluster's. */
    storageClass?: string;
    /** The memory that each Prometheus asks for, about 4 KiB a time series. Defaults to "2Gi", on a laptop to "400Mi". */
    memory?: string;
    /** What the measurements of this cluster are labelled with, as `cluster`, where they leave it. Defaults to none. */
    cluster?: string;
    /**
     * Whether etcd, scheduler, controller manager and kube-proxy are monitored, too. Defaults to false: managed
     * clusters hide them, and their alerts would never end.
     */
    controlPlane?: boolean;
    /** Who gets alerts. Defaults to nobody, except by AlertmanagerConfig objects. */
    alertmanager?: AlertmanagerArgs;
    /** Grafana. Defaults to one that keeps nothing. */
    grafana?: GrafanaArgs;
    /**
     * Where Prometheus answers queries, where it is another address than the add-on's, such as Thanos. With
     * `existing`, defaults to the Service that the Prometheus operator makes in the namespace.
     */
    prometheusUrl?: string;
}

const name = "kube-prometheus-stack";
const repository = "oci://ghcr.io/prometheus-community/charts";

/**
 * Returns nine tenths of a volume in Prometheus' notation, as Prometheus needs some room besides its blocks. Never zero, which
 * would mean no bound.
 */
export const retentionSize = (storage: string): string =>
    `${Math.max(1, Math.floor((bytesOf(storage) * 0.9) / 2 ** 20))}MiB`;

function volume(size: string, storageClassName?: string): Values {
    return {
        volumeClaimTemplate: {
            spec: {
                accessModes: ["ReadWriteOnce"],
                ...(storageClassName && { storageClassName }),
                resources: { requests: { storage: size } },
            },
        },
    };
}

function prometheus(settings: KubePrometheusStackArgs, context: Context): Values {
    const { small, highlyAvailable } = context;
    const size = settings.storage ?? (small ? undefined : "50Gi");
    return {
        ...(highlyAvailable && { podDisruptionBudget: { enabled: true } }),
        prometheusSpec: {
            replicas: controllerReplicas(context),
            retention: settings.retention ?? (small ? "24h" : "15d"),
            ...(size && { retentionSize: retentionSize(size), storageSpec: volume(size, settings.storageClass) }),
            ...(settings.cluster && { externalLabels: { cluster: settings.cluster } }),
            resources: {
                requests: { cpu: small ? "50m" : "500m", memory: settings.memory ?? (small ? "400Mi" : "2Gi") },
            },
            // What is in no list is not selected: all monitors and rules of all namespaces are.
            ruleSelectorNilUsesHelmValues: false,
            serviceMonitorSelectorNilUsesHelmValues: false,
            podMonitorSelectorNilUsesHelmValues: false,
            probeSelectorNilUsesHelmValues: false,
            scrapeConfigSelectorNilUsesHelmValues: false,
        },
    };
}

function alertmanager(settings: KubePrometheusStackArgs, context: Context): Values {
    const { alertmanager: { existingSecret } = {}, storageClass } = settings;
    return {
        ...(context.highlyAvailable && { podDisruptionBudget: { enabled: true } }),
        alertmanagerSpec: {
            replicas: controllerReplicas(context),
            ...(existingSecret && { useExistingSecret: true, configSecret: existingSecret }),
            ...(!context.small && { storage: volume("2Gi", storageClass) }),
            resources: { requests: { cpu: "10m", memory: context.small ? "32Mi" : "128Mi" } },
            // Those in this namespace get the alerts of all, those of teams the ones of their own namespace.
            alertmanagerConfigMatcherStrategy: { type: "OnNamespaceExceptForAlertmanagerNamespace" },
        },
    };
}

const prometheusAddress = ({ prometheusUrl, existing }: KubePrometheusStackArgs, namespace: string): string =>
    prometheusUrl ?? `http://${existing ? "prometheus-operated" : `${name}-prometheus`}.${namespace}.svc:9090`;

const alertmanagerAddress = (namespace: string): string => `http://${name}-alertmanager.${namespace}.svc:9093`;

/**
 * Grafana's data sources stand in its own ConfigMap. A sidecar that looks for them would have to be done before Grafana
 * starts, and could be before they are there.
 */
function dataSources(settings: KubePrometheusStackArgs, context: Context): Values {
    const source = (type: string, title: string, url: string, more: Values = {}): Values => ({
        name: title,
        uid: type,
        type,
        access: "proxy",
        url,
        ...more,
    });
    return {
        "datasources.yaml": {
            apiVersion: 1,
            datasources: [
                source("prometheus", "Prometheus", prometheusAddress(settings, context.namespace), {
                    isDefault: true,
                    jsonData: { httpMethod: "POST", timeInterval: "30s" },
                }),
                source("alertmanager", "Alertmanager", alertmanagerAddress(context.namespace), {
                    jsonData: { handleGrafanaManagedAlerts: false, implementation: "prometheus" },
                }),
                ...(context.has("loki") ? [source("loki", "Loki", context.outputsOf("loki")["url"]!)] : []),
            ],
        },
    };
}

/** Without an administrator there is no password, neither a known nor a random one. */
const withoutLogin = {
    auth: { disable_login_form: true },
    "auth.anonymous": { enabled: true, org_role: "Viewer" },
    "auth.basic": { enabled: false },
};

function grafana(settings: KubePrometheusStackArgs, context: Context): Values {
    const { grafana: given = {}, storageClass } = settings;
    const { enabled = true, existingSecret, storage, url } = given;
    if (!enabled) {
        return { enabled };
    }
    return {
        enabled,
        testFramework: { enabled: false },
        initChownData: { enabled: false },
        ...(existingSecret
            ? { admin: { existingSecret: existingSecret } }
            : { env: { GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION: "true" } }),
        "grafana.ini": {
            analytics: { check_for_updates: false, reporting_enabled: false },
            ...(!existingSecret && withoutLogin),
            ...(url && { server: { root_url: url } }),
        },
        resources: { requests: { cpu: context.small ? "20m" : "100m", memory: "128Mi" } },
        ...(storage && {
            persistence: { enabled: true, size: storage, ...(storageClass && { storageClassName: storageClass }) },
            // The volume is one pod's at a time.
            deploymentStrategy: { type: "Recreate" },
        }),
        datasources: dataSources(settings, context),
        // The chart would let it read the Secrets of all namespaces; see grafanaRole.
        rbac: { create: false },
        sidecar: {
            datasources: { enabled: false },
            dashboards: {
                label: Object.keys(dashboardLabel)[0],
                labelValue: Object.values(dashboardLabel)[0],
                resource: "configmap",
                searchNamespace: "ALL",
                // Grafana looks for new files by itself, and its API would ask for a login.
                skipReload: true,
                folderAnnotation,
                provider: { foldersFromFilesStructure: true },
            },
        },
    };
}

/** What Grafana's sidecar may do: read the ConfigMaps that may hold dashboards. */
function grafanaRole({ namespace }: Context): KubernetesObject[] {
    const metadata = { name: `${name}-grafana-dashboards` };
    const apiGroup = "rbac.authorization.k8s.io";
    return [
        {
            apiVersion: `${apiGroup}/v1`,
            kind: "ClusterRole",
            metadata,
            rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list", "watch"] }],
        },
        {
            apiVersion: `${apiGroup}/v1`,
            kind: "ClusterRoleBinding",
            metadata,
            roleRef: { apiGroup, kind: "ClusterRole", name: metadata.name },
            subjects: [{ kind: "ServiceAccount", name: `${name}-grafana`, namespace }],
        },
    ];
}

export const kubePrometheusStack: Definition<KubePrometheusStackArgs> = {
    title: "kube-prometheus-stack",
    purpose: "Measures the cluster and what runs on it with Prometheus, shows it in Grafana, and sends alerts.",
    homepage: "https://github.com/prometheus-community/helm-charts/tree/main/charts/kube-prometheus-stack",
    version: "0.93.1",
    charts: [
        // The kinds of monitors and rules are there before all add-ons that have some.
        { name: "prometheus-operator-crds", version: "31.0.1", repository, crdsOnly: true },
        { name, version: "88.5.3", repository },
    ],
    namespace: "monitoring",
    privileged: true,
    kubernetes: { min: "1.25", max: "1.36" },
    kubernetesSource:
        "https://github.com/prometheus-community/helm-charts/blob/main/charts/kube-prometheus-stack/Chart.yaml",
    crds: {
        "alertmanagerconfigs.monitoring.coreos.com": ["v1alpha1"],
        "alertmanagers.monitoring.coreos.com": ["v1"],
        "podmonitors.monitoring.coreos.com": ["v1"],
        "probes.monitoring.coreos.com": ["v1"],
        "prometheusagents.monitoring.coreos.com": ["v1alpha1"],
        "prometheuses.monitoring.coreos.com": ["v1"],
        "prometheusrules.monitoring.coreos.com": ["v1"],
        "scrapeconfigs.monitoring.coreos.com": ["v1alpha1"],
        "servicemonitors.monitoring.coreos.com": ["v1"],
        "thanosrulers.monitoring.coreos.com": ["v1"],
    },
    after: ["certManager"],
    caInjector: (_settings, context) => (context.has("certManager") ? CaInjector.CertManager : CaInjector.None),
    upgrades: {
        notes: [
            "The version is the operator's; the chart's own has a major version for each of the operator's minor ones, with new CRDs (https://github.com/prometheus-community/helm-charts/blob/main/charts/kube-prometheus-stack/UPGRADE.md).",
            "Volumes outlive the add-on; a larger size reaches existing ones only by enlarging their claims.",
            "The Service kube-system/kube-prometheus-stack-kubelet is made by the operator and stays when the add-on goes.",
        ],
    },
    hooks: "Hook Jobs make the certificate of the operator's webhook, which checks PrometheusRules, and write it into the webhook's configuration. Here cert-manager does, if the platform has it; otherwise the webhook is off, and a wrong rule is found by the operator instead, which leaves it out and says so in an event.",
    fields: {
        retention: duration,
        storage: bytes,
        storageClass: dnsSubdomain,
        memory: bytes,
        cluster: text,
        controlPlane: truth,
        alertmanager: object<AlertmanagerArgs>({ existingSecret: dnsSubdomain }),
        grafana: object<GrafanaArgs>({
            enabled: truth,
            existingSecret: dnsSubdomain,
            storage: bytes,
            url: matching(/^https?:\/\/\S+$/, 'it must be an address such as "https://grafana.example.com"'),
        }),
        prometheusUrl: matching(/^https?:\/\/\S+$/, 'it must be an address such as "http://thanos.example.com"'),
    },
    values: (settings, context) => {
        const controlPlane = { enabled: settings.controlPlane ?? false };
        const certManager = context.has("certManager");
        return {
            [name]: {
                crds: { enabled: false },
                defaultRules: { disabled: Object.fromEntries(replacedAlerts.map((alert) => [alert, true])) },
                prometheus: prometheus(settings, context),
                alertmanager: alertmanager(settings, context),
                grafana: grafana(settings, context),
                kubeControllerManager: controlPlane,
                kubeEtcd: controlPlane,
                kubeScheduler: controlPlane,
                kubeProxy: controlPlane,
                prometheusOperator: {
                    resources: { requests: { cpu: context.small ? "20m" : "100m", memory: "100Mi" } },
                    tls: { enabled: certManager },
                    admissionWebhooks: {
                        enabled: certManager,
                        // The rules of the chart come at the same time as the webhook.
                        failurePolicy: "Ignore",
                        patch: { enabled: false },
                        certManager: { enabled: certManager },
                    },
                },
            },
        };
    },
    objectsBefore: ({ grafana: { enabled = true } = {} }, context) => (enabled ? grafanaRole(context) : []),
    objects: (_settings, context) => monitoringObjects(context),
    outputs: (settings, { namespace }) => ({
        url: prometheusAddress(settings, namespace),
        ...(!settings.existing && {
            alertmanagerUrl: alertmanagerAddress(namespace),
            ...((settings.grafana?.enabled ?? true) && { grafanaUrl: `http://${name}-grafana.${namespace}.svc` }),
        }),
    }),
};
