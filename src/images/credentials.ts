import { execFile } from "node:child_process";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

/** How to log in to a registry: with a password, or with a token that the registry exchanges for another one. */
export interface Credentials {
    username?: string;
    password?: string;
    identityToken?: string;
}

/** The parts of Docker's configuration that say where credentials are. */
interface DockerConfig {
    auths?: Record<string, { auth?: string; identitytoken?: string }>;
    credsStore?: string;
    credHelpers?: Record<string, string>;
}

/** Returns the credentials that `docker login` has stored for a registry, if there are any. */
export async function storedCredentials(server: string): Promise<Credentials | undefined> {
    const { auths = {}, credsStore, credHelpers = {} } = await readConfig();
    // Docker stores the credentials of Docker Hub under the address of its first registry.
    const hosts = server === "docker.io" ? ["index.docker.io", "docker.io"] : [server];
    const keyed = (key: string) => hosts.includes(key.replace(/^https?:\/\//, "").split("/")[0]!);
    const helper = Object.entries(credHelpers).find(([key]) => keyed(key))?.[1] ?? credsStore;
    if (helper !== undefined) {
        return askHelper(helper, server === "docker.io" ? "https://index.docker.io/v1/" : server);
    }
    const stored = Object.entries(auths).find(([key]) => keyed(key))?.[1];
    const [username, ...password] = Buffer.from(stored?.auth ?? "", "base64")
        .toString()
        .split(":");
    return username === "" || stored === undefined
        ? undefined
        : { username, password: password.join(":"), identityToken: stored.identitytoken };
}

async function readConfig(): Promise<DockerConfig> {
    const directory = process.env.DOCKER_CONFIG ?? path.join(os.homedir(), ".docker");
    try {
        return JSON.parse(await fs.readFile(path.join(directory, "config.json"), "utf8")) as DockerConfig;
    } catch {
        return {};
    }
}

/**
 * Returns the credentials that a credential helper has for a registry, if there are any.
 * Source: https://github.com/docker/docker-credential-helpers#development
 */
function askHelper(helper: string, server: string): Promise<Credentials | undefined> {
    return new Promise((resolve) => {
        const child = execFile(`docker-credential-${helper}`, ["get"], { timeout: 20_000 }, (error, output) => {
            resolve(error === null ? parseAnswer(output) : undefined);
        });
        // A helper that does not exist, or ends without reading, is reported by the callback.
        child.stdin?.on("error", () => undefined);
        child.stdin?.end(server);
    });
}

function parseAnswer(output: string): Credentials | undefined {
    try {
        const { Username: username, Secret: secret } = JSON.parse(output) as { Username: string; Secret: string };
        return username === "<token>" ? { identityToken: secret } : { username, password: secret };
    } catch {
        return undefined;
    }
}
