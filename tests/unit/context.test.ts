import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import * as path from "node:path";
import { mock } from "node:test";

import { contextFiles, findBrokenLink, readContext } from "../../src/images/context";
import { describeLeftOut } from "../../src/images/source";
import { directoryWith } from "../support/directories";

const files = {
    Dockerfile: "FROM scratch\n",
    "train.py": "print(1)\n",
    "data/keep.csv": "1",
    "data/raw.csv": "2",
    "lib/data/raw.csv": "3",
    "lib/util.py": "",
};

function filesOf(context: string, dockerfile = path.join(context, "Dockerfile")): string[] {
    return contextFiles(context, dockerfile).names;
}

function hashOf(context: string, dockerfile = path.join(context, "Dockerfile")): string {
    return readContext(context, dockerfile).hash;
}

describe("the files of a build context", () => {
    const all = Object.keys(files).sort();
    const without = (...names: string[]) => all.filter((name) => !names.includes(name));

    it("are all files, sorted, if nothing is ignored", () => {
        assert.deepEqual(filesOf(directoryWith(files)), all);
    });

    const ignored: [dockerignore: string, seen: string[]][] = [
        ["", all],
        ["# data\n\n", all],
        ["data", without("data/keep.csv", "data/raw.csv")],
        ["/data", without("data/keep.csv", "data/raw.csv")],
        ["./data/", without("data/keep.csv", "data/raw.csv")],
        ["  data  ", without("data/keep.csv", "data/raw.csv")],
        ["lib/../data", without("data/keep.csv", "data/raw.csv")],
        ["**/data", without("data/keep.csv", "data/raw.csv", "lib/data/raw.csv")],
        ["*.csv", all],
        ["*/*.csv", without("data/keep.csv", "data/raw.csv")],
        ["**/*.csv", without("data/keep.csv", "data/raw.csv", "lib/data/raw.csv")],
        ["DATA", all],
        ["data\n!data/keep.csv", without("data/raw.csv")],
        ["!data/keep.csv\ndata", without("data/keep.csv", "data/raw.csv")],
        ["*\n!lib", ["lib/data/raw.csv", "lib/util.py"]],
        ["*\n!lib\nlib/data", ["lib/util.py"]],
        ["*", []],
        ["Dockerfile", without("Dockerfile")],
    ];
    for (const [dockerignore, seen] of ignored) {
        it(`respect .dockerignore: ${JSON.stringify(dockerignore)}`, () => {
            const context = directoryWith({ ...files, ".dockerignore": dockerignore });
            assert.deepEqual(
                filesOf(context).filter((name) => name !== ".dockerignore"),
                seen,
            );
        });
    }

    it("respect an ignore file for the Dockerfile rather than .dockerignore", () => {
        const context = directoryWith({ ...files, ".dockerignore": "*", "gpu.Dockerfile": "" });
        const dockerfile = path.join(context, "gpu.Dockerfile");
        assert.deepEqual(filesOf(context, dockerfile), []);
        fs.writeFileSync(`${dockerfile}.dockerignore`, "*\n!train.py");
        assert.deepEqual(filesOf(context, dockerfile), ["train.py"]);
    });

    it("are those of the context if the Dockerfile is outside of it", () => {
        const outside = directoryWith({ Dockerfile: "", "Dockerfile.dockerignore": "lib", "more.py": "" });
        assert.deepEqual(
            filesOf(directoryWith(files), path.join(outside, "Dockerfile")),
            without("lib/data/raw.csv", "lib/util.py"),
        );
    });

    it("include symbolic links, which are not followed, even in a cycle", () => {
        const context = directoryWith({ "lib/util.py": "" });
        fs.symlinkSync("lib", path.join(context, "link"));
        fs.symlinkSync("..", path.join(context, "lib", "parent"));
        fs.symlinkSync("nowhere", path.join(context, "broken"));
        assert.deepEqual(filesOf(context), ["broken", "lib/parent", "lib/util.py", "link"]);
    });

    for (const [dockerignore, looked] of [
        ["data", ["", "lib", "lib/data"]],
        ["data\n!data/keep.csv", ["", "data", "lib", "lib/data"]],
        ["data\nlib\n!data/keep.csv", ["", "data"]],
        ["data\nlib\n!**/*.csv", ["", "data", "lib", "lib/data"]],
    ] as const) {
        it(`are listed only in directories that may contain some: ${JSON.stringify(dockerignore)}`, () => {
            const context = directoryWith({ ...files, ".dockerignore": dockerignore });
            const readdir = mock.method(fs, "readdirSync");
            try {
                filesOf(context);
                const directories = readdir.mock.calls.map((call) => path.relative(context, String(call.arguments[0])));
                assert.deepEqual(directories.sort(), looked);
            } finally {
                readdir.mock.restore();
            }
        });
    }
});

describe("the hash of a build context", () => {
    const changes: [what: string, change: (context: string) => void][] = [
        ["the content of a file", (context) => fs.writeFileSync(path.join(context, "train.py"), "print(2)\n")],
        ["a new file", (context) => fs.writeFileSync(path.join(context, "new.py"), "")],
        ["a removed file", (context) => fs.rmSync(path.join(context, "lib/util.py"))],
        [
            "the name of a file",
            (context) => fs.renameSync(path.join(context, "train.py"), path.join(context, "main.py")),
        ],
        [
            "the directory of a file",
            (context) => fs.renameSync(path.join(context, "lib/util.py"), path.join(context, "data/util.py")),
        ],
        ["the executable bit of a file", (context) => fs.chmodSync(path.join(context, "train.py"), 0o755)],
        ["the Dockerfile", (context) => fs.writeFileSync(path.join(context, "Dockerfile"), "FROM busybox\n")],
        [
            ".dockerignore",
            (context) => fs.writeFileSync(path.join(context, ".dockerignore"), "data/raw.csv\nlib/data\n"),
        ],
        [
            "the target of a symbolic link",
            (context) => {
                fs.rmSync(path.join(context, "link"));
                fs.symlinkSync("lib/util.py", path.join(context, "link"));
            },
        ],
        [
            "a symbolic link in place of a file with the content of its target",
            (context) => {
                fs.rmSync(path.join(context, "train.py"));
                fs.symlinkSync("print(1)\n", path.join(context, "train.py"));
            },
        ],
        [
            "content that moves to the next file",
            (context) => {
                fs.writeFileSync(path.join(context, "a"), "12");
                fs.writeFileSync(path.join(context, "b"), "3");
            },
        ],
    ];
    for (const [what, change] of changes) {
        it(`changes with ${what}`, () => {
            const context = contextWithLink();
            const before = hashOf(context);
            change(context);
            assert.notEqual(hashOf(context), before);
        });
    }

    const nothing: [what: string, change: (context: string) => void][] = [
        ["nothing", () => undefined],
        ["an ignored file", (context) => fs.writeFileSync(path.join(context, "data/raw.csv"), "4")],
        ["the modification time of a file", (context) => fs.utimesSync(path.join(context, "train.py"), 1, 1)],
        ["the read permissions of a file", (context) => fs.chmodSync(path.join(context, "train.py"), 0o600)],
        ["the permissions of a group", (context) => fs.chmodSync(path.join(context, "train.py"), 0o674)],
        [
            "what Python and Git write beside a program",
            (context) => {
                for (const name of [".git", "lib/__pycache__"]) {
                    fs.mkdirSync(path.join(context, name));
                    fs.writeFileSync(path.join(context, name, "new"), "");
                }
            },
        ],
        ["an empty directory", (context) => fs.mkdirSync(path.join(context, "empty"))],
        ["a named pipe, which has no content", (context) => execFileSync("mkfifo", [path.join(context, "pipe")])],
        [
            "the order in which files were created",
            (context) => {
                fs.rmSync(path.join(context, "a"));
                fs.writeFileSync(path.join(context, "a"), "1");
            },
        ],
    ];
    for (const [what, change] of nothing) {
        it(`does not change with ${what}`, () => {
            const context = contextWithLink();
            const before = hashOf(context);
            change(context);
            assert.equal(hashOf(context), before);
        });
    }

    it("does not depend on the path of the context", () => {
        assert.equal(hashOf(contextWithLink()), hashOf(contextWithLink()));
    });

    it("changes with the content of a Dockerfile outside of the context, not with its name", () => {
        const context = directoryWith(files);
        const outside = directoryWith({ a: "FROM scratch\n", b: "FROM scratch\n", c: "FROM busybox\n" });
        const [a, b, c] = ["a", "b", "c"].map((name) => hashOf(context, path.join(outside, name)));
        assert.equal(a, b);
        assert.notEqual(a, c);
    });

    it("changes with an ignored Dockerfile, which is built anyway", () => {
        const [a, b] = ["FROM scratch\n", "FROM busybox\n"].map((Dockerfile) =>
            hashOf(directoryWith({ ...files, ".dockerignore": "Dockerfile", Dockerfile })),
        );
        assert.notEqual(a, b);
    });
});

describe("what is left out of a build by default", () => {
    const beside = [
        ".DS_Store",
        ".env",
        ".env.production",
        ".git/HEAD",
        ".ipynb_checkpoints/a",
        ".kubernetes-mlops/images/a",
        ".mypy_cache/a",
        ".pulumi/a",
        ".pytest_cache/a",
        ".ruff_cache/a",
        ".venv/a",
        "Pulumi.dev.yaml",
        "__pycache__/train.pyc",
        "old.pyc",
        "venv/a",
    ];
    const given = (dockerignore: string) =>
        directoryWith({
            ...Object.fromEntries(beside.flatMap((name) => [name, `lib/${name}`]).map((name) => [name, ""])),
            ...files,
            "Pulumi.yaml": "",
            "env.py": "",
            ".dockerignore": dockerignore,
        });
    const expected = [".dockerignore", "Pulumi.yaml", "env.py", ...Object.keys(files)].sort();
    const read = (context: string) => readContext(context, path.join(context, "Dockerfile"));

    it("is found in every directory, and nothing else", () => {
        const context = given("");
        assert.deepEqual(filesOf(context), expected);
        assert.equal(read(context).leftOut.length, 2 * beside.length);
    });

    it("is included by a pattern with an exclamation mark", () => {
        assert.deepEqual(filesOf(given("!.env\n!**/.git")), [...expected, ".env", ".git/HEAD", "lib/.git/HEAD"].sort());
    });

    it("is named in one line", () => {
        assert.equal(
            describeLeftOut(
                read(directoryWith({ Dockerfile: "", ".env": "", "a/__pycache__/b": "", "__pycache__/c": "" })),
            ),
            'left out of the build by default: .env, __pycache__ (2 times); a line such as "!**/.env" in .dockerignore ' +
                "includes them",
        );
        assert.match(describeLeftOut(read(given("")))!, /^left out [^\n]*, 7 more; [^\n]*$/);
    });

    it("is not named if .dockerignore names it, or if there is nothing", () => {
        assert.equal(
            describeLeftOut(read(given([...beside.map((name) => name.split("/")[0]!), "lib"].join("\n")))),
            undefined,
        );
        assert.equal(describeLeftOut(read(directoryWith(files))), undefined);
    });
});

describe("a symbolic link in a build context", () => {
    const links: [target: string, isBroken: boolean][] = [
        ["train.py", false],
        ["./lib/", false],
        ["lib/../train.py", false],
        [".", false],
        ["data/raw.csv", true],
        ["nowhere", true],
        ["../elsewhere", true],
        ["/etc/passwd", true],
    ];
    for (const [target, isBroken] of links) {
        it(`to ${target} is ${isBroken ? "broken" : "part of the image"}`, () => {
            const context = directoryWith({ ...files, ".dockerignore": "data" });
            fs.symlinkSync(target, path.join(context, "link"));
            assert.deepEqual(
                findBrokenLink(readContext(context, path.join(context, "Dockerfile"))),
                isBroken ? { name: "link", target } : undefined,
            );
        });
    }
});

/** Creates a context with an ignored file, a symbolic link, and two files whose contents are adjacent in the hash. */
function contextWithLink(): string {
    const context = directoryWith({ ...files, ".dockerignore": "data/raw.csv\n", a: "1", b: "23" });
    fs.symlinkSync("train.py", path.join(context, "link"));
    return context;
}
