import { readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync } from "node:fs";
import * as path from "node:path";

import { cniNetwork } from "./network";
import { clusterDir } from "./settings";

/**
 * Removes those files of a directory, and then the directory, and the one above it, if nothing else is in them. One
 * that does not exist is fine.
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

/** Removes what a node that was ended has put outside the directories it was given, and could not be told not to. */
export function removeStrayFiles(): void {
    // The kubelet's names for the logs of containers.
    removeFiles("/var/log/containers", (file) => linkTarget(file).startsWith(`${clusterDir()}/`));
    // Where the kubelet waits for device plugins.
    const plugins = "/var/lib/kubelet/device-plugins";
    const own = ["kubelet.sock", "kubelet_internal_checkpoint", "DEPRECATION"];
    removeFiles(plugins, (file) => own.includes(path.basename(file)) && !isOpen(path.join(plugins, "kubelet.sock")));
    // The sockets of containerd's shims, among those of every containerd of the machine.
    removeFiles("/run/containerd/s", (file) => !isOpen(file));
    // What the CNI plugins have answered.
    removeFiles("/var/lib/cni/results", (file) => path.basename(file).startsWith(`${cniNetwork}-`));
}
