import * as path from "node:path";

import type { DeploymentTemplate, StandIn } from "./chart-from-manifests";

/** KEDA's chart, which is published with the version of KEDA itself. */
export function kedaChart(version: string): StandIn {
    const resources = { limits: { cpu: 1, memory: "1000Mi" }, requests: { cpu: "100m", memory: "100Mi" } };
    const image = (repository: string) => ({ registry: "ghcr.io", repository: `kedacore/${repository}`, tag: "" });
    // By default the adapter looks for the operator in the namespace `keda`.
    const operator = "keda-operator.{{ .Release.Namespace }}.svc.{{ .Values.clusterDomain }}:9666";
    return {
        name: "keda",
        version,
        appVersion: version,
        kustomizations: ["config/default"],
        namespace: "keda",
        crds: "templates",
        values: {
            global: { image: { registry: null } },
            image: {
                keda: image("keda"),
                metricsApiServer: image("keda-metrics-apiserver"),
                webhooks: image("keda-admission-webhooks"),
                pullPolicy: "Always",
            },
            clusterDomain: "cluster.local",
            crds: { install: true },
            operator: { replicaCount: 1 },
            metricsServer: { replicaCount: 1 },
            webhooks: { replicaCount: 1 },
            resources: { operator: resources, metricServer: resources, webhooks: resources },
        },
        deployments: {
            "keda-operator": kedaDeployment("keda", "operator", "operator"),
            "keda-metrics-apiserver": {
                ...kedaDeployment("metricsApiServer", "metricsServer", "metricServer"),
                args: [`--metrics-service-address=${operator}`],
            },
            "keda-admission": kedaDeployment("webhooks", "webhooks", "webhooks"),
        },
    };
}

/** The chart has three names for each of KEDA's programs. */
function kedaDeployment(image: string, replicas: string, resources: string): DeploymentTemplate {
    const key = `.Values.image.${image}`;
    const registry = `{{ .Values.global.image.registry | default ${key}.registry }}`;
    return {
        image: `${registry}/{{ ${key}.repository }}:{{ ${key}.tag | default .Chart.AppVersion }}`,
        replicas: `${replicas}.replicaCount`,
        resources: `resources.${resources}`,
    };
}

/** KubeRay's chart, whose version is newer than the newest available Go module. */
export function kuberayChart(version: string): StandIn {
    return {
        name: "kuberay-operator",
        version: "1.7.0",
        appVersion: version,
        kustomizations: ["config/default"],
        namespace: "default",
        crds: "crds",
        values: {
            replicas: 1,
            image: { repository: "quay.io/kuberay/operator", tag: `v${version}`, pullPolicy: "IfNotPresent" },
            leaderElectionEnabled: true,
            reconcileConcurrency: 1,
            batchScheduler: { name: "" },
            metrics: { enabled: true },
            resources: { limits: { cpu: "100m", memory: "512Mi" } },
        },
        deployments: {
            "kuberay-operator": {
                image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}",
                replicas: "replicas",
                resources: "resources",
                args: [
                    "--enable-leader-election={{ .Values.leaderElectionEnabled }}",
                    "--reconcile-concurrency={{ .Values.reconcileConcurrency }}",
                    "--batch-scheduler={{ .Values.batchScheduler.name }}",
                    "--enable-metrics={{ .Values.metrics.enabled }}",
                ],
            },
        },
    };
}

/** The chart of Argo Workflows, whose newest Go module is of the previous release. */
export function argoWorkflowsChart(version: string): StandIn {
    const image = (program: string) => ({ registry: "quay.io", repository: `argoproj/${program}`, tag: "" });
    return {
        name: "argo-workflows",
        version: "1.0.18",
        appVersion: `v${version}`,
        // The full CRDs are too large for a chart.
        kustomizations: ["manifests/base/crds/minimal", "manifests/cluster-install-no-crds"],
        namespace: "argo",
        crds: "templates",
        values: {
            images: { pullPolicy: "Always" },
            crds: { install: true, keep: true, full: true },
            controller: { image: image("workflow-controller"), replicas: 1, resources: {} },
            executor: { image: image("argoexec") },
            server: { enabled: true, image: image("argocli"), replicas: 1, resources: {} },
        },
        deployments: {
            "workflow-controller": {
                ...argoDeployment("controller"),
                args: [`--executor-image=${argoImage("executor")}`],
            },
            "argo-server": { ...argoDeployment("server"), enabled: "server.enabled" },
        },
    };
}

const argoImage = (program: string): string => {
    const key = `.Values.${program}.image`;
    return `{{ ${key}.registry }}/{{ ${key}.repository }}:{{ ${key}.tag | default .Chart.AppVersion }}`;
};

const argoDeployment = (program: string): DeploymentTemplate => ({
    image: argoImage(program),
    pullPolicy: "images.pullPolicy",
    replicas: `${program}.replicas`,
    resources: `${program}.resources`,
});

/** The chart that contains only the CRDs of the Prometheus operator. */
export function prometheusOperatorCrdsChart(version: string): StandIn {
    return {
        name: "prometheus-operator-crds",
        version: "31.0.1",
        appVersion: `v${version}`,
        kustomizations: ["."],
        kinds: ["CustomResourceDefinition"],
        namespace: "default",
        crds: "templates",
        values: { crds: { install: true } },
    };
}

/**
 * The chart of the Prometheus operator, a Prometheus and an Alertmanager, without Grafana, node exporter and rules. The
 * permissions of the operator are those in its module; everything else is templates that use the values as the
 * published ones do.
 *
 * @param prometheus the tag of Prometheus' image
 * @param alertmanager the tag of Alertmanager's image
 */
export function kubePrometheusStackChart(version: string, prometheus: string, alertmanager: string): StandIn {
    const pod = { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } };
    const image = (repository: string, tag = "") => ({
        registry: "quay.io",
        repository,
        tag,
        pullPolicy: "IfNotPresent",
    });
    return {
        name: "kube-prometheus-stack",
        version: "88.5.3",
        appVersion: `v${version}`,
        kustomizations: ["."],
        kinds: ["ServiceAccount", "ClusterRole", "ClusterRoleBinding"],
        templates: path.join(__dirname, "kube-prometheus-stack"),
        namespace: "default",
        crds: "templates",
        values: {
            prometheusOperator: {
                image: image("prometheus-operator/prometheus-operator"),
                prometheusConfigReloader: { image: image("prometheus-operator/prometheus-config-reloader") },
                resources: {},
                tls: { enabled: true, tlsMinVersion: "VersionTLS13", internalPort: 10250 },
                admissionWebhooks: {
                    enabled: true,
                    failurePolicy: "",
                    timeoutSeconds: 10,
                    patch: { enabled: true },
                    certManager: { enabled: false },
                },
                securityContext: { ...pod, runAsUser: 65534, runAsGroup: 65534, fsGroup: 65534 },
                containerSecurityContext: {
                    allowPrivilegeEscalation: false,
                    readOnlyRootFilesystem: true,
                    capabilities: { drop: ["ALL"] },
                },
            },
            prometheus: {
                prometheusSpec: {
                    image: image("prometheus/prometheus", prometheus),
                    replicas: 1,
                    shards: 1,
                    retention: "10d",
                    retentionSize: "",
                    storageSpec: {},
                    externalLabels: {},
                    resources: {},
                    portName: "http-web",
                    securityContext: { ...pod, runAsUser: 1000, runAsGroup: 2000, fsGroup: 2000 },
                    ...Object.fromEntries(
                        ["serviceMonitor", "podMonitor", "probe", "scrapeConfig", "rule"].flatMap((kind) => [
                            [`${kind}Selector`, {}],
                            [`${kind}NamespaceSelector`, {}],
                            [`${kind}SelectorNilUsesHelmValues`, true],
                        ]),
                    ),
                },
            },
            alertmanager: {
                enabled: true,
                config: {
                    route: { receiver: "null", group_by: ["namespace"], group_wait: "30s", routes: [] },
                    receivers: [{ name: "null" }],
                },
                alertmanagerSpec: {
                    image: image("prometheus/alertmanager", alertmanager),
                    replicas: 1,
                    retention: "120h",
                    storage: {},
                    resources: {},
                    useExistingSecret: false,
                    configSecret: "",
                    portName: "http-web",
                    alertmanagerConfigSelector: {},
                    alertmanagerConfigNamespaceSelector: {},
                    alertmanagerConfigMatcherStrategy: {},
                    securityContext: { ...pod, runAsUser: 1000, runAsGroup: 2000, fsGroup: 2000 },
                },
            },
            "kube-state-metrics": { prometheus: { monitor: { enabled: true, http: { honorLabels: true } } } },
        },
    };
}

/** The chart of kube-state-metrics, a sub-chart of the Prometheus operator's. */
export function kubeStateMetricsChart(version: string): StandIn {
    return {
        name: "kube-state-metrics",
        version: "8.4.0",
        appVersion: version,
        kustomizations: ["examples/standard"],
        templates: path.join(__dirname, "kube-state-metrics"),
        namespace: "kube-system",
        crds: "templates",
        values: {
            image: {
                registry: "registry.k8s.io",
                repository: "kube-state-metrics/kube-state-metrics",
                tag: "",
                pullPolicy: "IfNotPresent",
            },
            replicas: 1,
            resources: {},
            prometheus: { monitor: { enabled: false, http: { honorLabels: false } } },
        },
        deployments: {
            "kube-state-metrics": {
                image: '{{ .Values.image.registry }}/{{ .Values.image.repository }}:{{ .Values.image.tag | default (print "v" .Chart.AppVersion) }}',
                replicas: "replicas",
                resources: "resources",
            },
        },
    };
}
