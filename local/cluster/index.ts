/**
 * A Kubernetes cluster on one machine: a control plane and, where requested, a node.
 */
import { existsSync } from "node:fs";
import * as path from "node:path";

import { ensurePackages } from "../debian";
import { withLock } from "../lock";
import { cacheDir } from "../paths";
import { bootId } from "../process-identity";
import { type DaemonState, listDaemons } from "../processes";
import type { Report } from "../progress";
import { run } from "../run";
import { ensureTools } from "../toolchain";
import { daemonNames, otherNode, removeCluster } from "./cleanup";
import { startControlPlane } from "./control-plane";
import { adminKubeconfig, ensureCredentials } from "./credentials";
import { bridge } from "./network";
import { nodePackages, prepareNode, startNode } from "./node";
import {
    choosePorts,
    freeNetwork,
    isNewBoot,
    loadSettings,
    machineAddresses,
    saveSettings,
    type Settings,
} from "./settings";
import { currentSysctls } from "./sysctls";
import { storageClass } from "./volumes";

export interface Cluster {
    /** The administrator's kubeconfig. */
    kubeconfig: string;
    /** The default storage class; only with a node. */
    storageClass?: string;
    /** Whether pods can run. */
    node: boolean;
}

export interface DaemonStatus extends DaemonState {
    /** Such as `v1.36.3`; only while it runs. */
    version?: string;
}

export interface ClusterStatus {
    /** Whether a cluster was brought up and has not been taken down since. */
    exists: boolean;
    node: boolean;
    kubeconfig?: string;
    daemons: DaemonStatus[];
}

/** Runs the action while no other process brings the cluster up or takes it down. */
const exclusively = <T>(report: Report, action: () => Promise<T>): Promise<T> =>
    withLock(
        cacheDir("cluster.lock"),
        (pid) => report(`waiting for process ${pid}, which brings the cluster up or takes it down`),
        action,
    );

async function makeSettings(node: boolean, report: Report): Promise<Settings> {
    const before = loadSettings();
    const boot = bootId();
    const withNode = node || (before?.node ?? false);
    const tools = await ensureTools(withNode ? ["kubernetes", "coredns"] : ["kubernetes"], report);
    const other = otherNode();
    if (withNode && other !== undefined) {
        throw new Error(
            `the node of the cluster in ${other} already runs on this machine: take that cluster down first, with ` +
                `KUBERNETES_MLOPS_CACHE=${path.dirname(other)} npm run local -- down`,
        );
    }
    if (withNode) {
        await ensurePackages(nodePackages, report);
    }
    const sysctls = before?.boot === boot && Object.keys(before.sysctls).length > 0 ? before.sysctls : undefined;
    return {
        node: withNode,
        boot,
        podNetwork: before?.podNetwork ?? freeNetwork(machineAddresses(bridge)),
        ports: await choosePorts(before?.ports, report),
        kubernetes: tools.kubernetes,
        kubernetesVersion:
            before?.kubernetes === tools.kubernetes
                ? before.kubernetesVersion
                : await run(tools.kubernetes, ["kubeadm", "version", "--output", "short"]),
        ...("coredns" in tools && { coredns: tools.coredns }),
        sysctls: sysctls ?? (withNode ? currentSysctls() : {}),
    };
}

/**
 * Brings the cluster up, or what is missing of it; what runs already stays as it is. Returns when it is usable.
 *
 * @param options.node also a node, on which pods run. An existing node stays even when it is not requested.
 */
export function clusterUp({ node, report }: { node: boolean; report: Report }): Promise<Cluster> {
    return exclusively(report, async () => {
        const before = loadSettings();
        if (!before) {
            // What is left of a cluster whose directory was removed by hand.
            await removeCluster();
        }
        const settings = await makeSettings(node, report);
        saveSettings(settings);
        await ensureCredentials(settings);
        const newBoot = before !== undefined && isNewBoot(before);
        const [api] = await Promise.all([
            startControlPlane(settings, report),
            settings.node ? prepareNode(settings, newBoot, report) : undefined,
        ]);
        if (settings.node) {
            await startNode(settings, api, report);
        }
        return {
            kubeconfig: adminKubeconfig(),
            node: settings.node,
            ...(settings.node && { storageClass }),
        };
    });
}

/** Takes the cluster down with all its data, and checks that nothing is left of it on the machine. */
export function clusterDown(report: Report): Promise<void> {
    return exclusively(report, async () => {
        report("stopping the cluster's processes");
        await removeCluster();
    });
}

/** The version in the output of a program. */
export const versionIn = (output: string): string | undefined => {
    const version = /\bv?(\d+\.\d+\.\d+\S*)/.exec(output)?.[1];
    return version && `v${version}`;
};

async function daemonVersion(name: string, settings: Settings): Promise<string | undefined> {
    const commands: Record<string, [string, string[]]> = {
        etcd: [settings.kubernetes, ["etcd", "--version"]],
        containerd: ["containerd", ["--version"]],
        coredns: [settings.coredns ?? "coredns", ["-version"]],
    };
    const command = commands[name];
    return command ? versionIn(await run(...command).catch(() => "")) : settings.kubernetesVersion;
}

/** Which daemons run; not whether they are healthy. */
export async function clusterStatus(): Promise<ClusterStatus> {
    const settings = loadSettings();
    const states = listDaemons().filter(({ name }) => daemonNames.includes(name));
    const daemons = await Promise.all(
        states.map(async (state) => {
            const version = state.running && settings ? await daemonVersion(state.name, settings) : undefined;
            return { ...state, ...(version !== undefined && { version }) };
        }),
    );
    return {
        exists: settings !== undefined,
        node: settings?.node ?? false,
        ...(existsSync(adminKubeconfig()) && { kubeconfig: adminKubeconfig() }),
        daemons,
    };
}
