import { accessSync, constants, realpathSync, statSync } from "node:fs";
import * as path from "node:path";

import { run } from "../run";
import { accepts, type VersionRange } from "./versions";

/** The first executable file of this name in the directories of PATH and then in the others. */
export function findExecutable(name: string, others: string[] = []): string | undefined {
    const directories = [...(process.env.PATH ?? "").split(path.delimiter).filter(Boolean), ...others];
    return directories.map((directory) => path.join(directory, name)).find(isExecutable);
}

/** Whether the path is that of an executable file. */
export function isExecutable(file: string): boolean {
    try {
        accessSync(file, constants.X_OK);
        return statSync(file).isFile();
    } catch {
        return false;
    }
}

/** Whether the version that the executable prints is within the range. */
export async function hasVersion(executable: string, args: string[], range: VersionRange): Promise<boolean> {
    const env = { PULUMI_SKIP_UPDATE_CHECK: "true" };
    const printed = await run(executable, args, { env, timeout: 15 }).catch(() => "");
    return accepts(range, printed);
}

/** The executable of this name beside another one, with links resolved, which is where the engine looks. */
export function beside(executable: string, name: string): string | undefined {
    const file = path.join(path.dirname(realpathSync(executable)), name);
    return isExecutable(file) ? file : undefined;
}
