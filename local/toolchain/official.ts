/** The official downloads: the CLI through its npm launcher, a plugin through the CLI. */
import { existsSync, lstatSync } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";

import { cacheDir } from "../paths";
import { type Report, whileRunning } from "../progress";
import { run } from "../run";
import { beside, isExecutable } from "./installed";
import { LANGUAGE_HOST } from "./tools";

/** Where both the CLI and every plugin are downloaded from. */
const DOWNLOADS = "https://get.pulumi.com/";

/** Seconds that a download may take before it counts as failed. */
const DOWNLOAD_TIMEOUT = 600;

/** The PULUMI_HOME of everything that runs from here, separate from the user's settings and logins. */
export function pulumiHome(): string {
    return cacheDir("pulumi");
}

let reachable: Promise<boolean> | undefined;

/**
 * Whether downloads are worth a try: checked once, for at most five seconds, so that a machine without a network does
 * not wait. Behind a proxy, which a plain request does not use, they always are.
 */
function downloadsReachable(): Promise<boolean> {
    const proxied = process.env.HTTPS_PROXY ?? process.env.https_proxy;
    reachable ??= proxied
        ? Promise.resolve(true)
        : fetch(DOWNLOADS, { method: "HEAD", signal: AbortSignal.timeout(5000) }).then(
              () => true,
              () => false,
          );
    return reachable;
}

/** The path of a CLI that was downloaded earlier, with its language hosts. */
export function downloadedCli(version: string): string | undefined {
    const cli = path.join(pulumiHome(), "versions", version, "bin", "pulumi");
    return isExecutable(cli) && beside(cli, LANGUAGE_HOST) ? cli : undefined;
}

/** Downloads the CLI and its language hosts; undefined where the downloads cannot be reached. */
export async function downloadCli(version: string, report: Report): Promise<string | undefined> {
    if (!(await downloadsReachable())) {
        return undefined;
    }
    await whileRunning(
        (elapsed) => report(`downloading the Pulumi CLI v${version}, ${elapsed}`),
        () =>
            run("npx", ["--yes", `pulumi@${version}`, "version"], {
                env: { PULUMI_HOME: pulumiHome(), PULUMI_VERSION: version, PULUMI_SKIP_UPDATE_CHECK: "true" },
                timeout: DOWNLOAD_TIMEOUT,
            }),
    );
    return downloadedCli(version);
}

/** Where the engine looks for a plugin in a PULUMI_HOME. */
export function pluginPath(home: string, name: string, version: string): string {
    return path.join(home, "plugins", `resource-${name}-v${version}`, `pulumi-resource-${name}`);
}

/** An official plugin of exactly this version that was installed earlier, by this project or by the user. */
export function installedPlugin(name: string, version: string): string | undefined {
    const homes = [pulumiHome(), process.env.PULUMI_HOME, path.join(homedir(), ".pulumi")];
    return homes
        .filter((home) => home !== undefined)
        .map((home) => pluginPath(home, name, version))
        .find(
            (file) =>
                isExecutable(file) &&
                // A link replaces a plugin that could not be downloaded.
                !lstatSync(file).isSymbolicLink() &&
                // This file exists while a plugin is being installed.
                !existsSync(`${path.dirname(file)}.partial`),
        );
}

/** Whether the CLI is configured to download plugins from somewhere else, as in a closed network. */
const pluginsMirrored = () => Boolean(process.env.PULUMI_PLUGIN_DOWNLOAD_URL_OVERRIDES);

/** Downloads a plugin with the CLI, which is requested only then; undefined where the downloads cannot be reached. */
export async function downloadPlugin(
    cli: () => Promise<string>,
    name: string,
    version: string,
    report: Report,
): Promise<string | undefined> {
    if (!pluginsMirrored() && !(await downloadsReachable())) {
        return undefined;
    }
    const pulumi = await cli();
    await whileRunning(
        (elapsed) => report(`downloading the Pulumi plugin ${name} v${version}, ${elapsed}`),
        () =>
            run(pulumi, ["plugin", "install", "resource", name, version, "--reinstall"], {
                env: { PULUMI_HOME: pulumiHome(), PULUMI_SKIP_UPDATE_CHECK: "true" },
                timeout: DOWNLOAD_TIMEOUT,
            }),
    );
    return installedPlugin(name, version);
}
