import { accessSync, constants } from "node:fs";
import * as path from "node:path";

/** A docker client on this machine. */
export interface DockerClient {
    /** Path of the executable. */
    command: string;
    /** Whether it supports BuildKit. Otherwise there is only the classic builder. */
    buildKit: boolean;
}

/**
 * The docker client to use: the first on PATH that can build with BuildKit, or else the first one.
 *
 * Up to version 20.10 the client has BuildKit built in; later ones need the buildx plugin, which distributions leave
 * out, so that the first client found may not be the best one.
 */
export async function findDockerClient(env: NodeJS.ProcessEnv = process.env): Promise<DockerClient> {
    const commands = executables("docker", env.PATH ?? "");
    const [first] = commands;
    if (!first) {
        throw new Error(
            "No docker client is installed (no `docker` on PATH): install Docker, or `docker.io` on Debian",
        );
    }
    for (const command of commands) {
        if (await hasBuildKit(command, env)) {
            return { command, buildKit: true };
        }
    }
    return { command: first, buildKit: false };
}

/** Every executable of that name in the directories of a PATH, in order. */
function executables(name: string, searchPath: string): string[] {
    return searchPath
        .split(path.delimiter)
        .filter((directory) => directory !== "")
        .map((directory) => path.join(directory, name))
        .filter((file) => {
            try {
                accessSync(file, constants.X_OK);
                return true;
            } catch {
                return false;
            }
        });
}

async function hasBuildKit(command: string, env: NodeJS.ProcessEnv): Promise<boolean> {
    const { execa } = await import("execa");
    const options = { env, extendEnv: false, reject: false, stdin: "ignore", timeout: 10_000 } as const;
    const version = await execa(command, ["--version"], options);
    if (isBuildKitBuiltIn(version.stdout)) {
        return true;
    }
    return !(await execa(command, ["buildx", "version"], options)).failed;
}

/** Whether the output of `docker --version` is that of a client with BuildKit built in: 18.09 up to 20.10. */
export function isBuildKitBuiltIn(version: string): boolean {
    const match = /version (\d+)\.(\d+)/.exec(version);
    const [major, minor] = [Number(match?.[1]), Number(match?.[2])];
    return (major === 18 && minor >= 9) || major === 19 || major === 20;
}

/** The manifest's digest in the output of `docker push`: `v1: digest: sha256:… size: 527`. */
export function pushDigest(lines: string[]): string | undefined {
    const digests = lines.map((line) => /\bdigest: (sha256:[0-9a-f]{64})\b/.exec(line)?.[1]);
    return digests.filter((digest) => digest !== undefined).at(-1);
}
