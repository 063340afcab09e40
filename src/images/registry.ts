/**
 * Asks a registry which images it has.
 *
 * Source: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
 */
import { createHash } from "node:crypto";

import { type Credentials, storedCredentials } from "./credentials";

const manifestTypes = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** Returns the registry of a repository. */
export const registryOf = (repository: string): string => repository.split("/")[0]!;

/** How long to wait for an answer, in milliseconds. */
const patience = 10_000;

/**
 * Returns the digest of the image with the first of these tags that a repository has, or undefined if it has none.
 *
 * @param given - The credentials. Defaults to those that `docker login` has stored.
 * @throws if the registry does not answer, or does not let the user look.
 */
export async function findDigest(repository: string, tags: string[], given?: Credentials): Promise<string | undefined> {
    const [server = "", ...name] = repository.split("/");
    const credentials = given ?? (await storedCredentials(server));
    const path = name.length === 1 && server === "docker.io" ? `library/${name[0]}` : name.join("/");
    let authorization: string | undefined;
    for (const tag of tags) {
        const request = async (method: string) => {
            const url = `${await baseUrl(server)}/v2/${path}/manifests/${tag}`;
            const ask = () => send(url, { method, headers: headersWith(authorization) });
            const response = await ask();
            if (response.status !== 401 || authorization !== undefined) {
                return response;
            }
            authorization = await authorize(response.headers.get("www-authenticate") ?? "", path, credentials);
            return ask();
        };
        const response = await request("HEAD");
        if (response.ok) {
            return response.headers.get("docker-content-digest") ?? digestOf(await request("GET"));
        }
        if (response.status !== 404) {
            throw new Error(`${server} answers with status ${response.status}`);
        }
    }
    return undefined;
}

const headersWith = (authorization: string | undefined): Record<string, string> => ({
    Accept: manifestTypes,
    ...(authorization !== undefined && { Authorization: authorization }),
});

/** Returns the URL of a registry. Like Docker, this uses HTTP for the local machine only. */
async function baseUrl(server: string): Promise<string> {
    if (server === "docker.io") {
        return "https://registry-1.docker.io";
    }
    if (!/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(server)) {
        return `https://${server}`;
    }
    const isPlain = await fetch(`http://${server}/v2/`, { signal: AbortSignal.timeout(patience) }).then(
        // A server that expects HTTPS answers a request in plain HTTP with this status.
        ({ status }) => status !== 400,
        () => false,
    );
    return `${isPlain ? "http" : "https"}://${server}`;
}

async function send(url: string, init: RequestInit): Promise<Response> {
    try {
        return await fetch(url, { ...init, signal: AbortSignal.timeout(patience) });
    } catch (error) {
        const { cause, message } = error as Error & { cause?: { code?: string; message: string } };
        const reason = cause?.code ?? cause?.message ?? message;
        throw new Error(`${new URL(url).host} does not answer (${reason})`, { cause: error });
    }
}

/** Returns the header with which a registry lets the user look, as its challenge demands. */
async function authorize(challenge: string, path: string, credentials: Credentials | undefined): Promise<string> {
    const { username, password, identityToken } = credentials ?? {};
    const basic =
        password === undefined ? undefined : `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
    if (!/^bearer /i.test(challenge)) {
        return basic ?? "";
    }
    const parameter = (key: string) => new RegExp(`${key}="([^"]*)"`).exec(challenge)?.[1] ?? "";
    const query = { service: parameter("service"), scope: parameter("scope") || `repository:${path}:pull` };
    const realm = new URL(parameter("realm"));
    if (identityToken !== undefined) {
        const body = {
            ...query,
            grant_type: "refresh_token",
            refresh_token: identityToken,
            client_id: "kubernetes-mlops",
        };
        return bearer(await send(realm.href, { method: "POST", body: new URLSearchParams(body) }));
    }
    Object.entries(query).forEach(([key, value]) => realm.searchParams.set(key, value));
    return bearer(await send(realm.href, { headers: basic === undefined ? {} : { Authorization: basic } }));
}

/**
 * Returns the header with the token that an authorization server has issued.
 * Source: https://distribution.github.io/distribution/spec/auth/token/
 */
async function bearer(response: Response): Promise<string> {
    if (!response.ok) {
        throw new Error(`${new URL(response.url).host} refuses the credentials with status ${response.status}`);
    }
    const { token, access_token: accessToken } = (await response.json()) as Record<string, string | undefined>;
    return `Bearer ${token ?? accessToken}`;
}

async function digestOf(response: Response): Promise<string> {
    return `sha256:${createHash("sha256")
        .update(Buffer.from(await response.arrayBuffer()))
        .digest("hex")}`;
}
