import { strict as assert } from "node:assert";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import * as dockerBuild from "@pulumi/docker-build";
import * as pulumi from "@pulumi/pulumi";

import { findDockerClient } from "../../local/docker/cli";
import { run } from "../../local/run";
import * as mlops from "../../src";
import { savedEnvironment } from "../support/environment";
import { type Change, TestStack } from "../support/stack";

/** The changes of the component's only child; its properties are those of the docker-build provider. */
function changed(changes: Change[]): string[] {
    return changes.filter(({ type }) => type === "docker-build:index:Image").map(({ op, name }) => `${op} ${name}`);
}

describe("an Image in a real engine, with a real daemon and registry", function () {
    this.timeout("3m");

    let context: string;
    let repository: string;
    let stack: TestStack;
    /** Whether `ref` was known when the program last ran. */
    let refKnown: boolean;

    const write = (file: string, content: string) => fs.writeFileSync(path.join(context, file), content);
    const program =
        (args: Partial<mlops.ImageArgs> = {}, opts: pulumi.ComponentResourceOptions = {}) =>
        async () => {
            refKnown = false;
            const image = new mlops.Image("code", { repository, context, ...args }, opts);
            image.ref.apply(() => (refKnown = true));
            return Promise.resolve({ ref: image.ref, tag: image.tag });
        };
    /** The tags in the registry. */
    const tags = async () => {
        const [host, ...name] = repository.split("/");
        const response = await fetch(`http://${host}/v2/${name.join("/")}/tags/list`);
        return response.ok ? ((await response.json()) as { tags: string[] }).tags : [];
    };

    beforeEach(async () => {
        context = fs.mkdtempSync(path.join(os.tmpdir(), "kubernetes-mlops-context-"));
        write("Dockerfile", "FROM scratch\nARG RELEASE\nCOPY . /\n");
        write("code.py", "print(1)\n");
        write(".dockerignore", "*.log\n");
        repository = `${savedEnvironment().registry}/image-test/${randomBytes(6).toString("hex")}`;
        stack = await TestStack.create("image", program());
    });
    afterEach(async () => {
        await stack.destroy();
        fs.rmSync(context, { recursive: true });
    });

    it("is built and pushed by an update, never by a preview, and only when its inputs have changed", async () => {
        assert.deepEqual(changed(await stack.preview()), ["create code-image"]);
        assert.deepEqual([refKnown, await tags()], [false, []]);

        const first = await stack.up();
        assert.match(String(first.ref), new RegExp(`^${repository}@sha256:[0-9a-f]{64}$`));
        assert.deepEqual((await tags()).map((tag) => tag.replace(/-[0-9a-f]{8}$/, "-own")).sort(), [
            first.tag,
            `${String(first.tag)}-own`,
        ]);
        write("debug.log", "not looked at");
        fs.utimesSync(path.join(context, "code.py"), 0, 0);
        assert.deepEqual(await stack.preview(), []);
        assert.deepEqual(await stack.refresh(), []);

        write("code.py", "print(2)\n");
        assert.deepEqual(changed(await stack.preview()), ["update code-image"]);
        assert.deepEqual([refKnown, (await tags()).length], [false, 2]);
        const second = await stack.up();
        assert.notEqual(second.ref, first.ref);
        assert.equal((await tags()).length, 4);

        assert.deepEqual(changed(await stack.preview(program({ buildArgs: { RELEASE: "2" } }))), ["update code-image"]);
    });

    it("builds a Python program without a Dockerfile, which gets its arguments and a user that is not root", async () => {
        fs.rmSync(path.join(context, "Dockerfile"));
        write("requirements.txt", "");
        write("code.py", "import os, sys; print(sys.argv[1:], os.getuid(), os.getppid() == 0, os.getcwd())\n");
        const python = { baseImage: savedEnvironment().baseImage, entrypoint: ["python", "code.py", "it's"] };
        const { ref } = await stack.up(program({ python }));
        assert.deepEqual(await stack.preview(), []);

        const { command } = await findDockerClient();
        const env = { DOCKER_HOST: savedEnvironment().dockerHost };
        const printed = await run(command, ["run", "--rm", "--network", "none", String(ref), "and more"], { env });
        // The program has replaced the script that started it: it has no parent in the container.
        assert.equal(printed.trim(), `["it's", 'and more'] 1000 True /app`);
    });

    it("keeps a password secret, and reports a failed login in one line", async () => {
        // No registry answers at this address: the environment's has no users that it could refuse.
        const registry = { username: "somebody", password: "geheim-geheim" };
        const gone = `localhost:1/${repository.split("/").slice(1).join("/")}`;
        await assert.rejects(stack.up(program({ repository: gone, registry })), /localhost:1/);
        assert.ok(!(stack.stored() + stack.log).includes("geheim-geheim"));
    });

    it("reports in one line that no daemon answers, and at which address", async () => {
        const host = "unix:///nowhere/docker.sock";
        const nowhere = async () => program({}, { providers: [new dockerBuild.Provider("nowhere", { host })] })();
        await assert.rejects(stack.up(nowhere), /nowhere\/docker\.sock/);
    });

    it("reports in one line that a directory which is known later has no Dockerfile, before anything is built", async () => {
        const empty = fs.mkdtempSync(path.join(os.tmpdir(), "kubernetes-mlops-empty-"));
        await assert.rejects(
            stack.preview(program({ context: pulumi.output(empty) })),
            /Image "code": dockerfile is ".*Dockerfile"; it must be an existing file: /,
        );
        fs.rmdirSync(empty);
    });
});
