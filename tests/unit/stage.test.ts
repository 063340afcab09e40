import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import { readContext } from "../../src/images/context";
import { stageContext } from "../../src/images/stage";
import { directoryWith } from "../support/directories";

const files = { Dockerfile: "FROM scratch\n", "train.py": "print(1)\n", "lib/run.sh": "", ".env": "SECRET=1" };

/** The files below a directory with their permissions, modification times and contents. */
function contentOf(directory: string): string[] {
    return fs
        .readdirSync(directory, { recursive: true, encoding: "utf8" })
        .map((name) => {
            const file = path.join(directory, name);
            const stat = fs.lstatSync(file);
            const content = stat.isFile() ? `${stat.mtimeMs} ${fs.readFileSync(file, "utf8")}` : "";
            const target = stat.isSymbolicLink() ? fs.readlinkSync(file) : (stat.mode & 0o777).toString(8);
            return `${name} ${target} ${content}`;
        })
        .sort();
}

describe("the copy that is built", () => {
    let context: string;
    const before = process.cwd();
    const stage = () => {
        const dockerfile = path.join(context, "Dockerfile");
        return stageContext(context, dockerfile, readContext(context, dockerfile));
    };
    const images = () => fs.readdirSync(".kubernetes-mlops/images").sort();

    beforeEach(() => {
        process.chdir(directoryWith({}));
        context = directoryWith(files);
        fs.chmodSync(path.join(context, "lib/run.sh"), 0o700);
        fs.symlinkSync("../train.py", path.join(context, "lib", "link"));
    });
    afterEach(() => process.chdir(before));

    it("has what was hashed, and the Dockerfile beside it", () => {
        const staged = stage();
        const time = Date.parse("2000-01-01");
        assert.deepEqual(contentOf(staged.context), [
            `Dockerfile 644 ${time} FROM scratch\n`,
            "lib 755 ",
            "lib/link ../train.py ",
            `lib/run.sh 755 ${time} `,
            `train.py 644 ${time} print(1)\n`,
        ]);
        assert.equal(fs.readFileSync(staged.dockerfile, "utf8"), "FROM scratch\n");
        assert.equal(path.dirname(staged.dockerfile), path.dirname(staged.context));
        // What the provider and Docker read in place of a .dockerignore among the files.
        assert.match(fs.readFileSync(`${staged.dockerfile}.dockerignore`, "utf8"), /^#.*\n$/);
        assert.equal(fs.readFileSync(".kubernetes-mlops/.gitignore", "utf8"), "*\n");
    });

    for (const umask of [0o002, 0o077]) {
        it(`is the same with umask ${umask.toString(8)} and other permissions`, () => {
            const expected = contentOf(path.dirname(stage().context));
            const own = process.umask(umask);
            try {
                process.chdir(directoryWith({}));
                fs.chmodSync(path.join(context, "train.py"), 0o660);
                fs.utimesSync(path.join(context, "train.py"), 1, 1);
                fs.mkdirSync(path.join(context, "__pycache__"));
                const isSame = (line: string) => !line.startsWith("Dockerfile.dockerignore");
                assert.deepEqual(contentOf(path.dirname(stage().context)).filter(isSame), expected.filter(isSame));
            } finally {
                process.umask(own);
            }
        });
    }

    it("leaves the user's files as they are", () => {
        const expected = contentOf(context);
        stage();
        assert.deepEqual(contentOf(context), expected);
    });

    it("is one for the same content, and another for another", () => {
        const first = stage();
        assert.deepEqual(stage(), first);
        fs.writeFileSync(path.join(context, "train.py"), "print(2)\n");
        assert.notEqual(stage().context, first.context);
        assert.equal(images().length, 2);
    });

    const damages: [what: string, damage: (staged: string) => void][] = [
        ["edited", (staged) => fs.writeFileSync(path.join(staged, "train.py"), "print(3)\n")],
        ["removed", (staged) => fs.rmSync(path.join(staged, "train.py"))],
        ["added", (staged) => fs.writeFileSync(path.join(staged, "new"), "")],
        ["given other permissions", (staged) => fs.chmodSync(path.join(staged, "train.py"), 0o600)],
        [
            "replaced by a link",
            (staged) => {
                fs.rmSync(path.join(staged, "train.py"));
                fs.symlinkSync("lib/run.sh", path.join(staged, "train.py"));
            },
        ],
    ];
    for (const [what, damage] of damages) {
        it(`is made again if a file in it was ${what}`, () => {
            const { context: staged } = stage();
            const expected = contentOf(staged);
            damage(staged);
            assert.notDeepEqual(contentOf(staged), expected);
            stage();
            assert.deepEqual(contentOf(staged), expected);
            assert.equal(images().length, 1);
        });
    }

    it("is removed when it has not been used for a day", () => {
        const [old] = (stage(), images());
        const used = path.join(".kubernetes-mlops/images", old!);
        const yesterday = Date.now() / 1000 - 25 * 60 * 60;
        fs.utimesSync(used, yesterday, yesterday);
        stage();
        assert.deepEqual(images(), [old]);
        fs.utimesSync(used, yesterday, yesterday);
        fs.writeFileSync(path.join(context, "train.py"), "print(2)\n");
        stage();
        assert.equal(images().length, 1);
        assert.notDeepEqual(images(), [old]);
    });

    it("is not made of a file that changes meanwhile", () => {
        const dockerfile = path.join(context, "Dockerfile");
        const content = readContext(context, dockerfile);
        fs.writeFileSync(path.join(context, "train.py"), "print(3)\n");
        assert.throws(() => stageContext(context, dockerfile, content), /a file changed while it was copied/);
        assert.deepEqual(images(), []);
    });
});
