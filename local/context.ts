/** A cluster of the user's own, named by a context of the user's kubeconfig. */
import type { Report } from "./progress";
import { run, RunError } from "./run";
import { ensureTools } from "./toolchain";
import { findExecutable } from "./toolchain/installed";

/** Seconds that the cluster may take to answer. */
const TIMEOUT = 15;

/** A cluster: a context of the user's kubeconfig, or the current one of another. */
export type Target = { context: string } | { kubeconfig: string };

/** Throws unless the kubeconfig has the context and its cluster answers that it is ready. */
export async function checkContext(context: string, report: Report): Promise<void> {
    const kubectl = await findKubectl(report);
    const contexts = (await kubectl(["config", "get-contexts", "-o", "name"])).split("\n").filter(Boolean);
    if (!contexts.includes(context)) {
        throw new Error(unknownContext(context, contexts));
    }
    report(`asking the cluster of context ${context} whether it is ready`);
    await checkReady({ context }, report);
}

/** Throws unless the cluster answers that it is ready. */
export async function checkReady(target: Target, report: Report): Promise<void> {
    const kubectl = await findKubectl(report);
    const flags = "context" in target ? ["--context", target.context] : ["--kubeconfig", target.kubeconfig];
    const args = [...flags, `--request-timeout=${TIMEOUT}s`, "get", "--raw", "/readyz"];
    await kubectl(args).catch((error: unknown) => {
        throw error instanceof RunError ? new Error(unready(flags, error)) : error;
    });
}

/** The user's own kubectl, or else the one of the tool chain. */
async function findKubectl(report: Report): Promise<(args: string[]) => Promise<string>> {
    const own = findExecutable("kubectl");
    const command = own ?? (await ensureTools(["kubernetes"], report)).kubernetes;
    return (args) => run(command, own ? args : ["kubectl", ...args], { timeout: 2 * TIMEOUT });
}

/** The one line about a context that the kubeconfig does not have. */
export function unknownContext(context: string, contexts: string[]): string {
    const choice = contexts.length > 0 ? `name one of ${contexts.join(", ")}` : "it has none";
    return `The kubeconfig (KUBECONFIG, or else ~/.kube/config) has no context ${context}: ${choice}`;
}

/** The one line about a cluster that does not answer, or not that it is ready, with kubectl's last words. */
export function unready(flags: string[], error: Pick<RunError, "output" | "reason">): string {
    const lastWords = error.output.trim().split("\n").at(-1) || `kubectl ${error.reason}`;
    return (
        `The cluster of ${flags.join(" ")} is not ready: ${lastWords}; see that ` +
        `\`kubectl ${flags.join(" ")} get --raw /readyz\` prints ok`
    );
}
