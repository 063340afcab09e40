import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { parse } from "yaml";

import { findDockerClient, isBuildKitBuiltIn, pushDigest } from "../../local/docker/cli";
import { daemonConfig } from "../../local/docker/daemon";
import { packetRules } from "../../local/docker/network";
import { choosePort, registryConfig, registryHost } from "../../local/docker/registry";
import { bridgeName, cgroupName, dockerDir, freeNetwork, ownDockerHost } from "../../local/docker/settings";
import { certificatesBeyond } from "../../local/offline/base-image/certificates";
import { machinePipConfig, parseOptions, pipConfig } from "../../local/offline/base-image/pip-config";
import { mirrorOf } from "../../local/offline/base-image/root-file-system";

describe("docker client", () => {
    const versions: [string, boolean][] = [
        ["Docker version 18.06.3-ce, build d7080c1", false],
        ["Docker version 18.09.1, build 4c52b90", true],
        ["Docker version 20.10.24+dfsg1, build 297e128", true],
        ["Docker version 28.2.2, build e6534b4", false],
        ["podman version 4.3.1", false],
        ["", false],
    ];
    for (const [version, expected] of versions) {
        it(`${JSON.stringify(version)} has BuildKit ${expected ? "built in" : "as a plugin at most"}`, () => {
            assert.equal(isBuildKitBuiltIn(version), expected);
        });
    }

    describe("out of several", () => {
        const directory = mkdtempSync(path.join(tmpdir(), "docker-clients-"));
        after(() => rmSync(directory, { recursive: true }));
        const client = (name: string, version: string, buildx: boolean): string => {
            const own = mkdtempSync(path.join(directory, `${name}-`));
            const file = path.join(own, "docker");
            writeFileSync(
                file,
                `#!/bin/sh\n[ "$1" = buildx ] && exit ${buildx ? 0 : 1}\necho "Docker version ${version}"\n`,
            );
            chmodSync(file, 0o755);
            return own;
        };
        const [old, plain, full] = [
            client("old", "20.10.24", false),
            client("plain", "28.2.2", false),
            client("full", "28.2.2", true),
        ];
        const cases: [string, string[], string | undefined, boolean][] = [
            ["the first with BuildKit built in", [plain, old, full], old, true],
            ["the first with the plugin", [plain, full, old], full, true],
            ["the first when none has BuildKit", ["/nowhere", plain], plain, false],
        ];
        for (const [what, directories, expected, buildKit] of cases) {
            it(`is ${what}`, async () => {
                const found = await findDockerClient({ PATH: directories.join(path.delimiter) });
                assert.deepEqual(found, { command: path.join(expected ?? "", "docker"), buildKit });
            });
        }

        it("is reported when it is missing", async () => {
            await assert.rejects(findDockerClient({ PATH: directory }), /No docker client is installed .*docker\.io/);
        });
    });

    it("returns the digest of a pushed image", () => {
        const digest = `sha256:${"0a".repeat(32)}`;
        assert.equal(pushDigest(["1: Pushed", `v1: digest: ${digest} size: 527`, ""]), digest);
        assert.equal(pushDigest(["denied"]), undefined);
    });
});

describe("docker daemon", () => {
    it("keeps everything in its own directory, network and control group", () => {
        assert.deepEqual(JSON.parse(daemonConfig()), {
            hosts: [ownDockerHost()],
            "data-root": dockerDir("data"),
            "exec-root": dockerDir("exec"),
            pidfile: dockerDir("dockerd.pid"),
            bridge: bridgeName(),
            iptables: false,
            "ip-masq": false,
            "cgroup-parent": `/${cgroupName()}`,
            "exec-opts": ["native.cgroupdriver=cgroupfs"],
            "log-level": "warn",
            "shutdown-timeout": 5,
        });
    });

    it("has a bridge with a valid name, different for every state directory", () => {
        const before = process.env.KUBERNETES_MLOPS_CACHE;
        const names = ["/one", "/two"].map((directory) => {
            process.env.KUBERNETES_MLOPS_CACHE = directory;
            return bridgeName();
        });
        delete process.env.KUBERNETES_MLOPS_CACHE;
        Object.assign(process.env, before === undefined ? {} : { KUBERNETES_MLOPS_CACHE: before });
        assert.equal(new Set(names).size, 2);
        names.forEach((name) => assert.match(name, /^[a-z0-9-]{1,15}$/));
    });

    it("lets packets of containers out, and replies in", () => {
        const text = packetRules("br", "10.231.0").map(({ table, chain, rule }) => [table, chain, ...rule].join(" "));
        assert.deepEqual(text, [
            "nat POSTROUTING -s 10.231.0.0/24 ! -o br -m comment --comment br -j MASQUERADE",
            "filter FORWARD -i br -m comment --comment br -j ACCEPT",
            "filter FORWARD -o br -m conntrack --ctstate RELATED,ESTABLISHED -m comment --comment br -j ACCEPT",
        ]);
    });

    it("takes a network in which this machine has no address", () => {
        assert.equal(freeNetwork([]), "10.231.0");
        assert.equal(freeNetwork(["10.231.0.7", "10.232.0.1", "10.2310.1", "fe80::1"]), "10.233.0");
        const all = Array.from({ length: 13 }, (_, index) => `10.${231 + index}.0.1`);
        assert.throws(
            () => freeNetwork(all),
            /^Error: No network for containers is left: 10\.231\.0\.0\/24 to 10\.243/,
        );
    });
});

describe("registry", () => {
    it("listens on this machine only, and deletes on request", () => {
        assert.deepEqual(parse(registryConfig(5003)), {
            version: 0.1,
            log: { level: "warn" },
            storage: { filesystem: { rootdirectory: dockerDir("registry") }, delete: { enabled: true } },
            http: { addr: "127.0.0.1:5003" },
        });
        assert.equal(registryHost({ registryPort: 5003 }), "localhost:5003");
    });

    it("reports when another program uses its port", async () => {
        const { createServer } = await import("node:net");
        const server = createServer();
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const { port } = server.address() as { port: number };
        const before = process.env.KUBERNETES_MLOPS_CACHE;
        process.env.KUBERNETES_MLOPS_CACHE = "/nowhere";
        const said: string[] = [];
        try {
            const chosen = await choosePort(port, (line) => said.push(line));
            assert.ok(chosen > port);
            assert.deepEqual(said, [`port ${port} is taken by another program: the registry uses ${chosen}`]);
        } finally {
            delete process.env.KUBERNETES_MLOPS_CACHE;
            Object.assign(process.env, before === undefined ? {} : { KUBERNETES_MLOPS_CACHE: before });
            server.close();
        }
    });
});

describe("base image", () => {
    const pem = (content: string) => `-----BEGIN CERTIFICATE-----\n${content}\n-----END CERTIFICATE-----`;

    it("gets the machine's additional certificates, once each, always in the same order", () => {
        const bundle = ["# company\n", pem("Zm9v"), "\n", pem("YmFy"), pem("Zm9\nv"), pem("cHVi")].join("\n");
        assert.deepEqual(certificatesBeyond(bundle, [pem("cH\nVi")]), [`${pem("YmFy")}\n`, `${pem("Zm9\nv")}\n`]);
        assert.deepEqual(certificatesBeyond("nothing", []), []);
    });

    it("gets pip's sources of packages, but no credentials", () => {
        const options = {
            "index-url": "https://pypi.example.com/simple",
            "extra-index-url": "https://a.example.com https://me:secret@b.example.com",
            cert: "/etc/ssl/certs/ca-certificates.crt",
            "trusted-host": "pypi.example.com",
        };
        assert.deepEqual(pipConfig(options), {
            content: "[global]\nindex-url = https://pypi.example.com/simple\ntrusted-host = pypi.example.com\n",
            leftOut: ["extra-index-url"],
        });
        assert.deepEqual(pipConfig({}), { content: "[global]\n", leftOut: [] });
    });

    it("parses pip's files as pip does", () => {
        const text = [
            "# comment",
            "[global]",
            "index_url = https://a.example.com",
            "extra-index-url =",
            "    https://b.example.com",
            "    https://c.example.com",
            "",
            "[install]",
            "trusted-host: d.example.com",
            "[download]",
            "index-url = https://other.example.com",
        ].join("\n");
        assert.deepEqual(parseOptions(text), {
            "index-url": "https://a.example.com",
            "extra-index-url": "https://b.example.com https://c.example.com",
            "trusted-host": "d.example.com",
        });
    });

    it("prefers pip's variables to its files", () => {
        const home = mkdtempSync(path.join(tmpdir(), "pip-home-"));
        const file = path.join(home, "pip.conf");
        try {
            writeFileSync(file, "[global]\nindex-url = https://file.example.com\n");
            const indexOf = (env: NodeJS.ProcessEnv) =>
                parseOptions(machinePipConfig({ PIP_CONFIG_FILE: file, ...env }, home).content)["index-url"];
            assert.equal(indexOf({}), "https://file.example.com");
            assert.equal(indexOf({ PIP_INDEX_URL: "https://env.example.com" }), "https://env.example.com");
        } finally {
            rmSync(home, { recursive: true });
        }
    });

    it("uses the mirror of this machine's packages", () => {
        const targets = [
            "bookworm-security main http://security.example.com/",
            "bookworm contrib http://contrib.example.com/",
            "bookworm main http://deb.example.com/debian/",
        ].join("\n");
        assert.equal(mirrorOf("bookworm", targets), "http://deb.example.com/debian/");
        assert.equal(mirrorOf("trixie", targets), undefined);
    });
});
