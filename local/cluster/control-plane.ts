/**
 * etcd, API server, controller manager and scheduler.
 */
import { type Daemon, ensureDaemon, waitUntilReady } from "../processes";
import type { Report } from "../progress";
import { Api, isHealthy, type KubernetesObject } from "./api";
import { adminKubeconfig, certificate, kubeconfigFile, type User } from "./credentials";
import { clusterDir, gateway, readFile, serviceSubnet, type Settings } from "./settings";

/** `--name=value` for each. */
export const flags = (values: Record<string, string | number | boolean>): string[] =>
    Object.entries(values).map(([name, value]) => `--${name}=${value}`);

/** The daemons talk to each other on this machine only, never through a proxy that the user's shell names. */
export const withoutProxy = Object.fromEntries(
    ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]
        .flatMap((name) => [name, name.toLowerCase()])
        .map((name) => [name, undefined]),
);

/** A daemon that is part of the one Kubernetes binary. */
export function kubernetesDaemon(settings: Settings, name: string, args: string[], reads: string[] = []): Daemon {
    return { name, command: settings.kubernetes, args: [name, ...args], env: withoutProxy, reads };
}

export function etcd(settings: Settings): Daemon {
    const client = `https://127.0.0.1:${settings.ports.etcd}`;
    const peer = `https://127.0.0.1:${settings.ports.etcdPeer}`;
    const tls = (prefix: string, name: string): Record<string, string | boolean> => ({
        [`${prefix}cert-file`]: certificate(`etcd/${name}.crt`),
        [`${prefix}key-file`]: certificate(`etcd/${name}.key`),
        [`${prefix}trusted-ca-file`]: certificate("etcd/ca.crt"),
        [`${prefix}client-cert-auth`]: true,
    });
    return kubernetesDaemon(
        settings,
        "etcd",
        flags({
            name: "local",
            "data-dir": clusterDir("etcd"),
            "listen-client-urls": client,
            "advertise-client-urls": client,
            "listen-peer-urls": peer,
            "initial-advertise-peer-urls": peer,
            "initial-cluster": `local=${peer}`,
            ...tls("", "server"),
            ...tls("peer-", "peer"),
            "log-level": "warn",
            // A cluster that can be recreated in seconds need not survive a power failure, and writes are several times
            // faster.
            "unsafe-no-fsync": true,
        }),
    );
}

/** How an aggregated API server knows that a request comes from the API server, and from which user. */
const requestHeader = (): Record<string, string> => ({
    "requestheader-client-ca-file": certificate("front-proxy-ca.crt"),
    "requestheader-allowed-names": "front-proxy-client",
    "requestheader-extra-headers-prefix": "X-Remote-Extra-",
    "requestheader-group-headers": "X-Remote-Group",
    "requestheader-username-headers": "X-Remote-User",
});

export function apiServer(settings: Settings): Daemon {
    // Pods reach it at the gateway; without a node, only this machine needs it. It can bind to a single address or to
    // all of them: the packet filter decides what may come in on the others, see network.ts.
    const address: Record<string, string> = settings.node
        ? { "bind-address": "0.0.0.0", "advertise-address": gateway(settings) }
        : { "bind-address": "127.0.0.1", "advertise-address": "127.0.0.1", "endpoint-reconciler-type": "none" };
    return kubernetesDaemon(
        settings,
        "kube-apiserver",
        flags({
            ...address,
            "secure-port": settings.ports.apiServer,
            "etcd-servers": `https://127.0.0.1:${settings.ports.etcd}`,
            "etcd-cafile": certificate("etcd/ca.crt"),
            "etcd-certfile": certificate("apiserver-etcd-client.crt"),
            "etcd-keyfile": certificate("apiserver-etcd-client.key"),
            "client-ca-file": certificate("ca.crt"),
            "tls-cert-file": certificate("apiserver.crt"),
            "tls-private-key-file": certificate("apiserver.key"),
            "kubelet-client-certificate": certificate("apiserver-kubelet-client.crt"),
            "kubelet-client-key": certificate("apiserver-kubelet-client.key"),
            // The node's name is not in any DNS: logs, exec and port-forward use its address.
            "kubelet-preferred-address-types": "InternalIP",
            "proxy-client-cert-file": certificate("front-proxy-client.crt"),
            "proxy-client-key-file": certificate("front-proxy-client.key"),
            ...requestHeader(),
            "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
            "service-account-key-file": certificate("sa.pub"),
            "service-account-signing-key-file": certificate("sa.key"),
            "service-cluster-ip-range": serviceSubnet,
            "authorization-mode": "Node,RBAC",
            "enable-admission-plugins": "NodeRestriction",
            "allow-privileged": true,
            profiling: false,
        }),
    );
}

/** What the controller manager and the scheduler have in common; each runs once, so no leader election is needed. */
function clientFlags(user: User, port: number): Record<string, string | number | boolean> {
    const kubeconfig = kubeconfigFile(user);
    return {
        kubeconfig,
        "authentication-kubeconfig": kubeconfig,
        "authorization-kubeconfig": kubeconfig,
        "bind-address": "127.0.0.1",
        "secure-port": port,
        "leader-elect": false,
        profiling: false,
    };
}

export function controllerManager(settings: Settings): Daemon {
    const user = "system:kube-controller-manager";
    return kubernetesDaemon(
        settings,
        "kube-controller-manager",
        flags({
            ...clientFlags(user, settings.ports.controllerManager),
            "requestheader-client-ca-file": certificate("front-proxy-ca.crt"),
            "root-ca-file": certificate("ca.crt"),
            "service-account-private-key-file": certificate("sa.key"),
            "use-service-account-credentials": true,
            "cluster-signing-cert-file": certificate("ca.crt"),
            "cluster-signing-key-file": certificate("ca.key"),
            "cluster-name": "kubernetes-mlops",
            // With the default of 20 calls a second, its start alone takes five seconds.
            "kube-api-qps": 200,
            "kube-api-burst": 400,
        }),
        [readFile(kubeconfigFile(user)) ?? ""],
    );
}

export function scheduler(settings: Settings): Daemon {
    const user = "system:kube-scheduler";
    return kubernetesDaemon(settings, "kube-scheduler", flags(clientFlags(user, settings.ports.scheduler)), [
        readFile(kubeconfigFile(user)) ?? "",
    ]);
}

/** Allows the API server to do at the kubelet what its users ask for: logs, exec, port-forward. */
const kubeletApiAdmin: KubernetesObject = {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: "kubernetes-mlops:kube-apiserver-kubelet-client" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:kubelet-api-admin" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "kube-apiserver-kubelet-client" }],
};

/** Starts the control plane and returns when it is usable: every namespace gets its default service account. */
export async function startControlPlane(settings: Settings, report: Report): Promise<Api> {
    const api = new Api(readFile(adminKubeconfig())!);
    if (await ensureDaemon(etcd(settings))) {
        report("starting etcd");
    }
    // A graceful stop would wait for its clients' watches.
    if (await ensureDaemon(apiServer(settings), 1)) {
        report("starting the API server");
    }
    await waitUntilReady(["etcd", "kube-apiserver"], () => api.isReady(), 120);
    if (await ensureDaemon(controllerManager(settings))) {
        report("starting the controller manager");
    }
    if (await ensureDaemon(scheduler(settings))) {
        report("starting the scheduler");
    }
    await api.apply(
        `/apis/${kubeletApiAdmin.apiVersion}/clusterrolebindings/${kubeletApiAdmin.metadata.name}`,
        kubeletApiAdmin,
    );
    await waitUntilReady("kube-scheduler", () => isHealthy(settings.ports.scheduler), 60);
    await waitUntilReady(
        "kube-controller-manager",
        async () =>
            (await isHealthy(settings.ports.controllerManager)) &&
            (await api.get("/api/v1/namespaces/default/serviceaccounts/default")) !== undefined,
        60,
    );
    return api;
}
