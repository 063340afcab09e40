import * as fs from "node:fs";
import * as path from "node:path";

import { hostEntry } from "../arguments/host";
import { type Context, type ContextFile, hashContext } from "./context";

/** What the provider builds from. */
export interface Staged {
    /** The directory with the files, and nothing else. */
    context: string;
    /** The Dockerfile, which is outside of the context so that its name cannot clash with that of a file. */
    dockerfile: string;
}

/**
 * The modification time of all staged files: it becomes part of the image. Not 1970, because a ZIP archive, such as a
 * Python wheel, cannot contain a file from before 1980.
 */
const modified = new Date("2000-01-01T00:00:00Z");

/** How long the copy of an earlier content is kept, in milliseconds: an update of another stack may still read it. */
const keptFor = 24 * 60 * 60 * 1000;

const images = path.join(".kubernetes-mlops", "images");

/** Returns where the copy of what a build can use is or will be. */
export function locateStaged({ hash }: Context): Staged {
    return partsOf(directoryOf(hash));
}

/**
 * Returns the directory of a copy. The engine starts providers in the same directory as programs, so that a relative path
 * is right, and the same on every machine. A program that another one runs inline has a directory of its own.
 */
function directoryOf(hash: string): string {
    const directory = path.join(images, hash.slice(0, 16));
    return hostEntry() === undefined ? path.resolve(directory) : directory;
}

/**
 * Copies what a build can use to `.kubernetes-mlops/images/<hash>` in the project's directory, and returns where.
 *
 * The provider compares paths and permissions. Both are the same for the same content in every checkout, whatever the
 * path of the checkout, the umask and the package manager. The name is a hash of the content, so that neither two Images
 * nor two updates at the same time write to one directory.
 */
export function stageContext(source: string, dockerfile: string, context: Context): Staged {
    fs.mkdirSync(images, { recursive: true });
    ignoreInGit(path.dirname(images));
    const directory = directoryOf(context.hash);
    if (!isIntact(directory, context)) {
        const copy = fs.mkdtempSync(path.join(images, ".new-"));
        try {
            copyContext(source, dockerfile, context, copy);
            fs.rmSync(directory, { recursive: true, force: true });
            fs.renameSync(copy, directory);
        } catch (error) {
            fs.rmSync(copy, { recursive: true, force: true });
            // Another update has copied the same content in the meantime.
            if (!isIntact(directory, context)) {
                throw error;
            }
        }
    }
    fs.utimesSync(directory, new Date(), new Date());
    removeUnused();
    return partsOf(directory);
}

/** Returns where the parts of a copy are, with forward slashes on every machine. */
function partsOf(directory: string): Staged {
    const at = (name: string) => `${directory.split(path.sep).join("/")}/${name}`;
    return { context: at("context"), dockerfile: at("Dockerfile") };
}

function copyContext(source: string, dockerfile: string, context: Context, directory: string): void {
    const staged = partsOf(directory);
    makeDirectory(directory);
    makeDirectory(staged.context);
    for (const file of context.files) {
        const to = path.join(staged.context, file.name);
        makeDirectories(staged.context, path.posix.dirname(file.name));
        if (file.target === undefined) {
            copyFile(path.join(source, file.name), to, modeOf(file));
        } else {
            fs.symlinkSync(file.target, to);
            fs.lutimesSync(to, modified, modified);
        }
    }
    copyFile(dockerfile, staged.dockerfile, 0o644);
    // It takes precedence over a .dockerignore among the files, which has been applied already.
    fs.writeFileSync(`${staged.dockerfile}.dockerignore`, "# Everything in the context is needed.\n");
    if (hashContext(staged.context, staged.dockerfile, context.files) !== context.hash) {
        throw new Error("a file changed while it was copied");
    }
}

/** Copies a file; where the file system can, both share their blocks on the disk. */
function copyFile(from: string, to: string, mode: number): void {
    fs.copyFileSync(from, to, fs.constants.COPYFILE_FICLONE);
    fs.chmodSync(to, mode);
    fs.utimesSync(to, modified, modified);
}

function makeDirectories(root: string, name: string): void {
    if (name !== "." && !fs.existsSync(path.join(root, name))) {
        makeDirectories(root, path.posix.dirname(name));
        makeDirectory(path.join(root, name));
    }
}

/** Creates a directory with permissions that do not depend on the umask. */
function makeDirectory(directory: string): void {
    fs.mkdirSync(directory, { recursive: true });
    fs.chmodSync(directory, 0o755);
}

const modeOf = ({ isExecutable }: ContextFile): number => (isExecutable ? 0o755 : 0o644);

/** Returns whether a directory has the staged files as they were written, and no others. */
function isIntact(directory: string, { files }: Context): boolean {
    const staged = partsOf(directory);
    if (!fs.existsSync(staged.context) || !isUntouched(staged.dockerfile, 0o644)) {
        return false;
    }
    const present = fs.readdirSync(staged.context, { recursive: true, withFileTypes: true });
    return (
        present.filter((entry) => !entry.isDirectory()).length === files.length &&
        files.every((file) => {
            const place = path.join(staged.context, file.name);
            const stat = fs.lstatSync(place, { throwIfNoEntry: false });
            return file.target === undefined
                ? stat?.size === file.size && isUntouched(place, modeOf(file))
                : stat?.isSymbolicLink() === true && fs.readlinkSync(place) === file.target;
        })
    );
}

/** Returns whether a file has the permissions and the time with which it was written. */
function isUntouched(file: string, mode: number): boolean {
    const stat = fs.lstatSync(file, { throwIfNoEntry: false });
    const isWindows = process.platform === "win32";
    return (
        stat?.isFile() === true && stat.mtimeMs === modified.getTime() && (isWindows || (stat.mode & 0o777) === mode)
    );
}

/** Keeps the copies out of the user's repository. */
function ignoreInGit(directory: string): void {
    const file = path.join(directory, ".gitignore");
    if (!fs.existsSync(file)) {
        fs.writeFileSync(file, "*\n");
    }
}

function removeUnused(): void {
    for (const name of fs.readdirSync(images)) {
        const directory = path.join(images, name);
        const stat = fs.statSync(directory, { throwIfNoEntry: false });
        if (stat && Date.now() - stat.mtimeMs > keptFor) {
            fs.rmSync(directory, { recursive: true, force: true });
        }
    }
}
