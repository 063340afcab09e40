import { bytes, dnsSubdomain, integer, matching, nonEmptyString } from "../../arguments/formats";
import { list, object, required } from "../../arguments/rules";
import type { Context, Definition, KubernetesObject, Values } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { controllerReplicas } from "./shared/controller-replicas";
import { disruptionBudgets } from "./shared/disruption-budgets";
import { copiedSecret, generatedSecret } from "./shared/generated-secret";

/** An existing PostgreSQL database, for the metadata of runs and models. */
export interface MlflowDatabaseArgs {
    /** The host name or IP address of the server. Required. */
    host: string;
    /** Its port. Defaults to 5432. */
    port?: number;
    /** The name of the database, which must exist. Defaults to "mlflow". */
    name?: string;
    /** The name of a Secret in MLflow's namespace with the keys `username` and `password`. Required. */
    existingSecret: string;
}

/** An existing bucket, for the artifacts of runs and models. */
export interface MlflowArtifactsArgs {
    /** The name of the bucket, which must exist. Required. */
    bucket: string;
    /** The path in it. Defaults to the root of the bucket. */
    path?: string;
    /** The endpoint URL of an S3 API, such as "https://s3.example.com". Defaults to AWS. */
    endpoint?: string;
    /** Its region. Defaults to "us-east-1". */
    region?: string;
    /**
     * The name of a Secret in MLflow's namespace with the keys AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Defaults to
     * none: its service account has access to the bucket, through `values.serviceAccount.annotations`.
     */
    existingSecret?: string;
}

/** Login through an OpenID Connect provider. */
export interface MlflowOidcArgs {
    /** The URL of the provider's discovery document, `https://…/.well-known/openid-configuration`. Required. */
    discoveryUrl: string;
    /** The client ID of MLflow at the provider. Required. */
    clientId: string;
    /** The name of a Secret in MLflow's namespace with the key `OIDC_CLIENT_SECRET`. Required. */
    existingSecret: string;
    /** The groups whose members may log in. Defaults to "mlflow". */
    allowedGroups?: string[];
    /** The groups whose members are administrators. Defaults to "mlflow-admin". */
    adminGroups?: string[];
}

/** The arguments of MLflow. Its namespace defaults to "mlflow". */
export interface MlflowArgs extends PlatformAddonArgs {
    /** An existing PostgreSQL database. Defaults to a Cluster of CloudNativePG, which is then installed as well. */
    database?: MlflowDatabaseArgs;
    /** An existing bucket. Defaults to a bucket of SeaweedFS, which is then installed as well. */
    artifacts?: MlflowArtifactsArgs;
    /**
     * The size of the volume of each pod of the CloudNativePG database. Defaults to "10Gi", with a small footprint to
     * "2Gi".
     */
    databaseSize?: string;
    /** The storage class of those volumes. Defaults to the cluster's own. */
    storageClass?: string;
    /**
     * The host names under which it is reached from outside the cluster, such as "mlflow.example.com". Requests for
     * other host names are refused; those inside the cluster always work. Defaults to none.
     */
    hostnames?: string[];
    /**
     * Login through OpenID Connect. Defaults to none: anyone who reaches it can read and change everything. With
     * `database`, it needs a second database "mlflow_oidc" of the same owner, for users and permissions.
     */
    oidc?: MlflowOidcArgs;
}

const cluster = "mlflow-db";
const bucket = "mlflow";
const oidcDatabase = "mlflow_oidc";
const metricsDirectory = "/mlflow/metrics";
const accessKeys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

interface Server {
    host: string;
    port: number;
    name: string;
    secret: string;
}

const serverOf = ({ database }: MlflowArgs): Server =>
    database
        ? {
              host: database.host,
              port: database.port ?? 5432,
              name: database.name ?? "mlflow",
              secret: database.existingSecret,
          }
        : { host: `${cluster}-rw`, port: 5432, name: "mlflow", secret: `${cluster}-app` };

function artifactsOf({ artifacts }: MlflowArgs, context: Context): MlflowArtifactsArgs {
    if (artifacts) {
        return artifacts;
    }
    const output = (name: string): string => context.outputOf("seaweedfs", name);
    return { bucket, endpoint: output("endpoint"), region: output("region"), existingSecret: output("secret") };
}

/**
 * Returns the allowed values of the Host header. Inside the cluster, a port may follow the name, and probes use the IP
 * address of the pod.
 */
function allowedHosts({ hostnames = [] }: MlflowArgs, { namespace }: Context): string[] {
    const names = ["mlflow", `mlflow.${namespace}`, `mlflow.${namespace}.svc`, `mlflow.${namespace}.svc.cluster.local`];
    const addresses = ["10.*", "192.168.*", ...Array.from({ length: 16 }, (_, index) => `172.${16 + index}.*`)];
    return [...[...names, "localhost", "127.0.0.1"].flatMap((name) => [name, `${name}:*`]), ...addresses, ...hostnames];
}

function oidcValues(settings: MlflowArgs): Values {
    const { oidc } = settings;
    if (oidc === undefined) {
        return {};
    }
    const { host, port, secret } = serverOf(settings);
    return {
        oidcAuth: {
            enabled: true,
            discoveryUrl: oidc.discoveryUrl,
            clientId: oidc.clientId,
            existingSecret: { name: oidc.existingSecret },
            ...(oidc.allowedGroups && { groupName: oidc.allowedGroups }),
            ...(oidc.adminGroups && { adminGroupName: oidc.adminGroups }),
            database: {
                postgres: {
                    enabled: true,
                    host,
                    port,
                    database: oidcDatabase,
                    existingSecret: { name: secret, usernameKey: "username", passwordKey: "password" },
                },
            },
        },
    };
}

/** Returns the database; Pulumi waits until it is ready. */
function databaseObjects(settings: MlflowArgs, context: Context): KubernetesObject[] {
    if (settings.database) {
        return [];
    }
    const { namespace } = context;
    const apiVersion = "postgresql.cnpg.io/v1";
    const objects: KubernetesObject[] = [
        {
            apiVersion,
            kind: "Cluster",
            metadata: {
                name: cluster,
                namespace,
                // The database outlives the add-on.
                annotations: { "pulumi.com/waitFor": "condition=Ready", "helm.sh/resource-policy": "keep" },
            },
            spec: {
                instances: controllerReplicas(context),
                bootstrap: { initdb: { database: "mlflow", owner: "mlflow" } },
                storage: {
                    size: settings.databaseSize ?? (context.small ? "2Gi" : "10Gi"),
                    ...(settings.storageClass && { storageClass: settings.storageClass }),
                },
                resources: {
                    requests: context.small ? { cpu: "50m", memory: "256Mi" } : { cpu: "250m", memory: "1Gi" },
                    limits: { memory: context.small ? "512Mi" : "1Gi" },
                },
                monitoring: { enablePodMonitor: context.has("kubePrometheusStack") },
            },
        },
    ];
    if (settings.oidc) {
        objects.push({
            apiVersion,
            kind: "Database",
            metadata: {
                name: "mlflow-oidc",
                namespace,
                annotations: { "pulumi.com/waitFor": "jsonpath={.status.applied}=true" },
            },
            spec: { name: oidcDatabase, owner: "mlflow", cluster: { name: cluster }, databaseReclaimPolicy: "retain" },
        });
    }
    return objects;
}

const needed = (what: string) => required(nonEmptyString, `give ${what}`);

export const mlflow: Definition<MlflowArgs> = {
    title: "MLflow",
    purpose: "Tracks experiments, and provides a model registry.",
    homepage: "https://mlflow.org/docs/latest/",
    version: "3.15.1",
    charts: [{ name: "mlflow", version: "1.11.5", repository: "https://community-charts.github.io/helm-charts" }],
    namespace: "mlflow",
    kubernetes: { min: "1.31", max: "1.36" },
    kubernetesSource: "https://github.com/community-charts/helm-charts (1.16 or newer)",
    requires: ({ database, artifacts }) => [
        "externalSecrets",
        ...(database ? [] : (["cloudnativePg"] as const)),
        ...(artifacts ? [] : (["seaweedfs"] as const)),
    ],
    after: ["kubePrometheusStack"],
    upgrades: {
        notes: [
            "The tables are migrated by an init container before a new version starts. It cannot be downgraded: back up " +
                "the database first (https://mlflow.org/docs/latest/cli.html#mlflow-db-upgrade).",
            "When the add-on is removed, its database and its bucket stay; delete the Cluster by hand. Set up " +
                "backups yourself (https://cloudnative-pg.io/documentation/1.30/backup/).",
        ],
    },
    fields: {
        database: object<MlflowDatabaseArgs>({
            host: needed("the host name or IP address of the server"),
            port: integer(1, 65535),
            name: nonEmptyString,
            existingSecret: needed("the name of a Secret with username and password"),
        }),
        artifacts: object<MlflowArtifactsArgs>({
            bucket: needed("the name of a bucket that exists"),
            path: nonEmptyString,
            endpoint: matching(/^https?:\/\/[^\s/]+$/, 'it must be a URL such as "https://s3.example.com"'),
            region: nonEmptyString,
            existingSecret: nonEmptyString,
        }),
        databaseSize: bytes,
        storageClass: dnsSubdomain,
        hostnames: list(nonEmptyString),
        oidc: object<MlflowOidcArgs>({
            discoveryUrl: required(
                matching(/^https:\/\/\S+$/, "it must be a URL that starts with https://"),
                "give the URL of the provider's discovery document",
            ),
            clientId: needed("the client ID of MLflow at the provider"),
            existingSecret: needed("the name of a Secret with the key OIDC_CLIENT_SECRET"),
            allowedGroups: list(nonEmptyString),
            adminGroups: list(nonEmptyString),
        }),
    },
    check: ({ database, databaseSize, storageClass }, problems) => {
        for (const [field, value] of Object.entries({ databaseSize, storageClass })) {
            if (database && value !== undefined) {
                problems.add(field, "has no effect with database; remove it");
            }
        }
    },
    values: (settings, context) => {
        const { host, port, name, secret } = serverOf(settings);
        const artifacts = artifactsOf(settings, context);
        const isWatched = context.has("kubePrometheusStack");
        const volume = { name: "metrics", emptyDir: {} };
        return {
            mlflow: {
                replicaCount: controllerReplicas(context),
                serviceAccount: { automount: false },
                podSecurityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
                backendStore: {
                    databaseMigration: true,
                    databaseConnectionCheck: true,
                    postgres: { enabled: true, host, port, database: name },
                    existingDatabaseSecret: { name: secret, usernameKey: "username", passwordKey: "password" },
                },
                artifactRoot: {
                    proxiedArtifactStorage: true,
                    s3: {
                        enabled: true,
                        bucket: artifacts.bucket,
                        ...(artifacts.path && { path: artifacts.path }),
                        ...(artifacts.existingSecret && { existingSecret: { name: artifacts.existingSecret } }),
                    },
                },
                extraEnvVars: {
                    AWS_DEFAULT_REGION: artifacts.region ?? "us-east-1",
                    ...(artifacts.endpoint && { MLFLOW_S3_ENDPOINT_URL: artifacts.endpoint }),
                },
                serverAllowedHosts: allowedHosts(settings, context),
                resources: {
                    requests: context.small ? { cpu: "50m", memory: "512Mi" } : { cpu: "250m", memory: "1Gi" },
                    limits: { memory: context.small ? "1Gi" : "2Gi" },
                },
                ...oidcValues(settings),
                ...(isWatched && {
                    extraArgs: { exposePrometheus: metricsDirectory },
                    extraVolumes: [volume],
                    extraVolumeMounts: [{ name: volume.name, mountPath: metricsDirectory }],
                }),
            },
        };
    },
    objectsBefore: (settings, context) => [
        // The chart would generate it itself, again each time it does not find it.
        ...generatedSecret({
            name: "mlflow-flask-server-secret-key",
            namespace: context.namespace,
            keys: ["MLFLOW_FLASK_SERVER_SECRET_KEY"],
        }),
        ...(settings.artifacts
            ? []
            : copiedSecret({
                  name: context.outputOf("seaweedfs", "secret"),
                  namespace: context.namespace,
                  from: context.namespaceOf("seaweedfs"),
                  keys: accessKeys,
              })),
        ...databaseObjects(settings, context),
    ],
    objects: (_settings, context) => {
        const labels = { "app.kubernetes.io/name": "mlflow", "app.kubernetes.io/instance": "mlflow" };
        const monitor: KubernetesObject = {
            apiVersion: "monitoring.coreos.com/v1",
            kind: "ServiceMonitor",
            metadata: { name: "mlflow", namespace: context.namespace },
            spec: { selector: { matchLabels: labels }, endpoints: [{ port: "http", path: "/metrics" }] },
        };
        return [
            ...disruptionBudgets(context, "mlflow", labels),
            ...(context.has("kubePrometheusStack") ? [monitor] : []),
        ];
    },
    outputs: (_settings, { namespace }) => ({ url: `http://mlflow.${namespace}.svc.cluster.local` }),
};
