import { createHash, Hash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import { type Ignored, readIgnored } from "./ignored";

/** A file of a build context. */
export interface ContextFile {
    /** The path, relative to the context, with forward slashes. */
    name: string;
    /** Whether its owner may execute it. */
    isExecutable: boolean;
    /** Its size in bytes. */
    size: number;
    /** What a symbolic link points to. */
    target?: string;
}

/** What a build can use. */
export interface Context {
    /** The files, sorted by name. */
    files: ContextFile[];
    /** The files and directories that are left out by default, and that no pattern in .dockerignore names. */
    leftOut: string[];
    /** A hash of the names, contents and executable bits of the files, and of the content of the Dockerfile. */
    hash: string;
}

/**
 * Reads what a build can use. Nothing else (times, owners, other permissions, empty directories, ignored files, where the
 * context and the Dockerfile are) changes the hash.
 */
export function readContext(context: string, dockerfile: string): Context {
    const { names, leftOut } = contextFiles(context, dockerfile);
    const files = names.flatMap((name) => readFile(context, name) ?? []);
    return { files, leftOut, hash: hashContext(context, dockerfile, files) };
}

/** Returns a hash of files in a directory, and of a Dockerfile. */
export function hashContext(context: string, dockerfile: string, files: ContextFile[]): string {
    const hash = createHash("sha256");
    for (const { name, isExecutable, target } of files) {
        if (target !== undefined) {
            add(hash, name, "link", target);
        } else {
            add(hash, name, isExecutable ? "executable" : "file", hashFile(path.join(context, name)));
        }
    }
    add(hash, "Dockerfile", hashFile(dockerfile));
    return hash.digest("hex");
}

/** Returns the sorted names of the files of a build context, and what is left out of it by default. */
export function contextFiles(context: string, dockerfile: string): { names: string[]; leftOut: string[] } {
    const ignored = readIgnored(context, dockerfile);
    const leftOut: string[] = [];
    const names = listFiles(context, "", ignored, leftOut);
    return { names: names.sort(), leftOut: leftOut.sort() };
}

/** Returns the files of a directory. Symbolic links count as files. */
function listFiles(context: string, directory: string, ignored: Ignored, leftOut: string[]): string[] {
    return fs.readdirSync(path.join(context, directory), { withFileTypes: true }).flatMap((entry) => {
        const name = directory + entry.name;
        const isIgnored = ignored.ignores(name);
        if (entry.isDirectory() && (!isIgnored || ignored.mayInclude(name))) {
            return listFiles(context, `${name}/`, ignored, leftOut);
        }
        if (isIgnored && ignored.isLeftOut(name)) {
            leftOut.push(name);
        }
        return isIgnored ? [] : [name];
    });
}

/** Returns a file or a symbolic link; nothing for what has no content, such as a socket. */
function readFile(context: string, name: string): ContextFile | undefined {
    const file = path.join(context, name);
    const stat = fs.lstatSync(file);
    if (stat.isSymbolicLink()) {
        return { name, isExecutable: false, size: 0, target: fs.readlinkSync(file).split(path.sep).join("/") };
    }
    // The owner's bit is the one that Git keeps; the others depend on the umask. Windows has none of them: an image of a
    // program with executable files is another one when it is built from a checkout on Windows.
    return stat.isFile() ? { name, isExecutable: (stat.mode & 0o100) !== 0, size: stat.size } : undefined;
}

/** Returns a symbolic link that is broken in the image, if there is one: its target is not a part of the context. */
export function findBrokenLink({ files }: Context): { name: string; target: string } | undefined {
    const names = new Set(files.flatMap(({ name }) => [name, ...parents(name)]));
    const found = files.find(({ name, target }) => {
        const resolved = target === undefined ? undefined : path.posix.join(path.posix.dirname(name), target);
        return target !== undefined && (path.posix.isAbsolute(target) || !names.has(resolved!.replace(/\/$/, "")));
    });
    return found && { name: found.name, target: found.target! };
}

function parents(name: string): string[] {
    const directory = path.posix.dirname(name);
    return directory === "." ? ["."] : [directory, ...parents(directory)];
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
