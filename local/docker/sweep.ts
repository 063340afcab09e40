/**
 * Removes what a killed docker daemon leaves behind: containers, mounts and control groups.
 */
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import * as path from "node:path";

import { mountPoints, parseMounts } from "../cluster/mounts";
import { markedProcesses, signal, waitUntilGone } from "../processes";
import { run } from "../run";
import { cgroupName, dockerDir } from "./settings";

/** Name of the daemon's pid file and log. */
export const DAEMON = "dockerd";
/** The same for debootstrap, which creates the base image's root file system. */
export const BOOTSTRAP = "debootstrap";

/** The daemon's processes, including those that it started, and the processes in containers. */
const processes = (): number[] => [...new Set([...markedProcesses([DAEMON]), ...containerProcesses()])];

/** The directories of the containers' control group, in every hierarchy, the deepest first. */
function cgroups(): string[] {
    return mountPoints(["cgroup", "cgroup2"])
        .map((root) => path.join(root, cgroupName()))
        .filter((directory) => existsSync(directory))
        .flatMap(tree);
}

function tree(directory: string): string[] {
    const children = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [...children.flatMap(({ name }) => tree(path.join(directory, name))), directory];
}

function containerProcesses(): number[] {
    return cgroups()
        .flatMap((directory) => readFileSync(path.join(directory, "cgroup.procs"), "utf8").split("\n"))
        .map(Number)
        .filter((pid) => pid > 0);
}

/** What is mounted below a directory, the newest first. */
function mountsBelow(directory: string): string[] {
    return parseMounts(readFileSync("/proc/self/mountinfo", "utf8"))
        .map(({ point }) => point)
        .filter((point) => point.startsWith(`${directory}/`))
        .reverse();
}

/** Unmounts everything below a directory. */
export async function unmountBelow(directory: string): Promise<void> {
    for (const point of mountsBelow(directory)) {
        // A mount that an unrelated process still uses is unmounted once the process releases it.
        await run("umount", [point]).catch(() => run("umount", ["--lazy", point]));
    }
}

/** Ends and removes everything that a daemon which no longer runs left behind, except for its images. */
export async function sweep(): Promise<void> {
    // A process that forks while it is killed may leave a child that was not listed: hence several rounds.
    for (let round = 0; processes().length > 0 && round < 10; round++) {
        processes().forEach((pid) => signal(pid, "SIGKILL"));
        await waitUntilGone(processes, 2);
    }
    await unmountBelow(dockerDir());
    cgroups().forEach((directory) => rmdirSync(directory));
    // Sockets and pid files that might be mistaken for those of a later process.
    for (const name of ["exec", "docker.sock", "dockerd.pid"]) {
        rmSync(dockerDir(name), { recursive: true, force: true });
    }
}

/** What `sweep` would remove, one line each. */
export function leftovers(): string[] {
    return [
        ...[...processes(), ...markedProcesses([BOOTSTRAP])].map((pid) => `process ${pid}`),
        ...mountsBelow(dockerDir()).map((point) => `mount ${point}`),
        ...cgroups().map((directory) => `control group ${directory}`),
    ];
}
