/** The complete programs in README and docs, and what they register under mocks. */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

import { ModuleKind, ScriptTarget, transpileModule } from "typescript";

import { image, password } from "./arguments";
import { directoryWith } from "./directories";
import { pages, read } from "./documents";
import { exampleNames } from "./examples";

const root = path.join(__dirname, "..", "..");
const runner = "program-runner.mjs";

interface Program {
    page: string;
    text: string;
    /** The folder of the same example; undefined where only the page has it. */
    example?: string;
}

const folders = new Map(
    exampleNames.map((name) => [read(`examples/${name}/index.ts`), path.join(root, "examples", name)]),
);

/** Every block of TypeScript with imports; the others are parts of a program. */
export const programs: Program[] = pages.flatMap((page) =>
    [...read(page).matchAll(/^```ts\n(.*?)^```/gms)]
        .map(([, text]) => text!)
        .filter((text) => /^import /m.test(text))
        .map((text) => ({ page, text, example: folders.get(text) })),
);

/** What a program has registered, and its exports. */
export interface Ran {
    resources: string[];
    outputs: string[];
}

/** Runs all programs in one process, compiled into a directory whose node_modules has the packages. */
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
        return { file, directory: program.example ?? projectOf(program), config, isModule };
    });
    fs.writeFileSync(path.join(directory, "package.json"), JSON.stringify({ type }));
    fs.copyFileSync(path.join(__dirname, runner), path.join(directory, runner));
    const args = [path.join(directory, runner), JSON.stringify(runs)];
    return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as Ran[];
}

/** A directory with the build contexts that a program names. */
function projectOf({ text }: Program): string {
    const contexts = [...text.matchAll(/context: "(.+?)"/g)].map(([, context]) => context!);
    return directoryWith(Object.fromEntries(contexts.map((context) => [path.join(context, "requirements.txt"), ""])));
}

/** The configuration that the programs require. */
const config = {
    "project:vllmImage": image,
    "project:huggingFaceToken": password,
    "project:apiKey": password,
    "project:indexPassword": password,
};
