/**
 * Removes the cluster in any state: everything that it created on the machine is deleted, and then checked for.
 */
import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import * as path from "node:path";

import { stateDir } from "../paths";
import { daemonProcesses, logFile, markedProcesses, signal, stopDaemon, waitUntilGone } from "../processes";
import { killPods, podProcesses, remainingCgroups, removeCgroup } from "./cgroups";
import { adminKubeconfig } from "./credentials";
import { clusterMounts, unmountAll } from "./mounts";
import { interfaces, removeNetwork } from "./network";
import { remainingChains, removeRules } from "./packet-filter";
import { clusterDir, loadSettings } from "./settings";
import { removeStrayFiles } from "./stray-files";
import { restoreSysctls } from "./sysctls";

/** Every daemon of the cluster, in the order in which they are stopped: none depends on one before it. */
export const daemonNames = [
    "kube-proxy",
    "kubelet",
    "coredns",
    "kube-scheduler",
    "kube-controller-manager",
    "kube-apiserver",
    "etcd",
    "containerd",
];

const processes = (): number[] => markedProcesses(daemonNames);

/**
 * The state directory of another cluster whose node runs on this machine. The network, the rules and the control
 * groups, which have the same names in every cluster, then belong to that cluster.
 */
export function otherNode(): string | undefined {
    const own = stateDir();
    const file = daemonProcesses()
        .map(({ file }) => file)
        .find((file) => /\/run\/(kubelet|kube-proxy|containerd)\.pid$/.test(file) && !file.startsWith(`${own}/`));
    return file && path.dirname(path.dirname(file));
}

/** Ends what is left of the daemons: containerd's shims, and every process when the pid files are gone. */
async function endProcesses(): Promise<void> {
    processes().forEach((pid) => signal(pid, "SIGTERM"));
    if (!(await waitUntilGone(processes, 3))) {
        processes().forEach((pid) => signal(pid, "SIGKILL"));
        await waitUntilGone(processes, 10);
    }
}

/** What is left of the cluster on the machine, one line for each thing; empty after a successful `down`. */
export async function leftovers(): Promise<string[]> {
    const shared = async (): Promise<string[]> => [
        ...podProcesses().map((pid) => `pod process ${pid}`),
        ...interfaces().map((name) => `interface ${name}`),
        ...remainingCgroups().map((directory) => `control group ${directory}`),
        ...(await remainingChains()).map((chain) => `packet filter chain ${chain}`),
    ];
    return [
        ...processes().map((pid) => `process ${pid}`),
        ...clusterMounts().map((point) => `mount ${point}`),
        ...(otherNode() === undefined ? await shared() : []),
        ...[clusterDir(), adminKubeconfig()].filter(existsSync).map((file) => `file ${file}`),
    ];
}

/**
 * Removes the cluster with all its data, even after an interrupted or repeated `up` or `down`.
 *
 * @throws when something is left nevertheless
 */
export async function removeCluster(): Promise<void> {
    const hadNode = (loadSettings()?.node ?? false) || interfaces().length > 0;
    for (const name of daemonNames.filter((name) => name !== "containerd")) {
        await stopDaemon(name);
    }
    if (otherNode() === undefined) {
        await killPods();
        await stopDaemon("containerd");
        await endProcesses();
        await killPods();
        await unmountAll();
        await removeNetwork();
        await removeRules();
        await removeCgroup();
        if (hadNode) {
            removeStrayFiles();
        }
        restoreSysctls(loadSettings()?.sysctls ?? {});
    } else {
        await endProcesses();
        await unmountAll();
    }
    rmSync(adminKubeconfig(), { force: true });
    for (const log of daemonNames.map(logFile)) {
        rmSync(log, { force: true });
        rmSync(`${log}.1`, { force: true });
    }
    if (existsSync(clusterDir())) {
        // In one step: half of a cluster's data would be worse than all or none of it.
        const doomed = `${clusterDir()}.removed-${process.pid}`;
        renameSync(clusterDir(), doomed);
    }
    const parent = path.dirname(clusterDir());
    for (const name of existsSync(parent) ? readdirSync(parent) : []) {
        if (name.startsWith(`${path.basename(clusterDir())}.removed-`)) {
            rmSync(path.join(parent, name), { recursive: true, force: true });
        }
    }
    const left = await leftovers();
    if (left.length > 0) {
        throw new Error(`the cluster left behind: ${left.join(", ")}; end or remove that, then repeat \`down\``);
    }
}
