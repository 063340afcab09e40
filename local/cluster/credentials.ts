/**
 * Certificates and kubeconfigs, created by kubeadm.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import * as path from "node:path";

import { parse, stringify } from "yaml";

import { stateDir } from "../paths";
import { run } from "../run";
import {
    clusterDir,
    gateway,
    nodeName,
    podSubnet,
    readFile,
    serviceSubnet,
    type Settings,
    writeFile,
} from "./settings";

/** Who gets a kubeconfig, and the groups it is in. */
const users = {
    admin: ["system:masters"],
    "system:kube-controller-manager": [],
    "system:kube-scheduler": [],
    [`system:node:${nodeName}`]: ["system:nodes"],
    "system:kube-proxy": [],
    "system:coredns": [],
} satisfies Record<string, string[]>;

export type User = keyof typeof users;

/** Ten years, the same for every certificate: no one renews the certificates of a local cluster. */
const validity = "87600h0m0s";

const credentialsDir = (): string => clusterDir("credentials");

/** A certificate, key or CA that kubeadm created, such as `apiserver.crt` or `etcd/ca.crt`. */
export const certificate = (name: string): string => path.join(credentialsDir(), "pki", name);

/** The kubeconfig of a user of the API server. */
export const kubeconfigFile = (user: User): string =>
    path.join(credentialsDir(), `${user.replaceAll(":", "-")}.kubeconfig`);

/** The administrator's kubeconfig, for the user of the cluster. */
export const adminKubeconfig = (): string => stateDir("kubeconfig");

const serverUrl = (settings: Settings): string => `https://127.0.0.1:${settings.ports.apiServer}`;

/**
 * The kubeadm configuration, which sets everything that kubeadm would otherwise look up on the machine or the network.
 */
export function kubeadmConfig(settings: Settings, directory: string): string {
    const apiVersion = "kubeadm.k8s.io/v1beta4";
    const init = {
        apiVersion,
        kind: "InitConfiguration",
        localAPIEndpoint: { advertiseAddress: gateway(settings), bindPort: settings.ports.apiServer },
        nodeRegistration: { name: nodeName, criSocket: "unix:///run/containerd/containerd.sock" },
    };
    const cluster = {
        apiVersion,
        kind: "ClusterConfiguration",
        kubernetesVersion: settings.kubernetesVersion,
        clusterName: "kubernetes-mlops",
        certificatesDir: path.join(directory, "pki"),
        controlPlaneEndpoint: `127.0.0.1:${settings.ports.apiServer}`,
        networking: { serviceSubnet, podSubnet: podSubnet(settings), dnsDomain: "cluster.local" },
        // Takes a tenth of the time that RSA keys take.
        encryptionAlgorithm: "ECDSA-P256",
        certificateValidityPeriod: validity,
        caCertificateValidityPeriod: validity,
        apiServer: { certSANs: ["127.0.0.1", "localhost"] },
    };
    return [init, cluster].map((document) => stringify(document)).join("---\n");
}

interface Kubeconfig {
    clusters: { name: string; cluster: { server: string } }[];
}

/** The kubeconfig with a different address of the API server. */
export function withServer(kubeconfig: string, server: string): string {
    const content = parse(kubeconfig) as Kubeconfig;
    content.clusters.forEach(({ cluster }) => (cluster.server = server));
    return stringify(content, { lineWidth: 0 });
}

async function makeCredentials(settings: Settings): Promise<void> {
    mkdirSync(clusterDir(), { recursive: true });
    readdirSync(clusterDir())
        .filter((entry) => entry.startsWith("unfinished-"))
        .forEach((entry) => rmSync(clusterDir(entry), { recursive: true, force: true }));
    const directory = mkdtempSync(clusterDir("unfinished-"));
    const config = path.join(directory, "kubeadm.yaml");
    writeFile(config, kubeadmConfig(settings, directory));
    const kubeadm = (...args: string[]): Promise<string> =>
        run(settings.kubernetes, ["kubeadm", ...args, "--config", config]);
    await kubeadm("init", "phase", "certs", "all");
    for (const [user, groups] of Object.entries(users)) {
        const organisations = groups.flatMap((group) => ["--org", group]);
        const kubeconfig = await kubeadm(
            ...["kubeconfig", "user", "--client-name", user, ...organisations, "--validity-period", validity],
        );
        writeFile(path.join(directory, path.basename(kubeconfigFile(user as User))), kubeconfig, 0o600);
    }
    renameSync(directory, credentialsDir());
}

/** Creates what is missing, all or nothing, and puts the API server's current address into the kubeconfigs. */
export async function ensureCredentials(settings: Settings): Promise<void> {
    if (!existsSync(credentialsDir())) {
        await makeCredentials(settings);
    }
    for (const user of Object.keys(users) as User[]) {
        const file = kubeconfigFile(user);
        writeFile(file, withServer(readFile(file)!, serverUrl(settings)), 0o600);
    }
    writeFile(adminKubeconfig(), readFile(kubeconfigFile("admin"))!, 0o600);
}
