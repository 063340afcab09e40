import { existsSync, readFileSync } from "node:fs";
import { chmod, rm, writeFile } from "node:fs/promises";

import { type Report, whileRunning } from "./progress";
import { run, RunError } from "./run";

/**
 * Installs those of the Debian packages that are missing. None of their services is started: this project starts what
 * it needs, with separate directories.
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
                    // The lists are missing or outdated.
                    await apt(["update"]);
                    await install();
                }
            },
        );
    }).catch((error: unknown) => {
        throw error instanceof RunError ? new Error(aptError(list, error.output)) : error;
    });
}

/** The names of packages that dpkg does not report as installed. */
async function missingPackages(names: string[]): Promise<string[]> {
    // dpkg-query fails when one of the names is unknown, and still prints the others.
    const output = await run("dpkg-query", ["-W", "-f=${Package} ${db:Status-Status}\n", ...names]).catch(
        (error: unknown) => (error instanceof RunError ? error.output : ""),
    );
    return notInstalled(names, output);
}

/** The names without a line `NAME installed` in the output of dpkg-query. */
export function notInstalled(names: string[], dpkgOutput: string): string[] {
    const installed = new Set(dpkgOutput.split("\n").map((line) => line.trim()));
    return names.filter((name) => !installed.has(`${name} installed`));
}

/** The one-line error for a failed apt-get, with its first complaint. */
export function aptError(list: string, output: string): string {
    const complaint = output.split("\n").find((line) => /^E:|^Err:/.test(line)) ?? output.trim().split("\n").at(-1);
    return `The Debian packages ${list} could not be installed: ${complaint}. Install them with apt-get install ${list}`;
}

const UNATTENDED = { DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_MODE: "l" };

function apt(args: string[]): Promise<string> {
    return run(
        "apt-get",
        // Waits for another apt-get, such as the daily one, instead of failing on its lock.
        ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=2", "-q", ...args],
        { env: UNATTENDED, timeout: 1800 },
    );
}

const POLICY = "/usr/sbin/policy-rc.d";
const OUR_POLICY = "#!/bin/sh\n# Written by kubernetes-mlops while it installs packages.\nexit 101\n";

/**
 * Runs `work` while Debian's policy-rc.d prevents package installations from starting services. An existing policy is
 * left as it is; one of ours that a killed run left behind is removed.
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
