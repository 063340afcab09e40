import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import * as path from "node:path";

import { isAlive } from "../../process-identity";

/** The parts of docker's config.json that say where credentials are. */
export interface DockerConfig {
    auths?: Record<string, unknown>;
    /** The helper that keeps the credentials of every server. */
    credsStore?: string;
    /** Helpers for single servers. */
    credHelpers?: Record<string, string>;
    [other: string]: unknown;
}

/** The key under which docker keeps the credentials of Docker Hub. */
export const DOCKER_HUB_KEY = "https://index.docker.io/v1/";

const PREFIX = "pulumi-docker-";

/**
 * Runs `work` with a docker configuration directory of its own, which goes when the work ends: it knows what the
 * user's does, and a login in it changes nothing of the user's.
 *
 * @param server the one that is going to be logged in to; undefined for Docker Hub
 */
export async function withPrivateConfig<T>(
    env: NodeJS.ProcessEnv,
    server: string | undefined,
    work: (directory: string) => Promise<T>,
): Promise<T> {
    await removeOrphans();
    // Only the owner can look into a directory that mkdtemp makes.
    const directory = await mkdtemp(path.join(tmpdir(), `${PREFIX}${process.pid}-`));
    try {
        const own = env.DOCKER_CONFIG || path.join(homedir(), ".docker");
        await linkOthers(own, directory);
        const config = await readConfig(path.join(own, "config.json"));
        await writeFile(path.join(directory, "config.json"), JSON.stringify(privateConfig(config, server)), {
            mode: 0o600,
        });
        return await work(directory);
    } finally {
        await rm(directory, { recursive: true, force: true });
    }
}

/**
 * The user's configuration for a login that must not reach the user's credential store: what the store knows is asked
 * of it server by server, and `server` is asked of nobody.
 */
export function privateConfig(config: DockerConfig, server: string | undefined): DockerConfig {
    const { credsStore, credHelpers, auths, ...others } = config;
    const stored = credsStore ? Object.keys(auths ?? {}).map((name) => [name, credsStore] as const) : [];
    const helpers = { ...Object.fromEntries(stored), ...credHelpers };
    delete helpers[server ?? DOCKER_HUB_KEY];
    return { ...others, auths: credsStore ? {} : (auths ?? {}), credHelpers: helpers };
}

async function readConfig(file: string): Promise<DockerConfig> {
    let text: string;
    try {
        text = await readFile(file, "utf8");
    } catch {
        return {};
    }
    try {
        return JSON.parse(text) as DockerConfig;
    } catch {
        throw new Error(`docker's configuration ${file} is no JSON: mend or remove it`);
    }
}

/** Plugins, contexts and builders are the user's. */
async function linkOthers(from: string, to: string): Promise<void> {
    const names = await readdir(from).catch(() => [] as string[]);
    for (const name of names.filter((name) => name !== "config.json")) {
        await symlink(path.resolve(from, name), path.join(to, name));
    }
}

/** Removes what a provider left behind that was killed. */
async function removeOrphans(): Promise<void> {
    for (const name of await readdir(tmpdir())) {
        const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
        if (pid && !isAlive(Number(pid))) {
            await rm(path.join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
        }
    }
}
