import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { unknownContext, unready } from "../../local/context";
import { aptError, notInstalled } from "../../local/debian";
import { throttle } from "../../local/display";
import { holderOf, withLock } from "../../local/lock";
import { requireLinuxRoot } from "../../local/machine";
import { cacheDir, stateDir } from "../../local/paths";
import { identityOf, isAlive, isRunningCommand } from "../../local/process-identity";
import { formatDuration } from "../../local/progress";
import { run, RunError } from "../../local/run";
import { formatStatus, parseListening } from "../../local/status";

describe("directories", () => {
    const { KUBERNETES_MLOPS_CACHE, XDG_CACHE_HOME } = process.env;
    const set = (name: string, value: string | undefined) => {
        delete process.env[name];
        if (value !== undefined) {
            process.env[name] = value;
        }
    };
    afterEach(() => {
        set("KUBERNETES_MLOPS_CACHE", KUBERNETES_MLOPS_CACHE);
        set("XDG_CACHE_HOME", XDG_CACHE_HOME);
    });

    const cases: [string | undefined, string | undefined, string][] = [
        [undefined, undefined, path.join(homedir(), ".cache", "kubernetes-mlops")],
        [undefined, "/xdg", "/xdg/kubernetes-mlops"],
        ["/own", "/xdg", "/own"],
        ["", "", path.join(homedir(), ".cache", "kubernetes-mlops")],
    ];
    for (const [own, xdg, root] of cases) {
        it(`the cache is ${root} for KUBERNETES_MLOPS_CACHE=${own} XDG_CACHE_HOME=${xdg}`, () => {
            set("KUBERNETES_MLOPS_CACHE", own);
            set("XDG_CACHE_HOME", xdg);
            assert.equal(cacheDir(), root);
            assert.equal(cacheDir("tools", "pulumi"), path.join(root, "tools", "pulumi"));
            assert.equal(stateDir("logs"), path.join(root, "local", "logs"));
        });
    }
});

describe("progress", () => {
    const durations: [number, string][] = [
        [0, "0.0s"],
        [9_940, "9.9s"],
        [12_400, "12s"],
        [250_000, "4m10s"],
        [3_720_000, "1h02m"],
    ];
    for (const [milliseconds, text] of durations) {
        it(`${milliseconds} ms is ${text}`, () => assert.equal(formatDuration(milliseconds), text));
    }

    it("as plain lines omits lines that differ only in their numbers for a while", () => {
        const lines: string[] = [];
        let time = 0;
        const report = throttle(
            (line) => lines.push(line),
            () => time,
        );
        for (time = 0; time <= 31_000; time += 1000) {
            report(`building: ${time} packages, ${formatDuration(time)}`);
        }
        report("linking");
        assert.deepEqual(lines, [
            "building: 0 packages, 0.0s",
            "building: 15000 packages, 15s",
            "building: 30000 packages, 30s",
            "linking",
        ]);
    });
});

describe("a command", () => {
    it("returns its standard output, and each line of both outputs as it is printed", async () => {
        const lines: string[] = [];
        const script = "echo out; sleep 0.1; echo err >&2";
        assert.equal(await run("sh", ["-c", script], { onLine: (line) => lines.push(line) }), "out");
        assert.deepEqual(lines, ["out", "err"]);
    });

    it("gets its input and its variables, and has no input otherwise", async () => {
        assert.equal(await run("sh", ["-c", "cat; echo $A"], { input: "in-", env: { A: "1" } }), "in-1");
        assert.equal(await run("cat", []), "");
    });

    it("that fails throws the reason, with its last lines and its log", async () => {
        const log = path.join(mkdtempSync(path.join(tmpdir(), "run-")), "logs", "log");
        await assert.rejects(run("sh", ["-c", "echo first; exit 3"], { log }), (error: RunError) => {
            assert.equal(
                error.message,
                `\`sh -c echo first; exit 3\` failed with exit code 3, full output in ${log}:\nfirst`,
            );
            return error instanceof RunError;
        });
        assert.equal(readFileSync(log, "utf8"), "first\n");
        rmSync(path.dirname(path.dirname(log)), { recursive: true });
    });

    it("that is not installed throws an error", async () => {
        await assert.rejects(
            run("no-such-command", []),
            /^RunError: `no-such-command` cannot be started: it is not inst/,
        );
    });

    it("that takes too long is ended with everything that it started", async () => {
        const file = path.join(tmpdir(), `run-${process.pid}`);
        await assert.rejects(
            run("sh", ["-c", `(sleep 1; touch ${file}) & sleep 60`], { timeout: 0.2 }),
            /did not end within 0\.2 seconds/,
        );
        await sleep(1200);
        assert.equal(existsSync(file), false);
    });
});

describe("the identity of a process", () => {
    it("stays the same while it lives, and is undefined afterwards", () => {
        const { pid } = spawnSync("true");
        assert.match(identityOf(process.pid)!, new RegExp(`^${process.pid}\\b`));
        assert.equal(identityOf(process.pid), identityOf(process.pid));
        assert.notEqual(identityOf(process.pid), identityOf(process.ppid));
        for (const gone of [pid, 0, -1, NaN]) {
            assert.equal(identityOf(gone), undefined);
            assert.equal(isAlive(gone), false);
        }
    });

    it("of a zombie is undefined", async () => {
        // The shell becomes a process that never waits for its child.
        const parent = spawn("sh", ["-c", "true & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
        try {
            const [printed] = (await once(parent.stdout, "data")) as [Buffer];
            const pid = Number(printed.toString());
            while (identityOf(pid) !== undefined) {
                await sleep(10);
            }
        } finally {
            parent.kill("SIGKILL");
        }
    });

    it("may be checked by its command alone", () => {
        assert.ok(isRunningCommand(process.pid, readFileSync(`/proc/${process.pid}/comm`, "utf8").trim()));
        assert.equal(isRunningCommand(process.pid, "pulumi"), false);
        assert.equal(isRunningCommand(spawnSync("true").pid, "true"), false);
    });
});

describe("a lock", () => {
    const mustNotWait = (pid: number) => assert.fail(`waits for ${pid}`);
    let directory: string;
    let file: string;
    beforeEach(() => {
        directory = mkdtempSync(path.join(tmpdir(), "lock-"));
        file = path.join(directory, "sub", "lock");
    });
    afterEach(() => rmSync(directory, { recursive: true }));

    it("separates two tasks, and is removed afterwards", async () => {
        const events: string[] = [];
        const waited: number[] = [];
        const work = (name: string) =>
            withLock(
                file,
                (pid) => waited.push(pid),
                async () => {
                    events.push(`${name} begins`);
                    assert.equal(holderOf(file), process.pid);
                    await sleep(50);
                    events.push(`${name} ends`);
                },
            );
        await Promise.all([work("a"), work("b")]);
        assert.deepEqual(events, ["a begins", "a ends", "b begins", "b ends"]);
        assert.deepEqual(waited, [process.pid]);
        assert.equal(existsSync(file), false);
    });

    it("is released when the work fails", async () => {
        await assert.rejects(
            withLock(file, mustNotWait, () => Promise.reject(new Error("broken"))),
            /broken/,
        );
        assert.equal(existsSync(file), false);
    });

    it("of a dead process is ignored", async () => {
        const { pid } = spawnSync("true");
        await withLock(file, mustNotWait, () => Promise.resolve());
        for (const content of [`${pid} 12345 some-boot`, `${process.pid} 1 another-process`, "", "nonsense"]) {
            writeFileSync(file, content);
            assert.equal(await withLock(file, mustNotWait, () => Promise.resolve("done")), "done");
        }
    });
});

describe("a machine", () => {
    it("with Linux and root can run a cluster", () => {
        requireLinuxRoot({ platform: "linux", uid: 0 });
    });

    const remedy =
        "use a cluster of your own with --context NAME, for example `kind create cluster --name mlops` and then " +
        "`npm run local -- up --context kind-mlops --registry HOST`";
    it("without root is refused, with a remedy", () => {
        assert.throws(() => requireLinuxRoot({ platform: "linux", uid: 1000 }), {
            message: `A cluster on this machine needs root (for cgroups, network interfaces and containers): ${remedy}`,
        });
    });

    it("without Linux is refused, with a remedy", () => {
        assert.throws(() => requireLinuxRoot({ platform: "darwin", uid: 501 }), {
            message: `A cluster on this machine needs Linux, and this is darwin: ${remedy}`,
        });
    });
});

describe("Debian packages", () => {
    it("are missing unless dpkg reports them as installed", () => {
        const output = "runc installed\nbusybox config-files\ndpkg-query: no packages found matching ethtool\n";
        assert.deepEqual(notInstalled(["runc", "busybox", "ethtool"], output), ["busybox", "ethtool"]);
    });

    it("that cannot be installed are reported with apt's error, in one line", () => {
        assert.equal(
            aptError("runc socat", "Reading package lists...\nE: Unable to locate package socat\nmore"),
            "The Debian packages runc socat could not be installed: E: Unable to locate package socat. " +
                "Install them with apt-get install runc socat",
        );
    });
});

describe("a context", () => {
    it("that is unknown is reported with the known ones", () => {
        const target = { kubeconfig: "/config", context: "x" };
        assert.equal(unknownContext(target, ["a", "b"]), "The kubeconfig /config has no context x: name one of a, b");
        assert.equal(unknownContext(target, []), "The kubeconfig /config has no context x: it has none");
    });

    it("whose cluster does not answer is reported with kubectl's last words", () => {
        const remedy = "check that `kubectl get --raw /readyz` prints ok for it";
        assert.equal(
            unready(
                { kubeconfig: "/config", context: "x" },
                { output: "E1 retry\nUnable to connect to the server: EOF\n", reason: "failed" },
            ),
            "The cluster of the kubeconfig /config in context x is not ready: " +
                `Unable to connect to the server: EOF; ${remedy}`,
        );
        assert.equal(
            unready({ kubeconfig: "/config" }, { output: "", reason: "did not end within 30 seconds" }),
            "The cluster of the kubeconfig /config is not ready: " + `kubectl did not end within 30 seconds; ${remedy}`,
        );
    });
});

describe("status", () => {
    it("finds the listening sockets in /proc/net/tcp", () => {
        const table = [
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
            "   0: 0100007F:192B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0",
            "   1: 0100007F:192B 0100007F:D2F4 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0",
            "",
        ].join("\n");
        assert.deepEqual(parseListening(table), [["socket:[4711]", 6443]]);
    });

    it("says that nothing is up, and how to bring it up", () => {
        const lines = formatStatus({ parts: [], problems: [] });
        assert.deepEqual(lines, [
            "Nothing is up. `npm run local -- up --node` brings up a cluster, a registry and docker.",
        ]);
    });

    it("has a row for every part, and lists the problems", () => {
        const lines = formatStatus({
            parts: [
                { name: "etcd", running: true, pid: 7, version: "v3.6.8", ports: [2379, 2380], log: "/logs/etcd.log" },
                { name: "kubelet", running: false, ports: [], log: "/logs/kubelet.log" },
            ],
            problems: ["kubelet does not run"],
        });
        assert.deepEqual(lines, [
            "",
            "etcd     running  pid 7  v3.6.8  port 2379, 2380  /logs/etcd.log",
            "kubelet  stopped                                  /logs/kubelet.log",
            "",
            "kubelet does not run",
        ]);
    });
});
