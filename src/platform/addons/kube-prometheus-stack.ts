import { duration } from "../../arguments/duration";
import { bytes, dnsSubdomain, matching, nonEmptyString, boolean } from "../../arguments/formats";
import { bytesOf } from "../../arguments/quantity";
import { object } from "../../arguments/rules";
import { CaInjector, type Context, type Definition, type KubernetesObject, type Values } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { replacedAlerts } from "../monitoring/alerts";
import { dashboardLabel, folderAnnotation, monitoringObjects } from "../monitoring/monitoring-objects";
import { controllerReplicas } from "./shared/controller-replicas";

/** Grafana: its administrator, its storage and its URL. */
export interface GrafanaArgs {
    /** Whether it is installed. Defaults to true. */
    enabled?: boolean;
    /**
     * The name of a Secret in the add-on's namespace, with the keys `admin-user` and `admin-password`, for its
     * administrator. Defaults to none: no one can log in, and anyone who reaches it inside the cluster can view
     * dashboards.
     */
    existingSecret?: string;
    /**
     * The size of its volume, for dashboards that are created in Grafana. Defaults to none: they are lost with its pod.
     */
    storage?: string;
    /** The URL under which browsers reach it, if there is a route to it. Defaults to none. */
    url?: string;
}

/** Alertmanager: who receives alerts. */
export interface AlertmanagerArgs {
    /**
     * The name of a Secret in the add-on's namespace with the key `alertmanager.yaml`, the configuration of
     * Alertmanager. The receiver of its route gets the alerts that no AlertmanagerConfig handles; its `routes` get all
     * alerts. Defaults to none: alerts go to the receivers of AlertmanagerConfig objects only. One in the add-on's
     * namespace gets all alerts, any other one those of its own namespace.
     */
    existingSecret?: string;
}

/** The arguments of kube-prometheus-stack. Its namespace defaults to "monitoring". */
export interface KubePrometheusStackArgs extends PlatformAddonArgs {
    /** How long metrics are kept. Defaults to "15d", with a small footprint to "24h". */
    retention?: string;
    /**
     * The size of the volume of each Prometheus; the oldest metrics are deleted before it is full. Defaults to "50Gi",
     * with a small footprint to none: metrics are lost with the pod.
     */
    storage?: string;
    /** The storage class of all its volumes. Defaults to the cluster's. */
    storageClass?: string;
    /**
     * The memory request of each Prometheus, about 4 KiB per time series. Defaults to "2Gi", with a small footprint to
     * "400Mi".
     */
    memory?: string;
    /** The value of the external label `cluster` on the metrics of this cluster. Defaults to none. */
    cluster?: string;
    /**
     * Whether etcd, the scheduler, the controller manager and kube-proxy are monitored. Defaults to false: managed
     * clusters do not expose them, and their alerts would always fire.
     */
    controlPlane?: boolean;
    /** Alertmanager. Defaults to one without receivers, except those of AlertmanagerConfig objects. */
    alertmanager?: AlertmanagerArgs;
    /** Grafana. Defaults to one without login and storage. */
    grafana?: GrafanaArgs;
    /**
     * The URL for queries, if it is not the add-on's Prometheus, such as Thanos. With `existing`, defaults to the
     * Service that the Prometheus operator creates in the namespace.
     */
    prometheusUrl?: string;
}

const name = "kube-prometheus-stack";
const repository = "oci://ghcr.io/prometheus-community/charts";

/**
 * Returns nine tenths of the size of a volume in Prometheus' notation, as Prometheus needs space besides its blocks.
 * Never zero, which would mean no limit.
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
            // Selects the monitors and rules of all namespaces, whatever their labels.
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
            // AlertmanagerConfigs in this namespace get all alerts, those of other namespaces only their own.
            alertmanagerConfigMatcherStrategy: { type: "OnNamespaceExceptForAlertmanagerNamespace" },
        },
    };
}

const prometheusAddress = ({ prometheusUrl, existing }: KubePrometheusStackArgs, namespace: string): string =>
    prometheusUrl ?? `http://${existing ? "prometheus-operated" : `${name}-prometheus`}.${namespace}.svc:9090`;

const alertmanagerAddress = (namespace: string): string => `http://${name}-alertmanager.${namespace}.svc:9093`;

/**
 * Returns Grafana's data sources, in its own ConfigMap. A sidecar would have to find them before Grafana starts, and
 * might run before they exist.
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
                ...(context.has("loki") ? [source("loki", "Loki", context.outputOf("loki", "url"))] : []),
            ],
        },
    };
}

/** Without an administrator, there is no password, neither a known nor a generated one. */
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
            // Only one pod at a time can use the volume.
            deploymentStrategy: { type: "Recreate" },
        }),
        datasources: dataSources(settings, context),
        // The chart would allow it to read the Secrets of all namespaces; see grafanaRole.
        rbac: { create: false },
        sidecar: {
            datasources: { enabled: false },
            dashboards: {
                label: Object.keys(dashboardLabel)[0],
                labelValue: Object.values(dashboardLabel)[0],
                resource: "configmap",
                searchNamespace: "ALL",
                // Grafana detects new files itself, and its API would require a login.
                skipReload: true,
                folderAnnotation,
                provider: { foldersFromFilesStructure: true },
            },
        },
    };
}

/** Returns the permissions of Grafana's sidecar: to read ConfigMaps, which may contain dashboards. */
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
    purpose: "Monitors the cluster and its workloads with Prometheus, Grafana and Alertmanager.",
    homepage: "https://github.com/prometheus-community/helm-charts/tree/main/charts/kube-prometheus-stack",
    version: "0.93.1",
    charts: [
        // The CRDs of monitors and rules are installed before all add-ons that use them.
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
            "The version is that of the operator; the chart has a major version for each minor version of the operator, with new CRDs (https://github.com/prometheus-community/helm-charts/blob/main/charts/kube-prometheus-stack/UPGRADE.md).",
            "Volumes outlive the add-on; to grow existing ones, resize their claims.",
            "The Service kube-system/kube-prometheus-stack-kubelet is created by the operator and stays when the add-on is removed.",
        ],
    },
    hooks: "Hook Jobs create the certificate of the operator's webhook, which validates PrometheusRules, and write it into the webhook's configuration. Here, cert-manager does this if the platform has it. Otherwise the webhook is disabled, and the operator rejects an invalid rule with an event.",
    fields: {
        retention: duration,
        storage: bytes,
        storageClass: dnsSubdomain,
        memory: bytes,
        cluster: nonEmptyString,
        controlPlane: boolean,
        alertmanager: object<AlertmanagerArgs>({ existingSecret: dnsSubdomain }),
        grafana: object<GrafanaArgs>({
            enabled: boolean,
            existingSecret: dnsSubdomain,
            storage: bytes,
            url: matching(/^https?:\/\/\S+$/, 'it must be a URL such as "https://grafana.example.com"'),
        }),
        prometheusUrl: matching(/^https?:\/\/\S+$/, 'it must be a URL such as "http://thanos.example.com"'),
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
                        // The rules of the chart are created at the same time as the webhook.
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
