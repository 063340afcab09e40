/** Valid and invalid sample values of every argument of every add-on. */
import { KyvernoAction } from "../../src/platform/addons/kyverno";
import type { AddonName } from "../../src/platform/catalog/names";

export interface Sample {
    /** Valid values. Together they set every field. */
    right: unknown[];
    /** Invalid values, in particular nearly valid ones. */
    wrong: unknown[];
    /** Other arguments that it requires. */
    together?: Record<string, unknown>;
}

/** The required arguments of an OAuth provider. */
const oauth = {
    clientId: "jupyterhub",
    existingSecret: "jupyterhub-oauth",
    authorizeUrl: "https://id.example.com/authorize",
    tokenUrl: "https://id.example.com/token",
    userdataUrl: "https://id.example.com/userinfo",
    redirectUrl: "https://hub.example.com/hub/oauth_callback",
};

/** By add-on and field. */
export const samples: Partial<Record<AddonName, Record<string, Sample>>> = {
    certManager: {
        selfSignedIssuer: { right: [true, false], wrong: ["yes", 1] },
        dnsResolvers: { right: [["1.1.1.1:53", "8.8.8.8:53"]], wrong: ["1.1.1.1:53", [53], [""]] },
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
    metricsServer: {
        insecureKubeletTls: { right: [true], wrong: ["yes"] },
        resolution: { right: ["30s"], wrong: ["5s", 15, "15 s"] },
    },
    kubePrometheusStack: {
        retention: { right: ["30d", "12h"], wrong: [30, "30 days", ""] },
        storage: { right: ["100Gi", "1Ti"], wrong: [100, "100 GB", "0"] },
        storageClass: { right: ["fast-ssd"], wrong: ["Fast SSD", 1] },
        memory: { right: ["8Gi"], wrong: ["8 GB", 8] },
        cluster: { right: ["production"], wrong: ["", 1] },
        controlPlane: { right: [true], wrong: ["yes"] },
        alertmanager: {
            right: [{}, { existingSecret: "alertmanager" }],
            wrong: ["alertmanager", { secret: "alertmanager" }, { existingSecret: "" }],
        },
        grafana: {
            right: [
                {},
                { enabled: false },
                { existingSecret: "grafana-admin", storage: "5Gi", url: "https://grafana.example.com" },
            ],
            wrong: [true, { adminPassword: "secret" }, { url: "grafana.example.com" }, { storage: 5 }, { enabled: 1 }],
        },
        prometheusUrl: { right: ["http://thanos-query.thanos.svc:9090"], wrong: ["thanos", 1] },
    },
    prometheusAdapter: {
        rules: {
            right: [
                [
                    { name: "queue_length", series: 'queue_length{namespace!="",pod!=""}' },
                    { name: "busy", series: "busy", query: "avg(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)" },
                ],
            ],
            wrong: [
                {},
                [{ name: "queue_length" }],
                [{ series: "queue_length" }],
                [{ name: "a", series: "b", as: "c" }],
            ],
        },
        allMetrics: { right: [true], wrong: ["yes"] },
    },
    loki: {
        retention: { right: ["30d", "36h"], wrong: [30, "30 days"] },
        storage: { right: ["100Gi"], wrong: [100, "100 GB"] },
        storageClass: { right: ["fast-ssd"], wrong: ["Fast SSD"] },
        bucket: {
            right: [
                { name: "logs" },
                {
                    name: "logs",
                    endpoint: "http://seaweedfs-s3.seaweedfs.svc:8333",
                    region: "eu-central-1",
                    existingSecret: "s3",
                },
            ],
            wrong: ["logs", {}, { name: "logs", endpoint: "seaweedfs:8333" }, { name: "logs", secretKey: "abc" }],
        },
        url: { right: ["https://loki.example.com"], wrong: ["loki", 1] },
    },
    alloy: {
        lokiUrl: { right: ["https://loki.example.com"], wrong: ["loki", 1] },
        excludedNamespaces: { right: [["kube-system", "monitoring"]], wrong: ["kube-system", ["Kube System"]] },
        cluster: { right: ["production"], wrong: ["", 1] },
    },
    opencost: {
        cluster: { right: ["production"], wrong: ["", 1] },
        prices: {
            right: [{ cpu: 0.02, memory: 0.003, gpu: 2.5, storage: 0.0001 }, {}],
            wrong: [1, { cpu: "0.02" }, { gpu: -1 }, { disk: 1 }],
        },
        ui: { right: [true, false], wrong: ["yes"] },
    },
    nodeFeatureDiscovery: {
        pciClasses: { right: [["03", "0302"]], wrong: ["03", ["3"], [3], ["gpu"]] },
    },
    gpuOperator: {
        driver: { right: [true, false], wrong: ["no"] },
        driverVersion: { right: ["580.95.05", "580.95"], wrong: ["latest", 580, "580.95.05-ubuntu24.04"] },
        toolkit: { right: [false], wrong: [0] },
        sharing: {
            right: [
                { mode: "time-slicing", replicas: 4 },
                { mode: "mps", replicas: 10, rename: true },
            ],
            wrong: [
                4,
                {},
                { mode: "time-slicing" },
                { replicas: 4 },
                { mode: "mig", replicas: 4 },
                { mode: "mps", replicas: 1 },
            ],
        },
        migStrategy: { right: ["single", "mixed", "none"], wrong: ["all", true] },
        migConfig: { right: ["all-1g.10gb", "all-disabled"], wrong: ["All 1g", 1] },
    },
    nvidiaDevicePlugin: {
        sharing: {
            right: [
                { mode: "time-slicing", replicas: 4 },
                { mode: "mps", replicas: 10, rename: true },
            ],
            wrong: [4, {}, { mode: "time-slicing" }, { mode: "mps", replicas: 2.5 }],
        },
        migStrategy: { right: ["single", "mixed", "none"], wrong: ["all"] },
        runtimeClass: { right: ["nvidia"], wrong: ["NVIDIA", true] },
    },
    nvidiaDraDriver: {
        gpus: { right: [true], wrong: ["no", false] },
        computeDomains: { right: [true, false], wrong: ["yes"] },
        driverRoot: { right: ["/run/nvidia/driver"], wrong: ["run/nvidia", 1] },
        webhook: { right: [true], wrong: ["yes"] },
    },
    dcgmExporter: {
        runtimeClass: { right: ["nvidia"], wrong: ["NVIDIA"] },
        podLabels: { right: [true], wrong: ["yes"] },
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
    kaiScheduler: {
        placement: { right: ["binpack", "spread"], wrong: ["BinPack", true] },
        gpuSharing: { right: [true, false], wrong: ["yes"] },
        clusterAutoscaling: { right: [true, false], wrong: ["yes"] },
    },
    volcano: { colocation: { right: [true, false], wrong: ["yes"] } },
    jobset: { memoryLimit: { right: ["1Gi"], wrong: ["1GB", 1] } },
    leaderWorkerSet: {
        disaggregatedSets: { right: [true, false], wrong: ["yes"] },
        volcano: { right: [true, false], wrong: ["yes"] },
    },
    kubeflowTrainer: {
        runtimes: { right: [["torch-distributed"], []], wrong: ["torch-distributed", ["torch"]] },
    },
    kuberay: {
        namespaces: { right: [["ray"]], wrong: ["ray", ["Ray"]] },
        batchScheduler: { right: ["kai-scheduler", "volcano"], wrong: ["kueue", true] },
        concurrency: { right: [4], wrong: [0, "4"] },
    },
    argoWorkflows: {
        namespaces: { right: [["ml", "pipelines"]], wrong: ["ml", ["ML"]] },
        parallelism: { right: [50], wrong: [0, "50"] },
        retention: { right: ["30d"], wrong: ["30 days", 30] },
        artifacts: {
            right: [
                { bucket: "artifacts", endpoint: "s3.amazonaws.com" },
                {
                    bucket: "artifacts",
                    endpoint: "seaweedfs-s3.seaweedfs:8333",
                    region: "us-east-1",
                    existingSecret: "s3",
                    insecure: true,
                    logs: true,
                },
            ],
            wrong: ["artifacts", { bucket: "artifacts" }, { endpoint: "s3" }, { bucket: "a", endpoint: "b", key: "c" }],
        },
        server: { right: [true, false], wrong: ["yes"] },
        oidc: {
            right: [
                {
                    issuer: "https://id.example.com",
                    existingSecret: "argo-sso",
                    redirectUrl: "https://argo.example.com/oauth2/callback",
                },
                {
                    issuer: "https://id.example.com",
                    existingSecret: "argo-sso",
                    redirectUrl: "https://argo.example.com/oauth2/callback",
                    scopes: ["groups"],
                },
            ],
            wrong: [true, {}, { issuer: "https://id.example.com", existingSecret: "argo-sso" }],
        },
    },
    keda: {
        namespaces: { right: [["ml"]], wrong: ["ml", ["ML"]] },
        serviceAccountAnnotations: {
            right: [{ "eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/keda" }],
            wrong: ["role", { role: 1 }],
        },
    },
    gatewayApi: {},
    envoyGateway: {
        gatewayClass: { right: ["public"], wrong: ["Public"] },
        service: { right: ["LoadBalancer", "NodePort", "ClusterIP"], wrong: ["ExternalName"] },
        serviceAnnotations: {
            right: [{ "service.beta.kubernetes.io/aws-load-balancer-type": "external" }],
            wrong: ["external", { type: true }],
        },
        proxies: { right: [2], wrong: [0, "2"] },
    },
    inferenceExtension: {},
    kserve: {
        mode: { right: ["Standard", "Knative"], wrong: ["Serverless"] },
        gateway: {
            right: ["gateways/models"],
            wrong: ["models", "a/b/c"],
            together: { domain: "ml.example.com" },
        },
        domain: { right: ["ml.example.com"], wrong: ["", 1], together: { gateway: "gateways/models" } },
        tls: {
            right: [true, false],
            wrong: ["yes"],
            together: { gateway: "gateways/models", domain: "ml.example.com" },
        },
        runtimes: { right: [true, false], wrong: ["all"] },
        llm: { right: [true, false], wrong: ["yes"] },
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
        hostnames: { right: [["mlflow.example.com"]], wrong: ["mlflow.example.com", [""]] },
        oidc: {
            right: [
                {
                    discoveryUrl: "https://id.example.com/.well-known/openid-configuration",
                    clientId: "mlflow",
                    existingSecret: "mlflow-oidc",
                    allowedGroups: ["scientists"],
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
            wrong: [{}, "https://id.example.com", { ...oauth, tokenUrl: "id.example.com" }, { ...oauth, x: 1 }],
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
