import { lstatSync, readlinkSync, statSync } from "node:fs";
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import * as path from "node:path";

import { dockerBuildPluginVersion, standInDirectory } from "../offline/docker-build-provider";
import { cacheDir } from "../paths";
import type { Report } from "../progress";
import { oneLine } from "../run";
import { downloadPlugin, installedPlugin, pluginPath, pulumiHome } from "./official";

export interface Plugin {
    /** The executable that the engine starts. */
    path: string;
    version: string;
    /** Whether it is the official plugin and not this project's stand-in. */
    official: boolean;
}

/** How long to wait before a failed download is tried again, in milliseconds: a day. */
const RETRY_AFTER = 24 * 60 * 60 * 1000;

/**
 * Makes sure that the engine finds a plugin for `@pulumi/docker-build` of the installed version: the official one or, where
 * it cannot be downloaded, this project's stand-in.
 */
export async function ensureDockerBuildPlugin(pulumi: string, report: Report): Promise<Plugin> {
    const version = dockerBuildPluginVersion();
    const tried = cacheDir("tools", `docker-build-plugin-${version}.tried`);
    let official = installedPlugin("docker-build", version);
    if (!official && age(tried) > RETRY_AFTER) {
        // The CLI treats anything in the plugin's place as the plugin.
        await rm(path.dirname(pluginPath(pulumiHome(), "docker-build", version)), { recursive: true, force: true });
        official = await downloadPlugin(() => Promise.resolve(pulumi), "docker-build", version, report).catch(
            (error: Error) => {
                report(`the Pulumi plugin docker-build v${version} cannot be downloaded: ${oneLine(error)}`);
                return undefined;
            },
        );
        if (!official) {
            await mkdir(path.dirname(tried), { recursive: true });
            await writeFile(tried, "");
        }
    }
    if (!official) {
        report(`the official Pulumi plugin docker-build v${version} is not available here: using the stand-in`);
    }
    const executable = official ?? path.join(standInDirectory, "pulumi-resource-docker-build");
    return { path: await linkPlugin("docker-build", version, executable), version, official: official !== undefined };
}

/** Puts a plugin where the engine looks for it, unless it is there already; returns its path. */
export async function linkPlugin(name: string, version: string, executable: string): Promise<string> {
    const place = pluginPath(pulumiHome(), name, version);
    if (place !== executable && linkTarget(place) !== executable) {
        await rm(`${path.dirname(place)}.partial`, { force: true });
        await mkdir(path.dirname(place), { recursive: true });
        const link = `${place}.${process.pid}`;
        await symlink(executable, link);
        await rename(link, place);
    }
    return place;
}

function linkTarget(file: string): string | undefined {
    return lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(file) : undefined;
}

/** Milliseconds since the file was written; infinite without a file. */
function age(file: string): number {
    const written = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
    return written === undefined ? Infinity : Date.now() - written;
}
