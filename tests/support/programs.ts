/** The programs that README and docs show as a whole, and what they register under mocks. */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

import { ModuleKind, ScriptTarget, transpileModule } from "typescript";

import { image, password } from "./arguments";
import { pages, read } from "./documents";
import { exampleNames } from "./examples";

const root = path.join(__dirname, "..", "..");
const runner = "program-runner.mjs";

interface Program {
    page: string;
    text: string;
    /** The directory in which it runs: the folder of the example that it is. */
    directory: string;
}

const folders = new Map(exampleNames.map((name) => [read(`examples/${name}/index.ts`), `examples/${name}`]));

/** Every block of TypeScript that imports something; the others are parts of a program. */
export const programs: Program[] = pages.flatMap((page) =>
    [...read(page).matchAll(/^```ts\n(.*?)^```/gms)]
        .map(([, text]) => text!)
        .filter((text) => /^import /m.test(text))
        .map((text) => ({ page, text, directory: path.join(root, folders.get(text) ?? ".") })),
);

/** What a program has registered, and what it exports. */
export interface Ran {
    resources: string[];
    outputs: string[];
}

/** Runs all programs in one process, compiled into a directory in whose node_modules the packages are. */
export function runPrograms(directory: string, type: "commonjs" | "module"): Ran[] {
    const isModule = type === "module";
    const compilerOptions = {
        module: isModule ? ModuleKind.ESNext : ModuleKind.CommonJS,
        target: ScriptTarget.ES2022,
        verbatimModuleSyntax: isModule,
    };
    const runs = programs.map((program, index) => {
        const file = path.join(directory, `${index}.js`);
        fs.writeFileSync(file, transpileModule(program.text, { compilerOptions }).outputText);
        return { file, directory: program.directory, config, isModule };
    });
    fs.writeFileSync(path.join(directory, "package.json"), JSON.stringify({ type }));
    fs.copyFileSync(path.join(__dirname, runner), path.join(directory, runner));
    const args = [path.join(directory, runner), JSON.stringify(runs)];
    return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as Ran[];
}

/** What the programs require, by the names of all of them. */
const config = {
    "project:vllmImage": image,
    "project:huggingFaceToken": password,
    "project:apiKey": password,
};
