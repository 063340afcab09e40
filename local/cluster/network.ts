/**
 * The pod network: a bridge on this machine, to which the CNI plugins connect every pod.
 */
import { existsSync, readdirSync } from "node:fs";

import { run } from "../run";
import { clusterDir, dnsAddress, gateway, podSubnet, serviceSubnet, type Settings, writeFile } from "./settings";

/** The bridge's name: at most 15 characters. */
export const bridge = "kmlops0";
/** The network's name, which is in the comment of every rule that the CNI plugins create. */
export const cniNetwork = "kubernetes-mlops";
/** Where Debian puts the CNI plugins. */
export const cniPlugins = "/usr/lib/cni";

export const cniConfigDir = (): string => clusterDir("cni", "net.d");
/** Which pod has which address. */
export const cniAddressDir = (): string => clusterDir("cni", "addresses");

export function cniConfig(settings: Settings): string {
    const content = {
        cniVersion: "1.0.0",
        name: cniNetwork,
        plugins: [
            {
                type: "bridge",
                bridge,
                isGateway: true,
                ipMasq: true,
                // A pod that calls its own Service may be answered by itself.
                hairpinMode: true,
                ipam: {
                    type: "host-local",
                    dataDir: cniAddressDir(),
                    ranges: [[{ subnet: podSubnet(settings) }]],
                    routes: [{ dst: "0.0.0.0/0" }],
                },
            },
            { type: "portmap", capabilities: { portMappings: true } },
        ],
    };
    return `${JSON.stringify(content, undefined, 4)}\n`;
}

/** Creates the bridge with the machine's address in the pod network, before the first pod makes the plugin do it. */
export async function ensureNetwork(settings: Settings): Promise<void> {
    writeFile(`${cniConfigDir()}/10-${cniNetwork}.conflist`, cniConfig(settings));
    if (!existsSync(`/sys/class/net/${bridge}`)) {
        await run("ip", ["link", "add", bridge, "type", "bridge"]);
    }
    await run("ip", ["address", "replace", `${gateway(settings)}/24`, "dev", bridge]);
    await run("ip", ["link", "set", bridge, "up"]);
    // A Service's address is translated only in packets that have a route, which a machine without a network lacks.
    const routed = await run("ip", ["route", "get", dnsAddress]).then(
        () => true,
        () => false,
    );
    if (!routed) {
        await run("ip", ["route", "replace", serviceSubnet, "dev", bridge]);
    }
}

/** The bridge and the interfaces that connect pods to it, as far as they exist; the bridge is last. */
export function interfaces(): string[] {
    const directory = `/sys/class/net/${bridge}`;
    return existsSync(directory) ? [...readdirSync(`${directory}/brif`), bridge] : [];
}

export async function removeNetwork(): Promise<void> {
    for (const name of interfaces()) {
        // A pod's interface disappears with the pod's network namespace: it may have done so just now.
        if (existsSync(`/sys/class/net/${name}`)) {
            await run("ip", ["link", "delete", name]).catch((error: unknown) => {
                if (existsSync(`/sys/class/net/${name}`)) {
                    throw error;
                }
            });
        }
    }
}
