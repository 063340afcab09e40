import { readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync } from "node:fs";
import * as path from "node:path";

import { cniNetwork } from "./network";
import { clusterDir } from "./settings";

/**
 * Removes these files of a directory, and then the directory and its parent if they are empty. Missing files are fine.
 */
function removeFiles(directory: string, condition: (file: string) => boolean): void {
    try {
        const files = readdirSync(directory).map((name) => path.join(directory, name));
        files.filter(condition).forEach((file) => rmSync(file, { force: true }));
        rmdirSync(directory);
        rmdirSync(path.dirname(directory));
    } catch (error) {
        const { code = "" } = error as NodeJS.ErrnoException;
        if (!["ENOENT", "ENOTEMPTY", "EBUSY"].includes(code)) {
            throw error;
        }
    }
}

/** Whether a Unix socket of this path is open. */
const isOpen = (socket: string): boolean =>
    readFileSync("/proc/net/unix", "utf8")
        .split("\n")
        .some((line) => line.endsWith(` ${socket}`));

function linkTarget(file: string): string {
    try {
        return readlinkSync(file);
    } catch {
        return "";
    }
}

/** Removes what a stopped node has left outside the directories it was given, in places that cannot be configured. */
export function removeStrayFiles(): void {
    // The kubelet's links to the logs of containers.
    removeFiles("/var/log/containers", (file) => linkTarget(file).startsWith(`${clusterDir()}/`));
    // Where the kubelet registers device plugins.
    const plugins = "/var/lib/kubelet/device-plugins";
    const own = ["kubelet.sock", "kubelet_internal_checkpoint", "DEPRECATION"];
    removeFiles(plugins, (file) => own.includes(path.basename(file)) && !isOpen(path.join(plugins, "kubelet.sock")));
    // The sockets of containerd's shims, which share a directory with those of every containerd on the machine.
    removeFiles("/run/containerd/s", (file) => !isOpen(file));
    // The cached results of the CNI plugins.
    removeFiles("/var/lib/cni/results", (file) => path.basename(file).startsWith(`${cniNetwork}-`));
}
