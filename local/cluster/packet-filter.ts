/**
 * The iptables rules: adds those of this cluster, and removes everything that any part of it added.
 */
import { existsSync } from "node:fs";

import { run, RunError } from "../run";
import { bridge, cniNetwork } from "./network";
import type { Settings } from "./settings";

/** The chains that this module creates. Where they exist, the KUBE-* chains beside them are this cluster's, too. */
const ownChains = { INPUT: "MLOPS-INPUT", FORWARD: "MLOPS-FORWARD" };

const restoreCommand = { iptables: "iptables-restore", ip6tables: "ip6tables-restore" };
type Command = keyof typeof restoreCommand;

/**
 * The module's own chains, for iptables-restore: pods may reach the machine and the outside, even where a firewall or
 * Docker drops unknown traffic; the API server cannot be reached from outside, although it listens on every address.
 */
export function ownRules(settings: Settings): string {
    const { INPUT: input, FORWARD: forward } = ownChains;
    return [
        "*filter",
        `:${input} - [0:0]`,
        `:${forward} - [0:0]`,
        `-A ${input} -i ${bridge} -j ACCEPT`,
        rejectOthers(settings),
        `-A ${forward} -i ${bridge} -j ACCEPT`,
        `-A ${forward} -o ${bridge} -j ACCEPT`,
        "COMMIT",
        "",
    ].join("\n");
}

/** The same for ip6tables: no pod has an IPv6 address, but the API server listens on the machine's. */
export const ownRulesIpv6 = (settings: Settings): string =>
    ["*filter", `:${ownChains.INPUT} - [0:0]`, rejectOthers(settings), "COMMIT", ""].join("\n");

const rejectOthers = (settings: Settings): string =>
    `-A ${ownChains.INPUT} ! -i lo -p tcp --dport ${settings.ports.apiServer} -j REJECT`;

/** The rules as iptables-save prints them; empty where iptables is not installed. */
async function savedRules(command: Command): Promise<string> {
    try {
        return await run(`${command}-save`, []);
    } catch (error) {
        if (error instanceof RunError && error.output === "") {
            return "";
        }
        throw error;
    }
}

/** Adds the module's own chains, or updates them. */
export async function ensureRules(settings: Settings): Promise<void> {
    const before = await savedRules("iptables");
    if (!before.includes(ownChains.FORWARD) && /^:KUBE-/m.test(before)) {
        throw new Error(
            "the packet filter holds rules (KUBE-*) of another Kubernetes node on this machine, and two " +
                "nodes interfere with each other: use that cluster with --context NAME, or remove it first",
        );
    }
    await putIn("iptables", ownRules(settings), before, ["INPUT", "FORWARD"]);
    // Missing when the kernel has no IPv6.
    if (existsSync("/proc/net/if_inet6")) {
        await putIn("ip6tables", ownRulesIpv6(settings), await savedRules("ip6tables"), ["INPUT"]);
    }
}

/** Adds the module's own chains, and the jumps to them in the built-in chains unless they exist. */
async function putIn(
    command: Command,
    rules: string,
    before: string,
    chains: (keyof typeof ownChains)[],
): Promise<void> {
    await run(restoreCommand[command], ["--wait", "--noflush"], { input: rules });
    for (const chain of chains) {
        if (!before.includes(`-A ${chain} -j ${ownChains[chain]}\n`)) {
            await run(command, ["--wait", "-I", chain, "-j", ownChains[chain]]);
        }
    }
}

/**
 * What to remove from the rules that iptables-save printed, as input of `iptables-restore --noflush`: the module's own
 * chains, those of kube-proxy and the kubelet (KUBE-*), those that the CNI plugins created for this network (CNI-*;
 * others may belong to another program), and every rule that jumps to one of them. Empty when there is nothing to
 * remove.
 *
 * @param kube whether to remove the KUBE-* chains
 */
export function removal(saved: string, kube: boolean): string {
    const lines = saved.split("\n");
    const chains = lines.filter((line) => line.startsWith(":")).map((line) => line.slice(1).split(" ")[0]!);
    const target = (rule: string): string => / -[jg] (\S+)/.exec(rule)?.[1] ?? "";
    const ourPods = lines.filter((line) => line.includes(`\\"${cniNetwork}\\"`)).map(target);
    const gone = new Set(
        chains.filter(
            (chain) =>
                Object.values(ownChains).includes(chain) ||
                (kube && chain.startsWith("KUBE-")) ||
                (chain.startsWith("CNI-") && ourPods.includes(chain)),
        ),
    );
    const foreignHostPorts = chains.some((chain) => chain.startsWith("CNI-DN-") && !gone.has(chain));
    if (gone.size > 0 && !foreignHostPorts) {
        chains.filter((chain) => chain.startsWith("CNI-HOSTPORT-")).forEach((chain) => gone.add(chain));
    }

    const tables = saved
        .split(/^(?=\*)/m)
        .filter((part) => part.startsWith("*"))
        .map((part) => {
            const [name, ...content] = part.split("\n");
            const rules = content.filter((line) => line.startsWith("-A "));
            const here = content.map((line) => /^:(\S+)/.exec(line)?.[1] ?? "").filter((chain) => gone.has(chain));
            const doomed = rules.filter((rule) => gone.has(target(rule)) && !gone.has(rule.split(" ")[1]!));
            return [
                name!,
                ...doomed.map((rule) => rule.replace("-A", "-D")),
                ...here.map((chain) => `-F ${chain}`),
                ...here.map((chain) => `-X ${chain}`),
                "COMMIT",
            ];
        })
        .filter((table) => table.length > 2)
        // The module's own chains, whose presence marks the others as this cluster's, are in the filter table and go
        // last.
        .sort((one, other) => Number(one[0] === "*filter") - Number(other[0] === "*filter"));
    return tables.length === 0 ? "" : `${tables.flat().join("\n")}\n`;
}

/** What is left of this cluster in the packet filter, by command. */
async function removals(): Promise<Record<Command, string>> {
    const rules = await savedRules("iptables");
    const kube = rules.includes(ownChains.FORWARD);
    return { ip6tables: removal(await savedRules("ip6tables"), kube), iptables: removal(rules, kube) };
}

export async function removeRules(): Promise<void> {
    for (const [command, input] of Object.entries(await removals())) {
        if (input !== "") {
            await run(restoreCommand[command as Command], ["--wait", "--noflush"], { input });
        }
    }
}

/** The chains of this cluster that are left, for the check after `down`. */
export async function remainingChains(): Promise<string[]> {
    return Object.values(await removals())
        .flatMap((input) => input.split("\n"))
        .filter((line) => line.startsWith("-X "))
        .map((line) => line.slice("-X ".length));
}
