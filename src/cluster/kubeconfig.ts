/**
 * Kubeconfigs, as kubectl reads them.
 * Source: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
 */
import * as path from "node:path";

/** Why the cluster cannot be read, as the end of a sentence for the user. */
export interface NoCluster {
    reason: string;
    /** Whether there is none: the provider only renders YAML. */
    isRendered?: boolean;
}

/** Data of a kubeconfig, or the absolute path of the file that contains it. */
export type Content = { data: Buffer } | { file: string };

/** A command that prints credentials. */
export interface ExecPlugin {
    apiVersion: string;
    /** A name on the PATH, or an absolute path. */
    command: string;
    args: string[];
    env: Record<string, string>;
    provideClusterInfo: boolean;
}

/** How a client authenticates. */
export interface Credentials {
    certificate?: Content;
    key?: Content;
    token?: string;
    /** Absolute path of a file with the current token. */
    tokenFile?: string;
    basic?: { username: string; password: string };
    exec?: ExecPlugin;
    /** The user, and the groups, that the client acts as. */
    impersonate?: { user: string; groups: string[] };
}

/** How a client reaches an API server. */
export interface Connection {
    server: URL;
    ca?: Content;
    /** Whether the certificate of the API server is not verified. */
    insecure: boolean;
    /** The name in the certificate of the API server, if it is not the host of its URL. */
    serverName?: string;
    /** URL of an HTTP proxy. */
    proxy?: URL;
    credentials: Credentials;
}

/** A kubeconfig, or several merged ones. */
export interface Kubeconfig {
    currentContext?: string;
    contexts: Map<string, { cluster?: string; user?: string }>;
    clusters: Map<string, Entry>;
    users: Map<string, Entry>;
}

/** A cluster or a user. Paths in it are relative to the directory. */
interface Entry {
    fields: Record<string, unknown>;
    directory: string;
}

/**
 * Parses a kubeconfig in YAML or JSON. Throws if it is neither; the message contains nothing of it.
 *
 * @param directory - Directory of the file, to which its paths are relative.
 */
export function parseKubeconfig(text: string, directory: string): Kubeconfig {
    // Few programs need it, and loading it takes longer than loading this package. Jest does not support import().
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const { parse } = require("yaml") as typeof import("yaml");
    let content: unknown;
    try {
        content = parse(text, { logLevel: "error" });
    } catch {
        throw new Error("it is not valid YAML");
    }
    if (!isRecord(content)) {
        throw new Error("it is neither an existing file nor a kubeconfig");
    }
    const entries = (list: string, one: string): Map<string, Entry> =>
        new Map(
            namedEntries(content[list]).map(([name, item]) => [
                name,
                { fields: isRecord(item[one]) ? item[one] : {}, directory },
            ]),
        );
    return {
        currentContext: stringIn(content, "current-context"),
        contexts: new Map(
            [...entries("contexts", "context")].map(([name, { fields }]) => [
                name,
                { cluster: stringIn(fields, "cluster"), user: stringIn(fields, "user") },
            ]),
        ),
        clusters: entries("clusters", "cluster"),
        users: entries("users", "user"),
    };
}

/** Merges kubeconfigs: of entries with the same name, the first one counts. */
export function mergeKubeconfigs(all: Kubeconfig[]): Kubeconfig {
    const merged = <T>(map: (one: Kubeconfig) => Map<string, T>): Map<string, T> =>
        new Map([...all].reverse().flatMap((one) => [...map(one)]));
    return {
        currentContext: all.find(({ currentContext }) => currentContext !== undefined)?.currentContext,
        contexts: merged(({ contexts }) => contexts),
        clusters: merged(({ clusters }) => clusters),
        users: merged(({ users }) => users),
    };
}

/** Returns how to reach the cluster of a kubeconfig's current context, or of another one. */
export function connectionOf(
    config: Kubeconfig,
    overrides: { context?: string; cluster?: string } = {},
): Connection | NoCluster {
    const name = overrides.context ?? config.currentContext;
    const context = name === undefined ? undefined : config.contexts.get(name);
    if (context === undefined) {
        return {
            reason:
                name === undefined
                    ? "the kubeconfig has no current context"
                    : `the context ${JSON.stringify(name)} is not in the kubeconfig`,
        };
    }
    const clusterName = overrides.cluster ?? context.cluster;
    const cluster = config.clusters.get(clusterName ?? "");
    const server = urlIn(cluster?.fields ?? {}, "server");
    if (cluster === undefined || server === undefined) {
        return { reason: `the cluster ${JSON.stringify(clusterName ?? "")} of the kubeconfig has no valid server` };
    }
    const user = config.users.get(context.user ?? "") ?? { fields: {}, directory: "" };
    const proxy = stringIn(cluster.fields, "proxy-url");
    const problem = unsupported(user.fields) ?? (proxy && proxyProblem(proxy));
    if (problem) {
        return { reason: problem };
    }
    return {
        server,
        ca: contentIn(cluster, "certificate-authority"),
        insecure: cluster.fields["insecure-skip-tls-verify"] === true,
        serverName: stringIn(cluster.fields, "tls-server-name"),
        proxy: proxy === undefined ? undefined : new URL(proxy),
        credentials: credentialsOf(user),
    };
}

/** Returns why a proxy cannot be used, if it cannot. Its URL may contain a password. */
export function proxyProblem(proxy: string): string | undefined {
    const protocol = URL.canParse(proxy) ? new URL(proxy).protocol : "";
    return protocol === "http:"
        ? undefined
        : `its API server is behind a proxy whose URL does not start with http://, which is not supported`;
}

function credentialsOf(user: Entry): Credentials {
    const { fields, directory } = user;
    const tokenFile = stringIn(fields, "tokenFile");
    const username = stringIn(fields, "username");
    const actAs = stringIn(fields, "as");
    return {
        certificate: contentIn(user, "client-certificate"),
        key: contentIn(user, "client-key"),
        token: stringIn(fields, "token"),
        tokenFile: tokenFile === undefined ? undefined : path.resolve(directory, tokenFile),
        basic: username === undefined ? undefined : { username, password: stringIn(fields, "password") ?? "" },
        exec: isRecord(fields.exec) ? execOf(fields.exec, directory) : undefined,
        impersonate: actAs === undefined ? undefined : { user: actAs, groups: (fields["as-groups"] as string[]) ?? [] },
    };
}

function execOf(fields: Record<string, unknown>, directory: string): ExecPlugin {
    const command = stringIn(fields, "command") ?? "";
    return {
        apiVersion: stringIn(fields, "apiVersion") ?? "",
        // As in a shell, a name without a slash is looked up on the PATH.
        command: /[\\/]/.test(command) ? path.resolve(directory, command) : command,
        args: (fields.args as string[] | null) ?? [],
        env: Object.fromEntries(namedEntries(fields.env).map(([name, { value }]) => [name, String(value)])),
        provideClusterInfo: fields.provideClusterInfo === true,
    };
}

const execVersions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

/** Returns why the credentials of a user cannot be used, if they cannot. */
function unsupported(user: Record<string, unknown>): string | undefined {
    if (user["auth-provider"]) {
        return "its kubeconfig has an auth-provider, which Kubernetes has removed; use an exec plugin instead";
    }
    if (!isRecord(user.exec)) {
        return undefined;
    }
    const { command, apiVersion, interactiveMode } = user.exec;
    const plugin = `the exec plugin ${JSON.stringify(command)} of its kubeconfig`;
    if (interactiveMode === "Always") {
        return `${plugin} needs a terminal`;
    }
    return execVersions.includes(apiVersion as string)
        ? undefined
        : `${plugin} has the apiVersion ${JSON.stringify(apiVersion)}; it must be one of ${execVersions.join(", ")}`;
}

/** Returns the data of a field, or its file. As in kubectl, the data takes precedence. */
function contentIn({ fields, directory }: Entry, field: string): Content | undefined {
    const data = stringIn(fields, `${field}-data`);
    const file = stringIn(fields, field);
    return data !== undefined
        ? { data: Buffer.from(data, "base64") }
        : file !== undefined
          ? { file: path.resolve(directory, file) }
          : undefined;
}

function urlIn(fields: Record<string, unknown>, field: string): URL | undefined {
    const url = stringIn(fields, field);
    // As in kubectl, a server without a scheme is reached over HTTPS.
    const full = url === undefined || /^https?:\/\//.test(url) ? url : `https://${url}`;
    return full !== undefined && URL.canParse(full) ? new URL(full) : undefined;
}

function stringIn(fields: Record<string, unknown>, field: string): string | undefined {
    const value = fields[field];
    return typeof value === "string" && value !== "" ? value : undefined;
}

function namedEntries(list: unknown): [string, Record<string, unknown>][] {
    return (Array.isArray(list) ? list : [])
        .filter(isRecord)
        .flatMap((item) => (typeof item.name === "string" ? [[item.name, item]] : []));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
    value !== null && typeof value === "object" && !Array.isArray(value);
