import { bytes, dnsSubdomain, integer, matching, text } from "../../arguments/formats";
import { list, object, required } from "../../arguments/rules";
import type { Context, Definition, KubernetesObject, Values } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { controllerReplicas } from "./shared/controller-replicas";
import { disruptionBudgets } from "./shared/disruption-budgets";
import { copiedSecret, generatedSecret } from "./shared/generated-secret";

/** A PostgreSQL server of your own, for what MLflow knows of runs and models. */
export interface MlflowDatabaseArgs {
    /** The name or address of the server. Required. */
    host: string;
    /** Its port. Defaults to 5432. */
    port?: number;
    /** The database, which must exist. Defaults to "mlflow". */
    name?: string;
    /** A Secret in MLflow's namespace with the keys `username` and `password`. Required. */
    existingSecret: string;
}

/** A bucket of your own, for the files of runs and models. */
export interface MlflowArtifactsArgs {
    /** The bucket, which must exist. Required. */
    bucket: string;
    /** The folder in it. Defaults to the bucket itself. */
    path?: string;
    /** The address of an S3 API other than that of AWS, such as "https://s3.example.com". Defaults to that of AWS. */
    endpoint?: string;
    /** Its region. Defaults to "us-east-1". */
    region?: string;
    /**
     * A Secret in MLflow's namespace with the keys AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Defaults to none: its
     * service account has the right to the bucket, by what `values.serviceAccount.annotations` say.
     */
    existingSecret?: string;
}

/** Who may log in, as an OpenID Connect provider says. */
export interface MlflowOidcArgs {
    /** The address of the provider's discovery document, `https://…/.well-known/openid-configuration`. Required. */
    discoveryUrl: string;
    /** The client that MLflow is there. Required. */
    clientId: string;
    /** A Secret in MLflow's namespace with the key `OIDC_CLIENT_SECRET`. Required. */
    existingSecret: string;
    /** The groups whose members may log in. Defaults to "mlflow". */
    allowedGroups?: string[];
    /** The groups whose members may do all. Defaults to "mlflow-admin". */
    adminGroups?: string[];
}

/** The settings of MLflow. Its namespace defaults to "mlflow". */
export interface MlflowArgs extends PlatformAddonArgs {
    /** A PostgreSQL server of your own. Defaults to a cluster of CloudNativePG, which then comes along. */
    database?: MlflowDatabaseArgs;
    /** A bucket of your own. Defaults to one of SeaweedFS, which then comes along. */
    artifacts?: MlflowArtifactsArgs;
    /** The size of the volume of each pod of the database that comes along. Defaults to "10Gi", small: "2Gi". */
    databaseSize?: string;
    /** The storage class of those volumes. Defaults to the cluster's own. */
    storageClass?: string;
    /**
     * The names under which it is reached from outside, such as "mlflow.example.com": it refuses requests for others.
     * Those within the cluster always work. Defaults to none.
     */
    hostnames?: string[];
    /**
     * Logging in by OpenID Connect. Defaults to none: whoever reaches it may read and change all. A database of your own
     * then needs a second database "mlflow_oidc" of the same owner, for users and permissions.
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
    const { endpoint, region, secret } = context.outputsOf("seaweedfs");
    return { bucket, endpoint, region, existingSecret: secret };
}

/** By what names it may be asked for. Within the cluster a port may stand behind a name, and probes ask by address. */
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

/** The database, which is waited for until it answers. */
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

const needed = (what: string) => required(text, `give ${what}`);

export const mlflow: Definition<MlflowArgs> = {
    title: "MLflow",
    purpose: "Keeps track of experiments, and is a registry of models.",
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
            "The tables are migrated by an init container before a new version starts. There is no way back: make a " +
                "backup of the database first (https://mlflow.org/docs/latest/cli.html#mlflow-db-upgrade).",
            "When the add-on is removed, its database stays, and so does the bucket; delete the Cluster by hand. Backups " +
                "are yours to set up (https://cloudnative-pg.io/documentation/1.30/backup/).",
        ],
    },
    fields: {
        database: object<MlflowDatabaseArgs>({
            host: needed("the name or address of the server"),
            port: integer(1, 65535),
            name: text,
            existingSecret: needed("the name of a Secret with username and password"),
        }),
        artifacts: object<MlflowArtifactsArgs>({
            bucket: needed("the name of a bucket that exists"),
            path: text,
            endpoint: matching(/^https?:\/\/[^\s/]+$/, 'it must be an address such as "https://s3.example.com"'),
            region: text,
            existingSecret: text,
        }),
        databaseSize: bytes,
        storageClass: dnsSubdomain,
        hostnames: list(text),
        oidc: object<MlflowOidcArgs>({
            discoveryUrl: required(
                matching(/^https:\/\/\S+$/, "it must be an address that starts with https://"),
                "give the address of the provider's discovery document",
            ),
            clientId: needed("the client that MLflow is at the provider"),
            existingSecret: needed("the name of a Secret with the key OIDC_CLIENT_SECRET"),
            allowedGroups: list(text),
            adminGroups: list(text),
        }),
    },
    check: ({ database, databaseSize, storageClass }, problems) => {
        for (const [field, value] of Object.entries({ databaseSize, storageClass })) {
            if (database && value !== undefined) {
                problems.add(field, "has no effect with a database of your own; leave it out");
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
        // The chart makes up this one by itself, and anew each time it does not find it.
        ...generatedSecret({
            name: "mlflow-flask-server-secret-key",
            namespace: context.namespace,
            keys: ["MLFLOW_FLASK_SERVER_SECRET_KEY"],
        }),
        ...(settings.artifacts
            ? []
            : copiedSecret({
                  name: context.outputsOf("seaweedfs").secret!,
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
