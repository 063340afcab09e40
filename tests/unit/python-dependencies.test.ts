/** Where the dependencies of a Python program come from, and the Dockerfiles that install them. */
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

import { type BuildSource, findMissingFile, resolveBuild } from "../../src/images/build";
import { pythonSecrets } from "../../src/images/python";
import { directoryWith } from "../support/directories";

const names = { pip: "python.Dockerfile", uv: "python-uv.Dockerfile", poetry: "python-poetry.Dockerfile" };

function sourceWith(files: string[], requirements?: string): BuildSource & { context: string } {
    return { context: directoryWith(Object.fromEntries(files.map((file) => [file, ""]))), python: { requirements } };
}

describe("the dependencies of a Python program", () => {
    const used: [files: string[], requirements: string | undefined, tool: keyof typeof names, file?: string][] = [
        [["requirements.txt"], undefined, "pip", "requirements.txt"],
        [["requirements.txt", "pyproject.toml"], undefined, "pip", "requirements.txt"],
        [["requirements.txt", "environment.yml", "pdm.lock"], undefined, "pip", "requirements.txt"],
        [["uv.lock", "pyproject.toml"], undefined, "uv"],
        [["uv.lock", "pyproject.toml", "requirements.txt"], undefined, "uv"],
        [["poetry.lock", "pyproject.toml"], undefined, "poetry"],
        [["poetry.lock", "pyproject.toml", "requirements.txt"], undefined, "poetry"],
        [["uv.lock", "poetry.lock", "deploy/cpu.txt"], "deploy/cpu.txt", "pip", "deploy/cpu.txt"],
    ];
    for (const [files, requirements, tool, file] of used) {
        const given = requirements ? `, requirements ${requirements}` : "";
        it(`are installed by ${tool}: ${files.join(", ")}${given}`, () => {
            const source = sourceWith(files, requirements);
            assert.equal(findMissingFile(source), undefined);
            const { dockerfile, args } = resolveBuild(source);
            assert.equal(dockerfile, path.join("dockerfiles", names[tool]));
            assert.deepEqual(Object.keys(args), ["BASE_IMAGE", ...(file ? ["REQUIREMENTS"] : []), "ENTRYPOINT"]);
            assert.equal(args.REQUIREMENTS, file);
        });
    }

    const noDockerfile = "which python does not install; install it in a Dockerfile of your own, and remove python";
    const wrong: [files: string[], problem: string][] = [
        [
            ["main.py"],
            "for python it must have uv.lock, poetry.lock or requirements.txt (which may be empty); add one of them",
        ],
        [
            ["pyproject.toml"],
            "it must have a lock beside pyproject.toml, so that every build installs the same versions; " +
                'create it with "uv lock" or "poetry lock"',
        ],
        [
            ["uv.lock", "poetry.lock", "pyproject.toml"],
            "it has both uv.lock and poetry.lock, and must have one of them; remove the other",
        ],
        [["uv.lock"], "it has uv.lock, and must have the pyproject.toml that was locked; add it"],
        [
            ["poetry.lock", "requirements.txt"],
            "it has poetry.lock, and must have the pyproject.toml that was locked; add it",
        ],
        [
            ["pdm.lock", "pyproject.toml"],
            'it has pdm.lock, which python does not install; export it with "pdm export --prod --output requirements.txt"',
        ],
        [
            ["Pipfile", "Pipfile.lock"],
            'it has Pipfile.lock, which python does not install; export it with "pipenv requirements > requirements.txt"',
        ],
        [["environment.yml"], `it has environment.yml, ${noDockerfile}`],
        [["environment.yaml"], `it has environment.yaml, ${noDockerfile}`],
        [["conda-lock.yml", "environment.yml", "pyproject.toml"], `it has conda-lock.yml, ${noDockerfile}`],
    ];
    for (const [files, problem] of wrong) {
        it(`cannot be installed from ${files.join(", ")}`, () => {
            const source = sourceWith(files);
            assert.deepEqual(findMissingFile(source), {
                field: "context",
                problem: `is "${source.context}"; ${problem}`,
            });
        });
    }
});

describe("the Dockerfiles of Python programs", () => {
    const read = (name: string) => fs.readFileSync(path.join(__dirname, "../../dockerfiles", name), "utf8");
    const text = { pip: read(names.pip), uv: read(names.uv), poetry: read(names.poetry) };

    /** The lines from the first that starts so, up to the next empty line. */
    const paragraph = (content: string, start: string) => {
        const from = content.indexOf(`\n${start}`);
        assert.notEqual(from, -1, start);
        return content.slice(from + 1, content.indexOf("\n\n", from + 1));
    };

    for (const start of ["# Packages are installed", "ENV PYTHON", "ARG SYSTEM", "# The entrypoint", "# A number"]) {
        it(`have the same ${JSON.stringify(start)}`, () => {
            assert.equal(paragraph(text.uv, start), paragraph(text.pip, start));
            assert.equal(paragraph(text.poetry, start), paragraph(text.pip, start));
        });
    }

    it("need no frontend to be pulled, nor a recent one", () => {
        for (const content of Object.values(text)) {
            assert.doesNotMatch(content, /^#\s*syntax=/m);
            assert.doesNotMatch(content, /--mount=.*env=|<</);
        }
    });

    it("have the secrets in the steps that install something with pip, uv or Poetry, and in no others", () => {
        const mounted =
            "RUN --mount=type=secret,id=environment \\\n" +
            "    if [ -f /run/secrets/environment ]; then . /run/secrets/environment; fi \\\n    && ";
        for (const [tool, steps] of [
            ["pip", 1],
            ["uv", 3],
            ["poetry", 3],
        ] as const) {
            const runs = text[tool].match(/^RUN (.*\\\n)*.*/gm)!;
            const installing = runs.filter((run) => /pip.* install |uv sync |poetry install /.test(run));
            assert.deepEqual(
                runs.filter((run) => run.startsWith(mounted)),
                installing,
            );
            assert.equal(installing.length, steps);
            assert.equal(text[tool].match(/secret,|run\/secrets/g)!.length, 3 * steps);
        }
    });

    it("set each secret as an environment variable, whatever its value is", () => {
        const secrets = {
            UV_INDEX_PRIVATE_PASSWORD: `it's "$HOME" \`id\` \\ # ; & é`,
            PIP_EXTRA_INDEX_URL: "https://ci:p%40ss@pypi.example.com/simple/\nhttps://other.example.com",
            _empty: "",
        };
        const file = path.join(directoryWith(pythonSecrets(secrets)), "environment");
        const code = "process.stdout.write(JSON.stringify(process.env))";
        const script = '. "$1" && exec "$2" --eval "$3"';
        const output = execFileSync("sh", ["-c", script, "sh", file, process.execPath, code], { encoding: "utf8" });
        const set = JSON.parse(output) as Record<string, string>;
        assert.deepEqual(Object.fromEntries(Object.keys(secrets).map((name) => [name, set[name]])), secrets);
    });

    it("install tools of exact versions, the same in each stage", () => {
        for (const tool of ["uv", "poetry"] as const) {
            const versions = text[tool].match(/^ARG \w+_VERSION=.*$/gm)!;
            assert.equal(versions.length, 2);
            assert.equal(new Set(versions).size, 1);
            assert.match(versions[0], new RegExp(`^ARG ${tool.toUpperCase()}_VERSION=\\d+\\.\\d+\\.\\d+$`));
        }
    });
});
