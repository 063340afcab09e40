/**
 * A separate node of a test beside the cluster's: a containerd, and a kubelet without an API server that runs the pods
 * in a directory.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { stringify } from "yaml";

import { cgroup } from "../../local/cluster/cgroups";
import { containerdConfig } from "../../local/cluster/containerd";
import { mountPoints, parseMounts } from "../../local/cluster/mounts";
import { freeNetwork, machineAddresses } from "../../local/docker/settings";
import { writePauseImage } from "../../local/offline/pause-image";
import { freePort } from "../../local/ports";
import { run } from "../../local/run";
import { ensureTools } from "../../local/toolchain";
import { getOnce } from "./http";

/** Below the control group of the cluster's pods, beside that of the cluster's kubelet. */
const ownCgroup = `${cgroup}/test-node`;

/** A plugin that opens a socket for the whole machine. */
const machineWide = "io.containerd.nri.v1.nri";

export interface NodePod {
    metadata: { name: string };
    status: { phase: string; podIP?: string; conditions?: { type: string; status: string }[] };
}

export class TestNode {
    private readonly directory = fs.mkdtempSync(path.join(os.tmpdir(), "node-"));
    private readonly processes: ChildProcess[] = [];
    private readOnlyPort = 0;

    /** @param containerd its path, and that of the shim that it starts for each pod */
    static async start(containerd: string, shim: string): Promise<TestNode> {
        const node = new TestNode();
        try {
            await node.startContainerd(containerd, shim);
            await node.startKubelet();
        } catch (error) {
            await node.stop();
            throw error;
        }
        return node;
    }

    /** Runs a pod, which is ready when this returns; otherwise throws an error with its status. */
    async runPod(pod: { metadata: { name: string } }): Promise<NodePod> {
        const file = this.file("pods", `${pod.metadata.name}.json`);
        fs.writeFileSync(`${file}.new`, JSON.stringify(pod));
        // The kubelet reads a file as soon as it sees it, unless its name begins with a dot.
        fs.renameSync(`${file}.new`, file);
        for (const deadline = Date.now() + 120_000; ; await sleep(500)) {
            const found = (await this.pods()).find(({ metadata }) => metadata.name.startsWith(pod.metadata.name));
            if (found?.status.conditions?.some(({ type, status }) => type === "Ready" && status === "True")) {
                return found;
            }
            if (Date.now() > deadline) {
                throw new Error(`${JSON.stringify(found?.status)}\n${this.log("kubelet")}`);
            }
        }
    }

    /** Stops everything and leaves nothing behind. */
    async stop(): Promise<void> {
        for (const daemon of this.processes.reverse()) {
            daemon.kill("SIGTERM");
            await (daemon.exitCode ?? once(daemon, "exit"));
        }
        // First the containers, so that their shims notice, and then the shims.
        for (const pids of [() => processesIn(ownGroups()), () => processesWith(this.file("containerd.sock"))]) {
            for (let left = pids(); left.length > 0; left = pids()) {
                left.forEach((pid) => process.kill(pid, "SIGKILL"));
                await sleep(100);
            }
        }
        const mounts = parseMounts(fs.readFileSync("/proc/self/mountinfo", "utf8")).map(({ point }) => point);
        for (const point of mounts.filter((one) => one.startsWith(`${this.directory}/`)).reverse()) {
            await run("umount", ["--lazy", point]).catch(() => undefined);
        }
        ownGroups().forEach((group) => fs.rmdirSync(group));
        fs.rmSync(this.directory, { recursive: true, force: true });
    }

    private async startContainerd(containerd: string, shim: string): Promise<void> {
        const network = `${freeNetwork(machineAddresses())}.0/24`;
        this.write("containerd.toml", containerdConfig(this.directory, this.file("cni"), [machineWide]));
        this.write("cni/network.conflist", networkConfig(this.directory, network));
        const search = `${path.dirname(shim)}:${process.env.PATH}`;
        this.spawn("containerd", containerd, ["--config", this.file("containerd.toml")], search);
        const ctr = (...args: string[]) =>
            run("ctr", ["--address", this.file("containerd.sock"), "--namespace", "k8s.io", ...args]);
        await this.until("containerd", () => ctr("version"));
        await writePauseImage(this.file("pause.tar"));
        await ctr("images", "import", this.file("pause.tar"));
    }

    private async startKubelet(): Promise<void> {
        const { kubernetes } = await ensureTools(["kubernetes"], () => undefined);
        const ports: number[] = [];
        for (const wanted of [20250, 20255, 20248]) {
            ports.push(await freePort(wanted, ports));
        }
        this.readOnlyPort = ports[1]!;
        for (const root of mountPoints(["cgroup", "cgroup2"])) {
            fs.mkdirSync(path.join(root, ownCgroup), { recursive: true });
        }
        fs.mkdirSync(this.file("pods"));
        this.write("kubelet.yaml", kubeletConfig(this.directory, ports));
        const flags = [`--config=${this.file("kubelet.yaml")}`, `--root-dir=${this.file("kubelet")}`];
        const more = [`--cert-dir=${this.file("pki")}`, "--hostname-override=test-node"];
        this.spawn("kubelet", kubernetes, ["kubelet", ...flags, ...more]);
        await this.until("kubelet", () => this.pods());
    }

    private async pods(): Promise<NodePod[]> {
        const { text } = await getOnce(`http://127.0.0.1:${this.readOnlyPort}/pods`);
        return (JSON.parse(text) as { items: NodePod[] | null }).items ?? [];
    }

    private readonly file = (...parts: string[]): string => path.join(this.directory, ...parts);

    private write(name: string, content: string): void {
        fs.mkdirSync(path.dirname(this.file(name)), { recursive: true });
        fs.writeFileSync(this.file(name), content);
    }

    private spawn(name: string, command: string, args: string[], search = process.env.PATH): void {
        const log = fs.openSync(this.file(`${name}.log`), "w");
        const env = { ...process.env, PATH: search };
        this.processes.push(spawn(command, args, { stdio: ["ignore", log, log], env }));
        fs.closeSync(log);
    }

    private log(name: string): string {
        return fs.readFileSync(this.file(`${name}.log`), "utf8").slice(-3000);
    }

    private async until(name: string, works: () => Promise<unknown>): Promise<void> {
        for (const deadline = Date.now() + 60_000; ; await sleep(200)) {
            try {
                await works();
                return;
            } catch (error) {
                if (Date.now() > deadline) {
                    throw new Error(`${name} does not get ready:\n${this.log(name)}`, { cause: error });
                }
            }
        }
    }
}

/** A link from the machine to each pod, which is removed with the pod. */
const networkConfig = (directory: string, subnet: string): string =>
    JSON.stringify({
        cniVersion: "0.4.0",
        name: "test-node",
        plugins: [{ type: "ptp", ipam: { type: "host-local", dataDir: `${directory}/ipam`, ranges: [[{ subnet }]] } }],
    });

const kubeletConfig = (directory: string, [port, readOnlyPort, healthzPort]: number[]): string =>
    stringify({
        apiVersion: "kubelet.config.k8s.io/v1beta1",
        kind: "KubeletConfiguration",
        address: "127.0.0.1",
        port,
        readOnlyPort,
        healthzPort,
        authentication: { anonymous: { enabled: false }, webhook: { enabled: false } },
        authorization: { mode: "AlwaysAllow" },
        containerRuntimeEndpoint: `unix://${directory}/containerd.sock`,
        podLogsDir: `${directory}/pod-logs`,
        staticPodPath: `${directory}/pods`,
        cgroupDriver: "cgroupfs",
        cgroupRoot: `/${ownCgroup}`,
        failCgroupV1: false,
        failSwapOn: false,
        enforceNodeAllocatable: [],
        // The rules and chains of the machine are the cluster's.
        makeIPTablesUtilChains: false,
        evictionHard: { "memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%" },
        imageGCHighThresholdPercent: 100,
        imageGCLowThresholdPercent: 99,
    });

/** The node's control groups, the deepest first. */
function ownGroups(): string[] {
    const roots = mountPoints(["cgroup", "cgroup2"]).map((root) => path.join(root, ownCgroup));
    return [...new Set(roots)].filter((root) => fs.existsSync(root)).flatMap(groupsFrom);
}

function groupsFrom(group: string): string[] {
    const below = fs.readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [...below.flatMap(({ name }) => groupsFrom(path.join(group, name))), group];
}

const processesIn = (groups: string[]): number[] => [
    ...new Set(
        groups
            .flatMap((group) => fs.readFileSync(path.join(group, "cgroup.procs"), "utf8").split("\n"))
            .filter((line) => line !== "")
            .map(Number),
    ),
];

/** The processes that were started with this argument. */
const processesWith = (argument: string): number[] =>
    fs
        .readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .filter((pid) => {
            try {
                return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(argument);
            } catch {
                return false;
            }
        })
        .map(Number);
