/**
 * Where docker's files are, and what a run of `up` must know about earlier runs.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import * as path from "node:path";

import { stateDir } from "../paths";

export interface Settings {
    /** The first three numbers of the containers' /24 network, such as `10.231.0`. */
    network: string;
    /** The registry's TCP port. */
    registryPort: number;
    /** The daemon of the user's that is used instead of a separate one. */
    usersDaemon?: string;
}

export const dockerDir = (...parts: string[]): string => stateDir("docker", ...parts);

/** The socket of the separate daemon. */
const socketFile = (): string => dockerDir("docker.sock");
export const ownDockerHost = (): string => `unix://${socketFile()}`;

/** Distinguishes the bridge and the control group of this state directory from those of another. */
const instance = (): string => createHash("sha256").update(stateDir()).digest("hex").slice(0, 8);

/** The bridge to which containers are connected; a name has at most 15 characters. */
export const bridgeName = (): string => `kmlops-${instance()}`;
/** The control group of every container, below the root of each hierarchy. */
export const cgroupName = (): string => `kubernetes-mlops-docker-${instance()}`;

const settingsFile = (): string => dockerDir("settings.json");

export function loadSettings(): Settings | undefined {
    try {
        return JSON.parse(readFileSync(settingsFile(), "utf8")) as Settings;
    } catch {
        return undefined;
    }
}

export function saveSettings(settings: Settings): void {
    writeFile(settingsFile(), `${JSON.stringify(settings, undefined, 4)}\n`);
}

/** Writes a file aside and renames it: a kill leaves either the old or the new content. */
export function writeFile(file: string, content: string): void {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, content);
    renameSync(`${file}.new`, file);
}

/**
 * The first of 10.231.0, 10.232.0, … whose /24 contains none of the addresses. The cluster's range begins at 10.244.0.
 *
 * @throws when there is none up to 10.243.0
 */
export function freeNetwork(addresses: string[]): string {
    for (let second = 231; second < 244; second++) {
        const network = `10.${second}.0`;
        if (!addresses.some((address) => address.startsWith(`${network}.`))) {
            return network;
        }
    }
    throw new Error(
        "No network for containers is left: 10.231.0.0/24 to 10.243.0.0/24 all hold an address of this machine. " +
            "Remove a network that is not used",
    );
}

/** The addresses of this machine, except those of the bridge. */
export function machineAddresses(): string[] {
    return Object.entries(networkInterfaces())
        .filter(([name]) => name !== bridgeName())
        .flatMap(([, addresses]) => addresses ?? [])
        .map(({ address }) => address);
}
