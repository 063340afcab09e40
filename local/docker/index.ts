/**
 * What builds and stores images on this machine: a docker daemon, a registry on localhost, and a base image in it.
 */
import { rm } from "node:fs/promises";

import { withLock } from "../lock";
import { ensureBaseImage } from "../offline/base-image";
import { cacheDir } from "../paths";
import { isRunning, stopDaemon } from "../processes";
import type { Report } from "../progress";
import { answers, startOwnDaemon, stopOwnDaemon, usersDaemon } from "./daemon";
import { networkLeftovers, removeNetwork } from "./network";
import { choosePort, REGISTRY, registryHost, responds, startRegistry } from "./registry";
import { dockerDir, freeNetwork, loadSettings, machineAddresses, ownDockerHost, saveSettings } from "./settings";
import { BOOTSTRAP, DAEMON, leftovers } from "./sweep";

export interface Docker {
    /** The daemon's address, as in DOCKER_HOST. */
    dockerHost: string;
    /** The registry as in an image reference: `localhost:5001`. */
    registry: string;
    /** An image with Python in the registry, by digest. */
    baseImage: string;
}

export interface DockerStatus {
    /** Whether docker was brought up and has not been taken down since. */
    exists: boolean;
    daemon?: { host: string; own: boolean; running: boolean };
    registry?: { host: string; running: boolean };
}

/** Runs the action while no other process brings docker up or takes it down. */
const exclusively = <T>(report: Report, action: () => Promise<T>): Promise<T> =>
    withLock(
        cacheDir("docker.lock"),
        (pid) => report(`waiting for process ${pid}, which brings docker up or takes it down`),
        action,
    );

/**
 * Starts what is missing and returns when it is usable; what runs already stays as it is. A daemon of the user's that
 * answers is used instead of a separate one.
 */
export function dockerUp(report: Report): Promise<Docker> {
    return exclusively(report, async () => {
        const before = loadSettings();
        if (!before) {
            // What is left of a daemon whose directory was removed by hand.
            await stopOwnDaemon();
        }
        const users = isRunning(DAEMON) ? undefined : await usersDaemon(report);
        const settings = {
            network: before?.network ?? freeNetwork(machineAddresses()),
            registryPort: await choosePort(before?.registryPort, report),
            ...(users && { usersDaemon: users }),
        };
        saveSettings(settings);
        const dockerHost = users ?? ownDockerHost();
        if (!users) {
            await startOwnDaemon(settings, report);
        }
        await startRegistry(settings, report);
        const baseImage = await ensureBaseImage(dockerHost, settings, report);
        return { dockerHost, registry: registryHost(settings), baseImage };
    });
}

/**
 * Takes down what `dockerUp` started, with all images; the base image stays in the cache, and a daemon of the user's
 * stays as it is.
 *
 * @throws when something is left nevertheless
 */
export function dockerDown(report: Report): Promise<void> {
    return exclusively(report, async () => {
        report("stopping docker and the registry");
        await Promise.all([stopDaemon(BOOTSTRAP), stopDaemon(REGISTRY), stopOwnDaemon()]);
        await removeNetwork();
        await rm(dockerDir(), { recursive: true, force: true });
        const left = [...leftovers(), ...(await networkLeftovers())];
        if (left.length > 0) {
            throw new Error(`docker left behind: ${left.join(", ")}; end or remove that, then repeat \`down\``);
        }
    });
}

/** Which parts of docker run. */
export async function dockerStatus(): Promise<DockerStatus> {
    const settings = loadSettings();
    if (!settings) {
        return { exists: false };
    }
    const host = settings.usersDaemon ?? ownDockerHost();
    return {
        exists: true,
        daemon: { host, own: settings.usersDaemon === undefined, running: await answers(host) },
        registry: { host: registryHost(settings), running: await responds(settings.registryPort, "/v2/") },
    };
}
