/**
 * The published package with the oldest and the newest SDKs that it takes: its types under the strictest settings, as an ES
 * module, and the programs of README and docs.
 *
 * What npm installs is kept in the user's cache directory, by the versions: the first run takes a minute, others seconds.
 */
import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import { cacheDir } from "../../local/paths";
import { build } from "../support/built";
import { directoryWith } from "../support/directories";
import { programs, type Ran, runPrograms } from "../support/programs";

const root = path.join(__dirname, "..", "..");

interface Manifest {
    dependencies: Record<string, string>;
    peerDependencies: Record<string, string>;
}
const manifest = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8")) as Manifest;

/** The newest that there were in November 2026, and the oldest that the ranges of package.json let in. */
const sets: Record<string, Record<string, string>> = {
    newest: { "@pulumi/docker-build": "0.0.22", "@pulumi/kubernetes": "4.34.2", "@pulumi/pulumi": "3.276.0" },
    oldest: Object.fromEntries(
        Object.entries(manifest.peerDependencies).map(([name, range]) => [
            name,
            /^(?:\^|>=)(\d+\.\d+\.\d+)/.exec(range)![1]!,
        ]),
    ),
};

const tsconfig = {
    compilerOptions: {
        target: "es2022",
        module: "nodenext",
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        verbatimModuleSyntax: true,
        types: ["node"],
        noEmit: true,
        incremental: true,
        tsBuildInfoFile: "tsbuildinfo",
    },
    include: ["programs"],
};

/** The package as npm publishes it, in an archive. */
function pack(): string {
    const directory = directoryWith({});
    const args = ["pack", "--ignore-scripts", "--silent", "--pack-destination", directory];
    execFileSync("npm", args, { cwd: root });
    return path.join(directory, fs.readdirSync(directory)[0]!);
}

/** The directory in the cache in which npm has installed the package with these SDKs. */
function installed(archive: string, versions: Record<string, string>): string {
    const { dependencies, peerDependencies } = manifest;
    const content = JSON.stringify({ versions, dependencies, peerDependencies });
    const directory = cacheDir("sdks", createHash("sha256").update(content).digest("hex").slice(0, 12));
    if (!fs.existsSync(directory)) {
        const own = `${directory}.${process.pid}`;
        fs.mkdirSync(own, { recursive: true });
        fs.writeFileSync(path.join(own, "package.json"), "{}");
        const packages = Object.entries({ ...versions, "@types/node": "20" }).map(([name, one]) => `${name}@${one}`);
        const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", archive, ...packages];
        execFileSync("npm", args, { cwd: own });
        fs.renameSync(own, directory);
    }
    return directory;
}

/** A project with the package as it is now, and with the SDKs of the cache. */
function projectOf(archive: string, cached: string): string {
    const files = programs.map(({ text }, index): [string, string] => [`programs/${index}.ts`, text]);
    const directory = directoryWith({
        ...Object.fromEntries(files),
        "package.json": JSON.stringify({ type: "module" }),
        "tsconfig.json": JSON.stringify(tsconfig),
        "node_modules/kubernetes-mlops/README.md": "",
    });
    const modules = path.join(directory, "node_modules");
    execFileSync("tar", ["-xzf", archive, "-C", path.join(modules, "kubernetes-mlops"), "--strip-components=1"]);
    for (const name of fs.readdirSync(path.join(cached, "node_modules"))) {
        if (name !== "kubernetes-mlops") {
            fs.symlinkSync(path.join(cached, "node_modules", name), path.join(modules, name));
        }
    }
    return directory;
}

/** Checks the types of the programs, and returns what is wrong. What was found in files that have not changed is kept in the cache. */
function compile(project: string, cached: string): string {
    const [kept, own] = [path.join(cached, "tsbuildinfo"), path.join(project, "tsbuildinfo")];
    if (fs.existsSync(kept)) {
        fs.copyFileSync(kept, own);
    }
    const tsc = path.join(root, "node_modules", "typescript", "bin", "tsc");
    try {
        execFileSync(process.execPath, [tsc, "--project", project], { encoding: "utf8" });
    } catch (error) {
        return (error as { stdout: string }).stdout;
    }
    fs.copyFileSync(own, `${kept}.${process.pid}`);
    fs.renameSync(`${kept}.${process.pid}`, kept);
    return "";
}

/** How often a package is installed below a directory. */
function copiesOf(name: string, directory: string): number {
    const lock = JSON.parse(fs.readFileSync(path.join(directory, "package-lock.json"), "utf8")) as {
        packages: Record<string, unknown>;
    };
    return Object.keys(lock.packages).filter((one) => one.endsWith(`node_modules/${name}`)).length;
}

describe("the published package", function () {
    this.timeout("10m");
    const registered: Record<string, Ran[]> = {};
    let archive: string;
    before(() => {
        build();
        archive = pack();
    });

    for (const [age, versions] of Object.entries(sets)) {
        describe(`with the ${age} SDKs`, () => {
            let cached: string;
            let project: string;
            before(() => {
                cached = installed(archive, versions);
                project = projectOf(archive, cached);
            });

            it("shares one copy of each with the program", () => {
                for (const name of Object.keys(versions)) {
                    assert.equal(copiesOf(name, cached), 1, name);
                }
            });

            it("has types that compile under the strictest settings, as an ES module", () => {
                assert.equal(compile(project, cached), "");
            });

            it("runs every program of README and docs", () => {
                registered[age] = runPrograms(project, "module");
            });
        });
    }

    // Of its own, as Mocha runs the tests of a suite before the suites in it.
    describe("with either of them", () => {
        it("registers the same", () => {
            assert.ok(registered.oldest);
            assert.deepEqual(registered.oldest, registered.newest);
        });
    });
});
