import { get } from "node:http";

/**
 * What answers at the address, over a connection of this request's own. In the moment in which kube-proxy changes its
 * rules a connection to a Service's address may leave the machine, and whoever takes it there would go on answering on
 * it if it were kept.
 */
export function getOnce(
    url: string,
    timeout = 2000,
    headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
        const options = { agent: false, headers, signal: AbortSignal.timeout(timeout) };
        const request = get(url, options, (response) => {
            let text = "";
            response.setEncoding("utf8");
            response.on("data", (part: string) => (text += part));
            response.on("end", () => resolve({ status: response.statusCode!, text }));
            response.on("error", reject);
        });
        request.on("error", reject);
    });
}
