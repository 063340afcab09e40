import { duration, seconds } from "../../arguments/duration";
import { dnsLabel, dnsSubdomain, integer, nonEmptyString, boolean } from "../../arguments/formats";
import { list, object, required } from "../../arguments/rules";
import type { Definition, Values } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { serviceMonitors } from "../monitoring/service-monitors";
import { controllerReplicas } from "./shared/controller-replicas";

/** The bucket for the artifacts of workflows. */
export interface ArgoArtifactsArgs {
    /** The name of the bucket. */
    bucket: string;
    /** The host of the S3 service, with its port if it has one, such as "s3.amazonaws.com". */
    endpoint: string;
    /** The region of the bucket. Defaults to none. */
    region?: string;
    /**
     * The name of a Secret with the keys `accesskey` and `secretkey`, in each namespace that has workflows. Defaults to
     * none: the pods then need a cloud identity.
     */
    existingSecret?: string;
    /** Whether to connect to the service without TLS. Defaults to false. */
    insecure?: boolean;
    /** Whether the logs of all steps are archived in it as well. Defaults to false. */
    logs?: boolean;
}

/** Single sign-on for the user interface. */
export interface ArgoOidcArgs {
    /** The issuer URL of the OpenID Connect provider. */
    issuer: string;
    /** The name of a Secret in the add-on's namespace, with the keys `client-id` and `client-secret`. */
    existingSecret: string;
    /** The redirect URL: the URL of the user interface with the path `/oauth2/callback`. */
    redirectUrl: string;
    /** Scopes to request besides `openid`, such as "groups". Defaults to none. */
    scopes?: string[];
}

/** The arguments of Argo Workflows. Its namespace defaults to "argo". */
export interface ArgoWorkflowsArgs extends PlatformAddonArgs {
    /**
     * The namespaces in which a service account "argo-workflow" is created, with the role that the pods of workflows
     * need. They must exist. Defaults to none: anyone who creates a namespace for workflows creates the service account
     * in it.
     */
    namespaces?: string[];
    /** The maximum number of workflows that run at the same time; the others wait. Defaults to no limit. */
    parallelism?: number;
    /** How long a workflow is kept after it has finished, unless it sets its own TTL. Defaults to forever. */
    retention?: string;
    /**
     * Where artifacts are stored. Defaults to none: workflows with artifacts must then configure a repository
     * themselves.
     */
    artifacts?: ArgoArtifactsArgs;
    /** Whether the server with the user interface is installed. Defaults to true. */
    server?: boolean;
    /** Single sign-on for the user interface. Defaults to none: users log in with a Kubernetes bearer token. */
    oidc?: ArgoOidcArgs;
}

const chart = "argo-workflows";

function artifactValues({ logs, bucket, endpoint, region, insecure, existingSecret }: ArgoArtifactsArgs): Values {
    return {
        useStaticCredentials: existingSecret !== undefined,
        artifactRepository: {
            archiveLogs: logs ?? false,
            s3: {
                bucket,
                endpoint,
                ...(region && { region }),
                insecure: insecure ?? false,
                ...(existingSecret
                    ? {
                          accessKeySecret: { name: existingSecret, key: "accesskey" },
                          secretKeySecret: { name: existingSecret, key: "secretkey" },
                      }
                    : { useSDKCreds: true }),
            },
        },
    };
}

function oidcValues({ issuer, existingSecret, redirectUrl, scopes }: ArgoOidcArgs): Values {
    return {
        enabled: true,
        issuer,
        clientId: { name: existingSecret, key: "client-id" },
        clientSecret: { name: existingSecret, key: "client-secret" },
        redirectUrl,
        ...(scopes && { scopes }),
    };
}

export const argoWorkflows: Definition<ArgoWorkflowsArgs> = {
    title: "Argo Workflows",
    purpose: "Runs pipelines whose steps each run in a pod.",
    homepage: "https://argo-workflows.readthedocs.io/en/release-4.0/",
    version: "4.0.6",
    charts: [{ name: chart, version: "1.0.18", repository: "https://argoproj.github.io/argo-helm" }],
    namespace: "argo",
    kubernetes: { min: "1.31", max: "1.36" },
    kubernetesSource:
        "https://argo-workflows.readthedocs.io/en/release-4.0/releases/#tested-versions (1.31 to 1.33; the APIs that it uses have been stable since)",
    crds: Object.fromEntries(
        [
            "clusterworkflowtemplates",
            "cronworkflows",
            "workflowartifactgctasks",
            "workfloweventbindings",
            "workflows",
            "workflowtaskresults",
            "workflowtasksets",
            "workflowtemplates",
        ].map((plural) => [`${plural}.argoproj.io`, ["v1alpha1"]]),
    ),
    after: ["kubePrometheusStack"],
    upgrades: {
        notes: [
            "The minimal CRDs are installed: the API server does not validate the spec of a workflow; `argo lint` does.",
            "The full CRDs are 10 MiB, and a hook would download them from GitHub.",
        ],
    },
    hooks: "A hook Job downloads the full CRDs. Here, the chart's minimal CRDs are installed, which accept the same objects.",
    fields: {
        namespaces: list(dnsLabel),
        parallelism: integer(1, 100_000),
        retention: duration,
        artifacts: object<ArgoArtifactsArgs>({
            bucket: required(nonEmptyString, "name the bucket"),
            endpoint: required(nonEmptyString, 'name the host of the S3 service, for example "s3.amazonaws.com"'),
            region: nonEmptyString,
            existingSecret: dnsSubdomain,
            insecure: boolean,
            logs: boolean,
        }),
        server: boolean,
        oidc: object<ArgoOidcArgs>({
            issuer: required(nonEmptyString, "give the issuer URL of the OpenID Connect provider"),
            existingSecret: required(dnsSubdomain, "name the Secret with the keys client-id and client-secret"),
            redirectUrl: required(nonEmptyString, "give the URL of the user interface with the path /oauth2/callback"),
            scopes: list(nonEmptyString),
        }),
    },
    check: ({ server, oidc }, problems) => {
        if (server === false && oidc !== undefined) {
            problems.add("oidc", "has no effect without the server; remove oidc or server: false");
        }
    },
    values: (settings, context) => {
        const { namespaces = [], parallelism, retention, artifacts, server, oidc } = settings;
        const size = {
            replicas: controllerReplicas(context),
            ...(context.highlyAvailable && { pdb: { enabled: true, minAvailable: 1 } }),
            resources: {
                requests: context.small ? { cpu: "25m", memory: "64Mi" } : { cpu: "100m", memory: "256Mi" },
            },
        };
        return {
            [chart]: {
                fullnameOverride: chart,
                images: { pullPolicy: "IfNotPresent" },
                crds: { install: true, keep: true, full: false },
                workflow: {
                    serviceAccount: { create: namespaces.length > 0 },
                    rbac: { create: namespaces.length > 0 },
                },
                controller: {
                    ...size,
                    workflowNamespaces: namespaces,
                    ...(parallelism && { parallelism }),
                    ...(retention && {
                        workflowDefaults: {
                            spec: { ttlStrategy: { secondsAfterCompletion: seconds(retention) } },
                        },
                    }),
                    metricsConfig: { enabled: context.has("kubePrometheusStack") },
                    // The chart renders it only if the cluster has the kind already: the first preview would not show it.
                    serviceMonitor: { enabled: false },
                },
                server: {
                    enabled: server ?? true,
                    ...size,
                    authModes: oidc ? ["sso", "client"] : ["client"],
                    ...(oidc && { sso: oidcValues(oidc) }),
                },
                // Its image would run as root, which the restricted Pod Security Standard refuses.
                executor: {
                    securityContext: {
                        allowPrivilegeEscalation: false,
                        capabilities: { drop: ["ALL"] },
                        runAsNonRoot: true,
                        runAsUser: 8737,
                        seccompProfile: { type: "RuntimeDefault" },
                    },
                },
                ...(artifacts && artifactValues(artifacts)),
            },
        };
    },
    objects: (_settings, context) =>
        serviceMonitors(context, [
            {
                name: "argo-workflows-workflow-controller",
                labels: { "app.kubernetes.io/component": "workflow-controller" },
                port: "metrics",
            },
        ]),
    outputs: ({ server }, { namespace }) => ({
        apiVersion: "argoproj.io/v1alpha1",
        ...(server !== false && { url: `http://argo-workflows-server.${namespace}.svc:2746` }),
    }),
};
