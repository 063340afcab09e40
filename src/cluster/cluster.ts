/** Which cluster a Kubernetes provider leads to. */
import { readFile } from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { isKnown } from "../arguments/inputs";
import { type Cluster, createCluster } from "./client";
import {
    type Connection,
    connectionOf,
    type Kubeconfig,
    mergeKubeconfigs,
    type NoCluster,
    parseKubeconfig,
    proxyProblem,
} from "./kubeconfig";
import { proxyFromEnvironment } from "./proxy";

/** The settings of a Kubernetes provider that decide which cluster it leads to. */
const settings = ["kubeconfig", "context", "cluster", "renderYamlToDirectory"] as const;

type Settings = Partial<Record<(typeof settings)[number], string>>;

/** Returns whether there is a cluster to read. */
export const isCluster = (one: Cluster | NoCluster): one is Cluster => !("reason" in one);

/**
 * Returns the cluster of a Kubernetes provider, or why it cannot be read. The Output is always known, also in a preview
 * in which the provider's kubeconfig is not, and is never secret: nothing that it returns is.
 *
 * @param provider - The provider of a resource, or undefined for the default provider of the stack.
 */
export function clusterOf(provider: pulumi.ProviderResource | undefined): pulumi.Output<Cluster | NoCluster> {
    return pulumi.output(undefined).apply(async () => {
        const found = provider === undefined ? defaultSettings() : await settingsOf(provider);
        return "reason" in found ? found : openCluster(found);
    });
}

/** Returns the cluster to which these settings lead. */
export async function openCluster(found: Settings, env = process.env): Promise<Cluster | NoCluster> {
    if (found.renderYamlToDirectory) {
        return { reason: "its provider renders YAML and has no cluster", isRendered: true };
    }
    const connection = await connect(found, env);
    if ("reason" in connection) {
        return connection;
    }
    const proxy = connection.proxy?.href ?? proxyFromEnvironment(connection.server, env);
    const problem = proxy && proxyProblem(proxy);
    return problem ? { reason: problem } : createCluster({ ...connection, proxy: proxy ? new URL(proxy) : undefined });
}

/** Returns the settings of the default provider: the stack's configuration. */
function defaultSettings(): Settings {
    const config = pulumi.runtime.allConfig();
    return Object.fromEntries(settings.map((key) => [key, config[`kubernetes:${key}`]]));
}

/**
 * Returns the settings of a provider. The engine knows them in previews, too, and of a provider that a program in
 * another language has passed to a component; the properties of the resource do not tell what is not set from what is
 * not known yet.
 */
async function settingsOf(provider: pulumi.ProviderResource): Promise<Settings | NoCluster> {
    const urn = await plain(provider.urn);
    if (urn === undefined) {
        return { reason: "its provider is not known yet" };
    }
    let state: Record<string, unknown>;
    try {
        ({ state } = (await pulumi.runtime.invoke("pulumi:pulumi:getResource", { urn })) as { state: typeof state });
    } catch (error) {
        return { reason: `the settings of its provider cannot be read: ${(error as Error).message}` };
    }
    const unknown = settings.find((key) => state[key] === pulumi.unknown);
    return unknown === undefined
        ? Object.fromEntries(settings.map((key) => [key, state[key]]))
        : { reason: `the ${unknown} of its provider is not known yet` };
}

/** Returns the value of an Output, or undefined if it is not known. */
const plain = async <T>(output: pulumi.Output<T>): Promise<T | undefined> =>
    (await isKnown(output)) ? (output as unknown as { promise(): Promise<T> }).promise() : undefined;

/** Finds the kubeconfig like the Kubernetes provider. */
async function connect(
    { kubeconfig, ...overrides }: Settings,
    env: NodeJS.ProcessEnv,
): Promise<Connection | NoCluster> {
    const { context, cluster } = overrides;
    const chosen = { context: context || undefined, cluster: cluster || undefined };
    if (kubeconfig) {
        const config = await readGiven(kubeconfig);
        return "reason" in config ? config : connectionOf(config, chosen);
    }
    const files = (env.KUBECONFIG ?? "").split(path.delimiter).filter((file) => file !== "");
    const found: Kubeconfig[] = [];
    for (const file of files.length > 0 ? files : [path.join(os.homedir(), ".kube", "config")]) {
        const config = await readFileIfExists(file);
        if (config !== undefined && "reason" in config) {
            return config;
        }
        found.push(...(config ? [config] : []));
    }
    return found.length > 0 ? connectionOf(mergeKubeconfigs(found), chosen) : inCluster(env);
}

/** Reads a kubeconfig that is given as its path or its content. */
async function readGiven(kubeconfig: string): Promise<Kubeconfig | NoCluster> {
    const file = kubeconfig.replace(/^~(?=$|[\\/])/, os.homedir());
    // A kubeconfig is longer than any path, and has several lines unless it is JSON.
    const isPath = !/[\n{]/.test(file);
    return (isPath ? await readFileIfExists(file) : undefined) ?? parsed(kubeconfig, process.cwd(), "its kubeconfig");
}

async function readFileIfExists(file: string): Promise<Kubeconfig | NoCluster | undefined> {
    let text: string;
    try {
        text = await readFile(file, "utf8");
    } catch (error) {
        const { code = "" } = error as NodeJS.ErrnoException;
        return ["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes(code)
            ? undefined
            : { reason: `the kubeconfig ${file} cannot be read (${code})` };
    }
    return text.trim() === "" ? undefined : parsed(text, path.dirname(path.resolve(file)), `the kubeconfig ${file}`);
}

function parsed(text: string, directory: string, shown: string): Kubeconfig | NoCluster {
    try {
        return parseKubeconfig(text, directory);
    } catch (error) {
        return { reason: `${shown} cannot be used: ${(error as Error).message}` };
    }
}

const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Returns the cluster whose pod runs this program, by the pod's service account. */
async function inCluster(env: NodeJS.ProcessEnv): Promise<Connection | NoCluster> {
    const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
    const tokenFile = path.join(serviceAccount, "token");
    if (!host || !port || (await readFile(tokenFile).catch(() => undefined)) === undefined) {
        return { reason: "no kubeconfig was found" };
    }
    return {
        server: new URL(`https://${host.includes(":") ? `[${host}]` : host}:${port}`),
        ca: { file: path.join(serviceAccount, "ca.crt") },
        insecure: false,
        credentials: { tokenFile },
    };
}
