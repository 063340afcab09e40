/**
 * The registry on this machine, which both the docker daemon and the cluster's nodes reach as localhost.
 */
import { ensurePackages } from "../debian";
import { freePort } from "../ports";
import { ensureDaemon, isRunning, waitUntilReady } from "../processes";
import type { Report } from "../progress";
import { findExecutable } from "../toolchain/installed";
import { dockerDir, type Settings, writeFile } from "./settings";

/** Name of the registry's pid file and log. */
export const REGISTRY = "registry";
/** The preferred port. */
const REGISTRY_PORT = 5001;

/** The registry as in image references. */
export const registryHost = ({ registryPort }: Pick<Settings, "registryPort">): string => `localhost:${registryPort}`;

export function registryConfig(port: number): string {
    return `version: 0.1
log:
    level: warn
storage:
    filesystem:
        rootdirectory: ${JSON.stringify(dockerDir("registry"))}
    delete:
        enabled: true
http:
    addr: 127.0.0.1:${port}
`;
}

/** The port of the last run while the registry runs or the port is still free, or else the next free one. */
export async function choosePort(before: number | undefined, report: Report): Promise<number> {
    if (before !== undefined && isRunning(REGISTRY)) {
        return before;
    }
    const wanted = before ?? REGISTRY_PORT;
    const port = await freePort(wanted);
    if (port !== wanted) {
        report(`port ${wanted} is taken by another program: the registry uses ${port}`);
    }
    return port;
}

/** Starts the registry, unless it runs already. */
export async function startRegistry({ registryPort }: Settings, report: Report): Promise<void> {
    // The name of the executable in Debian, and elsewhere.
    const installed = () => findExecutable("docker-registry") ?? findExecutable("registry");
    if (!installed()) {
        await ensurePackages(["docker-registry"], report);
    }
    const config = dockerDir("registry.yml");
    writeFile(config, registryConfig(registryPort));
    const daemon = {
        name: REGISTRY,
        command: installed() ?? "docker-registry",
        args: ["serve", config],
        reads: [registryConfig(registryPort)],
    };
    if (await ensureDaemon(daemon)) {
        report(`starting the registry on localhost:${registryPort}`);
    }
    await waitUntilReady(REGISTRY, () => responds(registryPort, "/v2/"), 30);
}

/** Whether the registry answers a request for this path successfully. */
export async function responds(port: number, path: string): Promise<boolean> {
    const headers = { Accept: "application/vnd.docker.distribution.manifest.v2+json" };
    return fetch(`http://127.0.0.1:${port}${path}`, { headers, signal: AbortSignal.timeout(5000) }).then(
        ({ ok }) => ok,
        () => false,
    );
}
