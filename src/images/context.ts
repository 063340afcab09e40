import { createHash, Hash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import dockerignore from "@balena/dockerignore";

/**
 * Returns a hash of what a build can use: the names, contents and executable bits of the files in its context that
 * .dockerignore does not exclude, and its Dockerfile. Nothing else (times, owners, ignored files) changes the hash.
 *
 * Source: https://docs.docker.com/build/concepts/context/#dockerignore-files
 */
export function contextHash(context: string, dockerfile: string): string {
    const hash = createHash("sha256");
    for (const file of contextFiles(context, dockerfile)) {
        addFile(hash, context, file);
    }
    add(hash, "Dockerfile", hashFile(dockerfile));
    return hash.digest("hex");
}

/** Returns the sorted files of a build context, with forward slashes. Symbolic links count as files. */
export function contextFiles(context: string, dockerfile: string): string[] {
    const patterns = readIgnorePatterns(context, dockerfile);
    const ignored = dockerignore({ ignorecase: false }).add(patterns);
    // An ignored directory is not read, unless a pattern with an exclamation mark may include files of it again.
    const hasExceptions = /^\s*!/m.test(patterns);
    const listFiles = (directory: string): string[] =>
        fs.readdirSync(path.join(context, directory), { withFileTypes: true }).flatMap((entry) => {
            const name = directory + entry.name;
            const isIgnored = ignored.ignores(name);
            if (entry.isDirectory()) {
                return isIgnored && !hasExceptions ? [] : listFiles(`${name}/`);
            }
            return isIgnored ? [] : [name];
        });
    return listFiles("").sort();
}

/** Reads the ignore file of the Dockerfile, which Docker prefers, or else that of the context. */
function readIgnorePatterns(context: string, dockerfile: string): string {
    const file = [`${dockerfile}.dockerignore`, path.join(context, ".dockerignore")].find((one) => fs.existsSync(one));
    return file === undefined ? "" : fs.readFileSync(file, "utf8");
}

function addFile(hash: Hash, context: string, name: string): void {
    const file = path.join(context, name);
    const stat = fs.lstatSync(file);
    if (stat.isSymbolicLink()) {
        add(hash, name, "link", fs.readlinkSync(file));
    } else if (stat.isFile()) {
        add(hash, name, stat.mode & 0o111 ? "executable" : "file", hashFile(file));
    }
}

/** Returns a hash of a file's content, read in chunks: a context may contain models that are larger than memory. */
function hashFile(file: string): Buffer {
    const hash = createHash("sha256");
    const chunk = Buffer.allocUnsafe(1 << 20);
    const descriptor = fs.openSync(file, "r");
    try {
        let length;
        while ((length = fs.readSync(descriptor, chunk)) > 0) {
            hash.update(chunk.subarray(0, length));
        }
    } finally {
        fs.closeSync(descriptor);
    }
    return hash.digest();
}

/** Adds parts to a hash. Each is preceded by its length, so that different lists of parts differ in the hash. */
function add(hash: Hash, ...parts: (string | Buffer)[]): void {
    for (const part of parts) {
        hash.update(`${Buffer.byteLength(part)}:`).update(part);
    }
}
