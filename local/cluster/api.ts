/**
 * The few calls to the API server that are needed to bring a cluster up.
 */
import { type RequestOptions, request } from "node:https";

import { parse } from "yaml";

export interface KubernetesObject {
    apiVersion: string;
    kind: string;
    metadata: {
        name: string;
        namespace?: string;
        labels?: Record<string, string>;
        annotations?: Record<string, string>;
    };
    [field: string]: unknown;
}

export interface Response {
    status: number;
    body: string;
}

/** One HTTPS request; a connection that fails or takes longer than ten seconds is an error. */
function httpsRequest(url: string, options: RequestOptions = {}, body?: string): Promise<Response> {
    return new Promise((resolve, reject) => {
        const call = request(url, { timeout: 10_000, agent: false, ...options }, (response) => {
            let text = "";
            response.setEncoding("utf8");
            response.on("data", (part: string) => (text += part));
            response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
            response.on("error", reject);
        });
        call.on("timeout", () => call.destroy(new Error(`${url} does not answer`)));
        call.on("error", reject);
        call.end(body);
    });
}

/** Whether a daemon's health page on 127.0.0.1 reports that it is healthy. */
export async function isHealthy(port: number, page = "/healthz"): Promise<boolean> {
    try {
        // The daemon's certificate is self-signed, and only its status is of interest.
        const { status } = await httpsRequest(`https://127.0.0.1:${port}${page}`, { rejectUnauthorized: false });
        return status === 200;
    } catch {
        return false;
    }
}

interface Kubeconfig {
    clusters: { cluster: { server: string; "certificate-authority-data": string } }[];
    users: { user: { "client-certificate-data": string; "client-key-data": string } }[];
}

export class Api {
    private readonly server: string;
    private readonly credentials: RequestOptions;

    /** @param kubeconfig the content of a kubeconfig with one cluster and one user who has a client certificate */
    constructor(kubeconfig: string) {
        const { clusters, users } = parse(kubeconfig) as Kubeconfig;
        const { cluster } = clusters[0]!;
        const { user } = users[0]!;
        const decode = (data: string): Buffer => Buffer.from(data, "base64");
        this.server = cluster.server;
        this.credentials = {
            ca: decode(cluster["certificate-authority-data"]),
            cert: decode(user["client-certificate-data"]),
            key: decode(user["client-key-data"]),
        };
    }

    /** @param path including the query */
    call(method: string, path: string, body?: unknown, type = "application/json"): Promise<Response> {
        const headers = { accept: "application/json", ...(body !== undefined && { "content-type": type }) };
        const options = { ...this.credentials, method, headers };
        return httpsRequest(this.server + path, options, body === undefined ? undefined : JSON.stringify(body));
    }

    private async expectSuccess(method: string, path: string, body?: unknown, type?: string): Promise<string> {
        const response = await this.call(method, path, body, type);
        if (response.status >= 300) {
            throw new Error(`${method} ${path} failed with ${response.status}: ${response.body.trim()}`);
        }
        return response.body;
    }

    async isReady(): Promise<boolean> {
        try {
            return (await this.call("GET", "/readyz")).status === 200;
        } catch {
            return false;
        }
    }

    /** The object, or undefined when there is none. */
    async get<T>(path: string): Promise<T | undefined> {
        const { status, body } = await this.call("GET", path);
        if (status === 404) {
            return undefined;
        }
        if (status >= 300) {
            throw new Error(`GET ${path} failed with ${status}: ${body.trim()}`);
        }
        return JSON.parse(body) as T;
    }

    /** Creates the object or updates it with server-side apply. */
    async apply(path: string, object: KubernetesObject): Promise<void> {
        const query = "fieldManager=kubernetes-mlops-local&force=true";
        await this.expectSuccess("PATCH", `${path}?${query}`, object, "application/apply-patch+yaml");
    }

    /** Changes an object by a JSON merge patch: fields that are null are removed. */
    async merge(path: string, patch: unknown): Promise<void> {
        await this.expectSuccess("PATCH", path, patch, "application/merge-patch+json");
    }
}
