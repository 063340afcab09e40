/**
 * The docker daemon: the user's if one answers, or else a separate one with its own directories, socket, network and
 * containerd.
 */
import { mkdirSync } from "node:fs";

import { ensurePackages } from "../debian";
import { ensureDaemon, isRunning, stopDaemon, waitUntilReady } from "../processes";
import type { Report } from "../progress";
import { run, type RunOptions } from "../run";
import { findExecutable } from "../toolchain/installed";
import { findDockerClient } from "./cli";
import { ensureNetwork } from "./network";
import { bridgeName, cgroupName, dockerDir, ownDockerHost, type Settings, writeFile } from "./settings";
import { DAEMON, sweep } from "./sweep";

const DEFAULT_HOST = "unix:///var/run/docker.sock";

/** What the separate daemon needs, in addition to the client. */
const PROGRAMS = ["dockerd", "containerd", "runc", "iptables", "ip"];

/** Runs a docker command against the daemon at this address. */
export async function docker(host: string, args: string[], options: RunOptions = {}): Promise<string> {
    const { command } = await findDockerClient();
    return run(command, args, { ...options, env: { DOCKER_HOST: host, DOCKER_CONTEXT: undefined, ...options.env } });
}

/** Whether a daemon answers at this address within ten seconds. */
export async function answers(host: string): Promise<boolean> {
    const args = ["version", "--format", "{{.Server.Version}}"];
    return docker(host, args, { timeout: 10 }).then(
        () => true,
        () => false,
    );
}

/** The address of a daemon of the user's that answers: the one in DOCKER_HOST, or at docker's default socket. */
export async function usersDaemon(report: Report): Promise<string | undefined> {
    const named = process.env.DOCKER_HOST;
    const candidates = [named, DEFAULT_HOST].filter((host) => host && host !== ownDockerHost()) as string[];
    for (const host of new Set(candidates)) {
        if (await answers(host)) {
            return host;
        }
        if (host === named) {
            report(`the docker daemon at DOCKER_HOST=${host} does not answer: another one is used`);
        }
    }
    return undefined;
}

/** The configuration of the separate daemon. */
export function daemonConfig(): string {
    const config = {
        hosts: [ownDockerHost()],
        "data-root": dockerDir("data"),
        "exec-root": dockerDir("exec"),
        pidfile: dockerDir("dockerd.pid"),
        bridge: bridgeName(),
        // See network.ts: the daemon does not create the bridge and the rules.
        iptables: false,
        "ip-masq": false,
        "cgroup-parent": `/${cgroupName()}`,
        "exec-opts": ["native.cgroupdriver=cgroupfs"],
        "log-level": "warn",
        // Seconds that containers may take to end when the daemon stops.
        "shutdown-timeout": 5,
    };
    return `${JSON.stringify(config, undefined, 4)}\n`;
}

/** Starts the separate daemon, unless it runs already. */
export async function startOwnDaemon({ network }: Settings, report: Report): Promise<void> {
    // The address of a Unix socket is limited to 107 characters; the longest of the daemon's is its containerd's.
    const longest = dockerDir("exec", "containerd", "containerd-debug.sock");
    if (longest.length > 107) {
        throw new Error(
            `The path ${longest} is longer than the 107 characters that a socket may have: ` +
                "set KUBERNETES_MLOPS_CACHE to a shorter directory",
        );
    }
    if (!PROGRAMS.every((name) => findExecutable(name))) {
        await ensurePackages(["docker.io", "iptables", "iproute2"], report);
    }
    await ensureNetwork(network);
    if (!isRunning(DAEMON)) {
        await sweep();
    }
    mkdirSync(dockerDir(), { recursive: true });
    writeFile(dockerDir("daemon.json"), daemonConfig());
    const daemon = {
        name: DAEMON,
        command: "dockerd",
        args: ["--config-file", dockerDir("daemon.json")],
        // Variables meant for a client.
        env: { DOCKER_HOST: undefined, DOCKER_CONTEXT: undefined, DOCKER_TLS_VERIFY: undefined },
        reads: [daemonConfig()],
    };
    if (await ensureDaemon(daemon)) {
        report("starting dockerd");
    }
    await waitUntilReady(DAEMON, () => answers(ownDockerHost()), 60);
}

/** Stops the separate daemon. */
export async function stopOwnDaemon(): Promise<void> {
    await stopDaemon(DAEMON, 20);
    await sweep();
}
