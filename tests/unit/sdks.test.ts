/**
 * The published package with the oldest and the newest SDKs that it takes: its types under the strictest settings, as an ES
 * module, and the programs of README and docs.
 */
import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

import { directoryWith } from "../support/directories";
import { programs, type Ran, runPrograms } from "../support/programs";
import { installPackage, installSdks, packPackage, sdks } from "../support/sdks";

const root = path.join(__dirname, "..", "..");

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

/** A project with the package as it is now, and with the SDKs of the cache. */
function projectOf(archive: string, cached: string): string {
    const files = programs.map(({ text }, index): [string, string] => [`programs/${index}.ts`, text]);
    const directory = directoryWith({
        ...Object.fromEntries(files),
        "package.json": JSON.stringify({ type: "module" }),
        "tsconfig.json": JSON.stringify(tsconfig),
    });
    installPackage(directory, archive, cached);
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
        archive = packPackage();
    });

    for (const [age, versions] of Object.entries(sdks)) {
        describe(`with the ${age} SDKs`, () => {
            let cached: string;
            let project: string;
            before(() => {
                cached = installSdks(archive, versions);
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
