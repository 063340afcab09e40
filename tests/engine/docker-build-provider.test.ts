/**
 * The docker-build provider in a real engine, with a real daemon and registry: the stand-in, or the official plugin where it
 * is installed. Both must behave the same; the wording of errors is only checked for the stand-in.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import * as dockerBuild from "@pulumi/docker-build";
import * as pulumi from "@pulumi/pulumi";

import { findDockerClient } from "../../local/docker/cli";
import { dockerBuildPluginVersion } from "../../local/offline/docker-build-provider";
import { freePort } from "../../local/ports";
import { run } from "../../local/run";
import { pluginPath } from "../../local/toolchain/official";
import { savedEnvironment } from "../support/environment";
import { killedUp } from "../support/killable";
import { OciRegistry } from "../support/oci-registry";
import { TestStack } from "../support/stack";
import { digests, type Edit, image } from "./programs/built-image";

const PASSWORD = "correct-horse-battery";
/** The output of `htpasswd -B` for the user `tester` with that password. */
const HTPASSWD = "tester:$2y$05$bhg0LRYkT7.jZxDwAE0uAuYN44EkLvJ/yuX89LcAY2AZc6rSv.ziC";

/** An image with a shell. */
const base = (): string => savedEnvironment().baseImage ?? "busybox";

/** Whether the engine has the official plugin: the stand-in is a link in its place. */
function isOfficial(): boolean {
    const { PULUMI_HOME = "" } = savedEnvironment().env;
    const plugin = lstatSync(pluginPath(PULUMI_HOME, "docker-build", dockerBuildPluginVersion()), {
        throwIfNoEntry: false,
    });
    return plugin !== undefined && !plugin.isSymbolicLink();
}

describe("docker-build provider", function () {
    this.timeout("3m");

    let stack: TestStack;
    let context: string;
    let repository: string;
    let official: boolean;
    /** Cleanup of earlier steps. */
    const cleanup: (() => void | Promise<void>)[] = [];

    const args = (others: Partial<Edit> = {}): Edit => ({
        tags: [`${repository}:1`],
        context: { location: context },
        platforms: ["linux/amd64"],
        ...others,
    });
    const write = (name: string, content: string) => {
        mkdirSync(path.dirname(path.join(context, name)), { recursive: true });
        writeFileSync(path.join(context, name), content);
    };
    const dockerCommand = async (...command: string[]) => {
        const { dockerHost } = savedEnvironment();
        return run((await findDockerClient()).command, command, { env: { DOCKER_HOST: dockerHost } });
    };
    const isBuilt = () =>
        dockerCommand("image", "inspect", `${repository}:1`).then(
            () => true,
            () => false,
        );
    /** The digest of an image in the registry; undefined without one. */
    const pushed = async (tag = "1") => {
        const [host, ...name] = repository.split("/");
        const response = await fetch(`http://${host}/v2/${name.join("/")}/manifests/${tag}`, {
            method: "HEAD",
            headers: { Accept: "application/vnd.docker.distribution.manifest.v2+json" },
        });
        return response.ok ? response.headers.get("docker-content-digest") : undefined;
    };
    /** The error of a failed update, as the user sees it. */
    const failure = async (edit: Edit): Promise<string> => {
        const before = stack.log.length;
        await assert.rejects(stack.up(image(edit)));
        const [, diagnostics = ""] = stack.log.slice(before).split("\nDiagnostics:\n");
        return /^\s+docker-build:index:Image \(image\):\n((?: {4}.*\n| *\n)+)/m.exec(diagnostics)?.[1] ?? diagnostics;
    };
    /** Checks the first line of an error: of the stand-in the wording, of both the content. */
    const expectError = (message: string, both: RegExp, ours: RegExp) => {
        assert.match(message, both);
        if (!official) {
            const [first] = message.split("\n").filter((line) => line.includes("error:"));
            assert.match(first ?? message, ours);
        }
    };

    beforeEach(async () => {
        official = isOfficial();
        context = mkdtempSync(path.join(tmpdir(), "docker-build-engine-"));
        write("Dockerfile", "FROM scratch\nCOPY . /\n");
        write("code.py", "print(1)\n");
        write(".dockerignore", "*.log\n");
        repository = `${savedEnvironment().registry}/provider-test/${randomBytes(6).toString("hex")}`;
        digests.splice(0);
        stack = await TestStack.create("docker-build-provider", image(args()));
    });
    afterEach(async () => {
        await stack.destroy();
        for (const undo of cleanup.splice(0)) {
            await undo();
        }
        rmSync(context, { recursive: true });
    });

    it("builds and pushes in an update, and then only what has changed", async () => {
        assert.deepEqual(
            (await stack.preview()).filter(({ type }) => !type.startsWith("pulumi:providers:")),
            [{ op: "create", type: "docker-build:index:Image", name: "image", diff: [] }],
        );
        assert.deepEqual([await isBuilt(), await pushed(), digests], [false, undefined, []], "a preview built");

        const outputs = await stack.up();
        const digest = await pushed();
        assert.deepEqual(outputs, { digest, ref: `${repository}:1@${digest}` });
        assert.deepEqual(await stack.preview(), []);
        assert.deepEqual(await stack.refresh(), []);
        write("debug.log", "ignored");
        assert.deepEqual(await stack.preview(), []);
        assert.ok(
            digests.every((known) => known === digest),
            String(digests),
        );

        digests.splice(0);
        write("code.py", "print(2)\n");
        const update = [{ op: "update", type: "docker-build:index:Image", name: "image", diff: ["contextHash"] }];
        assert.deepEqual(await stack.preview(), update);
        assert.deepEqual([digests, await pushed()], [[], digest], "the digest of a preview is not unknown");

        const updated = await stack.up();
        assert.equal(updated.digest, await pushed());
        assert.notEqual(await pushed(), digest);
        assert.deepEqual(await stack.preview(), []);

        await stack.destroy();
        assert.ok(await pushed(), "the image was deleted with its resource");
        stack = await TestStack.create("docker-build-provider", image(args()));
    });

    it("passes every option to the build, and pushes every tag", async () => {
        const outside = mkdtempSync(path.join(tmpdir(), "docker-build-outside-"));
        cleanup.push(() => rmSync(outside, { recursive: true }));
        const location = path.join(outside, "My.Dockerfile");
        writeFileSync(
            location,
            "FROM scratch AS first\nARG GREETING\nCOPY code.py /\nLABEL greeting=$GREETING\nFROM scratch\nLABEL last=yes\n",
        );
        const edit = args({
            tags: [`${repository}:1`, `${repository}:2`],
            dockerfile: { location },
            target: "first",
            buildArgs: { GREETING: "hello" },
            labels: { more: "yes" },
        });
        const { digest } = await stack.up(image(edit));
        assert.deepEqual([await pushed("1"), await pushed("2")], [digest, digest]);
        const inspected = await dockerCommand(
            "image",
            "inspect",
            "--format",
            "{{json .Config.Labels}}",
            `${repository}:1`,
        );
        assert.deepEqual(JSON.parse(inspected), { greeting: "hello", more: "yes" });
    });

    it("is updated, not replaced, under a new tag", async () => {
        await stack.up();
        const changes = await stack.preview(image(args({ tags: [`${repository}:2`] })));
        assert.deepEqual(changes, [{ op: "update", type: "docker-build:index:Image", name: "image", diff: ["tags"] }]);
        const { digest } = await stack.up();
        assert.equal(digest, await pushed("2"));
    });

    it("is forgotten by a refresh if the registry has lost it", async () => {
        const { digest } = await stack.up();
        assert.deepEqual(await stack.refresh(), []);
        const registry = await OciRegistry.start();
        cleanup.push(() => registry.stop());
        repository = `${registry.address}/team/app`;
        await stack.up(image(args()));
        const url = `http://${registry.address}/v2/team/app/manifests/${String(digest)}`;
        assert.equal((await fetch(url, { method: "DELETE" })).status, 202);
        assert.deepEqual(
            (await stack.refresh()).map(({ op, name }) => `${op} ${name}`),
            ["delete image"],
        );
    });

    it("logs in with a password that is not shown anywhere", async () => {
        const registry = await privateRegistry(cleanup);
        repository = `${registry}/team/app`;
        const credentials = (username: string, password: string) => [{ address: registry, username, password }];
        const edit = args({ registries: credentials("tester", PASSWORD) });

        const { digest } = await stack.up(image(edit));
        assert.match(String(digest), /^sha256:[0-9a-f]{64}$/);
        assert.deepEqual(await stack.preview(image({ ...edit, registries: credentials("tester", "rotated") })), []);

        const wrong = "wrong-password-that-nobody-sees";
        write("code.py", "print(2)\n");
        expectError(
            await failure({ ...edit, registries: credentials("tester", wrong) }),
            /unauthorized|401|denied/i,
            /error: The registry 127\.0\.0\.1:\d+ refused the login for the push of .*registry\.username and registry\.password/,
        );

        const seen = stack.log + checkpoints(stack.directory);
        for (const hidden of [PASSWORD, wrong]) {
            assert.ok(!seen.includes(hidden), `${hidden} is in the log or the state`);
        }
        assert.deepEqual(
            readdirSync(tmpdir()).filter((name) => name.startsWith("pulumi-docker-")),
            [],
        );
    });

    it("reports a registry that refuses the push", async () => {
        const registry = await refusingRegistry(cleanup);
        expectError(
            await failure(args({ tags: [`${registry}/app:1`] })),
            /denied|403|forbidden/i,
            /error: The registry 127\.0\.0\.1:\d+ refused the push of \S+: denied/,
        );
    });

    it("reports a registry that cannot be reached", async () => {
        const registry = `127.0.0.1:${await freePort(15_000)}`;
        expectError(
            await failure(args({ tags: [`${registry}/app:1`] })),
            /connection refused/,
            /error: The registry 127\.0\.0\.1:\d+ cannot be reached for the push of \S+: Get .*connection refused/,
        );
    });

    it("reports a daemon that cannot be reached", async () => {
        const host = "unix:///nowhere/docker.sock";
        // The official plugin reports it for its provider, not for the image.
        const before = stack.log.length;
        await assert.rejects(stack.up(image(args({ host }))));
        expectError(
            stack.log.slice(before),
            /unix:\/\/\/nowhere\/docker\.sock/,
            /error: The docker daemon at unix:\/\/\/nowhere\/docker\.sock cannot be reached: Cannot connect/,
        );
    });

    it("reports a missing Dockerfile", async () => {
        const location = path.join(context, "Nofile");
        expectError(
            await failure(args({ dockerfile: { location } })),
            /Nofile/,
            /error: docker-build:index:Image resource 'image' has a problem: dockerfile\.location: open .*Nofile/,
        );
    });

    it("reports which step of a build failed, with its last lines", async () => {
        const token = "token-that-nobody-sees";
        write("Dockerfile", `FROM ${base()}\nARG TOKEN\nRUN echo the last words: $TOKEN; exit 7\n`);
        const message = await failure(args({ buildArgs: { TOKEN: pulumi.secret(token) } }));
        expectError(
            message,
            /7/,
            /error: The build of \S+ failed at RUN echo the last words: .*; exit 7: exit code 7$/,
        );
        if (!official) {
            assert.match(message, /\n +the last words: \[secret\]\n/);
            assert.ok(!(stack.log + checkpoints(stack.directory)).includes(token));
        }
        assert.equal(await pushed(), undefined);
    });

    it("refuses other resources as not supported", async function () {
        if (official) {
            console.log("      skipped, because the environment has the official plugin, which supports them:");
            this.skip();
        }

        class Builder extends pulumi.CustomResource {
            constructor(name: string) {
                super("docker-build:index:Builder", name, {}, { version: dockerBuildPluginVersion() });
            }
        }
        const program = async () => void new Builder("builder");
        await assert.rejects(stack.up(program), /docker-build:index:Builder is not supported: this stand-in/);
    });

    describe("in the middle of a build", () => {
        const command = `sleep 29${Math.floor(Math.random() * 1_000_000)}`;
        const asleep = () => processes().some(({ args }) => args === command);
        const started = async () => {
            while (!asleep()) {
                await sleep(100);
            }
        };
        /** Only checked for the stand-in: the official plugin leaves the build running, and no process ends it. */
        const assertEnded = async () => {
            for (let waits = 0; !official && asleep(); waits++) {
                assert.ok(waits < 100, "the build continues without its engine");
                await sleep(100);
            }
        };
        const assertRepaired = async () => {
            write("Dockerfile", "FROM scratch\nCOPY code.py /\n");
            const { digest } = await stack.up(image(args()));
            assert.equal(digest, await pushed());
            assert.deepEqual(await stack.preview(), []);
        };
        beforeEach(() => write("Dockerfile", `FROM ${base()}\nRUN ${command}\n`));

        it("an update that is killed ends it, and the next one builds", async () => {
            process.env.BUILT_IMAGE = JSON.stringify(args());
            cleanup.push(() => void delete process.env.BUILT_IMAGE);
            const module = require.resolve("./programs/built-image");
            assert.equal(await killedUp(module, stack, "docker-build-provider", started()), true);
            await assertEnded();
            await assertRepaired();
        });

        it("an update that is interrupted ends it, and the next one builds", async () => {
            const update = stack.up();
            const ended = assert.rejects(update, official ? /./ : /docker build was cancelled/);
            await started();
            const engine = processes().find(({ parent, args }) => parent === process.pid && args.includes("pulumi up"));
            process.kill(engine!.pid, "SIGINT");
            await ended;
            await assertEnded();
            await assertRepaired();
        });
    });
});

/** Everything that a stack's backend has stored. */
function checkpoints(directory: string): string {
    const entries = readdirSync(directory, { withFileTypes: true, recursive: true });
    const files = entries.filter((entry) => entry.isFile());
    return files.map((entry) => readFileSync(path.join(entry.parentPath, entry.name), "utf8")).join("\n");
}

function processes(): { pid: number; parent: number; args: string }[] {
    return readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .flatMap((pid) => {
            try {
                const args = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").join(" ").trim();
                const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
                return [{ pid: Number(pid), parent: Number(parent), args }];
            } catch {
                // It has ended by now.
                return [];
            }
        });
}

/** A registry that only admits `tester`. Returns its address. */
async function privateRegistry(cleanup: (() => void)[]): Promise<string> {
    const directory = mkdtempSync(path.join(tmpdir(), "docker-build-users-"));
    const users = path.join(directory, "htpasswd");
    writeFileSync(users, HTPASSWD);
    const registry = await OciRegistry.start({ auth: { htpasswd: { realm: "test", path: users } } });
    cleanup.push(() => {
        registry.stop();
        rmSync(directory, { recursive: true });
    });
    return registry.address;
}

/** A registry that anyone may read, but no one may push to. Returns its address. */
async function refusingRegistry(cleanup: (() => void)[]): Promise<string> {
    const server = createServer((request, response) => {
        const isPing = request.url === "/v2/";
        response.writeHead(isPing ? 200 : request.method === "POST" ? 403 : 404, {
            "Content-Type": "application/json",
        });
        response.end(isPing ? "{}" : JSON.stringify({ errors: [{ code: "DENIED", message: "not for you" }] }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanup.push(() => void server.close());
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
