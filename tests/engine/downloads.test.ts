/**
 * The official downloads. Pulumi's servers cannot be reached from everywhere, so this machine replaces them: the real
 * CLI downloads a plugin from a mirror on it, as in a closed network, and the real npm launcher downloads the CLI from
 * it.
 */
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir, tmpdir } from "node:os";
import * as path from "node:path";

import { dockerBuildPluginVersion, standInDirectory } from "../../local/offline/docker-build-provider";
import { toolOf } from "../../local/offline/go-tools";
import { ensureTools } from "../../local/toolchain";
import { pulumiHome } from "../../local/toolchain/official";
import { ensureDockerBuildPlugin } from "../../local/toolchain/plugins";
import { LANGUAGE_HOST } from "../../local/toolchain/tools";

describe("a plugin that a mirror has", () => {
    const version = dockerBuildPluginVersion();
    const changed = ["KUBERNETES_MLOPS_CACHE", "PULUMI_PLUGIN_DOWNLOAD_URL_OVERRIDES"] as const;
    const valuesBefore = changed.map((name) => process.env[name]);
    let pulumi: string;
    let directory: string;
    let server: Server;
    let requests: string[];
    /** The content of the mirror, by path. */
    let files: Map<string, Buffer>;
    let reports: string[];

    /** A release of the plugin, packed like the official ones; its function does not matter here. */
    const release = (says: string): Buffer => {
        const content = path.join(directory, "pulumi-resource-docker-build");
        writeFileSync(content, `#!/bin/sh\necho ${says}\n`);
        chmodSync(content, 0o755);
        execFileSync("tar", ["-czf", "release.tar.gz", "pulumi-resource-docker-build"], { cwd: directory });
        return readFileSync(path.join(directory, "release.tar.gz"));
    };
    const ensure = () => ensureDockerBuildPlugin(pulumi, (line) => reports.push(line));
    const architectures = { x64: "amd64", arm64: "arm64" } as Record<string, string>;
    const archive = `/pulumi-resource-docker-build-v${version}-linux-${architectures[process.arch]}.tar.gz`;

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
            // The CLI refuses an archive of unknown length.
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

    it("is installed by the CLI, once, and used instead of the stand-in", async () => {
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
            [["docker-build", version]],
        );
    }).timeout(120_000);

    it("is replaced by the stand-in where it is missing, and not requested again on that day", async () => {
        const plugin = await ensure();
        assert.equal(plugin.official, false);
        assert.ok(requests.length > 0);
        assert.match(
            reports.at(-2)!,
            new RegExp(`^the Pulumi plugin docker-build v${version} cannot be downloaded: .*404`),
        );
        assert.match(reports.at(-1)!, /using the stand-in$/);
        assert.equal(
            readFileSync(plugin.path, "utf8"),
            readFileSync(path.join(standInDirectory, "pulumi-resource-docker-build"), "utf8"),
        );
        const asked = requests.length;
        await ensure();
        assert.equal(requests.length, asked);
    }).timeout(120_000);

    it("replaces the stand-in when it is available, a day later", async () => {
        await ensure();
        files.set(archive, release("late"));
        rmSync(path.join(directory, "cache", "tools", `docker-build-plugin-${version}.tried`));
        const plugin = await ensure();
        assert.equal(plugin.official, true, reports.join("\n"));
        assert.equal(execFileSync(plugin.path, { encoding: "utf8" }), "late\n");
    }).timeout(120_000);
});

describe("a CLI that its npm launcher can download", () => {
    const { version } = toolOf("pulumi");
    const root = path.join(__dirname, "..", "..");
    let directory: string;
    let environment: NodeJS.ProcessEnv;

    /** What a process with nothing but Node.js finds, and what it reports meanwhile. */
    const ensure = (): { found: Record<string, string>; reports: string[] } => {
        const program = `
            const reports = [];
            const { ensureTools } = require("./local/toolchain");
            ensureTools(["pulumi", "${LANGUAGE_HOST}"], (line) => reports.push(line)).then((found) =>
                console.log(JSON.stringify({ found, reports })),
            );`;
        const printed = execFileSync("npx", ["tsx", "--eval", program], {
            cwd: root,
            env: environment,
            encoding: "utf8",
        });
        return JSON.parse(printed.trim().split("\n").at(-1)!) as ReturnType<typeof ensure>;
    };

    before(async function () {
        this.timeout(120_000);
        try {
            execFileSync("npm", ["view", `pulumi@${version}`, "version"], { stdio: "pipe" });
        } catch {
            console.log(`      skipped: npm's registry does not give the launcher, pulumi@${version}`);
            this.skip();
        }
        const built = await ensureTools(["pulumi", LANGUAGE_HOST], () => undefined);
        directory = mkdtempSync(path.join(tmpdir(), "kubernetes-mlops-launcher-"));
        const inDirectory = (name: string, content: string): string => {
            writeFileSync(path.join(directory, name), content);
            return path.join(directory, name);
        };
        // Replaces the script that the launcher downloads: supports the same command line as far as needed.
        const script = inDirectory(
            "install.sh",
            [
                "#!/bin/sh",
                '[ "$1 $2 $4 $5" = "--no-edit-path --install-root --version ' + version + '" ] || exit 1',
                'mkdir -p "$3/bin"',
                ...Object.values(built).map((file) => `cp "${file}" "$3/bin"`),
            ].join("\n"),
        );
        // Every download from Pulumi's server is that script.
        const instead = inDirectory(
            "instead.cjs",
            `const { readFileSync, appendFileSync } = require("node:fs");
            const { fetch: usual } = globalThis;
            globalThis.fetch = async (url, ...more) => {
                if (new URL(url).hostname !== "get.pulumi.com") {
                    return usual(url, ...more);
                }
                appendFileSync(${JSON.stringify(path.join(directory, "fetched"))}, url + "\\n");
                return new Response(readFileSync(${JSON.stringify(script)}));
            };`,
        );
        // Without what is installed on this machine; npm is configured as for its user.
        const withoutPulumi = process.env
            .PATH!.split(path.delimiter)
            .filter((entry) => !existsSync(path.join(entry, "pulumi")));
        environment = {
            ...process.env,
            HOME: directory,
            NPM_CONFIG_USERCONFIG: process.env.NPM_CONFIG_USERCONFIG ?? path.join(homedir(), ".npmrc"),
            PATH: withoutPulumi.join(path.delimiter),
            KUBERNETES_MLOPS_CACHE: path.join(directory, "cache"),
            NODE_OPTIONS: `--require ${instead}`,
        };
    });
    after(() => {
        if (directory !== undefined) {
            rmSync(directory, { recursive: true });
        }
    });

    it("is downloaded by it, with its language hosts, once", () => {
        const first = ensure();
        const bin = path.join(directory, "cache", "pulumi", "versions", version, "bin");
        assert.deepEqual(first.found, {
            pulumi: path.join(bin, "pulumi"),
            [LANGUAGE_HOST]: path.join(bin, LANGUAGE_HOST),
        });
        assert.ok(
            first.reports.some((line) => line.startsWith(`downloading the Pulumi CLI v${version}`)),
            first.reports.join("\n"),
        );
        const says = execFileSync(first.found.pulumi, ["version"], { env: environment, encoding: "utf8" });
        assert.equal(says.trim(), `v${version}`);
        const fetched = () => readFileSync(path.join(directory, "fetched"), "utf8").trim().split("\n");
        const asked = fetched();
        assert.ok(asked.includes("https://get.pulumi.com/install.sh"), asked.join());
        assert.deepEqual(ensure(), { found: first.found, reports: [] });
        assert.deepEqual(fetched(), asked);
    }).timeout(300_000);
});
