import * as fs from "node:fs";

/** Returns whether there is a file of this name. */
export function isFile(name: string): boolean {
    return fs.statSync(name, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Returns whether there is a directory of this name. */
export function isDirectory(name: string): boolean {
    return fs.statSync(name, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
