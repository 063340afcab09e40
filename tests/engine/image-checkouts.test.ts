/**
 * One program on the machines of a team, with the real CLI and its exit codes: checkouts in different places with
 * different permissions, a CI runner whose docker daemon has an empty cache, a machine without a daemon, other stacks.
 */
import { strict as assert } from "node:assert";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import { CliProject } from "../support/cli-project";
import { DockerDaemon } from "../support/docker-daemon";
import { savedEnvironment } from "../support/environment";
import { inOrder } from "../support/in-order";

const project = "image-checkouts";

/** Builds one directory, whose path it writes in each of the usual ways. */
const program = `
    const path = require("node:path");
    const { fileURLToPath, pathToFileURL } = require("node:url");
    const pulumi = require("@pulumi/pulumi");
    const mlops = require("kubernetes-mlops");

    const contexts = {
        relative: "model",
        absolute: \`\${__dirname}/model\`,
        module: fileURLToPath(new URL("model", pathToFileURL(__filename))),
        output: pulumi.output("./model/"),
    };
    for (const [name, context] of Object.entries(contexts)) {
        const image = new mlops.Image(name, {
            repository: process.env.REPOSITORY + "/" + name,
            context,
            secrets: { token: process.env.TOKEN ?? "one" },
            // As the functions of cloud providers return them: other ones in every run.
            ...(process.env.USERNAME && {
                registry: pulumi.secret({ username: process.env.USERNAME, password: "p-" + process.env.USERNAME }),
            }),
        });
        exports[name] = image.ref;
    }
`;
const names = ["relative", "absolute", "module", "output"];

/** Runs something with the umask of another machine. */
async function withUmask<T>(umask: number, work: () => Promise<T>): Promise<T> {
    const before = process.umask(umask);
    try {
        return await work();
    } finally {
        process.umask(before);
    }
}

describe("the images of a program in several checkouts", function () {
    this.timeout("5m");
    inOrder();

    let first: CliProject;
    let second: CliProject;
    let runner: DockerDaemon;
    let refs: Record<string, string>;
    /** The environment of a machine whose daemon has an empty cache. */
    const cold = () => ({ ...env, DOCKER_HOST: runner.host });
    const nowhere = "unix:///nowhere/docker.sock";
    const env = { REPOSITORY: `${savedEnvironment().registry}/checkouts/${randomBytes(6).toString("hex")}` };

    const write = (checkout: CliProject, name: string, content: string) => {
        const file = path.join(checkout.directory, "model", name);
        fs.mkdirSync(path.dirname(file), { recursive: true });
        fs.writeFileSync(file, content);
    };
    const refsOf = async (checkout: CliProject, stack: string) =>
        JSON.parse(await checkout.succeed(["stack", "output", "--json", "--stack", stack])) as Record<string, string>;
    const unchanged = (checkout: CliProject, others: NodeJS.ProcessEnv = env, stack = "dev") =>
        checkout.succeed(["preview", "--expect-no-changes", "--stack", stack], others);
    const up = (checkout: CliProject, others: NodeJS.ProcessEnv = env, stack = "dev") =>
        checkout.succeed(["up", "--yes", "--skip-preview", "--stack", stack], others);
    /** What a preview shows, without the stack: a resource has a line for each of its messages. */
    const steps = (output: string) => {
        const lines = [...output.matchAll(/^ +([-+~]+) +(\S+:\S+) (\S+) (create|update|replace|delete)\b/gm)];
        const shown = lines.map(([, sign, type, name]) => `${sign} ${type} ${name}`);
        return [...new Set(shown)].filter((line) => !line.includes("pulumi:pulumi:Stack")).sort();
    };
    const fill = (checkout: CliProject) => {
        write(checkout, "Dockerfile", "FROM scratch\nCOPY . /\n");
        write(checkout, "train.py", "print(1)\n");
        write(checkout, "run.sh", "#!/bin/sh\n");
        fs.chmodSync(path.join(checkout.directory, "model", "run.sh"), 0o755);
        fs.symlinkSync("train.py", path.join(checkout.directory, "model", "main.py"));
    };

    before(async () => {
        runner = await DockerDaemon.start();
        first = new CliProject(project, program);
        second = await withUmask(0o077, async () => {
            const checkout = new CliProject(project, program, first, { below: "company/platform/stacks/fraud" });
            fill(checkout);
            return Promise.resolve(checkout);
        });
        fill(first);
    });
    after(async () => {
        for (const stack of ["dev", "pr"]) {
            await first?.run(["stack", "rm", "--yes", "--force", "--stack", stack]);
        }
        await runner?.stop();
        first?.remove();
        second?.remove();
    });

    it("are built by the first update, and by no preview", async () => {
        await first.succeed(["stack", "init", "dev"]);
        const preview = await first.succeed(["preview"], env);
        assert.deepEqual(
            steps(preview),
            names
                .flatMap((name) => [
                    `+ docker-build:index:Image ${name}-image`,
                    `+ kubernetes-mlops:index:Image ${name}`,
                ])
                .sort(),
        );
        await up(first);
        refs = await refsOf(first, "dev");
        assert.deepEqual(Object.keys(refs).sort(), [...names].sort());
        // The same content, and the same image.
        assert.equal(new Set(Object.values(refs).map((ref) => ref.split("@")[1])).size, 1);
        await unchanged(first);
    });

    it("are the same in a checkout elsewhere, with other permissions and times and an empty cache", async () => {
        const model = path.join(second.directory, "model");
        fs.chmodSync(path.join(model, "train.py"), 0o660);
        fs.chmodSync(path.join(model, "run.sh"), 0o770);
        fs.utimesSync(path.join(model, "train.py"), 1, 1);
        await withUmask(0o002, () => unchanged(second, cold()));
        await withUmask(0o077, async () => {
            await up(second, cold());
        });
        assert.deepEqual(await refsOf(second, "dev"), refs);
        assert.equal(await runner.built(), 0);
    });

    it("are the same beside what tools write, which a preview names in one line", async () => {
        for (const name of [".git/HEAD", "__pycache__/train.cpython-312.pyc", ".venv/pyvenv.cfg", ".env"]) {
            write(second, name, "KEY=not-for-the-image");
        }
        const output = await unchanged(second, cold());
        const line = 'Image "absolute": left out of the build by default: .env, .git, .venv, __pycache__; ';
        assert.ok(output.includes(line), output);
        assert.ok(!output.includes("not-for-the-image"));
        assert.equal(await runner.built(), 0);
    });

    it("need no daemon where nothing is built", async () => {
        await unchanged(second, { ...env, DOCKER_HOST: nowhere });
        await up(second, { ...env, DOCKER_HOST: nowhere });
    });

    it("are not built for other credentials or secrets", async () => {
        await up(second, { ...cold(), USERNAME: "monday", TOKEN: "two" });
        await unchanged(second, { ...cold(), USERNAME: "tuesday", TOKEN: "three" });
        assert.equal(await runner.built(), 0);
    });

    it("are taken by another stack as the registry has them", async () => {
        await second.succeed(["stack", "init", "pr"]);
        const preview = await second.succeed(["preview"], cold());
        assert.deepEqual(steps(preview), names.map((name) => `+ kubernetes-mlops:index:Image ${name}`).sort());
        await up(second, cold(), "pr");
        assert.deepEqual(await refsOf(second, "pr"), refs);
        await unchanged(second, cold(), "pr");
        assert.equal(await runner.built(), 0);
    });

    it("are taken again by a stack that was removed and created again", async () => {
        await second.succeed(["destroy", "--yes", "--remove", "--stack", "pr"], cold());
        await second.succeed(["stack", "init", "pr"]);
        await up(second, cold(), "pr");
        assert.deepEqual(await refsOf(second, "pr"), refs);
        assert.equal(await runner.built(), 0);
    });

    it("show a build without a daemon, which an update then needs", async () => {
        write(first, "train.py", "print(2)\n");
        const preview = await first.run(["preview", "--stack", "dev"], { ...env, DOCKER_HOST: nowhere });
        assert.equal(preview.code, 0, preview.output);
        assert.deepEqual(steps(preview.output), names.map((name) => `~ docker-build:index:Image ${name}-image`).sort());
        const update = await first.run(["up", "--yes", "--skip-preview", "--stack", "dev"], {
            ...env,
            DOCKER_HOST: nowhere,
        });
        assert.notEqual(update.code, 0);
        assert.match(update.output, /error: .*unix:\/\/\/nowhere\/docker\.sock/);
    });

    it("are those of before after a revert, and again those of after, without a build", async () => {
        await up(first);
        const after = await refsOf(first, "dev");
        names.forEach((name) => assert.notEqual(after[name], refs[name]));

        for (const [content, expected] of [
            ["print(1)\n", refs],
            ["print(2)\n", after],
        ] as const) {
            write(first, "train.py", content);
            await up(first, cold());
            assert.deepEqual(await refsOf(first, "dev"), expected);
            await unchanged(first, cold());
        }
        assert.equal(await runner.built(), 0);
    });

    it("are built by a daemon with an empty cache if the content is new", async () => {
        write(second, "train.py", "print(3)\n");
        await up(second, cold());
        assert.ok((await runner.built()) > 0);
        await unchanged(second, cold());
    });

    it("are taken if the state has lost them, as after a failed refresh", async () => {
        const refsBefore = await refsOf(second, "dev");
        const state = await second.succeed(["stack", "export", "--stack", "dev"]);
        const urns = [...state.matchAll(/"urn": "(.*\$docker-build:index:Image::.*)"/g)].map(([, urn]) => urn!);
        assert.equal(urns.length, names.length);
        for (const urn of urns) {
            await second.succeed(["state", "delete", urn, "--yes", "--stack", "dev"]);
        }
        const built = await runner.built();
        await up(second, cold());
        assert.deepEqual(await refsOf(second, "dev"), refsBefore);
        assert.equal(await runner.built(), built);
    });

    it("report in one line that the copy to build from cannot be written", async () => {
        write(first, "train.py", "print(4)\n");
        fs.rmSync(path.join(first.directory, ".kubernetes-mlops"), { recursive: true });
        fs.writeFileSync(path.join(first.directory, ".kubernetes-mlops"), "");
        for (const command of [["preview"], ["up", "--yes", "--skip-preview"]]) {
            const { code, output } = await first.run([...command, "--stack", "dev"], env);
            assert.notEqual(code, 0);
            assert.match(
                output,
                /^ +error: Image "\w+": context cannot be copied to \.kubernetes-mlops in the project's directory, from which it is built: .*; make the directory writable$/m,
            );
        }
    });
});
