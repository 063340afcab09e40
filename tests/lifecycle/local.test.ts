/**
 * The local cluster in everything that may happen to it. It has a separate state directory, but a machine can only run
 * one node: a running one is taken down before, and brought up again, empty, afterwards.
 */
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";

import { clusterDown, clusterStatus, clusterUp } from "../../local/cluster";
import { killPods, removeCgroup } from "../../local/cluster/cgroups";
import { daemonNames, leftovers } from "../../local/cluster/cleanup";
import { adminKubeconfig, certificate } from "../../local/cluster/credentials";
import { unmountAll } from "../../local/cluster/mounts";
import { bridge, removeNetwork } from "../../local/cluster/network";
import { removeRules } from "../../local/cluster/packet-filter";
import { clusterDir, loadSettings } from "../../local/cluster/settings";
import { cacheDir, sourceDir } from "../../local/paths";
import { isRunning, listDaemons, markedProcesses, signal, waitUntilGone } from "../../local/processes";
import { run } from "../../local/run";
import { getOnce } from "../support/http";
import { inOrder } from "../support/in-order";
import { trialObjects } from "../support/trial-pod";

const namespace = "lifecycle-test";
const noReport = (): void => {};

const kubectl = (...args: string[]): Promise<string> =>
    run(loadSettings()!.kubernetes, ["kubectl", "--kubeconfig", adminKubeconfig(), ...args], { timeout: 100 });

async function startTrialPod(): Promise<void> {
    const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: trialObjects(namespace) });
    await run(loadSettings()!.kubernetes, ["kubectl", "--kubeconfig", adminKubeconfig(), "apply", "-f", "-"], {
        input,
    });
}

/** The trial pod serves what it wrote to its volume, which needs everything that a node provides. */
async function expectTrialPod(): Promise<void> {
    await kubectl("wait", "--namespace", namespace, "--for=condition=Ready", "pod/server", "--timeout=90s");
    const address = await kubectl("get", "service", "web", "--namespace", namespace, "-o=jsonpath={.spec.clusterIP}");
    const deadline = Date.now() + 20_000;
    for (;;) {
        const answer = await getOnce(`http://${address}`).catch((error: Error) => error);
        if (!(answer instanceof Error) && answer.status === 200) {
            assert.equal(answer.text, "hello\n");
            return;
        }
        assert.ok(Date.now() < deadline, `the Service does not answer at ${address}: ${inspect(answer)}`);
        await sleep(200);
    }
}

/** Runs `clusterUp` or `clusterDown` in a separate process and kills that after the given time, in seconds. */
async function killed(action: "up" | "down", after: number): Promise<void> {
    const call = action === "up" ? "clusterUp({ node: true, report() {} })" : "clusterDown(() => {})";
    const program = `require(${JSON.stringify(sourceDir("local", "cluster"))}).${call}`;
    const child = spawn(process.execPath, ["--import", "tsx", "-e", program], { cwd: sourceDir(), stdio: "ignore" });
    const ended = once(child, "exit");
    // The time counts from when the program itself runs, not from when it is loaded.
    const lock = cacheDir("cluster.lock");
    while (child.exitCode === null && !(existsSync(lock) && readFileSync(lock, "utf8").startsWith(`${child.pid} `))) {
        await sleep(5);
    }
    await Promise.race([sleep(after * 1000), ended]);
    child.kill("SIGKILL");
    await ended;
}

describe("the life of the local cluster", function () {
    this.timeout("3m");
    inOrder();

    const cache = process.env.KUBERNETES_MLOPS_CACHE;
    const tools = cacheDir("tools");
    const used = mkdtempSync(path.join(tmpdir(), "mlops-"));
    let wasUp = false;

    const setCache = (directory: string | undefined): void => {
        delete process.env.KUBERNETES_MLOPS_CACHE;
        if (directory !== undefined) {
            process.env.KUBERNETES_MLOPS_CACHE = directory;
        }
    };
    before(async () => {
        wasUp = (await clusterStatus()).node;
        if (wasUp) {
            await clusterDown(noReport);
        }
        symlinkSync(tools, path.join(used, "tools"));
        setCache(used);
    });
    after(async () => {
        setCache(used);
        await clusterDown(noReport);
        rmSync(used, { recursive: true });
        setCache(cache);
        if (wasUp) {
            await clusterUp({ node: true, report: noReport });
        }
    });

    const expectNothing = async (): Promise<void> => {
        assert.deepEqual(await leftovers(), []);
        assert.deepEqual(listDaemons(), []);
        assert.deepEqual(
            readdirSync(used).filter((name) => name !== "tools" && name !== "local"),
            [],
        );
        assert.ok(!existsSync(`/sys/class/net/${bridge}`));
        const rules = (await run("iptables-save", [])) + (await run("ip6tables-save", []));
        assert.doesNotMatch(rules, /KUBE-|MLOPS-|kubernetes-mlops/);
        const mounts = readFileSync("/proc/self/mountinfo", "utf8");
        assert.ok(!mounts.includes(used) && !mounts.includes("/var/lib/kubelet/"));
        assert.doesNotMatch(await run("ip", ["netns", "list"]), /cni-/);
    };

    it("succeeds at taking down what never was up", async () => {
        await clusterDown(noReport);
        await expectNothing();
    });

    describe("a control plane that gets a node", () => {
        const lines: string[] = [];
        let server: Server;
        let kubeconfig: string;
        const report = (line: string): void => void lines.push(line);

        before(async () => {
            server = createServer().listen(6443, "127.0.0.1");
            await once(server, "listening").catch(noReport);
        });
        after(() => server.close());

        it("chooses another port for one that is taken, and says so", async () => {
            const cluster = await clusterUp({ node: false, report });
            assert.deepEqual(cluster, { kubeconfig: adminKubeconfig(), node: false });
            const { apiServer } = loadSettings()!.ports;
            assert.ok(apiServer > 6443);
            assert.ok(lines.includes(`port 6443 is taken by another program: kube-apiserver uses ${apiServer}`));
            kubeconfig = readFileSync(adminKubeconfig(), "utf8");
            assert.ok(kubeconfig.includes(`server: https://127.0.0.1:${apiServer}\n`));
            const names = [
                "namespace/default",
                "namespace/kube-node-lease",
                "namespace/kube-public",
                "namespace/kube-system",
            ];
            assert.equal(await kubectl("get", "namespaces", "--output=name"), names.join("\n"));
            await kubectl("create", "configmap", "kept", "--from-literal=a=b");
        });

        it("starts nothing that runs already", async () => {
            lines.length = 0;
            const pids = listDaemons();
            await clusterUp({ node: false, report });
            assert.deepEqual(lines, []);
            assert.deepEqual(listDaemons(), pids);
        });

        it("adds the node to the running cluster, at the same address and with the same content", async () => {
            server.close();
            const cluster = await clusterUp({ node: true, report: noReport });
            assert.deepEqual(cluster, { kubeconfig: adminKubeconfig(), node: true, storageClass: "local" });
            assert.equal(readFileSync(adminKubeconfig(), "utf8"), kubeconfig);
            await kubectl("get", "configmap", "kept");
            await startTrialPod();
            await expectTrialPod();
        });

        it("keeps the node when it is not requested", async () => {
            lines.length = 0;
            assert.equal((await clusterUp({ node: false, report })).node, true);
            assert.deepEqual(lines, []);
        });

        it("restarts what has ended by itself", async () => {
            const { daemons } = await clusterStatus();
            daemons.forEach(({ pid }) => signal(pid!, "SIGKILL"));
            await waitUntilGone(() => daemons.map(({ pid }) => pid!), 10);
            assert.deepEqual(
                (await clusterStatus()).daemons.map(({ running }) => running),
                daemons.map(() => false),
            );
            await clusterUp({ node: true, report: noReport });
            assert.equal(readFileSync(adminKubeconfig(), "utf8"), kubeconfig);
            await expectTrialPod();
        });

        it("recovers from a reboot of the machine", async () => {
            // What a reboot of the machine removes: processes, mounts, interfaces, rules, control groups.
            markedProcesses(daemonNames).forEach((pid) => signal(pid, "SIGKILL"));
            await waitUntilGone(() => markedProcesses(daemonNames), 10);
            await killPods();
            await unmountAll();
            await removeNetwork();
            await removeRules();
            await removeCgroup();
            const file = clusterDir("settings.json");
            writeFileSync(file, readFileSync(file, "utf8").replace(loadSettings()!.boot, "an-earlier-boot"));

            await clusterUp({ node: false, report: noReport });
            assert.equal(readFileSync(adminKubeconfig(), "utf8"), kubeconfig);
            await kubectl("get", "configmap", "kept");
            await expectTrialPod();
        });

        it("refuses a second node on the machine, with a one-line remedy", async () => {
            const other = mkdtempSync(path.join(tmpdir(), "mlops-other-"));
            symlinkSync(tools, path.join(other, "tools"));
            setCache(other);
            try {
                await assert.rejects(clusterUp({ node: true, report: noReport }), {
                    message:
                        `the node of the cluster in ${path.join(used, "local")} already runs on this machine: take that ` +
                        `cluster down first, with KUBERNETES_MLOPS_CACHE=${used} npm run local -- down`,
                });
                await clusterDown(noReport);
            } finally {
                setCache(used);
                rmSync(other, { recursive: true });
            }
            await expectTrialPod();
        });

        it("leaves nothing behind when it is taken down with a pod running", async () => {
            await clusterDown(noReport);
            await expectNothing();
            await clusterDown(noReport);
        });
    });

    describe("killed at any moment", () => {
        // A whole `up` takes about eight seconds, a `down` two.
        for (let round = 1; round <= 3; round++) {
            const [first, second, third, fourth] = [8, 8, 2, 4].map((limit) => Math.random() * limit) as [
                number,
                number,
                number,
                number,
            ];
            const show = (seconds: number): string => `${seconds.toFixed(2)} s`;
            it(`resumes after \`up\` was killed at ${show(first)} and ${show(second)}, and \`down\` at ${show(third)}`, async () => {
                await killed("up", first);
                await killed("up", second);
                await clusterUp({ node: true, report: noReport });
                assert.ok(existsSync(certificate("ca.crt")));
                await startTrialPod();
                await expectTrialPod();
                await killed("down", third);
                await clusterDown(noReport);
                await expectNothing();
            });
            it(`leaves nothing behind after \`up\` was killed at ${show(fourth)}, and resumes after \`down\` was killed`, async () => {
                await killed("up", fourth);
                await clusterDown(noReport);
                await expectNothing();
                await clusterUp({ node: true, report: noReport });
                await killed("down", third);
                await clusterUp({ node: true, report: noReport });
                await startTrialPod();
                await expectTrialPod();
                await clusterDown(noReport);
                await expectNothing();
            });
        }
    });

    describe("without its directory", () => {
        it("cleans up after a cluster whose directory was removed by hand", async () => {
            await clusterUp({ node: true, report: noReport });
            await startTrialPod();
            await expectTrialPod();
            const before = markedProcesses(daemonNames);
            rmSync(path.join(used, "local", "run"), { recursive: true });
            rmSync(clusterDir("settings.json"));
            assert.ok(!isRunning("etcd"));
            await clusterUp({ node: true, report: noReport });
            assert.deepEqual(
                before.filter((pid) => markedProcesses(daemonNames).includes(pid)),
                [],
            );
            await startTrialPod();
            await expectTrialPod();
            await clusterDown(noReport);
            await expectNothing();
        });
    });
});
