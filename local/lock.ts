import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { identityOf } from "./process-identity";

/**
 * Runs `work` while holding the lock file, so that no other process works under the same lock. Waits for a living
 * holder and reports its process id; the lock of a holder that has died, or from before a reboot, is ignored.
 */
export async function withLock<T>(file: string, waiting: (pid: number) => void, work: () => Promise<T>): Promise<T> {
    mkdirSync(path.dirname(file), { recursive: true });
    for (let told = 0; !acquire(file); await sleep(500)) {
        const holder = holderOf(file);
        if (holder !== undefined && holder !== told) {
            waiting(holder);
            told = holder;
        }
    }
    try {
        return await work();
    } finally {
        rmSync(file, { force: true });
    }
}

/** The living process that holds the lock. */
export function holderOf(file: string): number | undefined {
    const content = readText(file);
    const pid = Number.parseInt(content ?? "", 10);
    return content !== undefined && content === identityOf(pid) ? pid : undefined;
}

function acquire(file: string): boolean {
    if (holderOf(file) === undefined && readText(file) !== undefined) {
        breakStale(file);
    }
    // A link appears together with its content or not at all.
    const own = `${file}.${process.pid}`;
    writeFileSync(own, identityOf(process.pid) ?? "");
    try {
        linkSync(own, file);
        return true;
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") {
            return false;
        }
        throw error;
    } finally {
        rmSync(own, { force: true });
    }
}

/** Removes a dead holder's lock, and restores it if another process was faster and holds it by now. */
function breakStale(file: string): void {
    const aside = `${file}.stale-${process.pid}`;
    try {
        renameSync(file, aside);
    } catch {
        return;
    }
    try {
        if (holderOf(aside) !== undefined) {
            linkSync(aside, file);
        }
    } catch {
        // By now, a third process holds it.
    } finally {
        rmSync(aside, { force: true });
    }
}

function readText(file: string): string | undefined {
    try {
        return readFileSync(file, "utf8");
    } catch {
        return undefined;
    }
}
