/** Sample values of every setting of every add-on, right ones and wrong ones. */
import { KyvernoAction } from "../../src/platform/addons/kyverno";
import type { AddonName } from "../../src/platform/names";

export interface Sample {
    /** Values that it takes. Between them they have every field that there is. */
    right: unknown[];
    /** Values that are refused with an error line, the nearly right ones first of all. */
    wrong: unknown[];
    /** Other settings without which it makes no sense. */
    together?: Record<string, unknown>;
}

/** The least that an OAuth provider can be told by. */
const oauth = {
    clientId: "jupyterhub",
    existingSecret: "jupyterhub-oauth",
    authorizeUrl: "https://id.example.com/authorize",
    tokenUrl: "https://id.example.com/token",
    userdataUrl: "https://id.example.com/userinfo",
    callbackUrl: "https://hub.example.com/hub/oauth_callback",
};

/** By add-on and field. */
export const samples: Partial<Record<AddonName, Record<string, Sample>>> = {
    certManager: {
        selfSignedIssuer: { right: [true, false], wrong: ["yes", 1] },
        dnsResolvers: { right: [["1.1.1.1:53", "8.8.8.8:53"]], wrong: ["1.1.1.1:53", [53], [""]] },
    },
    kueue: {
        frameworks: {
            right: [["batch/job"], ["pod", "deployment"]],
            wrong: ["batch/job", ["job"], ["deployment"]],
        },
        manageJobsWithoutQueue: { right: [true], wrong: ["true"] },
        fairSharing: { right: [true], wrong: [{}] },
        waitForPodsReady: {
            right: [{}, { timeout: "10m", blockAdmission: true }],
            wrong: [true, { timeout: 300 }, { timeout: "5 minutes" }, { blockAdmission: "yes" }, { recovery: "1m" }],
        },
    },
    externalSecrets: {
        concurrency: { right: [10], wrong: [0, 1.5, "10"] },
        serviceAccountAnnotations: {
            right: [{ "eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/secrets" }],
            wrong: ["arn:aws:iam::1:role/secrets", { role: 1 }],
        },
    },
    kyverno: {
        excludedNamespaces: { right: [["ops"]], wrong: ["ops", ["Ops"], [1]] },
        allowedRegistries: { right: [["registry.example.com/", "ghcr.io/team/"]], wrong: ["ghcr.io/", [""]] },
        action: {
            right: [KyvernoAction.Deny, KyvernoAction.Audit],
            wrong: ["deny", "Enforce", true],
            together: { allowedRegistries: ["registry.example.com/"] },
        },
        exceptionNamespace: { right: ["exceptions"], wrong: ["*", "Exceptions", 1] },
    },
    cloudnativePg: {
        postgresImage: { right: ["registry.example.com/postgresql:18"], wrong: ["", 18] },
        inheritedLabels: { right: [["team", "app.kubernetes.io/*"]], wrong: ["team", [1]] },
        inheritedAnnotations: { right: [["owner"]], wrong: ["owner", [""]] },
    },
    seaweedfs: {
        size: { right: ["500Gi"], wrong: ["500 GB", 500, "0"] },
        storageClass: { right: ["fast"], wrong: ["Fast", ""] },
        volumeServers: { right: [4], wrong: [0, "4", 1.5] },
        replication: { right: ["000", "001", "010"], wrong: ["1", "003", 1] },
        buckets: { right: [["models", "data.raw"]], wrong: ["models", ["Models"], ["a"]] },
        existingSecret: { right: ["s3-identities"], wrong: ["", {}] },
    },
    mlflow: {
        database: {
            right: [
                { host: "db.example.com", existingSecret: "mlflow-db" },
                { host: "db.example.com", port: 5433, name: "tracking", existingSecret: "mlflow-db" },
            ],
            wrong: [
                "db.example.com",
                { host: "db.example.com" },
                { existingSecret: "mlflow-db" },
                { host: "db", existingSecret: "s", port: "5432" },
                { host: "db", existingSecret: "s", password: "secret" },
            ],
        },
        artifacts: {
            right: [
                { bucket: "models" },
                {
                    bucket: "models",
                    path: "mlflow",
                    endpoint: "https://s3.example.com",
                    region: "eu-central-1",
                    existingSecret: "s3",
                },
            ],
            wrong: ["models", {}, { bucket: "models", endpoint: "s3.example.com" }, { bucket: "m", region: 1 }],
        },
        databaseSize: { right: ["50Gi"], wrong: ["50GB", 50] },
        storageClass: { right: ["fast"], wrong: ["Fast"] },
        hosts: { right: [["mlflow.example.com"]], wrong: ["mlflow.example.com", [""]] },
        oidc: {
            right: [
                {
                    discoveryUrl: "https://id.example.com/.well-known/openid-configuration",
                    clientId: "mlflow",
                    existingSecret: "mlflow-oidc",
                    groups: ["scientists"],
                    adminGroups: ["ml-platform"],
                },
            ],
            wrong: [
                true,
                { clientId: "mlflow", existingSecret: "mlflow-oidc" },
                { discoveryUrl: "http://id.example.com", clientId: "mlflow", existingSecret: "mlflow-oidc" },
                { discoveryUrl: "https://id", clientId: "a", existingSecret: "b", clientSecret: "c" },
            ],
        },
    },
    jupyterhub: {
        oidc: {
            right: [
                oauth,
                { ...oauth, usernameClaim: "email", allowedGroups: ["scientists"], adminGroups: ["ml-platform"] },
            ],
            wrong: [{}, "https://id.example.com", { ...oauth, tokenUrl: "http://id.example.com" }, { ...oauth, x: 1 }],
        },
        trialUsers: { right: [["ada"]], wrong: ["ada", [1]] },
        image: {
            right: ["quay.io/jupyter/scipy-notebook:2025-06-30", "localhost:5000/notebook:v1"],
            wrong: ["quay.io/jupyter/scipy-notebook", "a b:c", 1],
        },
        cpu: { right: ["2", "500m"], wrong: [2, "two"] },
        memory: { right: ["8Gi", "1500M"], wrong: ["8GB", 8] },
        profiles: {
            right: [
                [{ name: "Small" }],
                [
                    {
                        name: "GPU",
                        description: "One GPU",
                        image: "registry.example.com/gpu:1",
                        cpu: "8",
                        memory: "64Gi",
                        gpus: 1,
                    },
                ],
            ],
            wrong: [
                { name: "Small" },
                [{}],
                [{ name: "GPU", gpus: 0 }],
                [{ name: "GPU", image: "gpu" }],
                [{ title: "x" }],
            ],
        },
        homeSize: { right: ["50Gi"], wrong: ["50GB"] },
        storageClass: { right: ["fast"], wrong: ["Fast"] },
        idleTimeout: { right: ["8h"], wrong: ["8 hours", 3600] },
        queue: { right: ["notebooks"], wrong: ["Notebooks", 1] },
        route: {
            right: [
                { gateway: "public", hostnames: ["hub.example.com"] },
                { gateway: "public", gatewayNamespace: "gateways", hostnames: ["hub.example.com"] },
            ],
            wrong: [{ gateway: "public" }, { hostnames: ["hub.example.com"] }, { gateway: "a", hostnames: "b" }],
        },
    },
};
