import { createHash, Hash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import dockerignore from "@balena/dockerignore";

/**
 * A hash of what a build can see: the names, contents and executable bits of the files of its context that
 * .dockerignore lets through, and its Dockerfile. What it cannot see (times, owners, ignored files) changes nothing.
 *
 * Source: https://docs.docker.com/build/concepts/context/#dockerignore-files
 */
export function contextHash(context: string, dockerfile: string): string {
    const hash = createHash("sha256");
    for (const file of contextFiles(context, dockerfile)) {
        addFile(hash, context, file);
    }
    add(hash, "Dockerfile", contentOf(dockerfile));
    return hash.digest("hex");
}

/** The files of a context that a build sees, sorted, with forward slashes. Links are files: they are not followed. */
export function contextFiles(context: string, dockerfile: string): string[] {
    const patterns = ignorePatterns(context, dockerfile);
    const ignored = dockerignore({ ignorecase: false }).add(patterns);
    // What is in an ignored directory is ignored, and not even looked at, unless a pattern may take it back.
    const takesBack = /^\s*!/m.test(patterns);
    const filesOf = (directory: string): string[] =>
        fs.readdirSync(path.join(context, directory), { withFileTypes: true }).flatMap((entry) => {
            const name = directory + entry.name;
            const isIgnored = ignored.ignores(name);
            if (entry.isDirectory()) {
                return isIgnored && !takesBack ? [] : filesOf(`${name}/`);
            }
            return isIgnored ? [] : [name];
        });
    return filesOf("").sort();
}

/** Docker prefers a file of the Dockerfile's own name to the one that all Dockerfiles of a context share. */
function ignorePatterns(context: string, dockerfile: string): string {
    const file = [`${dockerfile}.dockerignore`, path.join(context, ".dockerignore")].find((one) => fs.existsSync(one));
    return file === undefined ? "" : fs.readFileSync(file, "utf8");
}

function addFile(hash: Hash, context: string, name: string): void {
    const file = path.join(context, name);
    const stat = fs.lstatSync(file);
    if (stat.isSymbolicLink()) {
        add(hash, name, "link", fs.readlinkSync(file));
    } else if (stat.isFile()) {
        add(hash, name, stat.mode & 0o111 ? "executable" : "file", contentOf(file));
    }
}

/** A hash of one file's content, read piece by piece: a context may hold models that are larger than memory. */
function contentOf(file: string): Buffer {
    const hash = createHash("sha256");
    const piece = Buffer.allocUnsafe(1 << 20);
    const descriptor = fs.openSync(file, "r");
    try {
        let length;
        while ((length = fs.readSync(descriptor, piece)) > 0) {
            hash.update(piece.subarray(0, length));
        }
    } finally {
        fs.closeSync(descriptor);
    }
    return hash.digest();
}

/** Each part is preceded by its length, so that no two lists of parts look alike. */
function add(hash: Hash, ...parts: (string | Buffer)[]): void {
    for (const part of parts) {
        hash.update(`${Buffer.byteLength(part)}:`).update(part);
    }
}
