/**
 * What every benchmark needs.
 */
import { clusterUp } from "../local/cluster";
import { run } from "../local/run";
import { engineEnv, ensureTools } from "../local/toolchain";
import { installPackage } from "./project";

export interface Environment {
    /** The directory that everything is written to, and in which the package is installed. */
    directory: string;
    kubectl: string[];
    kubeconfig: string;
    engine: Record<string, string>;
}

export function say(line: string): void {
    console.log(`${new Date().toTimeString().slice(0, 8)} ${line}`);
}

export async function prepare(directory: string): Promise<Environment> {
    const { kubeconfig } = await clusterUp({ node: false, report: say });
    const { kubernetes } = await ensureTools(["kubernetes"], say);
    await installPackage(directory);
    return { directory, kubectl: [kubernetes, "kubectl"], kubeconfig, engine: await engineEnv(say) };
}

/** Returns the output of kubectl. */
export function call({ kubectl, kubeconfig }: Environment, ...args: string[]): Promise<string> {
    const [command, ...first] = kubectl;
    return run(command!, [...first, ...args], { env: { KUBECONFIG: kubeconfig } });
}

export async function deleteNamespaces(environment: Environment, namespaces: string[]): Promise<void> {
    // The pods of a namespace are deleted first. The Job of a failed pod keeps it, where each index has its own
    // retries, until a replacement exists, which cannot be created in a namespace that is being deleted.
    for (const namespace of namespaces) {
        await call(environment, "delete", "jobs", "--all", "--namespace", namespace);
    }
    await call(environment, "delete", "namespace", ...namespaces, "--ignore-not-found", "--timeout=10m");
}
