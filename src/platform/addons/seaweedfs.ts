import { bytes, dnsSubdomain, integer, matching, nonEmptyString } from "../../arguments/formats";
import { hashOf } from "../../arguments/hash";
import { list } from "../../arguments/rules";
import type { Context, Definition, KubernetesObject } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { generatedSecret } from "./shared/generated-secret";

/** The arguments of SeaweedFS. Its namespace defaults to "seaweedfs". */
export interface SeaweedfsArgs extends PlatformAddonArgs {
    /**
     * The size of the volume of each volume server. Defaults to "100Gi", with a small footprint to no volume: the data
     * is lost with the pod. It applies to new volumes; grow existing ones by hand.
     */
    size?: string;
    /** The storage class of all its volumes. Defaults to the cluster's own. */
    storageClass?: string;
    /** The number of volume servers, each on its own node. Defaults to 1, with high availability to 3. */
    volumeServers?: number;
    /**
     * The number of additional copies of each file: a digit each for other data centers, other racks and other servers.
     * Defaults to "000", with high availability to "001". Existing files keep their copies.
     */
    replication?: string;
    /** Buckets to create if they do not exist. They are never deleted. Defaults to the bucket that MLflow needs. */
    buckets?: string[];
    /**
     * The name of a Secret in its namespace with the key `seaweedfs_s3_config`, identities in the format of SeaweedFS,
     * and the keys AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of an identity with all permissions. Defaults to a
     * generated Secret.
     */
    existingSecret?: string;
}

const version = "4.44";
const release = "seaweedfs";
const region = "us-east-1";
const s3Port = 8333;
const metricsPort = 9327;

/** The user of the image; the chart would run as root. */
const podSecurityContext = {
    runAsNonRoot: true,
    runAsUser: 1000,
    runAsGroup: 1000,
    fsGroup: 1000,
    fsGroupChangePolicy: "OnRootMismatch",
    seccompProfile: { type: "RuntimeDefault" },
};
const containerSecurityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
const secure = {
    podSecurityContext: { enabled: true, ...podSecurityContext },
    containerSecurityContext: { enabled: true, ...containerSecurityContext },
};

const secretOf = ({ existingSecret }: SeaweedfsArgs): string => existingSecret ?? "seaweedfs-s3";

const serversOf = ({ volumeServers }: SeaweedfsArgs, { highlyAvailable }: Context): number =>
    volumeServers ?? (highlyAvailable ? 3 : 1);

/** Each copy needs its own server, so there is no copy if there is only one server. */
function replicationOf(settings: SeaweedfsArgs, context: Context): string {
    return settings.replication ?? (context.highlyAvailable && serversOf(settings, context) > 1 ? "001" : "000");
}

const copies = (replication: string): number => [...replication].reduce((sum, digit) => sum + Number(digit), 1);

function bucketsOf({ buckets = [] }: SeaweedfsArgs, context: Context): string[] {
    return [...new Set([...buckets, ...(context.has("mlflow") ? ["mlflow"] : [])])].sort();
}

/** Returns the values of a volume: a claim, or without a size a directory of the pod. */
function storage({ size, storageClass }: SeaweedfsArgs, context: Context, own: string): Record<string, string> {
    return context.small && size === undefined
        ? { type: "emptyDir" }
        : { type: "persistentVolumeClaim", size: own, ...(storageClass && { storageClass }) };
}

/** Returns the objects that create missing buckets, in place of the chart's hook. */
function bucketJob(settings: SeaweedfsArgs, context: Context): KubernetesObject[] {
    const buckets = bucketsOf(settings, context);
    if (buckets.length === 0) {
        return [];
    }
    const labels = {
        "app.kubernetes.io/name": "seaweedfs",
        "app.kubernetes.io/instance": release,
        "app.kubernetes.io/component": "buckets",
    };
    const script = [
        'shell() { echo "$1" | weed shell -master=$MASTER -filer=$FILER; }',
        "for bucket in $BUCKETS; do",
        '  if ! shell s3.bucket.list | grep -qE "^ *$bucket([^a-z0-9.-]|$)"; then',
        '    shell "s3.bucket.create -name $bucket"',
        '    shell s3.bucket.list | grep -qE "^ *$bucket([^a-z0-9.-]|$)"',
        "  fi",
        "done",
    ].join("\n");
    const spec = {
        backoffLimit: 10,
        template: {
            metadata: { labels },
            spec: {
                restartPolicy: "Never",
                automountServiceAccountToken: false,
                securityContext: podSecurityContext,
                containers: [
                    {
                        name: "buckets",
                        image: `chrislusf/seaweedfs:${version}`,
                        command: ["/bin/sh", "-ec", script],
                        env: [
                            { name: "MASTER", value: `${release}-master.${context.namespace}:9333` },
                            { name: "FILER", value: `${release}-filer.${context.namespace}:8888` },
                            { name: "BUCKETS", value: buckets.join(" ") },
                            { name: "HOME", value: "/tmp" },
                        ],
                        resources: { requests: { cpu: "10m", memory: "32Mi" } },
                        securityContext: containerSecurityContext,
                    },
                ],
            },
        },
    };
    return [
        {
            apiVersion: "batch/v1",
            kind: "Job",
            metadata: { name: `seaweedfs-buckets-${hashOf(spec)}`, namespace: context.namespace, labels },
            spec,
        },
    ];
}

export const seaweedfs: Definition<SeaweedfsArgs> = {
    title: "SeaweedFS",
    purpose: "Object storage with an S3 API, inside the cluster.",
    homepage: "https://github.com/seaweedfs/seaweedfs/wiki",
    version,
    charts: [
        {
            name: "seaweedfs",
            version: "4.44.0",
            repository: "https://seaweedfs.github.io/seaweedfs/helm",
            release,
        },
    ],
    namespace: "seaweedfs",
    kubernetes: { min: "1.31", max: "1.36" },
    kubernetesSource: "https://github.com/seaweedfs/seaweedfs (not stated in its chart)",
    requires: ({ existingSecret }) => (existingSecret === undefined ? ["externalSecrets"] : []),
    after: ["kubePrometheusStack"],
    upgrades: {
        notes: [
            "Volume sizes are part of StatefulSets, which are replaced when they change; claims and data stay. " +
                "Grow a claim with kubectl, since the Job of the chart that would do it is a hook.",
            "The keys of the S3 API are generated once. To rotate them, delete the Secret and its ExternalSecret, run `up` and " +
                "restart the filers, which read it when they start.",
        ],
    },
    hooks:
        "Jobs create buckets and grow volumes. A Job of the platform creates the buckets; grow volumes by hand, see the " +
        "upgrade notes.",
    fields: {
        size: bytes,
        storageClass: dnsSubdomain,
        volumeServers: integer(1, 100),
        replication: matching(/^[0-2]{3}$/, 'it must be three digits from 0 to 2, for example "001"'),
        buckets: list(
            matching(
                /^[a-z0-9]([-a-z0-9.]{1,61}[a-z0-9])$/,
                "it must be 3 to 63 lowercase letters, digits, hyphens and dots, and start and end with a letter or digit",
            ),
        ),
        existingSecret: nonEmptyString,
    },
    check: ({ replication, volumeServers }, problems) => {
        if (
            typeof replication === "string" &&
            typeof volumeServers === "number" &&
            copies(replication) > volumeServers
        ) {
            problems.add(
                "replication",
                `is "${replication}", which needs ${copies(replication)} volume servers, but there are ` +
                    `${volumeServers}; increase volumeServers or use fewer copies`,
            );
        }
    },
    values: (settings, context) => {
        const { size = "100Gi" } = settings;
        const resources = context.small && { resources: { requests: { cpu: "10m", memory: "64Mi" } } };
        const common = { ...secure, ...resources };
        const replication = replicationOf(settings, context);
        const isWatched = context.has("kubePrometheusStack");
        return {
            seaweedfs: {
                global: {
                    seaweedfs: {
                        createClusterRole: false,
                        automountServiceAccountToken: false,
                        enableReplication: true,
                        replicationPlacement: replication,
                        ...(isWatched && { monitoring: { enabled: true } }),
                    },
                },
                master: {
                    replicas: context.highlyAvailable ? 3 : 1,
                    data: storage(settings, context, "1Gi"),
                    logs: { type: "emptyDir" },
                    ...common,
                },
                volume: {
                    replicas: serversOf(settings, context),
                    dataDirs: [{ name: "data", maxVolumes: 0, ...storage(settings, context, size) }],
                    resizeHook: { enabled: false },
                    ...common,
                },
                filer: {
                    replicas: context.highlyAvailable ? 2 : 1,
                    data: storage(settings, context, "10Gi"),
                    logs: { type: "emptyDir" },
                    s3: { enabled: true, port: s3Port },
                    // The chart would look up the Secret to restart the filer with it, which would be a diff each time.
                    extraArgs: ["-s3.config=/etc/seaweedfs-s3/seaweedfs_s3_config"],
                    extraVolumes: JSON.stringify([{ name: "s3-config", secret: { secretName: secretOf(settings) } }]),
                    extraVolumeMounts: JSON.stringify([
                        { name: "s3-config", mountPath: "/etc/seaweedfs-s3", readOnly: true },
                    ]),
                    ...common,
                },
                // Masters, filers and volume servers do not authenticate clients: only the S3 API is exposed.
                networkPolicy: {
                    enabled: true,
                    extraIngress: isWatched ? [{ ports: [{ protocol: "TCP", port: metricsPort }] }] : [],
                    components: { filer: { extraIngress: [{ ports: [{ protocol: "TCP", port: s3Port }] }] } },
                },
            },
        };
    },
    objectsBefore: (settings, { namespace }) =>
        settings.existingSecret === undefined
            ? generatedSecret({
                  name: secretOf(settings),
                  namespace,
                  keys: ["access", "secret"],
                  template: {
                      AWS_ACCESS_KEY_ID: "{{ .access }}",
                      AWS_SECRET_ACCESS_KEY: "{{ .secret }}",
                      seaweedfs_s3_config:
                          '{"identities":[{"name":"platform","credentials":[{"accessKey":"{{ .access }}",' +
                          '"secretKey":"{{ .secret }}"}],"actions":["Admin","Read","Write","List","Tagging"]}]}',
                  },
              })
            : [],
    objects: bucketJob,
    outputs: (settings, { namespace }) => ({
        endpoint: `http://${release}-s3.${namespace}.svc.cluster.local:${s3Port}`,
        region,
        secret: secretOf(settings),
    }),
};
