/** A cluster of the user's, named by a context of the user's kubeconfig. */
import type { Report } from "./progress";
import { run, RunError } from "./run";
import { ensureTools } from "./toolchain";
import { findExecutable } from "./toolchain/installed";

/** Seconds that the cluster may take to answer. */
const TIMEOUT = 15;

/** A cluster in a kubeconfig. */
export interface Target {
    /** A path, or a list of paths, as in `KUBECONFIG`. */
    kubeconfig: string;
    /** Defaults to the current context. */
    context?: string;
}

/** Throws unless the kubeconfig has the context and its cluster answers that it is ready. */
export async function checkContext(target: Target & { context: string }, report: Report): Promise<void> {
    const kubectl = await findKubectl(target.kubeconfig, report);
    const contexts = (await kubectl(["config", "get-contexts", "-o", "name"])).split("\n").filter(Boolean);
    if (!contexts.includes(target.context)) {
        throw new Error(unknownContext(target, contexts));
    }
    report(`asking the cluster of context ${target.context} whether it is ready`);
    await checkReady(target, report);
}

/** Throws unless the cluster answers that it is ready. */
export async function checkReady(target: Target, report: Report): Promise<void> {
    const kubectl = await findKubectl(target.kubeconfig, report);
    const context = target.context === undefined ? [] : ["--context", target.context];
    const args = [...context, `--request-timeout=${TIMEOUT}s`, "get", "--raw", "/readyz"];
    await kubectl(args).catch((error: unknown) => {
        throw error instanceof RunError ? new Error(unready(target, error)) : error;
    });
}

/** The user's kubectl, or else the one of the tool chain. */
async function findKubectl(kubeconfig: string, report: Report): Promise<(args: string[]) => Promise<string>> {
    const own = findExecutable("kubectl");
    const command = own ?? (await ensureTools(["kubernetes"], report)).kubernetes;
    const options = { env: { KUBECONFIG: kubeconfig }, timeout: 2 * TIMEOUT };
    return (args) => run(command, own ? args : ["kubectl", ...args], options);
}

/** The one-line error for a context that the kubeconfig does not have. */
export function unknownContext({ kubeconfig, context }: Target, contexts: string[]): string {
    const choice = contexts.length > 0 ? `name one of ${contexts.join(", ")}` : "it has none";
    return `The kubeconfig ${kubeconfig} has no context ${context}: ${choice}`;
}

/** The one-line error for a cluster that does not answer or is not ready, with kubectl's last words. */
export function unready({ kubeconfig, context }: Target, error: Pick<RunError, "output" | "reason">): string {
    const lastWords = error.output.trim().split("\n").at(-1) || `kubectl ${error.reason}`;
    const name = context === undefined ? "" : ` in context ${context}`;
    return (
        `The cluster of the kubeconfig ${kubeconfig}${name} is not ready: ${lastWords}; check that ` +
        "`kubectl get --raw /readyz` prints ok for it"
    );
}
