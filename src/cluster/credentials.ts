/** The credentials of each request, some of which expire. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

import type { Connection, Content, Credentials, ExecPlugin } from "./kubeconfig";

/** What authenticates one request. */
export interface Authentication {
    headers: Record<string, string | string[]>;
    cert?: string | Buffer;
    key?: string | Buffer;
}

/** Returns a function that returns the current credentials; with `refresh`, the API server has refused the last ones. */
export function authenticator(connection: Connection): (refresh?: boolean) => Promise<Authentication> {
    const { credentials } = connection;
    let printed: Printed | undefined;
    return async (refresh = false) => {
        if (credentials.exec && (refresh || printed === undefined || hasExpired(printed))) {
            printed = await runPlugin(credentials.exec, connection);
        }
        const token = printed?.token ?? (await currentToken(credentials));
        const cert = printed?.clientCertificateData ?? (await contentOf(credentials.certificate));
        const key = printed?.clientKeyData ?? (await contentOf(credentials.key));
        const { basic, impersonate } = credentials;
        const authorization = token
            ? `Bearer ${token}`
            : basic && `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString("base64")}`;
        return {
            headers: {
                ...(authorization && { authorization }),
                ...(impersonate && {
                    "Impersonate-User": impersonate.user,
                    "Impersonate-Group": impersonate.groups,
                }),
            },
            ...(cert && { cert }),
            ...(key && { key }),
        };
    };
}

/** Returns the data, or what its file contains now. */
export async function contentOf(content: Content | undefined): Promise<Buffer | undefined> {
    return content === undefined ? undefined : "data" in content ? content.data : readFile(content.file);
}

/** A service account's token is replaced in its file before it expires. */
async function currentToken({ token, tokenFile }: Credentials): Promise<string | undefined> {
    return tokenFile === undefined ? token : (await readFile(tokenFile, "utf8")).trim();
}

/** What an exec plugin prints as the status of its ExecCredential. */
interface Printed {
    token?: string;
    clientCertificateData?: string;
    clientKeyData?: string;
    expirationTimestamp?: string;
}

const hasExpired = ({ expirationTimestamp }: Printed): boolean =>
    expirationTimestamp !== undefined && Date.parse(expirationTimestamp) <= Date.now();

/** How long an exec plugin may take, in milliseconds: it may request a token from a cloud. */
const pluginTimeout = 60_000;

/**
 * Runs an exec plugin, without a terminal. No error contains what it has printed to its standard output.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 */
async function runPlugin(plugin: ExecPlugin, connection: Connection): Promise<Printed> {
    const { apiVersion, command, args, env, provideClusterInfo } = plugin;
    const spec = { interactive: false, ...(provideClusterInfo && { cluster: await clusterInfo(connection) }) };
    const info = JSON.stringify({ apiVersion, kind: "ExecCredential", spec });
    const failure = (why: string): Error => new Error(`the exec plugin ${command} of the kubeconfig ${why}`);
    let output: string;
    try {
        const running = promisify(execFile)(command, args, {
            env: { ...process.env, ...env, KUBERNETES_EXEC_INFO: info },
            timeout: pluginTimeout,
        });
        running.child.stdin?.end();
        output = (await running).stdout;
    } catch (error) {
        const { code, stderr = "" } = error as { code?: string | number | null; stderr?: string };
        const last = stderr.trim().split("\n").at(-1);
        throw failure(
            code === "ENOENT"
                ? "is not installed"
                : `has failed with ${code ?? "a timeout"}${last ? `: ${last.slice(0, 300)}` : ""}`,
        );
    }
    try {
        const { status } = JSON.parse(output) as { status?: Printed };
        if (status?.token || status?.clientCertificateData) {
            return status;
        }
    } catch {
        // Reported below.
    }
    throw failure("has printed no credentials");
}

async function clusterInfo({ server, ca, insecure, serverName, proxy }: Connection): Promise<object> {
    const data = await contentOf(ca);
    return {
        server: server.href,
        ...(data && { "certificate-authority-data": data.toString("base64") }),
        ...(insecure && { "insecure-skip-tls-verify": true }),
        ...(serverName && { "tls-server-name": serverName }),
        ...(proxy && { "proxy-url": proxy.href }),
    };
}
