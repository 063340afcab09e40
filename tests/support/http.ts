import { request as begin } from "node:http";

/** What answers to a request. */
export interface Answer {
    status: number;
    text: string;
}

/**
 * What answers at the address, over a connection of this request's own. In the moment in which kube-proxy changes its
 * rules a connection to a Service's address may leave the machine, and whoever takes it there would go on answering on
 * it if it were kept.
 */
export function getOnce(url: string, timeout = 2000, headers: Record<string, string> = {}): Promise<Answer> {
    return askOnce(url, { timeout, headers });
}

/** The same, with a body that is posted as JSON where there is one. */
export function askOnce(
    url: string,
    { body, headers, timeout }: { body?: object; headers?: Record<string, string>; timeout: number },
): Promise<Answer> {
    return new Promise((resolve, reject) => {
        const options = {
            method: body ? "POST" : "GET",
            headers: { ...headers, ...(body && { "Content-Type": "application/json" }) },
            agent: false,
            signal: AbortSignal.timeout(timeout),
        };
        const request = begin(url, options, (response) => {
            let text = "";
            response.setEncoding("utf8");
            response.on("data", (part: string) => (text += part));
            response.on("end", () => resolve({ status: response.statusCode!, text }));
            response.on("error", reject);
        });
        request.on("error", reject);
        request.end(body && JSON.stringify(body));
    });
}
