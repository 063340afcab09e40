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
    add(hash, "Dockerfile", fs.readFileSync(dockerfile));
    return hash.digest("hex");
}

/** The files of a context that a build sees, sorted, with forward slashes. */
export function contextFiles(context: string, dockerfile: string): string[] {
    const ignored = dockerignore({ ignorecase: false }).add(ignorePatterns(context, dockerfile));
    const entries = fs.readdirSync(context, { recursive: true, encoding: "utf8" });
    return ignored
        .filter(entries.map((entry) => entry.split(path.sep).join("/")))
        .filter((entry) => !fs.lstatSync(path.join(context, entry)).isDirectory())
        .sort();
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
        add(hash, name, stat.mode & 0o111 ? "executable" : "file", fs.readFileSync(file));
    }
}

/** Each part is preceded by its length, so that no two lists of parts look alike. */
function add(hash: Hash, ...parts: (string | Buffer)[]): void {
    for (const part of parts) {
        hash.update(`${Buffer.byteLength(part)}:`).update(part);
    }
}
