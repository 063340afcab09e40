/** What README and docs show. */
import * as fs from "node:fs";
import * as path from "node:path";

import { exampleNames } from "./examples";

const root = path.join(__dirname, "..", "..");

/** The pages that people read, relative to the root. */
export const pages: string[] = [
    "README.md",
    "CONTRIBUTING.md",
    ...fs
        .readdirSync(path.join(root, "docs"), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".md"))
        .sort()
        .map((page) => `docs/${page}`),
];

export const read = (file: string): string => fs.readFileSync(path.join(root, file), "utf8");

/** A program that a page shows as a whole. */
export interface Program {
    page: string;
    text: string;
    /** Where it runs: the folder of the example that it is. */
    directory: string;
}

/** Every block of TypeScript that imports something; the others are parts of a program. */
export function documentedPrograms(): Program[] {
    const folders = new Map(exampleNames.map((name) => [read(`examples/${name}/index.ts`), `examples/${name}`]));
    return pages.flatMap((page) =>
        [...read(page).matchAll(/^```ts\n(.*?)^```/gms)]
            .map(([, text]) => text!)
            .filter((text) => /^import /m.test(text))
            .map((text) => ({ page, text, directory: path.join(root, folders.get(text) ?? ".") })),
    );
}
