/** What an image takes from registries and leaves in them, with the real CLI, docker daemons and registries. */
import { strict as assert } from "node:assert";
import { createHash, randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import { docker } from "../../local/docker/daemon";
import { CliProject } from "../support/cli-project";
import { DockerDaemon } from "../support/docker-daemon";
import { savedEnvironment } from "../support/environment";
import { assertNoTrace } from "../support/image-traces";
import { OciRegistry } from "../support/oci-registry";

/** Creates the Image whose arguments are in the environment. */
const program = `
    const mlops = require("kubernetes-mlops");
    const { ref, tag } = new mlops.Image("fraud", JSON.parse(process.env.IMAGE));
    Object.assign(exports, { ref, tag });
`;
const indexType = "application/vnd.docker.distribution.manifest.list.v2+json";

describe("an Image and registries", function () {
    this.timeout("5m");

    let checkout: CliProject;
    let runner: DockerDaemon;
    let other: OciRegistry;
    let repository: string;
    const base = () => savedEnvironment().baseImage!;
    const secret = `secret-${randomBytes(8).toString("hex")}`;

    const write = (name: string, content: string) => {
        const file = path.join(checkout.directory, name);
        fs.mkdirSync(path.dirname(file), { recursive: true });
        fs.writeFileSync(file, content);
    };
    const envOf = (args: object, others: NodeJS.ProcessEnv = {}) => ({
        IMAGE: JSON.stringify({ repository, ...args }),
        ...others,
    });
    const run = (command: string[], args: object, others?: NodeJS.ProcessEnv, stack = "dev") =>
        checkout.run([...command, "--stack", stack], envOf(args, others));
    /** Runs a command that must succeed, and returns its output. */
    const succeed = async (command: string[], args: object, others?: NodeJS.ProcessEnv, stack = "dev") => {
        const { code, output } = await run(command, args, others, stack);
        assert.equal(code, 0, output);
        return output;
    };
    const up = (args: object, others?: NodeJS.ProcessEnv, stack?: string) =>
        succeed(["up", "--yes", "--skip-preview"], args, others, stack);
    const unchanged = (args: object, others?: NodeJS.ProcessEnv, stack?: string) =>
        succeed(["preview", "--expect-no-changes"], args, others, stack);
    const refOf = async (stack = "dev") =>
        (await checkout.succeed(["stack", "output", "ref", "--stack", stack])).trim();
    /** What the registry has of an image, by a reference. */
    const manifestOf = async (ref: string) => {
        const [, host, name, reference] = /^([^/]+)\/(.+?)(?:@|:(?=[^:/]+$))(.+)$/.exec(ref)!;
        const accept = `${indexType}, application/vnd.docker.distribution.manifest.v2+json`;
        const response = await fetch(`http://${host}/v2/${name}/manifests/${reference}`, {
            headers: { Accept: accept },
        });
        assert.equal(response.status, 200, ref);
        const content = (await response.json()) as { manifests?: { platform: Record<string, string> }[] };
        return { digest: response.headers.get("docker-content-digest"), manifests: content.manifests };
    };
    const tagsOf = async (name: string): Promise<string[]> => {
        const [host, ...rest] = name.split("/");
        const response = await fetch(`http://${host}/v2/${rest.join("/")}/tags/list`);
        return ((await response.json()) as { tags: string[] }).tags;
    };

    before(async () => {
        runner = await DockerDaemon.start();
        other = await OciRegistry.start();
        checkout = new CliProject("image-registries", program);
    });
    after(async () => {
        await runner?.stop();
        other?.stop();
        checkout?.remove();
    });
    beforeEach(async () => {
        repository = `${savedEnvironment().registry}/registries/${randomBytes(6).toString("hex")}`;
        for (const stack of ["dev", "pr"]) {
            await checkout.run(["stack", "rm", "--yes", "--force", "--stack", stack]);
            await checkout.succeed(["stack", "init", stack]);
        }
        fs.rmSync(path.join(checkout.directory, "model"), { recursive: true, force: true });
        write("model/Dockerfile", "FROM scratch\nCOPY . /\n");
        write("model/train.py", "print(1)\n");
    });

    it("has a secret only while it is built, and is not built for another value", async () => {
        // A step that is not in the daemon's cache, for which another value of the secret is the same step.
        const unique = `: ${randomBytes(6).toString("hex")}`;
        const step = `RUN --mount=type=secret,id=token ${unique} && sha256sum < /run/secrets/token | cut -c1-12 > /seen`;
        write("model/Dockerfile", `FROM ${base()}\n${step}\nCOPY . /app/\n`);
        const args = { context: "model", network: "none", secrets: { token: secret } };
        const output = (await succeed(["preview", "--diff"], args)) + (await up(args));
        const ref = await refOf();
        const host = savedEnvironment().dockerHost!;
        const seen = await docker(host, ["run", "--rm", "--network", "none", ref, "cat", "/seen"]);
        assert.equal(seen.trim(), createHash("sha256").update(secret).digest("hex").slice(0, 12));

        assert.ok(!output.includes(secret), output);
        await assertNoTrace(secret, { ref, line: "print(1)\n", project: checkout, stack: "dev" });
        await unchanged({ ...args, secrets: { token: "another" } });
    });

    it("is built for several platforms", async () => {
        const args = { context: "model", platforms: ["linux/arm64", "linux/amd64"] };
        await up(args);
        const { manifests } = await manifestOf(await refOf());
        assert.deepEqual(
            manifests?.map(({ platform }) => `${platform.os}/${platform.architecture}`),
            ["linux/amd64", "linux/arm64"],
        );
        await unchanged({ ...args, platforms: ["linux/amd64", "linux/arm64"] });
    });

    it("reuses the layers that another machine has left in a registry", async () => {
        write("model/Dockerfile", `FROM ${base()}\nRUN head -c 8 /dev/urandom | od -An -tx1 > /layer\nCOPY . /app/\n`);
        const args = { context: "model", network: "none", cache: `${repository}/cache:main` };
        const layerOf = async () => {
            const ref = await refOf();
            return docker(savedEnvironment().dockerHost!, ["run", "--rm", "--network", "none", ref, "cat", "/layer"]);
        };
        await up(args);
        const layer = await layerOf();
        write("model/train.py", "print(2)\n");
        await up(args, { DOCKER_HOST: runner.host });
        assert.equal(await layerOf(), layer);
        assert.deepEqual(await tagsOf(`${repository}/cache`), ["main"]);
    });

    it("is built from a Dockerfile elsewhere, with the ignore file of that", async () => {
        write("deploy/fraud.Dockerfile", "FROM scratch\nCOPY . /\n");
        write("deploy/fraud.Dockerfile.dockerignore", "Dockerfile\nsecret.txt\n");
        write("model/.dockerignore", "train.py\n");
        write("model/secret.txt", "");
        await up({ context: "model", dockerfile: "deploy/fraud.Dockerfile" });
        const host = savedEnvironment().dockerHost!;
        const container = (await docker(host, ["create", await refOf(), "none"])).trim();
        const files = await docker(host, [
            "export",
            container,
            "--output",
            path.join(checkout.directory, "files.tar"),
        ]).then(() => fs.readFileSync(path.join(checkout.directory, "files.tar"), "latin1"));
        await docker(host, ["rm", container]);
        assert.ok(files.includes("train.py") && files.includes(".dockerignore"));
        assert.ok(!files.includes("secret.txt"));
    });

    it("keeps its digest when two stacks build the same content at the same time", async () => {
        // A step that no daemon has in its cache.
        const step = `RUN : ${randomBytes(6).toString("hex")} && head -c 8 /dev/urandom | od -An -tx1 > /layer`;
        write("model/Dockerfile", `FROM ${base()}\n${step}\n`);
        const args = { context: "model", network: "none" };
        await Promise.all([up(args), up(args, { DOCKER_HOST: runner.host }, "pr")]);
        const [dev, pr] = await Promise.all([refOf(), refOf("pr")]);
        assert.notEqual(dev, pr, "only one stack has built, so that nothing was shown");
        const digests = await Promise.all(
            (await tagsOf(repository)).map(async (tag) => [tag, (await manifestOf(`${repository}:${tag}`)).digest!]),
        );
        const [own, shared] = [
            digests.filter(([tag]) => tag!.includes("-")),
            digests.filter(([tag]) => !tag!.includes("-")),
        ];
        assert.deepEqual(own.map(([, digest]) => `${repository}@${digest}`).sort(), [dev, pr].sort());
        assert.equal(shared.length, 1);
        await unchanged(args);
        await unchanged(args, {}, "pr");

        // Each takes its own after its record is gone, whichever of them moved the shared tag last.
        for (const [stack, ref] of [
            ["dev", dev],
            ["pr", pr],
        ] as const) {
            await checkout.succeed(["stack", "rm", "--yes", "--force", "--stack", stack]);
            await checkout.succeed(["stack", "init", stack]);
            await up(args, {}, stack);
            assert.equal(await refOf(stack), ref);
        }
    });

    it("is copied from another registry with its digest, without a daemon", async () => {
        await up({ context: "model" });
        const source = await refOf();
        const target = `${other.address}/mirror/fraud`;
        const args = { repository: target, context: undefined, copyFrom: source };
        const nowhere = { DOCKER_HOST: "unix:///nowhere/docker.sock" };
        const preview = await succeed(["preview"], args, nowhere, "pr");
        const expected = `${target}@${source.split("@")[1]}`;
        assert.ok(preview.includes(`ref: "${expected}"`), preview);
        await up(args, nowhere, "pr");
        assert.equal(await refOf("pr"), expected);
        await docker(runner.host, ["pull", expected]);
        await unchanged(args, nowhere, "pr");
        await succeed(["destroy", "--yes"], args, nowhere, "pr");
        await manifestOf(expected);
    });

    it("is shown as a build, with one warning, if the registry does not answer, and as unchanged if the state has it", async () => {
        await up({ context: "model" });
        await unchanged({ context: "model" });
        other.stop();
        const args = { context: "model", repository: `${other.address}/fraud` };
        const preview = await succeed(["preview"], args, {}, "pr");
        const warning =
            /^ +warning: Image "fraud": 127\.0\.0\.1:\d+ does not answer \(ECONNREFUSED\), so it is unknown whether \S+ has this image already; without an answer it is built: check .*$/gm;
        assert.equal(preview.match(warning)?.length, 1, preview);
        assert.match(preview, /\+ +docker-build:index:Image fraud-image create/);
        const update = await run(["up", "--yes", "--skip-preview"], args, {}, "pr");
        assert.notEqual(update.code, 0);
        assert.match(update.output, /error: The registry \S+ cannot be reached for the push/);
    });
});
