/** The built package, as its users have it. */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

const root = path.join(__dirname, "..", "..");

/** The files below a directory of the package, with forward slashes. */
export function filesIn(directory: string): string[] {
    return fs
        .readdirSync(path.join(root, directory), { recursive: true, encoding: "utf8" })
        .filter((name) => fs.statSync(path.join(root, directory, name)).isFile())
        .map((name) => path.posix.join(directory, name.split(path.sep).join("/")));
}

/** Builds the package unless it is up to date. */
export function build(): void {
    const built = path.join(root, "dist", "index.js");
    const builtAt = fs.existsSync(built) ? fs.statSync(built).mtimeMs : 0;
    if ([...filesIn("src"), "package.json"].some((file) => fs.statSync(path.join(root, file)).mtimeMs > builtAt)) {
        execFileSync("npm", ["run", "--silent", "build"], { cwd: root });
    }
}
