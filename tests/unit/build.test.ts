import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import { Build, resolveBuild, BuildSource, buildTag, ownTag } from "../../src/images/build";
import { readContext } from "../../src/images/context";
import { pythonVersions } from "../../src/images/python";
import { directoryWith } from "../support/directories";

const pythonDockerfile = path.join("dockerfiles", "python.Dockerfile");

describe("the inputs of a build", () => {
    const builds: [what: string, source: BuildSource, build: Partial<Build>][] = [
        ["a context only", { context: "fraud" }, {}],
        [
            "a Dockerfile elsewhere",
            { context: "fraud", dockerfile: "gpu.Dockerfile" },
            { dockerfile: "gpu.Dockerfile" },
        ],
        [
            "all arguments",
            {
                context: "fraud",
                buildArgs: { A: "1" },
                target: "run",
                platforms: ["linux/arm64", "linux/amd64", "linux/arm64"],
            },
            { args: { A: "1" }, target: "run", platforms: ["linux/amd64", "linux/arm64"] },
        ],
        [
            "a Python program",
            { context: "fraud", python: {} },
            {
                dockerfile: pythonDockerfile,
                args: {
                    BASE_IMAGE:
                        "docker.io/library/python:3.12.14-slim-bookworm@sha256:392307d22300de8b5986851a12d9176dfc0fc073e65bf6523ebd7dcbeb23564e",
                    REQUIREMENTS: "requirements.txt",
                    ENTRYPOINT: '["python"]',
                },
            },
        ],
        [
            "a Python program with all arguments",
            {
                context: "fraud",
                python: {
                    baseImage: "registry.example/python@sha256:00",
                    systemPackages: ["libgomp1", "git", "libgomp1"],
                    requirements: "deploy/requirements.txt",
                    entrypoint: ["python", "-m", "it's"],
                },
                buildArgs: { HTTP_PROXY: "http://proxy" },
            },
            {
                dockerfile: pythonDockerfile,
                args: {
                    BASE_IMAGE: "registry.example/python@sha256:00",
                    SYSTEM_PACKAGES: "git libgomp1",
                    REQUIREMENTS: "deploy/requirements.txt",
                    ENTRYPOINT: `["python","-m","it's"]`,
                    HTTP_PROXY: "http://proxy",
                },
            },
        ],
    ];
    for (const [what, source, build] of builds) {
        it(what, () => {
            assert.deepEqual(resolveBuild(source), {
                context: "fraud",
                dockerfile: path.join("fraud", "Dockerfile"),
                args: {},
                target: undefined,
                platforms: ["linux/amd64"],
                ...build,
            });
        });
    }

    it("pin the base image of each supported version of Python", () => {
        for (const version of pythonVersions) {
            const base = resolveBuild({ context: "fraud", python: { version } }).args.BASE_IMAGE;
            assert.match(
                base!,
                new RegExp(`^docker\\.io/library/python:${version}\\.\\d+-slim-[a-z]+@sha256:[0-9a-f]{64}$`),
            );
        }
    });

    it("contain the Dockerfile of Python programs in any working directory", () => {
        const directory = process.cwd();
        try {
            process.chdir(directoryWith({}));
            assert.ok(fs.existsSync(resolveBuild({ context: ".", python: {} }).dockerfile));
        } finally {
            process.chdir(directory);
        }
    });
});

describe("the tag of a build", () => {
    const context = directoryWith({ Dockerfile: "FROM scratch\n", "main.py": "" });
    const source: BuildSource = { context, buildArgs: { A: "1", B: "2" } };
    const tagOf = (given: BuildSource) => {
        const build = resolveBuild(given);
        return buildTag(build, readContext(build.context, build.dockerfile));
    };
    const tag = tagOf(source);

    it("is 16 hexadecimal digits", () => {
        assert.match(tag, /^[0-9a-f]{16}$/);
    });

    const same: [what: string, source: BuildSource][] = [
        ["the same arguments", source],
        ["build arguments in another order", { ...source, buildArgs: { B: "2", A: "1" } }],
        ["explicit defaults", { ...source, platforms: ["linux/amd64"], dockerfile: path.join(context, "Dockerfile") }],
        ["platforms in another order", { ...source, platforms: ["linux/amd64", "linux/amd64"] }],
        ["another path to the same context", { ...source, context: path.relative(process.cwd(), context) }],
    ];
    for (const [what, other] of same) {
        it(`is the same for ${what}`, () => assert.equal(tagOf(other), tag));
    }

    const different: [what: string, source: BuildSource][] = [
        ["another build argument", { ...source, buildArgs: { A: "1", B: "3" } }],
        ["an additional build argument", { ...source, buildArgs: { A: "1", B: "2", C: "" } }],
        ["another target", { ...source, target: "run" }],
        ["another platform", { ...source, platforms: ["linux/arm64"] }],
        ["another platform as well", { ...source, platforms: ["linux/amd64", "linux/arm64"] }],
        ["another context", { ...source, context: directoryWith({ Dockerfile: "FROM scratch\n" }) }],
        ["another Dockerfile", { ...source, dockerfile: path.join(context, "main.py") }],
        ["another version of Python", { context, python: { version: "3.11" } }],
        ["another entrypoint", { context, python: { entrypoint: ["python", "main.py"] } }],
        ["another system package", { context, python: { systemPackages: ["git"] } }],
    ];
    for (const [what, other] of different) {
        it(`differs for ${what}`, () => assert.notEqual(tagOf(other), tag));
    }

    it("differs between builds that differ in one argument", () => {
        const tags = [source, ...different.map(([, other]) => other)].map((other) => tagOf(other));
        assert.equal(new Set(tags).size, tags.length);
    });

    it("of a stack is its own", () => {
        assert.match(ownTag(tag, "acme/fraud/dev"), new RegExp(`^${tag}-[0-9a-f]{8}$`));
        assert.notEqual(ownTag(tag, "acme/fraud/dev"), ownTag(tag, "acme/fraud/prod"));
    });
});
