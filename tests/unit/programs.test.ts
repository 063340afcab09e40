/** The programs of README and docs, run as users run them: as CommonJS and as ES modules. */
import { strict as assert } from "node:assert";
import * as fs from "node:fs";
import * as path from "node:path";

import { build } from "../support/built";
import { directoryWith } from "../support/directories";
import { programs, type Ran, runPrograms } from "../support/programs";

const root = path.join(__dirname, "..", "..");

/** Runs all programs with the packages of the checkout. */
function runAll(type: "commonjs" | "module"): Ran[] {
    const directory = directoryWith({});
    fs.symlinkSync(path.join(root, "node_modules"), path.join(directory, "node_modules"));
    return runPrograms(directory, type);
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
