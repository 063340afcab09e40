import { existsSync } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";

import { sdkVersion } from "./version";

/** The directory to put on PATH where the official docker plugin cannot be had: an executable in it stands in. */
export const standInDirectory = __dirname;

/** The version that the official plugin must have. */
export const dockerPluginVersion = sdkVersion;

/** Whether the official docker plugin, in the version that programs ask for, is installed for this PULUMI_HOME. */
export function officialPluginInstalled(
    pulumiHome: string = process.env.PULUMI_HOME || path.join(homedir(), ".pulumi"),
): boolean {
    const directory = path.join(pulumiHome, "plugins", `resource-docker-v${sdkVersion()}`);
    // The lock and partial files of an installation that has not ended lie beside the directory.
    return existsSync(path.join(directory, "pulumi-resource-docker")) && !existsSync(`${directory}.partial`);
}
