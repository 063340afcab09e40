import { strict as assert } from "node:assert";
import * as fs from "node:fs";
import * as path from "node:path";

import type { Environment } from "../../local/environment";

const root = path.join(__dirname, "..", "..");
const examples = path.join(root, "examples");

/** The names of all examples. */
export const exampleNames = fs
    .readdirSync(examples)
    .filter((name) => fs.existsSync(path.join(examples, name, "Pulumi.yaml")))
    .sort();

/** Runs the program of an example again, as Pulumi does for each operation, and returns what it exports. */
export function runExample<Exports extends object = Record<string, unknown>>(name: string): Exports {
    const file = require.resolve(path.join(examples, name));
    delete require.cache[file];
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would run it once only.
    return { ...(require(file) as Exports) };
}

/** Copies an example to a directory, as a project with the packages of the checkout installed. */
export function copyExample(name: string, directory: string): void {
    fs.cpSync(path.join(examples, name), directory, { recursive: true });
    linkPackages(directory);
}

/** Gives a project the packages of the checkout, and the checkout as `kubernetes-mlops`, instead of `npm install`. */
export function linkPackages(directory: string): void {
    fs.symlinkSync(path.join(root, "node_modules"), path.join(directory, "node_modules"));
}

/** Replaces a string, which must exist, in a file of a project. */
export type Edit = (file: string, from: string, to: string) => void;

/** Edits the files of a directory. */
export function editor(directory: string): Edit {
    return (name, from, to) => {
        const file = path.join(directory, name);
        const before = fs.readFileSync(file, "utf8");
        assert.ok(before.includes(from), `${name} has no ${from}`);
        fs.writeFileSync(file, before.replace(from, to));
    };
}

/** The configuration with which an example is deployed to the cluster on this machine. */
export function exampleConfig(name: string, { registry, baseImage }: Environment): Record<string, string> {
    return {
        [`${name}:registry`]: registry,
        "kubernetes-mlops:pythonBaseImage": baseImage!,
        "kubernetes-mlops:buildNetwork": "host",
    };
}
