import * as fs from "node:fs";
import * as path from "node:path";

import dockerignore from "@balena/dockerignore";

/**
 * What never enters an image unless a pattern in .dockerignore that begins with an exclamation mark includes it: the
 * history of version control, credentials, and what tools and editors write beside a program, which differs between two
 * machines with the same program.
 */
const leftOutByDefault = [
    ".git",
    ".hg",
    ".svn",
    ".env",
    ".env.*",
    "__pycache__",
    "*.pyc",
    ".venv",
    "venv",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".tox",
    ".nox",
    ".DS_Store",
    ".pulumi",
    ".kubernetes-mlops",
    // Stack settings, which contain encrypted secrets and differ between the stacks of a program.
    "Pulumi.*.yaml",
    "Pulumi.*.yml",
].map((name) => `**/${name}`);

/** Which files of a build context are ignored. */
export interface Ignored {
    /** Whether a file or directory is ignored. */
    ignores(name: string): boolean;
    /** Whether it is ignored only because it is left out by default. */
    isLeftOut(name: string): boolean;
    /** Whether an ignored directory may contain files that a pattern includes again. */
    mayInclude(directory: string): boolean;
}

/**
 * Returns what is ignored: what is left out by default, and what the ignore file of the Dockerfile names, or else that of
 * the context.
 *
 * Source: https://docs.docker.com/build/concepts/context/#dockerignore-files
 */
export function readIgnored(context: string, dockerfile: string): Ignored {
    const file = [`${dockerfile}.dockerignore`, path.join(context, ".dockerignore")].find((one) => fs.existsSync(one));
    const patterns = file === undefined ? "" : fs.readFileSync(file, "utf8").replace(/^\uFEFF/, "");
    const users = matcher(patterns);
    const all = matcher([...leftOutByDefault, patterns].join("\n"));
    const exceptions = [...patterns.matchAll(/^\s*!\s*(?:\.?\/)?(.*?)\s*$/gm)].map((match) => match[1]!);
    return {
        ignores: (name) => all.ignores(name),
        isLeftOut: (name) => all.ignores(name) && !users.ignores(name),
        mayInclude: (directory) =>
            exceptions.some((pattern) => /[*?[\\]|\.\./.test(pattern) || `${pattern}/`.startsWith(`${directory}/`)),
    };
}

const matcher = (patterns: string) => dockerignore({ ignorecase: false }).add(patterns);
