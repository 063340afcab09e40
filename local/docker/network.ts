/**
 * The containers' connection to the outside: a bridge and three rules. The daemon creates none, because its chains
 * would be shared with any other docker daemon, and its policy of dropping forwarded packets would affect the cluster's
 * pods.
 */
import { existsSync } from "node:fs";

import { run } from "../run";
import { bridgeName } from "./settings";

/** The packet filter's rules, by table: what a container sends leaves with the machine's address, replies come in. */
export function packetRules(bridge: string, network: string): { table: string; chain: string; rule: string[] }[] {
    const own = ["-m", "comment", "--comment", bridge];
    const subnet = `${network}.0/24`;
    return [
        {
            table: "nat",
            chain: "POSTROUTING",
            rule: ["-s", subnet, "!", "-o", bridge, ...own, "-j", "MASQUERADE"],
        },
        { table: "filter", chain: "FORWARD", rule: ["-i", bridge, ...own, "-j", "ACCEPT"] },
        {
            table: "filter",
            chain: "FORWARD",
            rule: ["-o", bridge, "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", ...own, "-j", "ACCEPT"],
        },
    ];
}

const bridgeExists = (): boolean => existsSync(`/sys/class/net/${bridgeName()}`);

/** Creates the bridge and the rules, as far as they are missing. */
export async function ensureNetwork(network: string): Promise<void> {
    const bridge = bridgeName();
    if (!bridgeExists()) {
        await run("ip", ["link", "add", "name", bridge, "type", "bridge"]);
    }
    await run("ip", ["address", "replace", `${network}.1/24`, "dev", bridge]);
    await run("ip", ["link", "set", bridge, "up"]);
    for (const { table, chain, rule } of packetRules(bridge, network)) {
        const command = (action: string) => ["--wait", "--table", table, action, chain, ...rule];
        // An existing rule is not added twice.
        await run("iptables", command("--check")).catch(() => run("iptables", command("--insert")));
    }
}

/** Removes the bridge and the rules, as far as they exist. */
export async function removeNetwork(): Promise<void> {
    const bridge = bridgeName();
    for (const [table, rules] of Object.entries(await remainingRules())) {
        for (const rule of rules) {
            await run("iptables", ["--wait", "--table", table, ...rule.replace(/^-A/, "-D").split(" ")]);
        }
    }
    if (bridgeExists()) {
        await run("ip", ["link", "delete", bridge]);
    }
}

/** The rules of this module in the packet filter, by table, as `iptables -S` prints them. */
async function remainingRules(): Promise<Record<string, string[]>> {
    const rules: Record<string, string[]> = {};
    for (const table of ["nat", "filter"]) {
        // Without iptables there are no rules to remove.
        const saved = await run("iptables", ["--wait", "--table", table, "-S"]).catch(() => "");
        rules[table] = saved.split("\n").filter((rule) => rule.includes(`--comment ${bridgeName()} `));
    }
    return rules;
}

/** What is left of the network, one line each. */
export async function networkLeftovers(): Promise<string[]> {
    const rules = Object.values(await remainingRules()).flat();
    return [...(bridgeExists() ? [`interface ${bridgeName()}`] : []), ...rules.map((rule) => `rule ${rule}`)];
}
