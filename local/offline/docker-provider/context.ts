import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, readFile, realpath } from "node:fs/promises";
import * as path from "node:path";

import dockerignore from "@balena/dockerignore";

/**
 * A digest of everything in a build context that can change the image: the Dockerfile's content, and the name, mode and
 * content of every file that the ignore file leaves in. A symbolic link counts with its target path, not with the
 * target's content. The official plugin computes the same value, so that switching plugins does not change the image.
 */
export async function contextDigest(context: string, dockerfile: string): Promise<string> {
    const digest = createHash("sha256");
    const add = async (name: string, mode: number, content: Promise<Buffer>) => {
        digest
            .update(name)
            .update(formatMode(mode))
            .update(await content)
            .update("\0");
    };
    // The name of the Dockerfile does not affect the build, nor the digest.
    await add("Dockerfile", 0, fileDigest(dockerfile));
    const ignored = await ignoreFilter(context, dockerfile);
    for await (const file of walk(context, "", ignored)) {
        await add(file.name, file.mode, contentDigest(path.join(context, file.name), file.mode));
    }
    return digest.digest("hex");
}

/** The ignore file that applies: the Dockerfile's own, or else the one at the context's root; undefined if none. */
export async function ignoreFile(context: string, dockerfile: string): Promise<string | undefined> {
    for (const file of [`${dockerfile}.dockerignore`, path.join(context, ".dockerignore")]) {
        if (await lstat(file).catch(() => undefined)) {
            return file;
        }
    }
    return undefined;
}

interface IgnoreFilter {
    ignores(name: string): boolean;
    /** Whether nothing below an ignored directory can be included again. */
    final: boolean;
}

async function ignoreFilter(context: string, dockerfile: string): Promise<IgnoreFilter> {
    const file = await ignoreFile(context, dockerfile);
    if (!file) {
        return { ignores: () => false, final: true };
    }
    const rules = (await readFile(file, "utf8")).replace(/^\uFEFF/, "");
    const matcher = dockerignore({ ignorecase: false }).add(rules);
    return { ignores: (name) => matcher.ignores(name), final: !/^\s*\/?!/m.test(rules) };
}

interface ContextFile {
    /** Relative to the context, with `/`. */
    name: string;
    mode: number;
}

/** Every file of a directory that is not ignored, ordered by name within each directory. */
async function* walk(context: string, directory: string, filter: IgnoreFilter): AsyncGenerator<ContextFile> {
    const entries = await readdir(path.join(context, directory), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))) {
        const name = directory ? `${directory}/${entry.name}` : entry.name;
        const ignored = filter.ignores(name);
        if (entry.isDirectory()) {
            if (!ignored || !filter.final) {
                yield* walk(context, name, filter);
            }
        } else if (!ignored) {
            yield { name, mode: (await lstat(path.join(context, name))).mode };
        }
    }
}

const TYPE = 0o170000;
const REGULAR = 0o100000;
const LINK = 0o120000;
const TYPE_LETTERS: Record<number, string> = {
    [LINK]: "L",
    0o010000: "p",
    0o020000: "Dc",
    0o060000: "D",
    0o140000: "S",
};

/** The mode as Go prints it, which is part of the digest: `-rw-r--r--`, `Lrwxrwxrwx`, `urwxr-xr-x`. */
export function formatMode(mode: number): string {
    const special =
        (TYPE_LETTERS[mode & TYPE] ?? "") +
        (mode & 0o4000 ? "u" : "") +
        (mode & 0o2000 ? "g" : "") +
        (mode & 0o1000 ? "t" : "");
    const permissions = [..."rwxrwxrwx"].map((letter, index) => (mode & (0o400 >> index) ? letter : "-")).join("");
    return (special || "-") + permissions;
}

async function contentDigest(file: string, mode: number): Promise<Buffer> {
    switch (mode & TYPE) {
        case REGULAR:
            return fileDigest(file);
        case LINK:
            return sha256(await linkTarget(file));
        default:
            return sha256("");
    }
}

/** Target of a symbolic link, relative to the working directory if the file's path is. */
async function linkTarget(file: string): Promise<string> {
    const target = await realpath(file).catch((error: NodeJS.ErrnoException) => {
        throw new Error(`symbolic link ${file} is broken (${error.code}): remove it, or add it to .dockerignore`);
    });
    return path.isAbsolute(file) ? target : path.relative(await realpath("."), target);
}

async function fileDigest(file: string): Promise<Buffer> {
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(file)) {
        hash.update(chunk as Buffer);
    }
    return hash.digest();
}

function sha256(text: string): Buffer {
    return createHash("sha256").update(text).digest();
}
