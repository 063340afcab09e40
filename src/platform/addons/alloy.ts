import { dnsLabel, matching, nonEmptyString } from "../../arguments/formats";
import { list } from "../../arguments/rules";
import type { Definition } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";

/** The arguments of Alloy. Its namespace defaults to "alloy". */
export interface AlloyArgs extends PlatformAddonArgs {
    /** The URL of Loki, without a path. Defaults to the Loki of the platform, which is then installed as well. */
    lokiUrl?: string;
    /** Namespaces whose logs are not collected. Defaults to none. */
    excludedNamespaces?: string[];
    /** The value of the label `cluster` on the logs of this cluster. Defaults to none. */
    cluster?: string;
}

/** Returns a string literal of Alloy's language. */
const quoted = (value: string): string => JSON.stringify(value);

const label = (source: string, target: string): string =>
    `  rule {
    source_labels = [${quoted(source)}]
    target_label  = ${quoted(target)}
  }`;

/**
 * Returns the configuration of Alloy: on each node, it reads the log files of the containers, which it discovers
 * through the API server. Source of the language: https://grafana.com/docs/alloy/latest/reference/components/
 */
function configuration(lokiUrl: string, { excludedNamespaces = [], cluster }: AlloyArgs): string {
    const excluded =
        excludedNamespaces.length > 0
            ? `  rule {
    source_labels = ["__meta_kubernetes_namespace"]
    regex         = ${quoted(excludedNamespaces.join("|"))}
    action        = "drop"
  }
`
            : "";
    return `discovery.kubernetes "pods" {
  role = "pod"
  selectors {
    role  = "pod"
    field = "spec.nodeName=" + coalesce(sys.env("HOSTNAME"), constants.hostname)
  }
}

discovery.relabel "pods" {
  targets = discovery.kubernetes.pods.targets
${excluded}${label("__meta_kubernetes_namespace", "namespace")}
${label("__meta_kubernetes_pod_name", "pod")}
${label("__meta_kubernetes_pod_container_name", "container")}
${label("__meta_kubernetes_pod_node_name", "node")}
${label("__meta_kubernetes_pod_label_app_kubernetes_io_name", "app")}
  rule {
    source_labels = ["__meta_kubernetes_pod_uid", "__meta_kubernetes_pod_container_name"]
    separator     = "/"
    target_label  = "__path__"
    replacement   = "/var/log/pods/*$1/*.log"
  }
}

local.file_match "pods" {
  path_targets = discovery.relabel.pods.output
}

loki.source.file "pods" {
  targets    = local.file_match.pods.targets
  forward_to = [loki.process.pods.receiver]
}

loki.process "pods" {
  stage.cri { }
  stage.label_drop {
    values = ["filename", "stream"]
  }
  forward_to = [loki.write.loki.receiver]
}

loki.write "loki" {
  endpoint {
    url = ${quoted(`${lokiUrl.replace(/\/$/, "")}/loki/api/v1/push`)}
  }
${cluster ? `  external_labels = { cluster = ${quoted(cluster)} }\n` : ""}}
`;
}

const state = "/var/lib/alloy";

export const alloy: Definition<AlloyArgs> = {
    title: "Alloy",
    purpose: "Sends the logs of all pods to Loki.",
    homepage: "https://grafana.com/docs/alloy/latest/",
    version: "1.18.1",
    charts: [{ name: "alloy", version: "1.11.1", repository: "https://grafana.github.io/helm-charts" }],
    namespace: "alloy",
    privileged: true,
    kubernetes: { min: "1.31", max: "1.36" },
    kubernetesSource: "not stated upstream; the range of the other add-ons",
    crds: { "podlogs.monitoring.grafana.com": ["v1alpha2"] },
    requires: ({ lokiUrl }) => (lokiUrl === undefined ? ["loki"] : []),
    after: ["kubePrometheusStack"],
    upgrades: {
        notes: [
            "The position in each log file is stored on the nodes, in /var/lib/alloy, so that no line is lost or sent twice.",
        ],
    },
    fields: {
        lokiUrl: matching(/^https?:\/\/\S+$/, 'it must be a URL such as "http://loki.example.com:3100"'),
        excludedNamespaces: list(dnsLabel),
        cluster: nonEmptyString,
    },
    values: (settings, context) => ({
        alloy: {
            crds: { create: true },
            alloy: {
                configMap: {
                    create: true,
                    content: configuration(settings.lokiUrl ?? context.outputOf("loki", "url"), settings),
                },
                enableReporting: false,
                storagePath: state,
                mounts: { varlog: true, extra: [{ name: "state", mountPath: state }] },
                resources: { requests: { cpu: context.small ? "10m" : "50m", memory: "128Mi" } },
            },
            controller: {
                type: "daemonset",
                tolerations: [{ operator: "Exists" }],
                volumes: { extra: [{ name: "state", hostPath: { path: state, type: "DirectoryOrCreate" } }] },
            },
            // By default it may read the Secrets of all namespaces.
            rbac: {
                rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }],
                clusterRules: [{ nonResourceURLs: ["/metrics"], verbs: ["get"] }],
            },
            serviceMonitor: { enabled: context.has("kubePrometheusStack") },
        },
    }),
};
