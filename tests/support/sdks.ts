/**
 * The oldest and the newest SDKs that the package takes. What npm installs is kept in the user's cache directory, by the
 * versions: the first run takes a minute, others seconds.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import { cacheDir } from "../../local/paths";
import { build } from "./built";
import { directoryWith } from "./directories";

const root = path.join(__dirname, "..", "..");

interface Manifest {
    dependencies: Record<string, string>;
    peerDependencies: Record<string, string>;
}
const manifest = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8")) as Manifest;

/** Their versions. The newest that there were in November 2026, and the oldest that the ranges of package.json let in. */
export const sdks: Record<string, Record<string, string>> = {
    newest: { "@pulumi/docker-build": "0.0.22", "@pulumi/kubernetes": "4.34.2", "@pulumi/pulumi": "3.276.0" },
    oldest: Object.fromEntries(
        Object.entries(manifest.peerDependencies).map(([name, range]) => [
            name,
            /^(?:\^|>=)(\d+\.\d+\.\d+)/.exec(range)![1]!,
        ]),
    ),
};

/** The package as npm publishes it, in an archive. */
export function packPackage(): string {
    build();
    const directory = directoryWith({});
    const args = ["pack", "--ignore-scripts", "--silent", "--pack-destination", directory];
    execFileSync("npm", args, { cwd: root });
    return path.join(directory, fs.readdirSync(directory)[0]!);
}

/** The directory in the cache in which npm has installed the package with these SDKs. */
export function installSdks(archive: string, versions: Record<string, string>): string {
    const { dependencies, peerDependencies } = manifest;
    const content = JSON.stringify({ versions, dependencies, peerDependencies });
    const directory = cacheDir("sdks", createHash("sha256").update(content).digest("hex").slice(0, 12));
    if (!fs.existsSync(directory)) {
        const own = `${directory}.${process.pid}`;
        fs.mkdirSync(own, { recursive: true });
        fs.writeFileSync(path.join(own, "package.json"), "{}");
        const packages = Object.entries({ ...versions, "@types/node": "20" }).map(([name, one]) => `${name}@${one}`);
        const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", archive, ...packages];
        execFileSync("npm", args, { cwd: own });
        fs.renameSync(own, directory);
    }
    return directory;
}

/** Gives a project the package as it is now, and the SDKs of the cache. */
export function installPackage(directory: string, archive: string, cached: string): void {
    const modules = path.join(directory, "node_modules");
    fs.mkdirSync(path.join(modules, "kubernetes-mlops"), { recursive: true });
    execFileSync("tar", ["-xzf", archive, "-C", path.join(modules, "kubernetes-mlops"), "--strip-components=1"]);
    for (const name of fs.readdirSync(path.join(cached, "node_modules"))) {
        if (name !== "kubernetes-mlops") {
            fs.symlinkSync(path.join(cached, "node_modules", name), path.join(modules, name));
        }
    }
}
