/** A client of an API server that only reads. */
import * as http from "node:http";
import * as https from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import type * as tls from "node:tls";

import { oneLine } from "../arguments/one-line";
import { type Authentication, authenticator, contentOf } from "./credentials";
import type { Connection } from "./kubeconfig";
import { connectThrough } from "./proxy";

/** Which objects a list contains. */
export interface Selectors {
    labelSelector?: string;
    fieldSelector?: string;
}

/** The metadata of an object, as far as it is read. */
export interface ObjectMetadata {
    name: string;
    creationTimestamp: string;
}

/**
 * A cluster, as far as its API server may be asked. No call writes. A call that fails throws a ClusterError, after three
 * attempts if another one may succeed.
 */
export interface Cluster {
    /** URL of the API server. */
    server: string;
    /** Returns an object, or undefined if it does not exist. */
    get<T>(path: string): Promise<T | undefined>;
    /** Returns the objects of a resource; none if the API server does not serve the resource. */
    list<T>(path: string, selectors?: Selectors): Promise<T[]>;
    /** Returns the metadata of the objects of a resource, and nothing else of them. */
    listMetadata(path: string, selectors?: Selectors): Promise<ObjectMetadata[]>;
    /** Returns the time in milliseconds by the clock of the API server, as of its last response. */
    now(): number;
}

/** A request that has failed. The message is one line, with the API server and the reason, and without secrets. */
export class ClusterError extends Error {
    override name = "ClusterError";

    /**
     * @param status - The HTTP status of the response, or undefined if there was none.
     * @param isTransient - Whether the same request may succeed a moment later.
     */
    constructor(
        message: string,
        readonly status?: number,
        readonly isTransient = status === undefined || status === 429 || status >= 500,
    ) {
        super(message);
    }
}

/** A response, whatever its status. */
interface Response {
    status: number;
    headers: http.IncomingHttpHeaders;
    body: string;
}

/** One page of a list. */
interface Page<T> {
    items?: T[] | null;
    metadata?: { continue?: string };
}

/** What a response contains: whole objects, or their metadata only. */
const json = "application/json";
const metadataJson = `${json};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1`;

/** How long in milliseconds an API server may take for a response. */
const responseTimeout = 30_000;

/** Number of attempts at a request, and the pause in milliseconds after the first; it doubles. */
const attempts = 3;
const firstPause = 500;

/** The number of objects of one page of a list. */
const pageSize = 500;

/** Returns the client of an API server. */
export function createCluster(connection: Connection): Cluster {
    const { origin, pathname } = connection.server;
    const server = origin + pathname.replace(/\/$/, "");
    const authenticate = authenticator(connection);
    const send = sender(connection);
    let ahead = 0;

    /** Makes one attempt: returns the response, or why there is none. */
    const attempt = async (path: string, accept: string, refresh: boolean): Promise<Response | ClusterError> => {
        let authentication: Authentication;
        try {
            authentication = await authenticate(refresh);
        } catch (error) {
            return new ClusterError(`there are no credentials for the API server ${server}: ${messageOf(error)}`, 401);
        }
        try {
            return await send(server + path, accept, authentication);
        } catch (error) {
            const message = `the API server ${server} cannot be reached: ${messageOf(error)}`;
            return new ClusterError(message, undefined, !isAboutCertificate(error));
        }
    };

    const read = async <T>(path: string, accept = json): Promise<T | undefined> => {
        let hasRefreshed = false;
        let refresh = false;
        for (let left = attempts - 1, pause = firstPause; ; left--, pause *= 2) {
            const result: Response | ClusterError = await attempt(path, accept, refresh);
            if (!(result instanceof ClusterError)) {
                ahead = aheadOf(result) ?? ahead;
                if (result.status === 404) {
                    return undefined;
                }
                if (result.status < 300) {
                    return JSON.parse(result.body) as T;
                }
            }
            // Credentials may be refused before the time at which they expire according to their plugin.
            refresh = result.status === 401 && connection.credentials.exec !== undefined && !hasRefreshed;
            hasRefreshed ||= refresh;
            const error: ClusterError = result instanceof ClusterError ? result : errorOf(server, path, result);
            if (left === 0 || !(refresh || error.isTransient)) {
                throw error;
            }
            await sleep(pauseAfter(result, pause));
        }
    };

    const list = async <T>(path: string, { labelSelector, fieldSelector }: Selectors = {}, accept = json) => {
        const all: T[] = [];
        let next: string | undefined;
        do {
            const query = new URLSearchParams({
                limit: String(pageSize),
                ...(labelSelector && { labelSelector }),
                ...(fieldSelector && { fieldSelector }),
                ...(next && { continue: next }),
            });
            const page = await read<Page<T>>(`${path}?${query}`, accept);
            all.push(...(page?.items ?? []));
            next = page?.metadata?.continue;
        } while (next);
        return all;
    };

    return {
        server,
        get: (path) => read(path),
        list: (path, selectors) => list(path, selectors),
        listMetadata: async (path, selectors) =>
            (await list<{ metadata: ObjectMetadata }>(path, selectors, metadataJson)).map(({ metadata }) => metadata),
        now: () => Date.now() + ahead,
    };
}

/** Returns a function that sends a request over connections that are kept, but do not keep the process running. */
function sender(connection: Connection) {
    const isHttps = connection.server.protocol === "https:";
    const agent = new (isHttps ? https : http).Agent({ keepAlive: true });
    const { proxy, insecure, serverName } = connection;
    if (proxy && isHttps) {
        Object.assign(agent, {
            createConnection: (options: tls.ConnectionOptions, connected: Parameters<typeof connectThrough>[2]) =>
                connectThrough(proxy, options, connected),
        });
    }
    return async (url: string, accept: string, { headers, cert, key }: Authentication) => {
        const options: https.RequestOptions = {
            agent,
            timeout: responseTimeout,
            headers: { accept, "user-agent": "kubernetes-mlops", ...headers },
            ca: await contentOf(connection.ca),
            cert,
            key,
            rejectUnauthorized: !insecure,
            ...(serverName && { servername: serverName }),
        };
        return new Promise<Response>((resolve, reject) => {
            const call = (isHttps ? https : http).request(url, options, (response) => {
                let body = "";
                response.setEncoding("utf8");
                response.on("data", (part: string) => (body += part));
                response.on("end", () =>
                    resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
                );
                response.on("error", reject);
            });
            call.on("timeout", () => call.destroy(new Error(`no response within ${responseTimeout / 1000} s`)));
            call.on("error", reject);
            call.end();
        });
    };
}

/** Returns by how many milliseconds the clock of the API server is ahead, to the second in which it has responded. */
function aheadOf({ headers }: Response): number | undefined {
    const difference = Date.parse(headers.date ?? "") - Date.now();
    // The header has whole seconds.
    return Number.isNaN(difference) ? undefined : Math.abs(difference) < 2000 ? 0 : difference;
}

function pauseAfter(result: Response | ClusterError, pause: number): number {
    const wanted = result instanceof ClusterError ? NaN : Number(result.headers["retry-after"]) * 1000;
    return wanted > 0 ? Math.min(wanted, 10_000) : pause;
}

function errorOf(server: string, path: string, { status, body }: Response): ClusterError {
    let reason = http.STATUS_CODES[status] ?? "";
    try {
        reason = (JSON.parse(body) as { message?: string }).message ?? reason;
    } catch {
        // The response of a proxy is a page, which explains no more than the status.
    }
    const [resource] = path.split("?");
    return new ClusterError(
        `the API server ${server} refuses GET ${resource} with ${status}: ${oneLine(reason)}`,
        status,
    );
}

/** Returns whether the certificate of the API server, or the client's, is not accepted. */
const isAboutCertificate = (error: unknown): boolean =>
    /CERT|ISSUER|SIGNATURE|ALTNAME/.test((error as { code?: string }).code ?? "");

/** An error of several addresses has no message of its own. */
function messageOf(error: unknown): string {
    const { message, errors = [], code } = error as Error & { errors?: Error[]; code?: string };
    return oneLine(message || errors[0]?.message || code || "no reason is known");
}
