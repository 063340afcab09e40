/**
 * Images of Python projects with a lock, built by the real CLI and a real daemon, and run as a restricted pod runs them:
 * not as root, without capabilities, and with a read-only root file system.
 */
import { strict as assert } from "node:assert";
import { createHash, randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import { findDockerClient } from "../../local/docker/cli";
import { run } from "../../local/run";
import { CliProject } from "../support/cli-project";
import { savedEnvironment } from "../support/environment";
import { assertNoTrace } from "../support/image-traces";
import { inOrder } from "../support/in-order";
import { PythonIndex } from "../support/python-index";

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

/** A project with a package of a private index: its files, and the secrets with which the package can be installed. */
interface PrivateProject {
    tool: string;
    /** What the tool says when the index refuses the credentials. */
    refusal: RegExp;
    files: (index: PythonIndex) => Record<string, string>;
    secrets: (index: PythonIndex, password?: string) => Record<string, string>;
}

const pyproject =
    '[project]\nname = "fraud"\nversion = "0.1.0"\nrequires-python = ">=3.11"\n' +
    'dependencies = ["private-features==1.0"]\n';

const privateProjects: PrivateProject[] = [
    {
        tool: "pip",
        refusal: /No matching distribution found for private-features==1\.0/,
        // Without a line of its own, the layer of an earlier run would be used.
        files: () => ({ "requirements.txt": `private-features==1.0\n# ${randomBytes(6).toString("hex")}\n` }),
        secrets: (index, password) => ({ PIP_INDEX_URL: index.urlWith(password) }),
    },
    {
        tool: "uv",
        refusal: /401 Unauthorized/,
        files: ({ url, fileUrl, sha256 }) => ({
            "pyproject.toml": `${pyproject}
[tool.uv.sources]
private-features = { index = "private" }

[[tool.uv.index]]
name = "private"
url = "${url}"
explicit = true
`,
            "uv.lock": `version = 1
revision = 5
requires-python = ">=3.11"

[[package]]
name = "fraud"
version = "0.1.0"
source = { virtual = "." }
dependencies = [
    { name = "private-features" },
]

[package.metadata]
requires-dist = [{ name = "private-features", specifier = "==1.0", index = "${url}" }]

[[package]]
name = "private-features"
version = "1.0"
source = { registry = "${url}" }
wheels = [
    { url = "${fileUrl}", hash = "sha256:${sha256}" },
]
`,
        }),
        secrets: ({ username, password }, other = password) => ({
            UV_INDEX_PRIVATE_USERNAME: username,
            UV_INDEX_PRIVATE_PASSWORD: other,
        }),
    },
    {
        tool: "poetry",
        refusal: /Authorization error accessing/,
        files: ({ url, fileName, sha256 }) => ({
            "pyproject.toml": `${pyproject}
[tool.poetry]
package-mode = false

[[tool.poetry.source]]
name = "private"
url = "${url}/"
priority = "primary"
`,
            "poetry.lock": `[[package]]
name = "private-features"
version = "1.0"
description = ""
optional = false
python-versions = "*"
groups = ["main"]
files = [
    {file = "${fileName}", hash = "sha256:${sha256}"},
]

[package.source]
type = "legacy"
url = "${url}"
reference = "private"

[metadata]
lock-version = "2.1"
python-versions = ">=3.11"
content-hash = "${poetryHash(url)}"
`,
        }),
        secrets: ({ username, password }, other = password) => ({
            POETRY_HTTP_BASIC_PRIVATE_USERNAME: username,
            POETRY_HTTP_BASIC_PRIVATE_PASSWORD: other,
        }),
    },
];

/** The hash with which Poetry finds out whether the lock is up to date: of a part of pyproject.toml, as Python prints JSON. */
function poetryHash(url: string): string {
    const hashed =
        '{"project": {"dependencies": ["private-features==1.0"], "requires-python": ">=3.11"}, "tool": {"poetry": ' +
        `{"source": [{"name": "private", "priority": "primary", "url": "${url}/"}]}}}`;
    return createHash("sha256").update(hashed).digest("hex");
}

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
    const image = (python: object, secrets?: Record<string, string>) => ({
        IMAGE: JSON.stringify({
            repository,
            context: "./fraud",
            python: { baseImage: savedEnvironment().baseImage, ...python },
            secrets,
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

    for (const { tool, refusal, files, secrets } of privateProjects) {
        describe(`that installs a package of a private index with ${tool}`, () => {
            inOrder();

            const password = `right-${randomBytes(8).toString("hex")}`;
            const line = "print(private_features.answer, *os.environ)\n";
            let index: PythonIndex;

            before(async () => {
                start(`python-private-${tool}`);
                index = await PythonIndex.start("ci", password);
                Object.entries(files(index)).forEach(([file, content]) => write(file, content));
                write("main.py", `import os, private_features\n${line}`);
                await project.succeed(["stack", "init", "test"]);
            });
            after(async () => {
                index?.stop();
                await end();
            });

            it("is not built without the password, or with another one, which nothing shows", async () => {
                const wrong = `wrong-${randomBytes(8).toString("hex")}`;
                for (const given of [undefined, secrets(index, wrong)]) {
                    const { code, output } = await project.run(["up", "--yes"], image({}, given));
                    assert.notEqual(code, 0);
                    assert.match(output, /error: The build of \S+ failed at RUN .* python -m .*: exit code \d+\n/);
                    assert.match(output, refusal);
                    assert.ok(!output.includes(wrong), output);
                }
            });

            it("has the package, and the password is nowhere", async () => {
                const given = secrets(index);
                const printed = await project.succeed(["up", "--yes"], image({}, given));
                assert.ok(!printed.includes(password), printed);
                const ref = (await project.succeed(["stack", "output", "ref"])).trim();
                const [answer, ...variables] = (await output(ref, ["main.py"])).split(" ");
                assert.equal(answer, "42");
                assert.deepEqual(
                    variables.filter((name) => name in given),
                    [],
                );
                assert.ok(variables.includes("PYTHONUNBUFFERED"), variables.join());
                await assertNoTrace(password, { ref, line, project, stack: "test" });
            });

            it("is not built again for another password, or none", async () => {
                for (const given of [undefined, secrets(index, "another")]) {
                    await project.succeed(["preview", "--expect-no-changes"], image({}, given));
                }
            });
        });
    }
});
