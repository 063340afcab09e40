import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import * as path from "node:path";
import { mock } from "node:test";

import { contextFiles, contextHash } from "../../src/images/context";
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
    return contextFiles(context, dockerfile);
}

function hashOf(context: string, dockerfile = path.join(context, "Dockerfile")): string {
    return contextHash(context, dockerfile);
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

/** Creates a context with an ignored file, a symbolic link, and two files whose contents are adjacent in the hash. */
function contextWithLink(): string {
    const context = directoryWith({ ...files, ".dockerignore": "data/raw.csv\n", a: "1", b: "23" });
    fs.symlinkSync("train.py", path.join(context, "link"));
    return context;
}
