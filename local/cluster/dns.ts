/**
 * Cluster DNS: CoreDNS as a process on this machine, behind the Service that every cluster has for it.
 */
import { Resolver } from "node:dns/promises";

import { type Daemon, ensureDaemon, waitUntilReady } from "../processes";
import type { Api, KubernetesObject } from "./api";
import { withoutProxy } from "./control-plane";
import { kubeconfigFile } from "./credentials";
import { clusterDir, dnsAddress, gateway, readFile, type Settings, writeFile } from "./settings";

/** The machine's list of name servers. */
const resolvConf = "/etc/resolv.conf";

/**
 * CoreDNS' configuration. Names outside the cluster are forwarded to the machine's name servers; without one, they are
 * unknown.
 *
 * @param machine the content of /etc/resolv.conf
 */
export function corefile(settings: Settings, machine: string): string {
    const forward = /^\s*nameserver\s/m.test(machine) ? `\n    forward . ${resolvConf}` : "";
    return `.:${settings.ports.dns} {
    bind ${gateway(settings)}
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        kubeconfig ${kubeconfigFile("system:coredns")}
        fallthrough in-addr.arpa ip6.arpa
    }${forward}
    cache 30 {
        disable success cluster.local
        disable denial cluster.local
    }
}
`;
}

function coredns(settings: Settings, config: string, content: string): Daemon {
    return {
        name: "coredns",
        command: settings.coredns!,
        args: ["-conf", config],
        env: withoutProxy,
        reads: [content, readFile(kubeconfigFile("system:coredns")) ?? ""],
    };
}

/** What CoreDNS may read, and the Service through which pods reach it. */
export function dnsObjects(settings: Settings): [path: string, object: KubernetesObject][] {
    const role: KubernetesObject = {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRole",
        metadata: { name: "system:coredns" },
        rules: [
            { apiGroups: [""], resources: ["endpoints", "services", "pods", "namespaces"], verbs: ["list", "watch"] },
            { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
        ],
    };
    const binding: KubernetesObject = {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRoleBinding",
        metadata: { name: "system:coredns" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:coredns" },
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "system:coredns" }],
    };
    const ports = (port: number): object[] =>
        ["UDP", "TCP"].map((protocol) => ({ name: protocol === "UDP" ? "dns" : "dns-tcp", protocol, port }));
    const service: KubernetesObject = {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "kube-dns", namespace: "kube-system", labels: { "k8s-app": "kube-dns" } },
        spec: { clusterIP: dnsAddress, ports: ports(53) },
    };
    const endpoints: KubernetesObject = {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: {
            name: "kube-dns",
            namespace: "kube-system",
            labels: {
                "kubernetes.io/service-name": "kube-dns",
                "endpointslice.kubernetes.io/managed-by": "kubernetes-mlops",
            },
        },
        addressType: "IPv4",
        endpoints: [{ addresses: [gateway(settings)], conditions: { ready: true } }],
        ports: ports(settings.ports.dns),
    };
    return [
        ["/apis/rbac.authorization.k8s.io/v1/clusterroles/system:coredns", role],
        ["/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/system:coredns", binding],
        ["/api/v1/namespaces/kube-system/services/kube-dns", service],
        ["/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices/kube-dns", endpoints],
    ];
}

/** Whether the API server's name resolves through the Service. */
async function answers(): Promise<boolean> {
    const resolver = new Resolver({ timeout: 1000, tries: 1 });
    resolver.setServers([dnsAddress]);
    try {
        return (await resolver.resolve4("kubernetes.default.svc.cluster.local")).length === 1;
    } catch {
        return false;
    }
}

export async function startDns(settings: Settings, api: Api): Promise<void> {
    for (const [path, object] of dnsObjects(settings)) {
        await api.apply(path, object);
    }
    const config = clusterDir("coredns", "Corefile");
    const content = corefile(settings, readFile(resolvConf) ?? "");
    writeFile(config, content);
    await ensureDaemon(coredns(settings, config, content));
    await waitUntilReady(["kube-proxy", "coredns"], answers, 60);
}
