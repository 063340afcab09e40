/**
 * What a run of `up` must know about earlier runs. Everything else is derived from it.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import * as path from "node:path";

import { stateDir } from "../paths";
import { freePort } from "../ports";
import { bootId } from "../process-identity";
import { isRunning } from "../processes";
import type { Report } from "../progress";

/** Every port that the cluster listens on, the daemon that uses it, and the preferred port. */
const wantedPorts = {
    etcd: { daemon: "etcd", port: 2379 },
    etcdPeer: { daemon: "etcd", port: 2380 },
    apiServer: { daemon: "kube-apiserver", port: 6443 },
    controllerManager: { daemon: "kube-controller-manager", port: 10257 },
    scheduler: { daemon: "kube-scheduler", port: 10259 },
    kubelet: { daemon: "kubelet", port: 10250 },
    kubeletHealth: { daemon: "kubelet", port: 10248 },
    kubeProxyHealth: { daemon: "kube-proxy", port: 10256 },
    kubeProxyMetrics: { daemon: "kube-proxy", port: 10249 },
    dns: { daemon: "coredns", port: 1053 },
} as const;

export type PortName = keyof typeof wantedPorts;

export interface Settings {
    /** Whether the cluster has its node, or only a control plane. */
    node: boolean;
    /** The id of the boot in which the cluster was last brought up. */
    boot: string;
    /** The first three numbers of the pods' /24 network, such as `10.244.0`. */
    podNetwork: string;
    ports: Record<PortName, number>;
    /** The executables that the daemons are started from, and their version. */
    kubernetes: string;
    kubernetesVersion: string;
    coredns?: string;
    /** The values of kernel parameters before the node changed them, by path below /proc/sys. */
    sysctls: Record<string, string>;
}

/** The network of Service addresses, with the first of them, which is the API server's, and that of the cluster DNS. */
export const serviceSubnet = "10.96.0.0/16";
export const dnsAddress = "10.96.0.10";
/** Name of the one node. The machine's name may change, and volumes are bound to the node's name. */
export const nodeName = "local";

export const clusterDir = (...parts: string[]): string => stateDir("cluster", ...parts);
export const podSubnet = (settings: Settings): string => `${settings.podNetwork}.0/24`;
/** The machine's address in the pod network, where pods find the API server, the kubelet and DNS. */
export const gateway = (settings: Settings): string => `${settings.podNetwork}.1`;

const settingsFile = (): string => clusterDir("settings.json");

/** Writes a file such that a kill leaves either the old or the new content; does nothing if the content is the same. */
export function writeFile(file: string, content: string, mode = 0o644): void {
    if (readFile(file) === content) {
        return;
    }
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, content, { mode });
    renameSync(`${file}.new`, file);
}

/** The file's content, or undefined when there is no such file. */
export function readFile(file: string): string | undefined {
    try {
        return readFileSync(file, "utf8");
    } catch {
        return undefined;
    }
}

/** The settings of the cluster that was brought up here, completely or in part; undefined without one. */
export function loadSettings(): Settings | undefined {
    const text = readFile(settingsFile());
    return text === undefined ? undefined : (JSON.parse(text) as Settings);
}

export function saveSettings(settings: Settings): void {
    writeFile(settingsFile(), `${JSON.stringify(settings, undefined, 4)}\n`);
}

/**
 * The first of 10.244.0, 10.245.0, … whose /24 contains none of the addresses.
 *
 * @throws when there is none up to 10.254.0
 */
export function freeNetwork(addresses: string[]): string {
    for (let second = 244; second < 255; second++) {
        const network = `10.${second}.0`;
        if (!addresses.some((address) => address.startsWith(`${network}.`))) {
            return network;
        }
    }
    throw new Error(
        "no network for the pods is left: 10.244.0.0/24 to 10.254.0.0/24 all hold an address of this machine",
    );
}

/** The addresses of this machine, except those of the interface. */
export function machineAddresses(except: string): string[] {
    return Object.entries(networkInterfaces())
        .filter(([name]) => name !== except)
        .flatMap(([, addresses]) => addresses ?? [])
        .map(({ address }) => address);
}

/**
 * The ports: those of running daemons and those that are still free stay, so that a kubeconfig remains valid; one that
 * another program has taken since is replaced.
 */
export async function choosePorts(
    before: Record<PortName, number> | undefined,
    report: Report,
): Promise<Record<PortName, number>> {
    const ports = {} as Record<PortName, number>;
    for (const [name, { daemon, port: wanted }] of Object.entries(wantedPorts) as [
        PortName,
        { daemon: string; port: number },
    ][]) {
        const last = before?.[name] ?? wanted;
        ports[name] = isRunning(daemon) ? last : await freePort(last, Object.values(ports));
        if (ports[name] !== last) {
            report(`port ${last} is taken by another program: ${daemon} uses ${ports[name]}`);
        }
    }
    return ports;
}

/** Whether the machine was rebooted since the settings were saved. */
export const isNewBoot = (settings: Settings): boolean => settings.boot !== bootId();
