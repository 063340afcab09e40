/**
 * Kernel parameters that the node changes, and that `down` restores.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";

import { run } from "../run";

/** With it, packets between pods on the bridge pass the packet filter, which translates Service addresses. */
const bridgeFilter = "net/bridge/bridge-nf-call-iptables";

/**
 * In addition, what the kubelet sets by itself. net/ipv4/ip_forward is left on: other programs may depend on it by
 * then.
 */
const changed = [
    bridgeFilter,
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
];

const file = (name: string): string => `/proc/sys/${name}`;

/** The current values of the parameters that this kernel has. */
export function currentSysctls(): Record<string, string> {
    const known = changed.filter((name) => existsSync(file(name)));
    return Object.fromEntries(known.map((name) => [name, readFileSync(file(name), "utf8").trim()]));
}

/** Restores values. */
export function restoreSysctls(values: Record<string, string>): void {
    for (const [name, value] of Object.entries(values)) {
        if (existsSync(file(name))) {
            writeFileSync(file(name), value);
        }
    }
}

/**
 * Makes packets between pods pass the packet filter if possible, and returns whether they do. If not, replies to a pod
 * that called a Service take a different path than the request, unless kube-proxy masquerades everything.
 */
export async function ensureBridgeFilter(): Promise<boolean> {
    if (!existsSync(file(bridgeFilter))) {
        // Not an error: the module or modprobe may not exist.
        await run("modprobe", ["br_netfilter"]).catch(() => undefined);
    }
    if (!existsSync(file(bridgeFilter))) {
        return false;
    }
    writeFileSync(file(bridgeFilter), "1");
    return true;
}
