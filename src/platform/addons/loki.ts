import { duration, seconds } from "../../arguments/duration";
import { bytes, dnsSubdomain, matching, nonEmptyString } from "../../arguments/formats";
import { object, required } from "../../arguments/rules";
import type { Definition, Values } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";

/** A bucket of an S3-compatible service. */
export interface LokiBucketArgs {
    /** Its name. */
    name: string;
    /** The endpoint URL, for example "http://seaweedfs-s3.seaweedfs.svc:8333". Defaults to AWS in the region. */
    endpoint?: string;
    /** The region. Defaults to "us-east-1". */
    region?: string;
    /**
     * The name of a Secret in the add-on's namespace with the keys AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
     * Defaults to none: the pods have access by other means, such as the IAM role of their service account.
     */
    existingSecret?: string;
}

/** The arguments of Loki. Its namespace defaults to "loki". */
export interface LokiArgs extends PlatformAddonArgs {
    /** How long logs are kept, in whole days. Defaults to "14d", with a small footprint to "1d". */
    retention?: string;
    /**
     * The size of its volume. Defaults to "50Gi", with a bucket to "10Gi" for logs that are not uploaded yet, and with
     * a small footprint to none: logs are lost with the pod.
     */
    storage?: string;
    /** The storage class of its volume. Defaults to the cluster's. */
    storageClass?: string;
    /**
     * The bucket for logs. Defaults to none: logs are on the volume, which only one pod can use. High availability
     * needs a bucket; there are then three pods. A change leaves the old logs behind.
     */
    bucket?: LokiBucketArgs;
    /** The URL of Loki. Defaults to "http://loki.<namespace>.svc:3100"; set it if an `existing` Loki is elsewhere. */
    url?: string;
}

const address = matching(/^https?:\/\/\S+$/, 'it must be a URL such as "https://loki.example.com:3100"');

function storage(bucket: LokiBucketArgs | undefined): Values {
    if (!bucket) {
        return { type: "filesystem" };
    }
    const { name, endpoint, region = "us-east-1" } = bucket;
    return {
        type: "s3",
        bucketNames: { chunks: name, ruler: name, admin: name },
        s3: {
            region,
            ...(endpoint && { endpoint, s3ForcePathStyle: true, insecure: endpoint.startsWith("http:") }),
        },
    };
}

const days = (length: string): number => Math.ceil(seconds(length) / 86400);

export const loki: Definition<LokiArgs> = {
    title: "Loki",
    purpose: "Stores the logs of all pods, for search in Grafana.",
    homepage: "https://grafana.com/docs/loki/latest/",
    version: "3.7.6",
    charts: [{ name: "loki", version: "18.11.0", repository: "https://grafana-community.github.io/helm-charts" }],
    namespace: "loki",
    kubernetes: { min: "1.25", max: "1.36" },
    kubernetesSource: "https://github.com/grafana-community/helm-charts/blob/main/charts/loki/Chart.yaml",
    after: ["kubePrometheusStack"],
    upgrades: {
        notes: [
            "The chart has moved from grafana/helm-charts, where its version was 6.x; the chart `loki` there is now another product.",
            "Its volume outlives the add-on. To grow it, resize its claim and delete the StatefulSet with `--cascade=orphan` before the update.",
        ],
    },
    hooks: "A hook Job would delete the StatefulSet when the size of its volume changes; it is disabled, and so is a Helm test.",
    fields: {
        retention: duration,
        storage: bytes,
        storageClass: dnsSubdomain,
        bucket: object<LokiBucketArgs>({
            name: required(nonEmptyString, "name the bucket"),
            endpoint: address,
            region: nonEmptyString,
            existingSecret: dnsSubdomain,
        }),
        url: address,
    },
    values: (settings, context) => {
        const { bucket, storageClass } = settings;
        const { small } = context;
        const store = bucket ? "s3" : "filesystem";
        const size = settings.storage ?? (small ? undefined : bucket ? "10Gi" : "50Gi");
        const replicas = bucket && context.highlyAvailable ? 3 : 1;
        const off = { enabled: false };
        return {
            loki: {
                deploymentMode: "Monolithic",
                loki: {
                    // One tenant: who may see which logs is Grafana's business.
                    auth_enabled: false,
                    analytics: { reporting_enabled: false },
                    commonConfig: { replication_factor: replicas },
                    storage: storage(bucket),
                    schemaConfig: {
                        configs: [
                            {
                                from: "2024-04-01",
                                store: "tsdb",
                                object_store: store,
                                schema: "v13",
                                index: { prefix: "index_", period: "24h" },
                            },
                        ],
                    },
                    limits_config: {
                        retention_period: `${days(settings.retention ?? (small ? "1d" : "14d")) * 24}h`,
                    },
                    compactor: { retention_enabled: true, delete_request_store: store },
                },
                singleBinary: {
                    replicas,
                    ...(bucket?.existingSecret && { extraEnvFrom: [{ secretRef: { name: bucket.existingSecret } }] }),
                    resources: { requests: { cpu: small ? "50m" : "500m", memory: small ? "128Mi" : "1Gi" } },
                    persistence: {
                        enabled: size !== undefined,
                        ...(size && { size }),
                        ...(storageClass && { storageClass }),
                    },
                },
                // What large installations need: gigabytes of caches, a proxy, and pods that write test logs.
                chunksCache: off,
                resultsCache: off,
                gateway: off,
                lokiCanary: off,
                test: off,
                sidecar: { rules: off },
                monitoring: { serviceMonitor: { enabled: context.has("kubePrometheusStack") } },
            },
        };
    },
    outputs: ({ url }, { namespace }) => ({ url: url ?? `http://loki.${namespace}.svc:3100` }),
};
