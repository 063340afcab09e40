/**
 * Images of Python projects with a lock, built by the real CLI and a real daemon, and run as a restricted pod runs them:
 * not as root, without capabilities, and with a read-only root file system.
 */
import { strict as assert } from "node:assert";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import { findDockerClient } from "../../local/docker/cli";
import { run } from "../../local/run";
import { CliProject } from "../support/cli-project";
import { savedEnvironment } from "../support/environment";
import { inOrder } from "../support/in-order";

const program = `
    const mlops = require("kubernetes-mlops");
    const image = new mlops.Image("fraud", JSON.parse(process.env.IMAGE));
    exports.ref = image.ref;
`;

/** Reports where everything comes from. */
const train = (answer: number) => `
import glob, importlib.util, json, os, shutil, sys
import six

def main():
    print(json.dumps({
        "answer": ${answer},
        "arguments": sys.argv[1:],
        "directory": os.getcwd(),
        "environment": sys.prefix,
        "module": __file__,
        "six": [six.__version__, six.__file__.startswith(sys.prefix)],
        "user": os.getuid(),
        "interpreter": shutil.which("python"),
        "left out": [name for name in ("iniconfig", "pip") if importlib.util.find_spec(name) is None],
        "tools": [name for name in ("uv", "poetry") if shutil.which(name) or os.path.exists("/opt/" + name)],
        "libgomp": len(glob.glob("/usr/lib/*/libgomp.so.1")),
    }))
`;

describe("an Image of a Python project", function () {
    this.timeout("6m");

    let project: CliProject;
    let repository: string;

    const context = () => path.join(project.directory, "fraud");
    const write = (file: string, content: string) => {
        const name = path.join(context(), file);
        fs.mkdirSync(path.dirname(name), { recursive: true });
        fs.writeFileSync(name, content);
    };
    const image = (python: object) => ({
        IMAGE: JSON.stringify({
            repository,
            context: "./fraud",
            python: { baseImage: savedEnvironment().baseImage, ...python },
            network: "host",
        }),
    });
    /** Updates the stack, and returns the reference of the image. */
    const up = async (python: object): Promise<string> => {
        await project.succeed(["up", "--yes"], image(python));
        return (await project.succeed(["stack", "output", "ref"])).trim();
    };
    /** The digests of an image's layers in the registry. */
    const layers = async (ref: string): Promise<string[]> => {
        const [host] = ref.split("/");
        const name = repository.slice(host!.length + 1);
        const response = await fetch(`http://${host}/v2/${name}/manifests/${ref.split("@")[1]}`, {
            headers: {
                Accept: "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json",
            },
        });
        const manifest = (await response.json()) as { layers: { digest: string }[] };
        return manifest.layers.map(({ digest }) => digest);
    };
    /** What a container prints. */
    const output = async (ref: string, args: string[], options: string[] = []): Promise<string> => {
        const { command } = await findDockerClient();
        const restricted = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"];
        return run(command, ["run", "--rm", "--network", "none", ...restricted, ...options, ref, ...args], {
            env: { DOCKER_HOST: savedEnvironment().dockerHost },
        });
    };

    const start = (name: string) => {
        project = new CliProject(name, program);
        repository = `${savedEnvironment().registry}/python-image-test/${randomBytes(6).toString("hex")}`;
        fs.mkdirSync(context());
    };
    const end = async () => {
        await project.succeed(["destroy", "--yes"], { IMAGE: "{}" });
        project.remove();
    };

    for (const [tool, stale] of [
        ["uv", "The lockfile at `uv.lock` needs to be updated"],
        ["poetry", "pyproject.toml changed significantly since poetry.lock was last generated"],
    ] as const) {
        describe(`that ${tool} has locked`, () => {
            inOrder();

            const python = { entrypoint: ["fraud-train"], systemPackages: ["libgomp1"] };
            const printed = {
                answer: 41,
                arguments: ["--epochs", "1 2"],
                directory: "/app",
                environment: "/opt/venv",
                module: "/app/src/fraud/train.py",
                six: ["1.17.0", true],
                user: 1000,
                interpreter: "/opt/venv/bin/python",
                "left out": ["iniconfig", "pip"],
                tools: [],
                libgomp: 1,
            };
            let first: string;

            before(async () => {
                start(`python-${tool}`);
                fs.cpSync(path.join(__dirname, "python-projects", tool), context(), { recursive: true });
                write("src/fraud/__init__.py", "");
                write("src/fraud/train.py", train(41));
                await project.succeed(["stack", "init", "test"]);
            });
            after(end);

            it("has the locked dependencies, the project and system packages, and nothing else", async () => {
                first = await up(python);
                assert.deepEqual(JSON.parse(await output(first, ["--epochs", "1 2"])), printed);
                await project.succeed(["preview", "--expect-no-changes"], image(python));
            });

            it("has one new layer when the code has changed", async () => {
                write("src/fraud/train.py", train(42));
                const second = await up(python);
                assert.notEqual(second, first);
                const parsed: unknown = JSON.parse(await output(second, ["--epochs", "1 2"]));
                assert.deepEqual(parsed, { ...printed, answer: 42 });
                const [before, after] = [await layers(first), await layers(second)];
                assert.equal(after.length, before.length);
                assert.deepEqual(after.slice(0, -1), before.slice(0, -1));
                assert.notEqual(after.at(-1), before.at(-1));
            });

            it("is not built if the lock is out of date", async () => {
                const file = path.join(context(), "pyproject.toml");
                fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace("six==1.17.0", "six==1.16.0"));
                const { code, output } = await project.run(["up", "--yes"], image(python));
                assert.notEqual(code, 0);
                assert.ok(output.includes(stale), output);
            });
        });
    }

    describe("with a requirements file", () => {
        inOrder();
        before(async () => {
            start("python-pip");
            write("pyproject.toml", "[tool.ruff]\nline-length = 120\n");
            write(
                "main.py",
                "import glob, os, six\nprint(six.__version__, os.getuid(), len(glob.glob('/usr/lib/*/libgomp.so.1')))\n",
            );
            await project.succeed(["stack", "init", "test"]);
        });
        after(end);

        it("is refused in a preview as long as there is no requirements file or lock", async () => {
            const { code, output } = await project.run(["preview"], image({}));
            assert.notEqual(code, 0);
            assert.match(
                output,
                /Image "fraud": context is "\.\/fraud"; it must have a lock beside pyproject\.toml, so that every build installs the same versions; create it with "uv lock" or "poetry lock"\n/,
            );
        });

        it("has its packages and system packages, the code last", async () => {
            write("requirements.txt", "six==1.17.0\n");
            const python = { systemPackages: ["libgomp1"], entrypoint: ["python", "main.py"] };
            const first = await up(python);
            assert.equal(await output(first, []), "1.17.0 1000 1");
            fs.appendFileSync(path.join(context(), "main.py"), "print('new')\n");
            const second = await up(python);
            assert.equal(await output(second, []), "1.17.0 1000 1\nnew");
            assert.deepEqual((await layers(second)).slice(0, -1), (await layers(first)).slice(0, -1));
        });
    });
});
