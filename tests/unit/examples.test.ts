/** The examples as projects: each is deployed in its folder, and is a template of `pulumi new`. */
import { strict as assert } from "node:assert";
import * as fs from "node:fs";
import * as path from "node:path";

import { parse } from "yaml";

import { read } from "../support/documents";
import { exampleNames } from "../support/examples";

const root = path.join(__dirname, "..", "..");

interface Project {
    name: string;
    description: string;
    main?: string;
    runtime: string;
    template: {
        description: string;
        config?: Record<string, { description: string; default?: string; secret?: boolean }>;
    };
}

interface Manifest {
    version: string;
    dependencies: Record<string, string>;
    peerDependencies: Record<string, string>;
}

const json = (file: string) => JSON.parse(read(file)) as Manifest;

describe("the examples", () => {
    it("are everything in their folder", () => {
        assert.deepEqual(fs.readdirSync(path.join(root, "examples")).sort(), exampleNames);
    });

    it("begin with the quickstart, which is the project of the root, too", () => {
        const project = parse(read("Pulumi.yaml")) as Project;
        const { name, description, runtime } = parse(read("examples/quickstart/Pulumi.yaml")) as Project;
        assert.deepEqual(project, { name, description, runtime, main: "examples/quickstart/index.ts" });
    });

    for (const example of exampleNames) {
        it(`${example} is a project and a template, which asks for the configuration that its program reads`, () => {
            const { name, description, template } = parse(read(`examples/${example}/Pulumi.yaml`)) as Project;
            assert.equal(name, example);
            assert.equal(template.description, description);
            const reads = [
                ...read(`examples/${example}/index.ts`).matchAll(/\.(get|require|requireSecret)\("(\w+)"\)/g),
            ];
            const config = template.config ?? {};
            assert.deepEqual(Object.keys(config).sort(), reads.map(([, , key]) => key!).sort());
            for (const [, method, key] of reads) {
                // What a program has a default for is what `pulumi new` offers.
                assert.equal(config[key!]!.default !== undefined, method === "get", key);
                assert.equal(config[key!]!.secret === true, method === "requireSecret", key);
            }
        });

        it(`${example} depends on this version of the package, and on the SDKs that it takes`, () => {
            const { version, peerDependencies } = json("package.json");
            const { dependencies } = json(`examples/${example}/package.json`);
            assert.deepEqual(dependencies, {
                "@pulumi/kubernetes": peerDependencies["@pulumi/kubernetes"],
                "@pulumi/pulumi": peerDependencies["@pulumi/pulumi"],
                "kubernetes-mlops": `^${version}`,
            });
        });

        it(`${example} says in a few lines what it is`, () => {
            const lines = read(`examples/${example}/README.md`).trim().split("\n");
            assert.ok(lines.length <= 20, `it has ${lines.length} lines`);
        });
    }
});
