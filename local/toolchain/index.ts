/**
 * The tools that a stack and a cluster on this machine need. Each is looked for, in this order, among the installed
 * ones, among earlier downloads and builds, in the official downloads, and is finally built from its Go module.
 */
import { linkSync, renameSync, rmSync, statSync } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";

import { build, builtPath } from "../offline/go-build";
import { type Tool, toolOf } from "../offline/go-tools";
import type { Report } from "../progress";
import { beside, findExecutable, hasVersion, isExecutable } from "./installed";
import { withoutLogs } from "./logs";
import { locate, type Source } from "./lookup";
import { downloadCli, downloadedCli, downloadPlugin, installedPlugin, pulumiHome } from "./official";
import { ensureDockerBuildPlugin, linkPlugin } from "./plugins";
import { ACCEPTED_COREDNS, acceptedPulumi, LANGUAGE_HOST, type ToolName } from "./tools";

/**
 * The paths of the tools' executables. A tool that is available already takes well under a second; one that must be
 * built takes minutes, once per machine, during which `report` receives progress.
 */
export async function ensureTools<Name extends ToolName>(names: Name[], report: Report): Promise<Record<Name, string>> {
    const found: Partial<Record<ToolName, string>> = {};
    for (const name of names) {
        found[name] = await ensureTool(name, report);
    }
    return found as Record<Name, string>;
}

async function ensureTool(name: ToolName, report: Report): Promise<string> {
    const tool = toolOf(name);
    switch (name) {
        case "pulumi":
            return locate(name, pulumiSources(tool), report);
        case "pulumi-language-nodejs":
            return ensureLanguageHost(tool, await ensureTool("pulumi", report), report);
        case "pulumi-resource-kubernetes":
            return locate(name, kubernetesProviderSources(tool), report);
        case "kubernetes":
            return locate(name, [builtBefore(tool), builtNow(tool)], report);
        case "coredns":
            return locate(name, [installedCoreDns(), builtBefore(tool), builtNow(tool)], report);
    }
}

function pulumiSources(tool: Tool): Source[] {
    return [
        {
            name: "PATH",
            find: async () => {
                const file = findExecutable(tool.name, [path.join(homedir(), ".pulumi", "bin")]);
                // A CLI without its language hosts, such as the npm launcher, is of no use to the engine.
                const complete = file !== undefined && beside(file, LANGUAGE_HOST) !== undefined;
                return complete && (await hasVersion(file, ["version"], acceptedPulumi())) ? file : undefined;
            },
        },
        { name: "an earlier download", find: () => Promise.resolve(downloadedCli(tool.version)) },
        builtBefore(tool),
        { name: "the official download", find: (report) => downloadCli(tool.version, report) },
        builtNow(tool),
    ];
}

function kubernetesProviderSources(tool: Tool): Source[] {
    return [
        { name: "the installed plugins", find: () => Promise.resolve(installedPlugin("kubernetes", tool.version)) },
        builtBefore(tool),
        {
            name: "the official download",
            find: (report) => downloadPlugin(() => ensureTool("pulumi", report), "kubernetes", tool.version, report),
        },
        builtNow(tool),
    ];
}

function installedCoreDns(): Source {
    return {
        name: "PATH",
        find: async () => {
            const file = findExecutable("coredns");
            return file && (await hasVersion(file, ["-version"], ACCEPTED_COREDNS)) ? file : undefined;
        },
    };
}

function builtBefore(tool: Tool): Source {
    const file = builtPath(tool);
    return { name: "an earlier build", find: () => Promise.resolve(isExecutable(file) ? file : undefined) };
}

function builtNow(tool: Tool): Source {
    return { name: "its Go module", find: (report) => build(tool, report) };
}

/** The language host beside the CLI, where the engine looks for it: it came with the CLI or is put there. */
async function ensureLanguageHost(tool: Tool, pulumi: string, report: Report): Promise<string> {
    if (pulumi !== builtPath(toolOf("pulumi"))) {
        return beside(pulumi, tool.name)!;
    }
    const built = await locate(tool.name, [builtBefore(tool), builtNow(tool)], report);
    const place = path.join(path.dirname(pulumi), tool.name);
    if (statSync(place, { throwIfNoEntry: false })?.ino !== statSync(built).ino) {
        const link = `${place}.${process.pid}`;
        rmSync(link, { force: true });
        linkSync(built, link);
        renameSync(link, place);
    }
    return place;
}

/**
 * The environment variables, added to those of this process, with which `pulumi` finds the CLI's parts and the plugins
 * of this package's dependencies, without a network. Backend and passphrase are left to the caller.
 */
export async function engineEnv(report: Report = () => undefined): Promise<Record<string, string>> {
    const tools = await ensureTools(["pulumi", LANGUAGE_HOST, "pulumi-resource-kubernetes"], report);
    await linkPlugin("kubernetes", toolOf("pulumi-resource-kubernetes").version, tools["pulumi-resource-kubernetes"]);
    await ensureDockerBuildPlugin(tools.pulumi, report);
    await withoutLogs();
    return {
        PATH: [path.dirname(tools.pulumi), process.env.PATH].filter(Boolean).join(path.delimiter),
        PULUMI_HOME: pulumiHome(),
        PULUMI_SKIP_UPDATE_CHECK: "true",
        // A missing plugin is reported at once, instead of after five attempts to download it.
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        // Plugins come from PULUMI_HOME, even when others are on PATH.
        PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
        // Programs are compiled without a type check, which takes longer than everything else in a small update.
        PULUMI_NODEJS_TRANSPILE_ONLY: "true",
    };
}
