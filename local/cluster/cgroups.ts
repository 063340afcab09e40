/**
 * The control group that holds every pod and nothing else.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { signal, waitUntilGone } from "../processes";
import { mountPoints } from "./mounts";

/** The group's name in every hierarchy; the kubelet creates its own below it. */
export const cgroup = "kubernetes-mlops";

/** The roots of the hierarchies: one per controller in cgroup v1, a single one in v2. */
const hierarchies = (): string[] => mountPoints(["cgroup", "cgroup2"]);

/** The group's directories that exist. */
const directories = (): string[] =>
    hierarchies()
        .map((root) => path.join(root, cgroup))
        .filter(existsSync);

/** Creates the group, which the kubelet requires. */
export function ensureCgroup(): void {
    for (const root of hierarchies()) {
        const subtree = path.join(root, "cgroup.subtree_control");
        if (existsSync(subtree)) {
            for (const controller of readFileSync(path.join(root, "cgroup.controllers"), "utf8").trim().split(" ")) {
                try {
                    writeFileSync(subtree, `+${controller}`);
                } catch {
                    // Not every controller can be enabled below; the kubelet reports the ones it lacks.
                }
            }
        }
        mkdirSync(path.join(root, cgroup), { recursive: true });
    }
}

/** The result of the file operation, or nothing if the group has disappeared: containerd removes groups, too. */
function unlessGone<T>(operation: () => T[]): T[] {
    try {
        return operation();
    } catch (error) {
        if (["ENOENT", "ENODEV"].includes((error as NodeJS.ErrnoException).code ?? "")) {
            return [];
        }
        throw error;
    }
}

/** The directory and those below it, the deepest first. */
function tree(directory: string): string[] {
    const children = unlessGone(() => readdirSync(directory, { withFileTypes: true }));
    const below = children.filter((entry) => entry.isDirectory());
    return [...below.flatMap(({ name }) => tree(path.join(directory, name))), directory];
}

/** The processes of all pods. */
export function podProcesses(): number[] {
    const pids = directories()
        .flatMap(tree)
        .flatMap((group) => unlessGone(() => readFileSync(path.join(group, "cgroup.procs"), "utf8").split("\n")))
        .filter((line) => line !== "" && line !== "0");
    return [...new Set(pids.map(Number))];
}

/** Ends every pod's processes at once. */
export async function killPods(): Promise<void> {
    // A process that forks while it is killed may leave a child that was not listed: hence several rounds.
    for (let round = 0; round < 10; round++) {
        podProcesses().forEach((pid) => signal(pid, "SIGKILL"));
        if (await waitUntilGone(podProcesses, 2)) {
            return;
        }
    }
    throw new Error(`processes of pods cannot be killed: ${podProcesses().join(" ")}`);
}

/** Removes the group, which must not hold any process. */
export async function removeCgroup(): Promise<void> {
    for (const group of directories().flatMap(tree)) {
        await removeGroup(group);
    }
}

/** The kernel may take a moment to see that the last process of a group has ended. */
async function removeGroup(group: string): Promise<void> {
    for (const deadline = Date.now() + 5000; ; await sleep(20)) {
        try {
            rmdirSync(group);
            return;
        } catch (error) {
            const { code } = error as NodeJS.ErrnoException;
            if (code === "ENOENT") {
                return;
            }
            if (code !== "EBUSY" || Date.now() > deadline) {
                throw error;
            }
        }
    }
}

export const remainingCgroups = directories;
