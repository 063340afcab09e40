import { type IncomingHttpHeaders, request } from "node:http";

/** The request. Defaults to GET with an empty body and a timeout of two seconds. */
export interface Question {
    /** Defaults to POST where there is a body. */
    method?: string;
    headers?: Record<string, string>;
    /** An object is sent as JSON. */
    body?: string | object;
    /** In milliseconds. */
    timeout?: number;
}

/** The response. */
export interface Answer {
    status: number;
    headers: IncomingHttpHeaders;
    text: string;
}

/**
 * The response of the address, over a new connection. While kube-proxy changes its rules, a connection to a Service's
 * address may leave the machine; if it were kept, another server would continue to answer on it.
 */
export function askOnce(url: string, { method, headers, body, timeout = 2000 }: Question = {}): Promise<Answer> {
    const isJson = typeof body === "object";
    return new Promise((resolve, reject) => {
        const options = {
            method: method ?? (body === undefined ? "GET" : "POST"),
            headers: { ...(isJson && { "Content-Type": "application/json" }), ...headers },
            agent: false,
            signal: AbortSignal.timeout(timeout),
        };
        const sent = request(url, options, (response) => {
            let text = "";
            response.setEncoding("utf8");
            response.on("data", (part: string) => (text += part));
            response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, text }));
            response.on("error", reject);
        });
        sent.on("error", reject);
        sent.end(isJson ? JSON.stringify(body) : body);
    });
}

export const getOnce = (url: string, timeout = 2000, headers: Record<string, string> = {}): Promise<Answer> =>
    askOnce(url, { timeout, headers });
