import { duration, seconds } from "../../arguments/duration";
import { bytes, cpu, dnsLabel, dnsSubdomain, integer, matching, text } from "../../arguments/formats";
import { bytesOf, coresOf } from "../../arguments/quantity";
import { list, object, required } from "../../arguments/rules";
import type { Context, Definition, KubernetesObject, Values } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { generatedSecret } from "./shared/generated-secret";

/** A kind of notebook server that a user may choose. */
export interface JupyterHubProfileArgs {
    /** What users see. Required. */
    name: string;
    /** One sentence on what it is for. Defaults to none. */
    description?: string;
    /** Its image, `<name>:<tag>`. Defaults to that of all. */
    image?: string;
    /** The CPU it may use, in cores such as "2" or "500m". Defaults to that of all. */
    cpu?: string;
    /** The memory it gets and may use, such as "8Gi". Defaults to that of all. */
    memory?: string;
    /** How many GPUs it gets, of the resource nvidia.com/gpu. Defaults to none. */
    gpus?: number;
}

/** Who may log in, as an OpenID Connect or OAuth provider says. */
export interface JupyterHubOidcArgs {
    /** The client that JupyterHub is at the provider. Required. */
    clientId: string;
    /** A Secret in JupyterHub's namespace with the key `client-secret`. Required. */
    existingSecret: string;
    /** Where users are sent to log in. Required. */
    authorizeUrl: string;
    /** Where the hub asks for tokens. Required. */
    tokenUrl: string;
    /** Where the hub asks who a user is. Required. */
    userdataUrl: string;
    /** The hub's own address for the provider, `https://<host>/hub/oauth_callback`. Required. */
    redirectUrl: string;
    /** The claim that is the name of a user. Defaults to "preferred_username". */
    usernameClaim?: string;
    /** The groups, by the claim "groups", whose members may log in. Defaults to everybody whom the provider lets in. */
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
    /** The names under which JupyterHub is reached. Required. */
    hostnames: string[];
}

/** The settings of JupyterHub. Its namespace, in which the notebook servers are as well, defaults to "jupyterhub". */
export interface JupyterHubArgs extends PlatformAddonArgs {
    /** Logging in by an OpenID Connect or OAuth provider. Defaults to none: nobody can log in. */
    oidc?: JupyterHubOidcArgs;
    /** Users who may log in with whatever password, for trials on a machine of one's own. Defaults to none. */
    trialUsers?: string[];
    /** The image of notebook servers, `<name>:<tag>`, which must have jupyterhub. Defaults to the chart's sample. */
    image?: string;
    /** The CPU that a notebook server may use, in cores. Defaults to as much as there is. */
    cpu?: string;
    /** The memory that a notebook server gets and may use. Defaults to "1Gi" that it gets, and no bound. */
    memory?: string;
    /** Kinds of notebook server to choose from. Defaults to none: all are alike. */
    profiles?: JupyterHubProfileArgs[];
    /**
     * The size of each user's home. Defaults to "10Gi"; on a small footprint to no volume at all, so that what users
     * write is gone with their server. Homes outlive servers and the add-on.
     */
    homeSize?: string;
    /** The storage class of homes and of the hub's database. Defaults to the cluster's own. */
    storageClass?: string;
    /** After how long without use a notebook server is stopped. Defaults to "1h". */
    idleTimeout?: string;
    /** The LocalQueue of Kueue, in its namespace, through which notebook servers are queued. Defaults to none. */
    queue?: string;
    /** A route to it through a gateway. Defaults to none: it is reached within the cluster only. */
    route?: JupyterHubRouteArgs;
}

const secretName = "hub";

const imageRule = matching(
    /^[^\s:@]+(:\d+\/[^\s:@]+)?:[\w.-]+$/,
    'it must be an image with a tag, for example "quay.io/jupyter/scipy-notebook:2025-06-30"',
);

const urlRule = (what: string) =>
    required(matching(/^https?:\/\/\S+$/, "it must be an address that starts with https://"), `give ${what}`);

function imageOf(image: string): { name: string; tag: string } {
    const at = image.lastIndexOf(":");
    return { name: image.slice(0, at), tag: image.slice(at + 1) };
}

/** Bytes as a number: the hub does not understand "8Gi", nor a part of a byte. */
const byteCount = (quantity: string): number => Math.round(bytesOf(quantity));

function authentication({ oidc, trialUsers }: JupyterHubArgs): Values {
    if (oidc === undefined) {
        return {
            // It takes any password, so it lets in nobody but those who are named.
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

/** Prometheus reaches the hub's metrics, which tell no secrets, without a token. */
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
    purpose: "Gives each user a notebook server.",
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
            "The hub and its proxy are single by design: users cannot start servers while one of them restarts, and " +
                "reach no running one while the proxy does.",
            "The hub's database is upgraded when the hub starts. There is no way back: make a backup of its volume first " +
                "(https://z2jh.jupyter.org/en/stable/administrator/upgrading/index.html).",
            "The keys that sign cookies and tokens are made up once, in the Secret `hub`. Delete the Secret and its " +
                "ExternalSecret to have new ones; all users are logged out then.",
        ],
    },
    hooks:
        "A Job and a DaemonSet pull the images of notebook servers before an upgrade. They are off; a DaemonSet that " +
        "always runs pulls them instead, except on a small footprint.",
    fields: {
        oidc: object<JupyterHubOidcArgs>({
            clientId: required(text, "give the client that JupyterHub is at the provider"),
            existingSecret: required(text, "give the name of a Secret with the key client-secret"),
            authorizeUrl: urlRule("the address at which users log in"),
            tokenUrl: urlRule("the address of tokens"),
            userdataUrl: urlRule("the address that tells who a user is"),
            redirectUrl: urlRule("https://<host>/hub/oauth_callback"),
            usernameClaim: text,
            allowedGroups: list(text),
            adminGroups: list(text),
        }),
        trialUsers: list(text),
        image: imageRule,
        cpu,
        memory: bytes,
        profiles: list(
            object<JupyterHubProfileArgs>({
                name: required(text, "give what users see"),
                description: text,
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
            hostnames: required(list(text), "give the names under which it is reached"),
        }),
    },
    check: ({ oidc, trialUsers }, problems) => {
        if (oidc && trialUsers) {
            problems.add("trialUsers", "cannot be there together with oidc; leave one of them out");
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
    // The chart takes these over from the Secret of its own name, and would make them up where it does not find them.
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
