/**
 * The node: kubelet and kube-proxy, on top of containerd and the network.
 */
import { existsSync } from "node:fs";

import { stringify } from "yaml";

import { type Daemon, ensureDaemon, waitUntilReady } from "../processes";
import type { Report } from "../progress";
import type { Api } from "./api";
import { cgroup, ensureCgroup } from "./cgroups";
import { socket, startContainerd } from "./containerd";
import { flags, kubernetesDaemon } from "./control-plane";
import { certificate, kubeconfigFile } from "./credentials";
import { startDns } from "./dns";
import { ensureNetwork } from "./network";
import { ensureRules } from "./packet-filter";
import { clusterDir, dnsAddress, gateway, nodeName, podSubnet, readFile, type Settings, writeFile } from "./settings";
import { ensureBridgeFilter } from "./sysctls";
import { ensureVolumes } from "./volumes";

/** The Debian packages that a node needs. */
export const nodePackages = [
    "containerd",
    "runc",
    "containernetworking-plugins",
    "iptables",
    "iproute2",
    "busybox-static",
];

/** The name servers for pods that use the machine's; systemd's list in /etc names one that no pod can reach. */
const machineResolvConf = (): string =>
    ["/run/systemd/resolve/resolv.conf", "/etc/resolv.conf"].find((file) => existsSync(file)) ?? "";

export function kubeletConfig(settings: Settings, resolvConf: string): string {
    return stringify({
        apiVersion: "kubelet.config.k8s.io/v1beta1",
        kind: "KubeletConfiguration",
        address: gateway(settings),
        port: settings.ports.kubelet,
        healthzBindAddress: "127.0.0.1",
        healthzPort: settings.ports.kubeletHealth,
        authentication: {
            anonymous: { enabled: false },
            webhook: { enabled: true },
            x509: { clientCAFile: certificate("ca.crt") },
        },
        authorization: { mode: "Webhook" },
        containerRuntimeEndpoint: `unix://${socket()}`,
        podLogsDir: clusterDir("pod-logs"),
        clusterDomain: "cluster.local",
        clusterDNS: [dnsAddress],
        resolvConf,
        cgroupDriver: "cgroupfs",
        cgroupRoot: `/${cgroup}`,
        failCgroupV1: false,
        failSwapOn: false,
        enforceNodeAllocatable: [],
        // Many controllers write their certificates into a Secret that they have mounted, and start when the files
        // appear, which takes a minute or more by default.
        syncFrequency: "5s",
        // The cluster shares the machine: other programs that fill its disk or memory are no reason to evict pods or to
        // remove images until it is almost full.
        evictionHard: {
            "memory.available": "100Mi",
            "nodefs.available": "1%",
            "nodefs.inodesFree": "1%",
            "imagefs.available": "1%",
        },
        imageGCHighThresholdPercent: 100,
        imageGCLowThresholdPercent: 99,
    });
}

function kubelet(settings: Settings): Daemon {
    const config = clusterDir("kubelet.yaml");
    const content = kubeletConfig(settings, machineResolvConf());
    const kubeconfig = kubeconfigFile(`system:node:${nodeName}`);
    writeFile(config, content);
    return kubernetesDaemon(
        settings,
        "kubelet",
        flags({
            config,
            kubeconfig,
            "root-dir": clusterDir("kubelet"),
            "cert-dir": clusterDir("kubelet", "pki"),
            "hostname-override": nodeName,
            "node-ip": gateway(settings),
        }),
        [content, readFile(kubeconfig) ?? ""],
    );
}

/** @param bridgeFilter whether packets between pods pass the packet filter */
export function kubeProxyConfig(settings: Settings, bridgeFilter: boolean): string {
    return stringify({
        apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
        kind: "KubeProxyConfiguration",
        mode: "iptables",
        hostnameOverride: nodeName,
        clientConnection: { kubeconfig: kubeconfigFile("system:kube-proxy") },
        clusterCIDR: podSubnet(settings),
        healthzBindAddress: `127.0.0.1:${settings.ports.kubeProxyHealth}`,
        metricsBindAddress: `127.0.0.1:${settings.ports.kubeProxyMetrics}`,
        // Node ports answer on every address except 127.0.0.1, which would take a kernel parameter that opens more.
        iptables: { localhostNodePorts: false, masqueradeAll: !bridgeFilter },
        // The machine's limits on tracked connections stay unchanged.
        conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
    });
}

function kubeProxy(settings: Settings, bridgeFilter: boolean): Daemon {
    const config = clusterDir("kube-proxy.yaml");
    const content = kubeProxyConfig(settings, bridgeFilter);
    writeFile(config, content);
    return kubernetesDaemon(settings, "kube-proxy", flags({ config }), [
        content,
        readFile(kubeconfigFile("system:kube-proxy")) ?? "",
    ]);
}

/** What the node needs from the machine, and what can be prepared before there is an API server. */
export async function prepareNode(settings: Settings, newBoot: boolean, report: Report): Promise<void> {
    await ensureRules(settings);
    await ensureNetwork(settings);
    ensureCgroup();
    await startContainerd(settings, newBoot, report);
}

interface Node {
    status?: { conditions?: { type: string; status: string }[] };
}

async function isNodeReady(api: Api): Promise<boolean> {
    const node = await api.get<Node>(`/api/v1/nodes/${nodeName}`);
    return node?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}

/** Starts the node; returns when pods can run on it, with names and volumes. */
export async function startNode(settings: Settings, api: Api, report: Report): Promise<void> {
    if (await ensureDaemon(kubelet(settings))) {
        report("starting the kubelet");
    }
    if (await ensureDaemon(kubeProxy(settings, await ensureBridgeFilter()))) {
        report("starting kube-proxy");
    }
    await Promise.all([
        startDns(settings, api),
        ensureVolumes(api),
        waitUntilReady(["containerd", "kubelet"], () => isNodeReady(api), 120),
    ]);
}
