import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import * as path from "node:path";

import { ensurePackages } from "../../debian";
import { dockerDir } from "../../docker/settings";
import { BOOTSTRAP, unmountBelow } from "../../docker/sweep";
import { isRunning, startDaemon, stopDaemon, waitUntilReady } from "../../processes";
import { type Report, whileRunning } from "../../progress";
import { run } from "../../run";

/** What the root file system contains, in addition to Debian's essential packages. */
const PACKAGES = ["python3", "python3-pip", "python3-venv", "ca-certificates"];

/** Seconds within which the packages must be downloaded. */
const BOOTSTRAP_TIMEOUT = 1800;

/** What is of no use in an image. */
const SUPERFLUOUS = [
    "etc/hostname",
    "etc/machine-id",
    "etc/resolv.conf",
    "usr/share/doc",
    "usr/share/info",
    "usr/share/locale",
    "usr/share/man",
    "var/cache/apt/archives",
    "var/lib/apt/lists",
    "var/log",
];

/**
 * Creates a root file system with Python from the packages of this machine's distribution, and returns the path of a
 * tar file with it, which the caller removes.
 */
export async function makeRootfs(report: Report): Promise<string> {
    await ensurePackages(["debootstrap"], report);
    const root = dockerDir("rootfs");
    await bootstrap(root, report);
    await adapt(root);
    // The tar of a killed run may still be writing its file.
    const archive = `${root}-${process.pid}.tar`;
    await run("tar", ["--create", "--numeric-owner", "--file", archive, "--directory", root, "."]);
    await removeTree(root);
    await rm(`${root}.done`);
    return archive;
}

/** Runs debootstrap, or waits for one that a killed run has left running. */
async function bootstrap(root: string, report: Report): Promise<void> {
    const done = `${root}.done`;
    const { suite, components, mirror } = await packageSource();
    if (!existsSync(done) && !isRunning(BOOTSTRAP)) {
        await removeTree(root);
        await mkdir(root, { recursive: true });
        const args = [
            "--variant=minbase",
            `--components=${components}`,
            `--include=${PACKAGES.join(",")}`,
            suite,
            root,
            ...(mirror ? [mirror] : []),
        ];
        // It stays for a moment, so that it never ends without having left the file.
        const script = 'done=$1; shift; debootstrap "$@" && touch "$done" && sleep 1';
        await startDaemon({ name: BOOTSTRAP, command: "sh", args: ["-c", script, BOOTSTRAP, done, ...args] });
    }
    await whileRunning(
        (elapsed) => report(`building a base image from ${suite}'s packages, ${elapsed}`),
        () => waitUntilReady(BOOTSTRAP, () => existsSync(done), BOOTSTRAP_TIMEOUT),
    );
    await stopDaemon(BOOTSTRAP);
}

/** Makes it look like Docker Hub's image to a Dockerfile: `python`, `pip`, and packages installed for all users. */
async function adapt(root: string): Promise<void> {
    for (const name of SUPERFLUOUS) {
        await rm(path.join(root, name), { recursive: true, force: true });
    }
    for (const directory of ["var/cache/apt/archives/partial", "var/lib/apt/lists/partial", "var/log"]) {
        await mkdir(path.join(root, directory), { recursive: true });
    }
    await writeFile(path.join(root, "etc/machine-id"), "");
    const python = path.join(root, "usr/local/bin/python");
    await rm(python, { force: true });
    await symlink("/usr/bin/python3", python);
    const libraries = path.join(root, "usr/lib");
    for (const name of readdirSync(libraries).filter((name) => /^python3\.\d+$/.test(name))) {
        // pip refuses to install beside Debian's packages as long as this file exists.
        await rm(path.join(libraries, name, "EXTERNALLY-MANAGED"), { force: true });
    }
}

interface PackageSource {
    /** The release, such as `bookworm`. */
    suite: string;
    components: string;
    /** The mirror that this machine uses; undefined for debootstrap's default. */
    mirror: string | undefined;
}

async function packageSource(): Promise<PackageSource> {
    const release = readFileSync("/etc/os-release", "utf8");
    const suite = /^VERSION_CODENAME=(\S+)/m.exec(release)?.[1];
    if (!suite) {
        throw new Error(
            "This machine's distribution has no VERSION_CODENAME in /etc/os-release: no base image can be built from it",
        );
    }
    const format = "$(CODENAME) $(COMPONENT) $(REPO_URI)";
    const targets = await run("apt-get", ["indextargets", "--format", format, "Created-By: Packages"]);
    // Ubuntu has pip in a separate component.
    const components = /^ID=ubuntu$/m.test(release) ? "main,universe" : "main";
    return { suite, components, mirror: mirrorOf(suite, targets) };
}

/** The address of the machine's packages, from a line `suite main ADDRESS`. */
export function mirrorOf(suite: string, targets: string): string | undefined {
    const prefix = `${suite} main `;
    const line = targets.split("\n").find((line) => line.startsWith(prefix));
    return line?.slice(prefix.length).trim() || undefined;
}

/** Removes a root file system, in which debootstrap may have mounted the machine's /proc. */
async function removeTree(root: string): Promise<void> {
    await unmountBelow(root);
    if (existsSync(root)) {
        await rm(root, { recursive: true });
    }
}
