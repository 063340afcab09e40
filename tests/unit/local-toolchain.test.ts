import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { buildError, buildKey, buildProgress, builtPath, goError } from "../../local/offline/go-build";
import { goVersion, requiredVersion } from "../../local/offline/go-mod";
import { KUBERNETES_PROVIDER_VERSION, type Tool, toolOf } from "../../local/offline/go-tools";
import { sourceDir } from "../../local/paths";
import { locate, type Source } from "../../local/toolchain/lookup";
import type { ToolName } from "../../local/toolchain/tools";
import { accepts, compareVersions, parseVersion, type Version } from "../../local/toolchain/versions";

const toolNames: ToolName[] = [
    "pulumi",
    "pulumi-language-nodejs",
    "pulumi-resource-kubernetes",
    "kubernetes",
    "coredns",
];

describe("versions", () => {
    const outputs: [string, Version | undefined][] = [
        ["v3.259.0", [3, 259, 0]],
        ["3.259.0-alpha.1+dirty", [3, 259, 0]],
        ["go1.26.8", [1, 26, 8]],
        ["1.26", [1, 26, 0]],
        ["CoreDNS-1.14.7\nlinux/amd64, go1.26.8, ", [1, 14, 7]],
        ["", undefined],
        ["devel", undefined],
    ];
    for (const [output, version] of outputs) {
        it(`${JSON.stringify(output)} is ${JSON.stringify(version)}`, () => {
            assert.deepEqual(parseVersion(output), version);
        });
    }

    it("are compared number by number", () => {
        const sorted: Version[] = [
            [1, 9, 9],
            [1, 10, 0],
            [1, 10, 2],
            [2, 0, 0],
        ];
        assert.deepEqual([...sorted].reverse().sort(compareVersions), sorted);
        assert.equal(compareVersions([1, 2, 3], [1, 2, 3]), 0);
    });

    it("are accepted from the minimum to below the limit", () => {
        const range = { min: [3, 248, 0], below: [4, 0, 0] } satisfies { min: Version; below: Version };
        assert.equal(accepts(range, "v3.248.0"), true);
        assert.equal(accepts(range, "v3.999.1"), true);
        assert.equal(accepts(range, "v3.247.9"), false);
        assert.equal(accepts(range, "v4.0.0"), false);
        assert.equal(accepts(range, "command not found"), false);
    });

    const goMod = [
        "module example.test/tool",
        "",
        "go 1.26",
        "",
        "require example.test/one v1.2.3",
        "require (",
        "\texample.test/two/v2 v2.0.1 // indirect",
        "\texample.test/two v1.9.9",
        ")",
    ].join("\n");

    it("are read from a go.mod", () => {
        assert.deepEqual(goVersion(goMod), [1, 26, 0]);
        assert.equal(requiredVersion(goMod, "example.test/one"), "1.2.3");
        assert.equal(requiredVersion(goMod, "example.test/two"), "1.9.9");
        assert.equal(requiredVersion(goMod, "example.test/two/v2"), "2.0.1");
        assert.equal(requiredVersion("require (\n\tvolcano.test/a v1.0.0\n)\n", "volcano.test/a"), "1.0.0");
        assert.throws(
            () => requiredVersion(goMod, "example.test/three"),
            /requires no version of example\.test\/three/,
        );
        assert.throws(() => goVersion("module example.test/tool\n"), /no go line/);
    });
});

describe("tools", () => {
    for (const name of toolNames) {
        it(`${name} has a module with go.mod and go.sum, and a version`, () => {
            const tool = toolOf(name);
            const files = readdirSync(tool.module);
            assert.ok(files.includes("go.mod") && files.includes("go.sum"), files.join());
            assert.match(tool.version, /^\d+\.\d+\.\d+$/);
        });
    }

    it("set the version in Kubernetes", () => {
        const { version, ldflags } = toolOf("kubernetes");
        assert.ok(ldflags.includes(`-X k8s.io/component-base/version.gitVersion=v${version}`));
    });

    it("include the Kubernetes provider of exactly the installed @pulumi/kubernetes", () => {
        const manifest = sourceDir("node_modules", "@pulumi", "kubernetes", "package.json");
        const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
        assert.equal(KUBERNETES_PROVIDER_VERSION, version);
    });
});

describe("look-up of a tool", () => {
    const calls: string[] = [];
    const source = (name: string, result: string | undefined | Error): Source => ({
        name,
        find: () => {
            calls.push(name);
            return result instanceof Error ? Promise.reject(result) : Promise.resolve(result);
        },
    });
    const reports: string[] = [];
    const find = (...sources: Source[]) => locate("tool", sources, (line) => reports.push(line));
    beforeEach(() => {
        calls.length = 0;
        reports.length = 0;
    });

    it("uses the first source that has it and no other", async () => {
        assert.equal(await find(source("PATH", undefined), source("cache", "/c"), source("build", "/b")), "/c");
        assert.deepEqual(calls, ["PATH", "cache"]);
        assert.deepEqual(reports, []);
    });

    it("continues after a failure, which it reports in one line", async () => {
        assert.equal(
            await find(
                source("the download", new Error("`npx` failed:\nDownloading…\nno space left")),
                source("build", "/b"),
            ),
            "/b",
        );
        assert.deepEqual(reports, ["tool is not available from the download: `npx` failed: no space left"]);
    });

    it("fails with the error of the last source", async () => {
        await assert.rejects(find(source("PATH", undefined), source("build", new Error("no Go"))), /^Error: no Go$/);
    });

    it("names the sources when none has it", async () => {
        await assert.rejects(
            find(source("PATH", undefined), source("the cache", undefined)),
            /^Error: tool is missing: it was looked for in PATH, the cache$/,
        );
    });
});

describe("key of a build", () => {
    let directory: string;
    const tool = (changes: Partial<Tool> = {}): Tool => ({
        name: "coredns",
        version: "1.2.3",
        module: directory,
        package: ".",
        ldflags: ["-s"],
        ...changes,
    });
    beforeEach(() => {
        directory = mkdtempSync(path.join(tmpdir(), "module-"));
        writeFileSync(path.join(directory, "go.mod"), "module example.test/tool\n");
    });
    afterEach(() => rmSync(directory, { recursive: true }));

    it("is the version and a hash, the same every time", () => {
        assert.match(buildKey(tool()), /^1\.2\.3-[0-9a-f]{12}$/);
        assert.equal(buildKey(tool()), buildKey(tool()));
        assert.equal(path.basename(path.dirname(builtPath(tool()))), `coredns-${buildKey(tool())}`);
    });

    it("does not depend on the module's path", () => {
        const copy = mkdtempSync(path.join(tmpdir(), "module-"));
        copyFileSync(path.join(directory, "go.mod"), path.join(copy, "go.mod"));
        assert.equal(buildKey(tool({ module: copy })), buildKey(tool()));
        rmSync(copy, { recursive: true });
    });

    it("changes with the version, the flags, the package, embedded files, and any file", () => {
        const keys = [
            tool(),
            tool({ version: "1.2.4" }),
            tool({ ldflags: [] }),
            tool({ package: "example.test/other" }),
            tool({ embeds: { module: "example.test/other", files: ["a"] } }),
        ].map(buildKey);
        writeFileSync(path.join(directory, "go.mod"), "module example.test/other\n");
        keys.push(buildKey(tool()));
        writeFileSync(path.join(directory, "main.go"), "package main\n");
        keys.push(buildKey(tool()));
        assert.equal(new Set(keys).size, 7);
    });
});

describe("a build", () => {
    it("reports how many packages are compiled, and linking when only the main one is left", () => {
        assert.equal(
            buildProgress("kubernetes v1.36.3", 812, 1943, "4m10s"),
            "building kubernetes v1.36.3 from its Go module: 812 of 1943 packages, 4m10s",
        );
        assert.equal(
            buildProgress("kubernetes v1.36.3", 1942, 1943, "9m02s"),
            "building kubernetes v1.36.3 from its Go module: linking, 9m02s",
        );
    });

    it("reports which Go is missing, why it is needed, and where to get it", () => {
        assert.equal(
            goError("pulumi v3.259.0", [1, 26, 0]),
            "Go 1.26 or newer is needed to build pulumi v3.259.0, which cannot be downloaded here: there is no go on " +
                "PATH or in /usr/local/go/bin; install it from https://go.dev/dl/",
        );
        assert.match(
            goError("pulumi v3.259.0", [1, 26, 0], "/usr/bin/go is go1.19.8"),
            /: \/usr\/bin\/go is go1\.19\.8;/,
        );
    });

    it("reports in one line that a module cannot be downloaded", () => {
        const output = [
            "go: downloading example.test/m v1.0.0",
            'main.go:4:2: example.test/m@v1.0.0: Get "https://proxy.test/m.zip": dial tcp: lookup proxy.test: no such host',
            "main.go:5:2: another",
        ].join("\n");
        const line = buildError("coredns v1.14.7", { message: "`go list` failed", output });
        assert.match(line, /^coredns v1\.14\.7 cannot be built: a Go module it needs .*no such host.*GOPROXY$/);
        assert.equal(line.includes("\n"), false);
    });

    it("otherwise keeps the compiler's message", () => {
        const error = { message: "`go build` failed with exit code 1:\nmain.go:1:1: syntax error", output: "…" };
        assert.equal(buildError("coredns v1.14.7", error), `coredns v1.14.7 cannot be built: ${error.message}`);
    });
});
