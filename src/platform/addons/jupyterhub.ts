import { duration, seconds } from "../../arguments/duration";
import { bytes, cpu, dnsLabel, dnsSubdomain, integer, matching, nonEmptyString } from "../../arguments/formats";
import { bytesOf, coresOf } from "../../arguments/quantity";
import { list, object, required } from "../../arguments/rules";
import type { Context, Definition, KubernetesObject, Values } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { generatedSecret } from "./shared/generated-secret";

/** A profile of notebook servers that users can choose. */
export interface JupyterHubProfileArgs {
    /** The name that users see. Required. */
    name: string;
    /** One sentence on what it is for. Defaults to none. */
    description?: string;
    /** Its image, `<name>:<tag>`. Defaults to `image`. */
    image?: string;
    /** Its CPU limit, such as "2" or "500m". Defaults to `cpu`. */
    cpu?: string;
    /** Its memory request and limit, such as "8Gi". Defaults to `memory`. */
    memory?: string;
    /** The number of GPUs, of the resource nvidia.com/gpu. Defaults to none. */
    gpus?: number;
}

/** Login through an OpenID Connect or OAuth 2.0 provider. */
export interface JupyterHubOidcArgs {
    /** The client ID of JupyterHub at the provider. Required. */
    clientId: string;
    /** The name of a Secret in JupyterHub's namespace with the key `client-secret`. Required. */
    existingSecret: string;
    /** The authorization URL of the provider. Required. */
    authorizeUrl: string;
    /** The token URL of the provider. Required. */
    tokenUrl: string;
    /** The userinfo URL of the provider. Required. */
    userdataUrl: string;
    /** The redirect URL, `https://<host>/hub/oauth_callback`. Required. */
    redirectUrl: string;
    /** The claim with the name of a user. Defaults to "preferred_username". */
    usernameClaim?: string;
    /** The groups whose members may log in, from the claim "groups". Defaults to all users of the provider. */
    allowedGroups?: string[];
    /** The groups whose members are administrators. Defaults to none. */
    adminGroups?: string[];
}

/** A route through a gateway of the Gateway API. */
export interface JupyterHubRouteArgs {
    /** The name of the Gateway. Required. */
    gateway: string;
    /** Its namespace. Defaults to JupyterHub's own. */
    gatewayNamespace?: string;
    /** The host names of JupyterHub. Required. */
    hostnames: string[];
}

/** The arguments of JupyterHub. Its namespace, in which the notebook servers are as well, defaults to "jupyterhub". */
export interface JupyterHubArgs extends PlatformAddonArgs {
    /** Login through an OpenID Connect or OAuth 2.0 provider. Defaults to none: no one can log in. */
    oidc?: JupyterHubOidcArgs;
    /** Users who may log in with any password, for trials on a local machine. Defaults to none. */
    trialUsers?: string[];
    /**
     * The image of notebook servers, `<name>:<tag>`, which must contain jupyterhub. Defaults to the chart's sample
     * image.
     */
    image?: string;
    /** The CPU limit of a notebook server. Defaults to no limit. */
    cpu?: string;
    /** The memory request and limit of a notebook server. Defaults to a request of "1Gi" and no limit. */
    memory?: string;
    /** The profiles that users can choose from. Defaults to none: all notebook servers are the same. */
    profiles?: JupyterHubProfileArgs[];
    /**
     * The size of each user's home volume. Defaults to "10Gi", with a small footprint to no volume: files are lost with
     * the server. Home volumes outlive servers and the add-on.
     */
    homeSize?: string;
    /** The storage class of home volumes and of the hub's database. Defaults to the cluster's own. */
    storageClass?: string;
    /** How long a notebook server may be idle before it is stopped. Defaults to "1h". */
    idleTimeout?: string;
    /** The LocalQueue of Kueue, in its namespace, in which notebook servers are queued. Defaults to none. */
    queue?: string;
    /** A route to it through a Gateway. Defaults to none: it is reachable only inside the cluster. */
    route?: JupyterHubRouteArgs;
}

const secretName = "hub";

const imageRule = matching(
    /^[^\s:@]+(:\d+\/[^\s:@]+)?:[\w.-]+$/,
    'it must be an image with a tag, for example "quay.io/jupyter/scipy-notebook:2025-06-30"',
);

const urlRule = (what: string) =>
    required(matching(/^https?:\/\/\S+$/, "it must be a URL that starts with https://"), `give ${what}`);

function imageOf(image: string): { name: string; tag: string } {
    const at = image.lastIndexOf(":");
    return { name: image.slice(0, at), tag: image.slice(at + 1) };
}

/** Bytes as a number: the hub does not understand "8Gi", nor a part of a byte. */
const byteCount = (quantity: string): number => Math.round(bytesOf(quantity));

function authentication({ oidc, trialUsers }: JupyterHubArgs): Values {
    if (oidc === undefined) {
        return {
            // It accepts any password, so only listed users may log in.
            JupyterHub: { authenticator_class: "dummy" },
            Authenticator: { allow_all: false, allowed_users: trialUsers ?? [] },
        };
    }
    return {
        JupyterHub: { authenticator_class: "generic-oauth" },
        GenericOAuthenticator: {
            client_id: oidc.clientId,
            authorize_url: oidc.authorizeUrl,
            token_url: oidc.tokenUrl,
            userdata_url: oidc.userdataUrl,
            oauth_callback_url: oidc.redirectUrl,
            username_claim: oidc.usernameClaim ?? "preferred_username",
            scope: ["openid", "profile", "email"],
            ...(oidc.allowedGroups || oidc.adminGroups
                ? { manage_groups: true, auth_state_groups_key: "oauth_user.groups" }
                : {}),
            ...(oidc.allowedGroups ? { allowed_groups: oidc.allowedGroups } : { allow_all: true }),
            ...(oidc.adminGroups && { admin_groups: oidc.adminGroups }),
        },
        Authenticator: { enable_auth_state: true },
    };
}

function profileValues({ name, description, image, cpu: cpus, memory, gpus }: JupyterHubProfileArgs): Values {
    return {
        display_name: name,
        ...(description && { description }),
        kubespawner_override: {
            ...(image && { image }),
            ...(cpus && { cpu_limit: coresOf(cpus) }),
            ...(memory && { mem_guarantee: byteCount(memory), mem_limit: byteCount(memory) }),
            ...(gpus && { extra_resource_limits: { "nvidia.com/gpu": String(gpus) } }),
        },
    };
}

function notebooks(settings: JupyterHubArgs, context: Context): Values {
    const { image, cpu: cpus, memory, profiles, homeSize, storageClass, queue } = settings;
    return {
        ...(image && { image: imageOf(image) }),
        ...(cpus && { cpu: { limit: coresOf(cpus) } }),
        memory: memory ? { guarantee: byteCount(memory), limit: byteCount(memory) } : { guarantee: byteCount("1Gi") },
        storage:
            context.small && homeSize === undefined
                ? { type: "none" }
                : {
                      type: "dynamic",
                      capacity: homeSize ?? "10Gi",
                      ...(storageClass && { dynamic: { storageClass } }),
                  },
        // A network policy does the same as this container, which would be privileged.
        cloudMetadata: { blockWithIptables: false },
        ...(queue && { extraLabels: { "kueue.x-k8s.io/queue-name": queue } }),
        ...(profiles && { profileList: profiles.map(profileValues) }),
    };
}

/** Allows Prometheus to scrape the hub's metrics, which contain no secrets, without a token. */
const metricsIngress = (context: Context): unknown[] =>
    context.has("kubePrometheusStack")
        ? [
              {
                  ports: [{ port: "http", protocol: "TCP" }],
                  from: [
                      {
                          namespaceSelector: {
                              matchLabels: {
                                  "kubernetes.io/metadata.name": context.namespaceOf("kubePrometheusStack"),
                              },
                          },
                      },
                  ],
              },
          ]
        : [];

export const jupyterhub: Definition<JupyterHubArgs> = {
    title: "JupyterHub",
    purpose: "Runs a notebook server for each user.",
    homepage: "https://z2jh.jupyter.org/en/stable/",
    version: "5.5.0",
    charts: [{ name: "jupyterhub", version: "4.4.0", repository: "https://hub.jupyter.org/helm-chart" }],
    namespace: "jupyterhub",
    kubernetes: { min: "1.31", max: "1.36" },
    kubernetesSource: "https://github.com/jupyterhub/zero-to-jupyterhub-k8s (1.28 or newer)",
    requires: () => ["externalSecrets"],
    after: ["kubePrometheusStack"],
    upgrades: {
        notes: [
            "The hub and its proxy have one pod each by design: users cannot start servers while one of them restarts, and " +
                "cannot reach running servers while the proxy restarts.",
            "The hub's database is upgraded when the hub starts. It cannot be downgraded: back up its volume first " +
                "(https://z2jh.jupyter.org/en/stable/administrator/upgrading/index.html).",
            "The keys that sign cookies and tokens are generated once, in the Secret `hub`. To rotate them, delete the Secret " +
                "and its ExternalSecret; this logs out all users.",
        ],
    },
    hooks:
        "A Job and a DaemonSet pull the images of notebook servers before an upgrade. They are disabled; a DaemonSet that " +
        "always runs pulls them instead, except with a small footprint.",
    fields: {
        oidc: object<JupyterHubOidcArgs>({
            clientId: required(nonEmptyString, "give the client ID of JupyterHub at the provider"),
            existingSecret: required(nonEmptyString, "give the name of a Secret with the key client-secret"),
            authorizeUrl: urlRule("the authorization URL"),
            tokenUrl: urlRule("the token URL"),
            userdataUrl: urlRule("the userinfo URL"),
            redirectUrl: urlRule("https://<host>/hub/oauth_callback"),
            usernameClaim: nonEmptyString,
            allowedGroups: list(nonEmptyString),
            adminGroups: list(nonEmptyString),
        }),
        trialUsers: list(nonEmptyString),
        image: imageRule,
        cpu,
        memory: bytes,
        profiles: list(
            object<JupyterHubProfileArgs>({
                name: required(nonEmptyString, "give the name that users see"),
                description: nonEmptyString,
                image: imageRule,
                cpu,
                memory: bytes,
                gpus: integer(1, 64),
            }),
        ),
        homeSize: bytes,
        storageClass: dnsSubdomain,
        idleTimeout: duration,
        queue: dnsSubdomain,
        route: object<JupyterHubRouteArgs>({
            gateway: required(dnsSubdomain, "give the name of the Gateway"),
            gatewayNamespace: dnsLabel,
            hostnames: required(list(nonEmptyString), "give the host names of JupyterHub"),
        }),
    },
    check: ({ oidc, trialUsers }, problems) => {
        if (oidc && trialUsers) {
            problems.add("trialUsers", "cannot be combined with oidc; remove one of them");
        }
    },
    values: (settings, context) => {
        const { oidc, idleTimeout, route, storageClass } = settings;
        const small = context.small && { resources: { requests: { cpu: "25m", memory: "128Mi" } } };
        return {
            jupyterhub: {
                hub: {
                    config: authentication(settings),
                    db:
                        context.small && settings.homeSize === undefined
                            ? { type: "sqlite-memory" }
                            : { type: "sqlite-pvc", ...(storageClass && { pvc: { storageClassName: storageClass } }) },
                    authenticatePrometheus: false,
                    networkPolicy: { ingress: metricsIngress(context) },
                    ...(oidc && {
                        extraEnv: {
                            OAUTH_CLIENT_SECRET: {
                                valueFrom: { secretKeyRef: { name: oidc.existingSecret, key: "client-secret" } },
                            },
                        },
                    }),
                    ...small,
                },
                proxy: { service: { type: "ClusterIP" }, ...(small && { chp: small }) },
                singleuser: notebooks(settings, context),
                scheduling: { userScheduler: { enabled: false }, userPlaceholder: { enabled: false } },
                prePuller: { hook: { enabled: false }, continuous: { enabled: !context.small } },
                cull: { timeout: seconds(idleTimeout ?? "1h") },
                ...(route && {
                    httpRoute: {
                        enabled: true,
                        hostnames: route.hostnames,
                        gateway: { name: route.gateway, namespace: route.gatewayNamespace ?? context.namespace },
                    },
                }),
            },
        };
    },
    // The chart adopts these from the Secret of its own name, and would generate them if it did not find them.
    objectsBefore: (_settings, { namespace }) =>
        generatedSecret({
            name: secretName,
            namespace,
            takenOver: true,
            keys: [
                "hub.config.ConfigurableHTTPProxy.auth_token",
                "hub.config.JupyterHub.cookie_secret",
                "hub.config.CryptKeeper.keys",
            ],
        }),
    objects: (_settings, context) => {
        const monitor: KubernetesObject = {
            apiVersion: "monitoring.coreos.com/v1",
            kind: "ServiceMonitor",
            metadata: { name: "jupyterhub", namespace: context.namespace },
            spec: {
                selector: { matchLabels: { app: "jupyterhub", component: "hub", release: "jupyterhub" } },
                endpoints: [{ port: "hub", path: "/hub/metrics" }],
            },
        };
        return context.has("kubePrometheusStack") ? [monitor] : [];
    },
    outputs: (_settings, { namespace }) => ({ url: `http://proxy-public.${namespace}.svc.cluster.local` }),
};
