import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { parse, parseAllDocuments } from "yaml";

import { versionIn } from "../../local/cluster";
import { containerdConfig } from "../../local/cluster/containerd";
import { apiServer, controllerManager, etcd, scheduler } from "../../local/cluster/control-plane";
import { kubeadmConfig, withServer } from "../../local/cluster/credentials";
import { corefile, dnsObjects } from "../../local/cluster/dns";
import { parseMounts } from "../../local/cluster/mounts";
import { cniConfig } from "../../local/cluster/network";
import { kubeletConfig, kubeProxyConfig } from "../../local/cluster/node";
import { ownRules, ownRulesIpv6, removal } from "../../local/cluster/packet-filter";
import { choosePorts, freeNetwork, type Settings, writeFile } from "../../local/cluster/settings";
import { planVolumes, type Volume, volumeObject } from "../../local/cluster/volumes";
import { pauseConfig } from "../../local/offline/pause-image";
import { stateDir } from "../../local/paths";
import { freePort } from "../../local/ports";
import { bootId } from "../../local/process-identity";
import {
    type Daemon,
    daemonProcesses,
    ensureDaemon,
    isRunning,
    listDaemons,
    logFile,
    markedProcesses,
    startDaemon,
    stopDaemon,
    waitUntilReady,
} from "../../local/processes";

const settings: Settings = {
    node: true,
    boot: "b00t",
    podNetwork: "10.244.0",
    ports: {
        etcd: 2379,
        etcdPeer: 2380,
        apiServer: 6444,
        controllerManager: 10257,
        scheduler: 10259,
        kubelet: 10250,
        kubeletHealth: 10248,
        kubeProxyHealth: 10256,
        kubeProxyMetrics: 10249,
        dns: 1053,
    },
    kubernetes: "/bin/kubernetes",
    kubernetesVersion: "v1.36.3",
    coredns: "/bin/coredns",
    sysctls: {},
};

/** The value of a daemon's flag. */
const flag = (daemon: Daemon, name: string): string | undefined =>
    daemon.args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);

describe("local cluster", () => {
    const before = process.env.KUBERNETES_MLOPS_CACHE;
    let cache: string;
    beforeEach(() => {
        cache = mkdtempSync(path.join(tmpdir(), "local-cluster-"));
        process.env.KUBERNETES_MLOPS_CACHE = cache;
    });
    afterEach(() => {
        rmSync(cache, { recursive: true });
        delete process.env.KUBERNETES_MLOPS_CACHE;
        if (before !== undefined) {
            process.env.KUBERNETES_MLOPS_CACHE = before;
        }
    });

    describe("ports", () => {
        let server: Server;
        let taken: number;
        beforeEach(async () => {
            server = createServer().listen(0, "127.0.0.1");
            await once(server, "listening");
            taken = (server.address() as { port: number }).port;
        });
        afterEach(() => void server.close());

        it("returns the wanted port when it is free", async () => {
            server.close();
            await once(server, "close");
            assert.equal(await freePort(taken), taken);
        });

        it("returns a later one when it is in use, and none that is reserved", async () => {
            const next = await freePort(taken);
            assert.ok(next > taken && next < taken + 200);
            assert.ok((await freePort(taken, [next])) > next);
        });

        it("throws when none is left", async () => {
            const promised = [65533, 65534, 65535];
            await assert.rejects(freePort(65533, promised), {
                message: "no free TCP port between 65533 and 65535: stop something that listens there",
            });
        });

        it("keeps the ports of an earlier run except those that were taken since, and reports that", async () => {
            const lines: string[] = [];
            const first = await choosePorts(undefined, () => {});
            const ports = await choosePorts({ ...first, apiServer: taken }, (line) => lines.push(line));
            assert.deepEqual({ ...ports, apiServer: 0 }, { ...first, apiServer: 0 });
            assert.ok(ports.apiServer > taken);
            assert.deepEqual(lines, [
                `port ${taken} is taken by another program: kube-apiserver uses ${ports.apiServer}`,
            ]);
        });

        it("uses no port twice", async () => {
            const ports = Object.values(
                await choosePorts({ ...settings.ports, etcd: 2380, scheduler: 2380 }, () => {}),
            );
            assert.equal(new Set(ports).size, ports.length);
        });
    });

    describe("daemons", () => {
        const daemon = (args: string[], more: Partial<Daemon> = {}): Daemon => ({
            name: "trial",
            command: "sh",
            args: ["-c", ...args],
            ...more,
        });
        const pidFile = (): string => stateDir("run", "trial.pid");
        afterEach(() => stopDaemon("trial", 1));

        it("runs once, in a separate session, with its output in its log", async () => {
            await startDaemon(
                daemon(["echo $GREETING; exec sleep 60"], { env: { GREETING: "hello", PATH: process.env.PATH } }),
            );
            const [state] = listDaemons();
            assert.deepEqual(listDaemons(), [{ name: "trial", running: true, pid: state!.pid }]);
            await startDaemon(daemon(["exec sleep 60"]));
            assert.equal(listDaemons()[0]!.pid, state!.pid);
            const session = readFileSync(`/proc/${state!.pid}/stat`, "utf8").split(") ")[1]!.split(" ")[3];
            assert.equal(Number(session), state!.pid);
            await waitUntilReady("trial", () => readFileSync(logFile("trial"), "utf8") === "hello\n", 5);
        });

        it("is stopped with its whole group, even a process that ignores TERM", async () => {
            await startDaemon(daemon(["trap '' TERM; sleep 60 & while :; do sleep 60; done"]));
            await waitUntilReady("trial", () => markedProcesses(["trial"]).length >= 3, 5);
            const { pid } = listDaemons()[0]!;
            await stopDaemon("trial", 0.2);
            assert.equal(isRunning("trial"), false);
            assert.deepEqual(listDaemons(), []);
            assert.deepEqual(
                daemonProcesses().filter(({ pid: other, file }) => other === pid || file === pidFile()),
                [],
            );
        });

        it("is cleaned up when it died by itself and left processes in its group", async () => {
            await startDaemon(daemon(["sleep 60 & exec sleep 0.3"]));
            await assert.rejects(
                waitUntilReady("trial", () => false, 5),
                /^Error: trial ended by itself/,
            );
            assert.equal(markedProcesses(["trial"]).length, 1);
            await stopDaemon("trial", 1);
            assert.deepEqual(markedProcesses(["trial"]), []);
        });

        it("is restarted only when its arguments or its files change", async () => {
            const pids: number[] = [];
            const steps: [Daemon, boolean][] = [
                [daemon(["exec sleep 60"]), true],
                [daemon(["exec sleep 60"]), false],
                [daemon(["exec sleep 61"]), true],
                [daemon(["exec sleep 61"], { reads: ["one"] }), true],
                [daemon(["exec sleep 61"], { reads: ["one"] }), false],
                [daemon(["exec sleep 61"], { reads: ["two"] }), true],
            ];
            for (const [step, started] of steps) {
                assert.equal(await ensureDaemon(step), started);
                pids.push(listDaemons()[0]!.pid!);
            }
            assert.equal(new Set(pids).size, 4);
        });

        it("is started again when a killed command was stopping it", async () => {
            await startDaemon(daemon(["exec sleep 60"]));
            const first = listDaemons()[0]!.pid;
            const [pid, startTime, boot] = readFileSync(pidFile(), "utf8").split(" ");
            writeFileSync(pidFile(), `${pid} ${startTime} ${boot} ending\n`);
            assert.ok(isRunning("trial"));
            await startDaemon(daemon(["exec sleep 60"]));
            assert.notEqual(listDaemons()[0]!.pid, first);
            assert.equal(markedProcesses(["trial"]).length, 1);
        });

        it("is reported with the end of its log when it ends or is not ready in time", async () => {
            await startDaemon(daemon(["echo one; echo two; exit 3"]));
            await assert.rejects(
                waitUntilReady(["trial"], () => false, 5),
                {
                    message: `trial ended by itself; the end of ${logFile("trial")}:\none\ntwo`,
                },
            );
            await startDaemon(daemon(["exec sleep 60"]));
            await assert.rejects(
                waitUntilReady("trial", () => false, 0.2),
                {
                    message: `trial is not ready after 0.2 s; the end of ${logFile("trial")}:\none\ntwo`,
                },
            );
        });

        it("is not confused with another process: a reused pid, or one of another boot", async () => {
            await startDaemon(daemon(["exec sleep 60"]));
            const record = readFileSync(pidFile(), "utf8").trim().split(" ");
            const [pid, startTime, boot, fingerprint] = record;
            assert.equal(boot, bootId());
            writeFileSync(pidFile(), [pid, Number(startTime) - 1, boot, fingerprint].join(" "));
            assert.equal(isRunning("trial"), false);
            writeFileSync(pidFile(), [pid, startTime, "another-boot", fingerprint].join(" "));
            assert.equal(isRunning("trial"), false);

            // An unrelated process with that pid, in a separate group, is not ended.
            const stranger = spawn("sleep", ["60"], { detached: true });
            writeFileSync(pidFile(), [stranger.pid, "1", boot, fingerprint].join(" "));
            await stopDaemon("trial", 1);
            assert.equal(stranger.exitCode ?? stranger.signalCode, null);
            stranger.kill();

            writeFileSync(pidFile(), record.join(" "));
            assert.equal(isRunning("trial"), true);
        });
    });

    it("writes a file only when its content differs", () => {
        const file = path.join(cache, "below", "file");
        writeFile(file, "one", 0o600);
        writeFileSync(`${file}.new`, "not finished by a killed run");
        writeFile(file, "two", 0o600);
        assert.equal(readFileSync(file, "utf8"), "two");
    });

    describe("the pod network", () => {
        const all = Array.from({ length: 11 }, (_, i) => `10.${244 + i}.0.9`);
        const cases: [string[], string][] = [
            [["127.0.0.1", "192.168.1.2", "fe80::1", "10.24.0.4"], "10.244.0"],
            [["10.244.0.1"], "10.245.0"],
            [["10.244.0.7", "10.245.0.1", "10.247.0.1"], "10.246.0"],
            [all.slice(0, 10), "10.254.0"],
        ];
        for (const [addresses, network] of cases) {
            it(`is ${network} beside ${addresses.join(" ")}`, () => assert.equal(freeNetwork(addresses), network));
        }
        it("is refused when every candidate is in use", () => {
            assert.throws(() => freeNetwork(all), /^Error: no network for the pods is left: 10\.244\.0\.0\/24 to/);
        });

        it("is a bridge with the address range", () => {
            const { name, plugins } = JSON.parse(cniConfig(settings)) as { name: string; plugins: object[] };
            assert.equal(name, "kubernetes-mlops");
            assert.deepEqual(plugins, [
                {
                    type: "bridge",
                    bridge: "kmlops0",
                    isGateway: true,
                    ipMasq: true,
                    hairpinMode: true,
                    ipam: {
                        type: "host-local",
                        dataDir: stateDir("cluster", "cni", "addresses"),
                        ranges: [[{ subnet: "10.244.0.0/24" }]],
                        routes: [{ dst: "0.0.0.0/0" }],
                    },
                },
                { type: "portmap", capabilities: { portMappings: true } },
            ]);
        });
    });

    describe("credentials", () => {
        it("sets everything that kubeadm would look up", () => {
            const [init, cluster] = parseAllDocuments(kubeadmConfig(settings, "/new")).map(
                (document) => document.toJS() as Record<string, unknown>,
            );
            assert.deepEqual(init!.localAPIEndpoint, { advertiseAddress: "10.244.0.1", bindPort: 6444 });
            assert.equal(cluster!.kubernetesVersion, "v1.36.3");
            assert.equal(cluster!.certificatesDir, "/new/pki");
            assert.equal(cluster!.controlPlaneEndpoint, "127.0.0.1:6444");
            assert.deepEqual(cluster!.networking, {
                serviceSubnet: "10.96.0.0/16",
                podSubnet: "10.244.0.0/24",
                dnsDomain: "cluster.local",
            });
            assert.deepEqual(cluster!.apiServer, { certSANs: ["127.0.0.1", "localhost"] });
        });

        it("changes only the address in a kubeconfig", () => {
            const data = "QUJD".repeat(60);
            const kubeconfig = (server: string): string =>
                `clusters:\n  - cluster:\n      certificate-authority-data: ${data}\n      server: ${server}\n    name: c\n`;
            assert.equal(
                withServer(kubeconfig("https://127.0.0.1:6443"), "https://127.0.0.1:6444"),
                kubeconfig("https://127.0.0.1:6444"),
            );
        });
    });

    describe("the control plane", () => {
        const alone: Settings = { ...settings, node: false };
        const addresses: [string, Settings, (string | undefined)[]][] = [
            ["with a node listens for pods and is advertised to them", settings, ["0.0.0.0", "10.244.0.1", undefined]],
            ["without a node listens on this machine only", alone, ["127.0.0.1", "127.0.0.1", "none"]],
        ];
        for (const [title, where, expected] of addresses) {
            it(title, () => {
                const daemon = apiServer(where);
                assert.deepEqual(
                    ["bind-address", "advertise-address", "endpoint-reconciler-type"].map((name) => flag(daemon, name)),
                    expected,
                );
                assert.equal(flag(daemon, "secure-port"), "6444");
            });
        }

        it("reaches the kubelet by address and can pass requests on to aggregated API servers", () => {
            const daemon = apiServer(settings);
            const pki = (name: string): string => stateDir("cluster", "credentials", "pki", name);
            assert.equal(flag(daemon, "kubelet-preferred-address-types"), "InternalIP");
            assert.equal(flag(daemon, "proxy-client-cert-file"), pki("front-proxy-client.crt"));
            assert.equal(flag(daemon, "requestheader-client-ca-file"), pki("front-proxy-ca.crt"));
            assert.equal(flag(daemon, "requestheader-allowed-names"), "front-proxy-client");
        });

        it("listens on this machine only, and requires certificates, except for the API server", () => {
            assert.equal(flag(etcd(settings), "listen-client-urls"), "https://127.0.0.1:2379");
            assert.equal(flag(etcd(settings), "listen-peer-urls"), "https://127.0.0.1:2380");
            assert.equal(flag(etcd(settings), "client-cert-auth"), "true");
            assert.equal(flag(etcd(settings), "peer-client-cert-auth"), "true");
            for (const daemon of [controllerManager(settings), scheduler(settings)]) {
                assert.equal(flag(daemon, "bind-address"), "127.0.0.1");
                assert.equal(flag(daemon, "leader-elect"), "false");
            }
        });

        it("is started without the user's proxy", () => {
            for (const daemon of [etcd(settings), apiServer(settings), controllerManager(settings)]) {
                assert.deepEqual(Object.keys(daemon.env!).sort(), [
                    ...["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "all_proxy", "http_proxy", "https_proxy"],
                ]);
                assert.deepEqual(new Set(Object.values(daemon.env!)), new Set([undefined]));
            }
        });
    });

    describe("the node", () => {
        it("has a kubelet that is reached at the gateway and uses its own control group", () => {
            const config = parse(kubeletConfig(settings, "/etc/resolv.conf")) as Record<string, unknown>;
            const { address, port, cgroupDriver, cgroupRoot, failCgroupV1, clusterDNS, resolvConf } = config;
            assert.deepEqual(
                { address, port, cgroupDriver, cgroupRoot, failCgroupV1, clusterDNS, resolvConf },
                {
                    address: "10.244.0.1",
                    port: 10250,
                    cgroupDriver: "cgroupfs",
                    cgroupRoot: "/kubernetes-mlops",
                    failCgroupV1: false,
                    clusterDNS: ["10.96.0.10"],
                    resolvConf: "/etc/resolv.conf",
                },
            );
            assert.equal(
                config.containerRuntimeEndpoint,
                `unix://${stateDir("cluster", "containerd", "containerd.sock")}`,
            );
            assert.deepEqual(config.authentication, {
                anonymous: { enabled: false },
                webhook: { enabled: true },
                x509: { clientCAFile: stateDir("cluster", "credentials", "pki", "ca.crt") },
            });
        });

        for (const [bridgeFilter, masqueradeAll] of [
            [true, false],
            [false, true],
        ] as const) {
            it(`masquerades Service traffic between pods: ${masqueradeAll}, when the filter sees it: ${bridgeFilter}`, () => {
                const config = parse(kubeProxyConfig(settings, bridgeFilter)) as Record<string, unknown>;
                assert.equal(config.mode, "iptables");
                assert.deepEqual(config.iptables, { localhostNodePorts: false, masqueradeAll });
            });
        }

        it("has its own containerd", () => {
            const config = containerdConfig();
            for (const line of [
                `root = "${stateDir("cluster", "containerd", "root")}"`,
                `state = "${stateDir("cluster", "containerd", "run")}"`,
                `  address = "${stateDir("cluster", "containerd", "containerd.sock")}"`,
                `  sandbox_image = "localhost/kubernetes-mlops/pause:1"`,
                "  restrict_oom_score_adj = true",
                "  netns_mounts_under_state_dir = true",
            ]) {
                assert.ok(config.split("\n").includes(line), line);
            }
        });

        it("uses a pause image of this machine's architecture", () => {
            const config = (architecture: string): unknown =>
                (JSON.parse(pauseConfig(architecture, "abc")) as { architecture: string }).architecture;
            assert.equal(config("x64"), "amd64");
            assert.equal(config("arm64"), "arm64");
        });
    });

    describe("cluster DNS", () => {
        const cases: [string, string, boolean][] = [
            ["forwards other names to the machine's name servers", "search x\nnameserver 192.0.2.1\n", true],
            ["forwards nothing when the machine has none", "# nameserver 192.0.2.1\n", false],
        ];
        for (const [title, resolvConf, forwards] of cases) {
            it(title, () => {
                const lines = corefile(settings, resolvConf).split("\n");
                assert.equal(lines[0], ".:1053 {");
                assert.ok(lines.includes("    bind 10.244.0.1"));
                assert.equal(lines.includes("    forward . /etc/resolv.conf"), forwards);
            });
        }

        it("is found behind the usual Service", () => {
            const objects = new Map(dnsObjects(settings).map(([, object]) => [object.kind, object]));
            assert.deepEqual([...objects.keys()], ["ClusterRole", "ClusterRoleBinding", "Service", "EndpointSlice"]);
            assert.deepEqual(objects.get("Service")!.spec, {
                clusterIP: "10.96.0.10",
                ports: [
                    { name: "dns", protocol: "UDP", port: 53 },
                    { name: "dns-tcp", protocol: "TCP", port: 53 },
                ],
            });
            assert.deepEqual(objects.get("EndpointSlice")!.ports, [
                { name: "dns", protocol: "UDP", port: 1053 },
                { name: "dns-tcp", protocol: "TCP", port: 1053 },
            ]);
        });
    });

    describe("volumes", () => {
        const volume = (name: string, phase?: string, storageClassName = "local"): Volume => ({
            metadata: { name },
            spec: { storageClassName },
            status: { phase },
        });
        const cases: [string, Volume[], ReturnType<typeof planVolumes>][] = [
            ["fills an empty pool", [], { reuse: [], create: ["local-001", "local-002", "local-003"] }],
            [
                "leaves a full one alone",
                [volume("local-001", "Available"), volume("local-002"), volume("local-003", "Available")],
                { reuse: [], create: [] },
            ],
            [
                "adds to those in use",
                [volume("local-001", "Bound"), volume("local-003", "Available")],
                { reuse: [], create: ["local-002", "local-004"] },
            ],
            [
                "empties those whose claim is deleted",
                [volume("local-001", "Released"), volume("local-002", "Failed"), volume("local-003", "Bound")],
                { reuse: ["local-001", "local-002"], create: ["local-004"] },
            ],
            [
                "ignores volumes of another class",
                [volume("local-001", "Released", "nfs"), volume("other", "Available", "nfs")],
                { reuse: [], create: ["local-002", "local-003", "local-004"] },
            ],
        ];
        for (const [title, volumes, plan] of cases) {
            it(title, () => assert.deepEqual(planVolumes(volumes, 3), plan));
        }

        it("are directories of this node", () => {
            assert.deepEqual(volumeObject("local-001").spec, {
                capacity: { storage: "1Ti" },
                accessModes: ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany"],
                persistentVolumeReclaimPolicy: "Retain",
                storageClassName: "local",
                local: { path: stateDir("cluster", "volumes", "local-001") },
                nodeAffinity: {
                    required: {
                        nodeSelectorTerms: [
                            {
                                matchExpressions: [
                                    { key: "kubernetes.io/hostname", operator: "In", values: ["local"] },
                                ],
                            },
                        ],
                    },
                },
            });
        });
    });

    describe("the packet filter", () => {
        it("lets pods through and blocks access to the API server from outside", () => {
            assert.equal(
                ownRules(settings),
                `*filter
:MLOPS-INPUT - [0:0]
:MLOPS-FORWARD - [0:0]
-A MLOPS-INPUT -i kmlops0 -j ACCEPT
-A MLOPS-INPUT ! -i lo -p tcp --dport 6444 -j REJECT
-A MLOPS-FORWARD -i kmlops0 -j ACCEPT
-A MLOPS-FORWARD -o kmlops0 -j ACCEPT
COMMIT
`,
            );
            assert.equal(
                ownRulesIpv6(settings),
                `*filter
:MLOPS-INPUT - [0:0]
-A MLOPS-INPUT ! -i lo -p tcp --dport 6444 -j REJECT
COMMIT
`,
            );
        });

        const saved = `# Generated by iptables-save
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:DOCKER-USER - [0:0]
:KUBE-FORWARD - [0:0]
:MLOPS-FORWARD - [0:0]
-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
-A FORWARD -j DOCKER-USER
-A FORWARD -j MLOPS-FORWARD
-A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT
-A MLOPS-FORWARD -i kmlops0 -j ACCEPT
COMMIT
*nat
:POSTROUTING ACCEPT [0:0]
:CNI-aaa - [0:0]
:CNI-bbb - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-1 - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -s 10.88.0.2/32 -m comment --comment "name: \\"podman\\" id: \\"b\\"" -j CNI-bbb
-A POSTROUTING -s 10.244.0.2/32 -m comment --comment "name: \\"kubernetes-mlops\\" id: \\"a\\"" -j CNI-aaa
-A CNI-aaa ! -d 224.0.0.0/4 -m comment --comment "name: \\"kubernetes-mlops\\" id: \\"a\\"" -j MASQUERADE
-A CNI-bbb ! -d 224.0.0.0/4 -m comment --comment "name: \\"podman\\" id: \\"b\\"" -j MASQUERADE
-A KUBE-SERVICES -d 10.96.0.1/32 -j KUBE-SVC-1
COMMIT
`;
        it("loses everything that is the cluster's, its marker chains last, and nothing else", () => {
            assert.equal(
                removal(saved, true),
                `*nat
-D PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-D POSTROUTING -s 10.244.0.2/32 -m comment --comment "name: \\"kubernetes-mlops\\" id: \\"a\\"" -j CNI-aaa
-F CNI-aaa
-F KUBE-SERVICES
-F KUBE-SVC-1
-X CNI-aaa
-X KUBE-SERVICES
-X KUBE-SVC-1
COMMIT
*filter
-D FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
-D FORWARD -j MLOPS-FORWARD
-F KUBE-FORWARD
-F MLOPS-FORWARD
-X KUBE-FORWARD
-X MLOPS-FORWARD
COMMIT
`,
            );
        });

        it("keeps the rules of another Kubernetes", () => {
            const others = saved.split("\n").filter((line) => !/MLOPS|kubernetes-mlops|CNI-aaa/.test(line));
            assert.equal(removal(others.join("\n"), false), "");
        });

        it("keeps the plugins' chains for host ports while another network has some", () => {
            const chains = (...names: string[]): string =>
                ["*nat", ...names.map((name) => `:${name} - [0:0]`), "-A CNI-HOSTPORT-DNAT -j CNI-DN-b"].join("\n");
            const ours = '-A CNI-HOSTPORT-DNAT -m comment --comment "dnat name: \\"kubernetes-mlops\\"" -j CNI-DN-a';
            const gone = (text: string): string[] =>
                text.split("\n").flatMap((line) => (line.startsWith("-X ") ? [line.slice(3)] : []));
            const names = ["CNI-HOSTPORT-DNAT", "CNI-DN-a"];
            assert.deepEqual(gone(removal(`${chains(...names, "CNI-DN-b")}\n${ours}\n`, true)), ["CNI-DN-a"]);
            assert.deepEqual(gone(removal(`${chains(...names)}\n${ours}\n`, true)), names);
        });
    });

    it("parses mounts, with spaces in their paths", () => {
        assert.deepEqual(
            parseMounts(`24 1 8:1 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw
99 24 0:50 / /state/a\\040b/\\134 rw shared:5 master:2 - tmpfs tmpfs rw
`),
            [
                { point: "/", type: "ext4" },
                { point: "/sys/fs/cgroup", type: "cgroup2" },
                { point: "/state/a b/\\", type: "tmpfs" },
            ],
        );
    });

    describe("versions", () => {
        const cases: [string, string | undefined][] = [
            ["etcd Version: 3.6.8\nGit SHA: Not provided\nGo Version: go1.26.8", "v3.6.8"],
            ["containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3", "v1.6.20~ds1"],
            ["CoreDNS-1.14.7\nlinux/amd64, go1.26.8, ", "v1.14.7"],
            ["", undefined],
        ];
        for (const [output, version] of cases) {
            it(`are found in ${JSON.stringify(output.split("\n")[0])}`, () => assert.equal(versionIn(output), version));
        }
    });
});
