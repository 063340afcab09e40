/** The programs of README and docs, run as users run them: as CommonJS and as ES modules. */
import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

import { ModuleKind, ScriptTarget, transpileModule } from "typescript";

import { image, password } from "../support/arguments";
import { build } from "../support/built";
import { directoryWith } from "../support/directories";
import { documentedPrograms } from "../support/documents";

const root = path.join(__dirname, "..", "..");
const programs = documentedPrograms();

/** What the programs require, by the names of all of them. */
const config = {
    "project:vllmImage": image,
    "project:huggingFaceToken": password,
    "project:apiKey": password,
};

interface Ran {
    resources: string[];
    outputs: string[];
}

/** Runs all programs in one process, each in the folder of its example. */
function runAll(type: "commonjs" | "module"): Ran[] {
    const isModule = type === "module";
    const compilerOptions = {
        module: isModule ? ModuleKind.ESNext : ModuleKind.CommonJS,
        target: ScriptTarget.ES2022,
        verbatimModuleSyntax: isModule,
    };
    const files = programs.map(({ text }, index): [string, string] => [
        `${index}.js`,
        transpileModule(text, { compilerOptions }).outputText,
    ]);
    const directory = directoryWith({ ...Object.fromEntries(files), "package.json": JSON.stringify({ type }) });
    fs.symlinkSync(path.join(root, "node_modules"), path.join(directory, "node_modules"));
    const runs = programs.map((program, index) => ({
        file: path.join(directory, `${index}.js`),
        directory: program.directory,
        config,
        isModule,
    }));
    const runner = path.join(__dirname, "..", "support", "program-runner.mjs");
    return JSON.parse(execFileSync(process.execPath, [runner, JSON.stringify(runs)], { encoding: "utf8" })) as Ran[];
}

describe("the programs of README and docs", () => {
    let asCommonJs: Ran[];
    let asModule: Ran[];
    before(function () {
        this.timeout(60_000);
        build();
        asCommonJs = runAll("commonjs");
        asModule = runAll("module");
    });

    programs.forEach(({ page, text }, index) => {
        it(`${page}: registers the same as CommonJS and as an ES module`, () => {
            const { resources, outputs } = asCommonJs[index]!;
            const components = [...text.matchAll(/new mlops\.(\w+)\(\s*"([^"]+)"/g)].map(
                ([, type, name]) => `kubernetes-mlops:index:${type} ${name}`,
            );
            assert.ok(components.length > 0, "it has no component");
            assert.deepEqual(
                components.filter((one) => !resources.includes(one)),
                [],
            );
            const exported = [...text.matchAll(/^export const (\w+)/gm)].map(([, name]) => name!);
            assert.deepEqual(outputs, exported.sort());
            assert.deepEqual(asModule[index], asCommonJs[index]);
        });
    });

    it("import whole packages, and say nothing of the file that they are in", () => {
        for (const { page, text } of programs) {
            const imports = [...text.matchAll(/^import .* from "([^"]+)"/gm)].map(([, name]) => name!);
            assert.ok(imports.includes("kubernetes-mlops"), page);
            assert.deepEqual(
                imports.filter((name) => !["@pulumi/kubernetes", "@pulumi/pulumi", "kubernetes-mlops"].includes(name)),
                [],
                page,
            );
            assert.doesNotMatch(text, /__dirname|(?<!\.)require\(/, page);
        }
    });
});
