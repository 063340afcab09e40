import { existsSync, readFileSync } from "node:fs";
import { chmod, rm, writeFile } from "node:fs/promises";

import { type Report, whileRunning } from "./progress";
import { run, RunError } from "./run";

/**
 * Installs those of the Debian packages that are missing. No service of theirs is started: what this project needs it
 * starts itself, with directories of its own.
 */
export async function ensurePackages(names: string[], report: Report): Promise<void> {
    const missing = await missingPackages(names);
    if (missing.length === 0) {
        return;
    }
    const list = missing.join(" ");
    if (!existsSync("/usr/bin/apt-get")) {
        throw new Error(`These packages are missing and there is no apt-get to install them: ${list}. Install them`);
    }
    if (process.getuid?.() !== 0) {
        throw new Error(`These packages are missing and only root can install them: sudo apt-get install -y ${list}`);
    }
    await withoutServices(async () => {
        const install = () => apt(["install", "-y", "--no-install-recommends", ...missing]);
        await whileRunning(
            (elapsed) => report(`installing the Debian packages ${list}, ${elapsed}`),
            async () => {
                try {
                    await install();
                } catch {
                    // The lists are missing or older than the archive.
                    await apt(["update"]);
                    await install();
                }
            },
        );
    }).catch((error: unknown) => {
        throw error instanceof RunError ? new Error(aptError(list, error.output)) : error;
    });
}

/** The names that dpkg does not know as installed. */
async function missingPackages(names: string[]): Promise<string[]> {
    // dpkg-query fails when one of the names is unknown to it, and still prints the others.
    const output = await run("dpkg-query", ["-W", "-f=${Package} ${db:Status-Status}\n", ...names]).catch(
        (error: unknown) => (error instanceof RunError ? error.output : ""),
    );
    return notInstalled(names, output);
}

/** The names without a line `NAME installed` in what dpkg-query printed. */
export function notInstalled(names: string[], dpkgOutput: string): string[] {
    const installed = new Set(dpkgOutput.split("\n").map((line) => line.trim()));
    return names.filter((name) => !installed.has(`${name} installed`));
}

/** The one line about a failed apt-get, with apt's own first complaint. */
export function aptError(list: string, output: string): string {
    const complaint = output.split("\n").find((line) => /^E:|^Err:/.test(line)) ?? output.trim().split("\n").at(-1);
    return `The Debian packages ${list} could not be installed: ${complaint}. Install them with apt-get install ${list}`;
}

const UNATTENDED = { DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_MODE: "l" };

function apt(args: string[]): Promise<string> {
    return run(
        "apt-get",
        // Another apt-get, such as the daily one, is waited for instead of failing on its lock.
        ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=2", "-q", ...args],
        { env: UNATTENDED, timeout: 1800 },
    );
}

const POLICY = "/usr/sbin/policy-rc.d";
const OUR_POLICY = "#!/bin/sh\n# Written by kubernetes-mlops while it installs packages.\nexit 101\n";

/**
 * Runs `work` while Debian's policy-rc.d forbids that an installation starts a service. Somebody else's policy is left
 * as it is; one of ours that a killed run left behind is taken away.
 */
async function withoutServices(work: () => Promise<void>): Promise<void> {
    const own = !existsSync(POLICY) || readFileSync(POLICY, "utf8") === OUR_POLICY;
    if (own) {
        await writeFile(POLICY, OUR_POLICY);
        await chmod(POLICY, 0o755);
    }
    try {
        await work();
    } finally {
        if (own) {
            await rm(POLICY, { force: true });
        }
    }
}
