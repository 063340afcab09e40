import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import * as path from "node:path";

import { isAlive } from "../../process-identity";

/** The parts of docker's config.json that name where credentials are stored. */
export interface DockerConfig {
    auths?: Record<string, unknown>;
    /** The helper that stores the credentials of all servers. */
    credsStore?: string;
    /** Helpers for single servers. */
    credHelpers?: Record<string, string>;
    [other: string]: unknown;
}

/** The key under which docker keeps the credentials of Docker Hub. */
export const DOCKER_HUB_KEY = "https://index.docker.io/v1/";

const PREFIX = "pulumi-docker-";

/**
 * Runs `work` with a temporary docker configuration directory: it contains what the user's does, and a login in it does
 * not change the user's.
 *
 * @param servers the servers to log in to; undefined for Docker Hub
 */
export async function withPrivateConfig<T>(
    env: NodeJS.ProcessEnv,
    servers: (string | undefined)[],
    work: (directory: string) => Promise<T>,
): Promise<T> {
    await removeOrphans();
    // mkdtemp creates a directory that only its owner can read.
    const directory = await mkdtemp(path.join(tmpdir(), `${PREFIX}${process.pid}-`));
    try {
        const own = env.DOCKER_CONFIG || path.join(homedir(), ".docker");
        await linkOthers(own, directory);
        const config = await readConfig(path.join(own, "config.json"));
        await writeFile(path.join(directory, "config.json"), JSON.stringify(privateConfig(config, servers)), {
            mode: 0o600,
        });
        return await work(directory);
    } finally {
        await rm(directory, { recursive: true, force: true });
    }
}

/**
 * The user's configuration for a login that must not reach the user's credential store: each server that the store
 * knows gets its helper, except for `servers`.
 */
export function privateConfig(config: DockerConfig, servers: (string | undefined)[]): DockerConfig {
    const { credsStore, credHelpers, auths, ...others } = config;
    const stored = credsStore ? Object.keys(auths ?? {}).map((name) => [name, credsStore] as const) : [];
    const helpers = { ...Object.fromEntries(stored), ...credHelpers };
    servers.forEach((server) => delete helpers[server ?? DOCKER_HUB_KEY]);
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
        throw new Error(`docker's configuration ${file} is not valid JSON: fix or remove it`);
    }
}

/** Plugins, contexts and builders are the user's. */
async function linkOthers(from: string, to: string): Promise<void> {
    const names = await readdir(from).catch(() => [] as string[]);
    for (const name of names.filter((name) => name !== "config.json")) {
        await symlink(path.resolve(from, name), path.join(to, name));
    }
}

/** Removes what a killed provider left behind. */
async function removeOrphans(): Promise<void> {
    for (const name of await readdir(tmpdir())) {
        const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
        if (pid && !isAlive(Number(pid))) {
            await rm(path.join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
        }
    }
}
