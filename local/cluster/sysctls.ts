/**
 * Kernel parameters that the node changes, and that `down` puts back.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";

import { run } from "../run";

/** With it, packets between pods on the bridge pass the packet filter, which translates Service addresses. */
const bridgeFilter = "net/bridge/bridge-nf-call-iptables";

/** Beside that, what the kubelet sets by itself. net/ipv4/ip_forward is left on: others may count on it by then. */
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

/** The present values of those that this kernel has. */
export function currentSysctls(): Record<string, string> {
    const known = changed.filter((name) => existsSync(file(name)));
    return Object.fromEntries(known.map((name) => [name, readFileSync(file(name), "utf8").trim()]));
}

/** Puts values back. */
export function restoreSysctls(values: Record<string, string>): void {
    for (const [name, value] of Object.entries(values)) {
        if (existsSync(file(name))) {
            writeFileSync(file(name), value);
        }
    }
}

/**
 * Whether packets between pods pass the packet filter, after having tried to make it so. Where they do not, answers to
 * what a pod asked of a Service take another way than the question, unless kube-proxy masquerades all of it.
 */
export async function ensureBridgeFilter(): Promise<boolean> {
    if (!existsSync(file(bridgeFilter))) {
        // Not an error: there may be no such module, or no modprobe.
        await run("modprobe", ["br_netfilter"]).catch(() => undefined);
    }
    if (!existsSync(file(bridgeFilter))) {
        return false;
    }
    writeFileSync(file(bridgeFilter), "1");
    return true;
}
