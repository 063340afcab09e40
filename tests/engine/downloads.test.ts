/**
 * The official download of a plugin: the real CLI takes it from a mirror on this machine, as in a closed network, since
 * the addresses that it takes plugins from otherwise cannot be reached from everywhere.
 */
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { dockerPluginVersion, standInDirectory } from "../../local/docker-provider";
import { ensureTools } from "../../local/toolchain";
import { pulumiHome } from "../../local/toolchain/official";
import { ensureDockerPlugin } from "../../local/toolchain/plugins";

describe("a plugin that a mirror has", () => {
    const version = dockerPluginVersion();
    const changed = ["KUBERNETES_MLOPS_CACHE", "PULUMI_PLUGIN_DOWNLOAD_URL_OVERRIDES"] as const;
    const valuesBefore = changed.map((name) => process.env[name]);
    let pulumi: string;
    let directory: string;
    let server: Server;
    let requests: string[];
    /** What the mirror has, by its path. */
    let files: Map<string, Buffer>;
    let reports: string[];

    /** A release of the plugin, as the official ones are packed; what it does is of no matter here. */
    const release = (says: string): Buffer => {
        const content = path.join(directory, "pulumi-resource-docker");
        writeFileSync(content, `#!/bin/sh\necho ${says}\n`);
        chmodSync(content, 0o755);
        execFileSync("tar", ["-czf", "release.tar.gz", "pulumi-resource-docker"], { cwd: directory });
        return readFileSync(path.join(directory, "release.tar.gz"));
    };
    const ensure = () => ensureDockerPlugin(pulumi, (line) => reports.push(line));
    const architectures = { x64: "amd64", arm64: "arm64" } as Record<string, string>;
    const archive = `/pulumi-resource-docker-v${version}-linux-${architectures[process.arch]}.tar.gz`;

    before(async () => {
        ({ pulumi } = await ensureTools(["pulumi"], () => undefined));
    });
    beforeEach(async () => {
        directory = mkdtempSync(path.join(tmpdir(), "kubernetes-mlops-downloads-"));
        requests = [];
        reports = [];
        files = new Map();
        server = createServer((request, response) => {
            requests.push(request.url!);
            const file = files.get(request.url!);
            // The CLI refuses an archive whose length it is not told.
            response.writeHead(file ? 200 : 404, { "Content-Length": file?.length ?? 0 }).end(file);
        });
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        process.env.KUBERNETES_MLOPS_CACHE = path.join(directory, "cache");
        const { port } = server.address() as AddressInfo;
        process.env.PULUMI_PLUGIN_DOWNLOAD_URL_OVERRIDES = `.*=http://127.0.0.1:${port}`;
    });
    afterEach(() => {
        server.close();
        server.closeAllConnections();
        rmSync(directory, { recursive: true });
        changed.forEach((name, index) => {
            if (valuesBefore[index] === undefined) {
                delete process.env[name];
            } else {
                process.env[name] = valuesBefore[index];
            }
        });
    });

    it("is installed by the CLI, once, and used in the place of the stand-in", async () => {
        files.set(archive, release("official"));
        const plugin = await ensure();
        assert.equal(plugin.official, true, reports.join("\n"));
        assert.equal(execFileSync(plugin.path, { encoding: "utf8" }), "official\n");
        assert.deepEqual(requests, [archive]);
        assert.deepEqual(await ensure(), plugin);
        assert.deepEqual(requests, [archive]);
        const listed = execFileSync(pulumi, ["plugin", "ls", "--json"], {
            encoding: "utf8",
            env: { ...process.env, PULUMI_HOME: pulumiHome() },
        });
        assert.deepEqual(
            (JSON.parse(listed) as { name: string; version: string }[]).map(({ name, version }) => [name, version]),
            [["docker", version]],
        );
    }).timeout(120_000);

    it("is replaced by the stand-in where it is missing, and not asked for again on that day", async () => {
        const plugin = await ensure();
        assert.equal(plugin.official, false);
        assert.ok(requests.length > 0);
        assert.match(reports.at(-2)!, new RegExp(`^the Pulumi plugin docker v${version} cannot be downloaded: .*404`));
        assert.match(reports.at(-1)!, /using the stand-in$/);
        assert.equal(
            readFileSync(plugin.path, "utf8"),
            readFileSync(path.join(standInDirectory, "pulumi-resource-docker"), "utf8"),
        );
        const asked = requests.length;
        await ensure();
        assert.equal(requests.length, asked);
    }).timeout(120_000);

    it("takes the place of the stand-in when it can be had, a day later", async () => {
        await ensure();
        files.set(archive, release("late"));
        rmSync(path.join(directory, "cache", "tools", `docker-plugin-${version}.tried`));
        const plugin = await ensure();
        assert.equal(plugin.official, true, reports.join("\n"));
        assert.equal(execFileSync(plugin.path, { encoding: "utf8" }), "late\n");
    }).timeout(120_000);
});
