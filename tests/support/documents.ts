/** The documentation pages. */
import * as fs from "node:fs";
import * as path from "node:path";

const root = path.join(__dirname, "..", "..");

/** Their names, relative to the root. */
export const pages: string[] = [
    "README.md",
    "CONTRIBUTING.md",
    ...fs
        .readdirSync(path.join(root, "docs"), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".md"))
        .sort()
        .map((page) => `docs/${page}`),
];

/** The content of a file, by its name relative to the root. */
export const read = (file: string): string => fs.readFileSync(path.join(root, file), "utf8");
