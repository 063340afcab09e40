import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** How to call kubectl for a cluster. */
export interface Kubectl {
    command: string;
    /** Arguments before the subcommand. */
    args: string[];
    env: Record<string, string>;
}

/** The response of the quickstart's server about its model: its URI, and the metrics that the training wrote. */
export interface ModelInfo {
    model: string;
    accuracy: number;
    held_out: number;
    example: { features: number[]; grower: string };
}

/** The response of the quickstart's server to a wine. */
export interface Prediction {
    grower: string;
    probability: number;
    model: string;
}

/** Asks the server at the address for its model, and then to predict the example that is stored with the model. */
export async function predict(url: string): Promise<{ model: ModelInfo; answer: Prediction }> {
    const model = await fetchJson<ModelInfo>(`${url}/model`);
    const answer = await fetchJson<Prediction>(`${url}/predict`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ features: model.example.features }),
    });
    return { model, answer };
}

async function fetchJson<T>(url: string, init: RequestInit = {}): Promise<T> {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(10_000) });
    const text = await response.text();
    if (!response.ok) {
        throw new Error(
            `${init.method ?? "GET"} ${new URL(url).pathname} was answered with ${response.status}: ${text}`,
        );
    }
    return JSON.parse(text) as T;
}

/**
 * Calls `use` with a local address at which the service is reached.
 *
 * It uses a port-forward, which needs no permissions and no tool beyond kubectl's, and delivers an ordinary request to
 * the pod, which the proxy of the API server would rewrite.
 */
export async function withPortForward<T>(
    kubectl: Kubectl,
    namespace: string,
    service: string,
    port: number,
    use: (url: string) => Promise<T>,
): Promise<T> {
    const args = ["port-forward", "--namespace", namespace, "--address", "127.0.0.1", `service/${service}`, `:${port}`];
    const child = spawn(kubectl.command, [...kubectl.args, ...args], {
        env: { ...process.env, ...kubectl.env },
        stdio: ["ignore", "pipe", "pipe"],
    });
    const errors: string[] = [];
    createInterface({ input: child.stderr }).on("line", (line) => errors.push(line));
    const ended = once(child, "close").then(([code]) => {
        const last = errors.at(-1) ?? `it ended with exit code ${code}`;
        throw new Error(`Port ${port} of service ${namespace}/${service} cannot be reached: ${last}`);
    });
    try {
        const local = new Promise<number>((resolve) => {
            createInterface({ input: child.stdout }).on("line", (line) => {
                const match = /^Forwarding from 127\.0\.0\.1:(\d+)/.exec(line);
                if (match) {
                    resolve(Number(match[1]));
                }
            });
        });
        const forwarded = await Promise.race([local, ended]);
        return await Promise.race([use(`http://127.0.0.1:${forwarded}`), ended]);
    } finally {
        child.kill();
        await ended.catch(() => {});
    }
}
