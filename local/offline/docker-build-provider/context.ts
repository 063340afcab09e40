import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, readFile, stat } from "node:fs/promises";
import * as path from "node:path";

import dockerignore from "@balena/dockerignore";

/**
 * A hash of everything in a build context that can change the image, like the official plugin's: the Dockerfile, and the
 * content, the path and the permissions of every file that the ignore file leaves in. A symbolic link counts with the
 * content of its target.
 */
export async function contextHash(context: string, dockerfile: string): Promise<string> {
    const hash = createHash("sha256").update(await readFile(dockerfile));
    const ignored = await ignoreFilter(context, dockerfile);
    for await (const name of walk(context, "", ignored)) {
        const file = path.join(context, name);
        const { mode } = await lstat(file);
        const target = await stat(file);
        if (target.isFile()) {
            for await (const chunk of createReadStream(file)) {
                hash.update(chunk as Buffer);
            }
            hash.update(name).update(formatMode(mode));
        }
    }
    return hash.digest("hex");
}

interface IgnoreFilter {
    ignores(name: string): boolean;
    /** Whether nothing below an ignored directory can be included again. */
    final: boolean;
}

/** The patterns of the Dockerfile's own ignore file, or else of the one at the context's root. */
async function ignoreFilter(context: string, dockerfile: string): Promise<IgnoreFilter> {
    for (const file of [`${dockerfile}.dockerignore`, path.join(context, ".dockerignore")]) {
        const rules = await readFile(file, "utf8").catch(() => undefined);
        if (rules !== undefined) {
            const matcher = dockerignore({ ignorecase: false }).add(rules.replace(/^\uFEFF/, ""));
            return { ignores: (name) => matcher.ignores(name), final: !/^\s*\/?!/m.test(rules) };
        }
    }
    return { ignores: () => false, final: true };
}

/** The name of every file of a directory that is not ignored, ordered by name within each directory. */
async function* walk(context: string, directory: string, filter: IgnoreFilter): AsyncGenerator<string> {
    const entries = await readdir(path.join(context, directory), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))) {
        const name = directory ? `${directory}/${entry.name}` : entry.name;
        const ignored = filter.ignores(name);
        if (entry.isDirectory()) {
            if (!ignored || !filter.final) {
                yield* walk(context, name, filter);
            }
        } else if (!ignored) {
            yield name;
        }
    }
}

/** The permissions as Go prints them, which is part of the hash: `-rw-r--r--`, `Lrwxrwxrwx`. */
export function formatMode(mode: number): string {
    const permissions = [..."rwxrwxrwx"].map((letter, index) => (mode & (0o400 >> index) ? letter : "-")).join("");
    return ((mode & 0o170000) === 0o120000 ? "L" : "-") + permissions;
}
