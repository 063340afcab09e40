import { lstatSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import * as path from "node:path";

import { pulumiHome } from "./official";

/**
 * Makes sure that the CLI writes no logs. It compresses and encrypts everything that passes through the engine, each
 * object several times, which takes longer than everything else where CRDs are large, and fills the disk. There is no
 * setting for it, but the CLI continues without logs where it cannot create the directory.
 */
export async function withoutLogs(): Promise<void> {
    const logs = path.join(pulumiHome(), "logs");
    const found = lstatSync(logs, { throwIfNoEntry: false });
    if (found?.isFile()) {
        return;
    }
    if (found) {
        // A run that is writing to it continues. Another process may do the same at this moment.
        await rename(logs, `${logs}.${process.pid}`).catch(() => undefined);
    }
    await writeFile(logs, "A file instead of a directory, so that the CLI writes no logs.\n", { flag: "wx" }).catch(
        () => undefined,
    );
    await rm(`${logs}.${process.pid}`, { recursive: true, force: true });
}
