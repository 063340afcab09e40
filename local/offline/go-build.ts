import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { copyFile, cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import * as path from "node:path";

import { withLock } from "../lock";
import { cacheDir } from "../paths";
import { formatDuration, type Report } from "../progress";
import { run, RunError } from "../run";
import { findExecutable } from "../toolchain/installed";
import { compareVersions, parseVersion, type Version } from "../toolchain/versions";
import { goVersion } from "./go-mod";
import type { Tool } from "./go-tools";

/** Added to the user's Go settings, some of which would change or break the build. */
const GO_ENV = { CGO_ENABLED: "0", GOWORK: "off", GO111MODULE: "on" };
const BUILD_FLAGS = ["-trimpath", "-buildvcs=false", "-mod=readonly"];

/** Where a built tool is stored: the key changes with its version, sources, flags and platform. */
export function builtPath(tool: Tool): string {
    return cacheDir("tools", `${tool.name}-${buildKey(tool)}`, tool.name);
}

/** `<version>-<hash>`, where the hash covers the module's files, the flags and the platform. */
export function buildKey(tool: Tool): string {
    const hash = createHash("sha256");
    for (const file of readdirSync(tool.module).sort()) {
        hash.update(`${file}\0`)
            .update(readFileSync(path.join(tool.module, file)))
            .update("\0");
    }
    const parts = [tool.package, tool.ldflags, tool.embeds, process.platform, process.arch];
    hash.update(JSON.stringify(tool.completed ? [...parts, tool.completed] : parts));
    return `${tool.version}-${hash.digest("hex").slice(0, 12)}`;
}

/**
 * Builds a tool from its Go module unless that was done before, and returns its path. Two builds never run at once, as
 * one already uses every core; a build that is killed leaves nothing that could be mistaken for a result.
 */
export async function build(tool: Tool, report: Report): Promise<string> {
    const target = builtPath(tool);
    if (existsSync(target)) {
        return target;
    }
    const title = `${tool.name} v${tool.version}`;
    const waiting = (pid: number) => report(`waiting for process ${pid}, which is building, to build ${title}`);
    return withLock(cacheDir("tools", "build.lock"), waiting, async () => {
        if (!existsSync(target)) {
            await goBuild(tool, title, target, report).catch((error: unknown) => {
                throw error instanceof RunError ? new Error(buildError(title, error)) : error;
            });
        }
        return target;
    });
}

async function goBuild(tool: Tool, title: string, target: string, report: Report): Promise<void> {
    const go = await requireGo(tool, title);
    const directory = path.dirname(target);
    await mkdir(directory, { recursive: true });
    // What is left of an earlier build that was killed.
    for (const name of await readdir(directory)) {
        await rm(path.join(directory, name), { recursive: true });
    }
    const source = path.join(directory, "source");
    const unfinished = `${target}.unfinished`;
    const goMod = path.join(source, "go.mod");
    const flags = [
        ...BUILD_FLAGS,
        ...(tool.completed ? [`-modfile=${goMod}`] : []),
        "-ldflags",
        tool.ldflags.join(" "),
    ];
    const options = { cwd: tool.embeds ? source : tool.module, env: GO_ENV };

    const modules = counter(report, (count, elapsed) =>
        count > 0
            ? `fetching the Go modules of ${title}: ${count} so far, ${elapsed}`
            : `preparing to build ${title}, ${elapsed}`,
    );
    const onDownload = (line: string) => modules.count(line.startsWith("go: downloading "));
    const stale = await modules.during(async () => {
        if (tool.embeds) {
            await copySource(go, tool, tool.embeds, source, onDownload);
        }
        if (tool.completed) {
            await completeModule(go, tool, tool.completed, source, onDownload);
        }
        const list = ["list", "-deps", ...flags, "-f", "{{if .Stale}}{{.ImportPath}}{{end}}", tool.package];
        return run(go, list, { ...options, onLine: onDownload });
    });
    const total = stale.split("\n").filter(Boolean).length;

    const log = cacheDir("tools", `${tool.name}.log`);
    await rm(log, { force: true });
    const packages = counter(report, (count, elapsed) => buildProgress(title, count, total, elapsed));
    await packages.during(() =>
        run(go, ["build", "-v", ...flags, "-o", unfinished, tool.package], {
            ...options,
            log,
            onLine: (line) => packages.count(!line.startsWith("go: ") && !line.startsWith("#")),
        }),
    );
    await rename(unfinished, target);
    await rm(source, { recursive: true, force: true });
}

/**
 * The progress line of a build that has started to compile `count` of `total` packages, the last of which is the main
 * one.
 */
export function buildProgress(title: string, count: number, total: number, elapsed: string): string {
    return count < total - 1
        ? `building ${title} from its Go module: ${count} of ${total} packages, ${elapsed}`
        : `building ${title} from its Go module: linking, ${elapsed}`;
}

/** Counts the lines that a running command prints, and reports the count at once, then at most once a second. */
function counter(report: Report, line: (count: number, elapsed: string) => string) {
    const start = Date.now();
    let count = 0;
    const tell = () => report(line(count, formatDuration(Date.now() - start)));
    return {
        count: (counts: boolean) => {
            count += counts ? 1 : 0;
        },
        during: async <T>(work: () => Promise<T>): Promise<T> => {
            tell();
            const timer = setInterval(tell, 1000);
            try {
                return await work();
            } finally {
                clearInterval(timer);
            }
        },
    };
}

/** Recreates the module's directory with copies of the files that its main package embeds. */
async function copySource(
    go: string,
    tool: Tool,
    embeds: NonNullable<Tool["embeds"]>,
    source: string,
    onLine: (line: string) => void,
): Promise<void> {
    await mkdir(source);
    for (const file of await readdir(tool.module)) {
        await copyFile(path.join(tool.module, file), path.join(source, file));
    }
    const directory = await fetchModule(go, embeds.module, source, onLine);
    for (const file of embeds.files) {
        await copyFile(path.join(directory, file), path.join(source, path.basename(file)));
    }
}

/**
 * Puts a go.mod into the directory, and a copy of the module with the files that it lacks, to which the go.mod refers.
 */
async function completeModule(
    go: string,
    tool: Tool,
    { module, files }: NonNullable<Tool["completed"]>,
    directory: string,
    onLine: (line: string) => void,
): Promise<void> {
    const copy = path.join(directory, "module");
    await cp(await fetchModule(go, module, tool.module, onLine), copy, { recursive: true });
    for (const [missing, present] of Object.entries(files)) {
        await mkdir(path.dirname(path.join(copy, missing)), { recursive: true });
        await copyFile(path.join(copy, present), path.join(copy, missing));
    }
    await copyFile(path.join(tool.module, "go.sum"), path.join(directory, "go.sum"));
    const requirements = await readFile(path.join(tool.module, "go.mod"), "utf8");
    await writeFile(path.join(directory, "go.mod"), `${requirements}\nreplace ${module} => ${copy}\n`);
}

/**
 * The directory of a module that the tool's module requires, which is downloaded when Go's module cache does not have
 * it.
 */
export async function moduleDirectory(tool: Tool, module: string): Promise<string> {
    return fetchModule(await requireGo(tool, `${tool.name} v${tool.version}`), module, tool.module);
}

/** The time zones that come with the Go that builds the tool, in the format that Go programs read. */
export async function timeZones(tool: Tool): Promise<string> {
    const go = await requireGo(tool, `${tool.name} v${tool.version}`);
    return path.join(
        await run(go, ["env", "GOROOT"], { cwd: tool.module, env: GO_ENV }),
        "lib",
        "time",
        "zoneinfo.zip",
    );
}

async function fetchModule(go: string, module: string, cwd: string, onLine?: (line: string) => void): Promise<string> {
    const options = { cwd, env: GO_ENV, onLine };
    await run(go, ["mod", "download", module], options);
    return run(go, ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", module], options);
}

/** The path of a go command that is new enough for the tool's module. */
async function requireGo(tool: Tool, title: string): Promise<string> {
    const wanted = goVersion(readFileSync(path.join(tool.module, "go.mod"), "utf8"));
    const go = findExecutable("go", ["/usr/local/go/bin", "/usr/lib/go/bin"]);
    if (!go) {
        throw new Error(goError(title, wanted));
    }
    // In the module's directory, an older go downloads the version that the go.mod asks for, if allowed.
    const found = await run(go, ["env", "GOVERSION"], { cwd: tool.module, env: GO_ENV }).catch((error: unknown) => {
        throw new Error(goError(title, wanted, error instanceof RunError ? error.output.trim() : String(error)));
    });
    if (compareVersions(parseVersion(found) ?? [0, 0, 0], wanted) < 0) {
        throw new Error(goError(title, wanted, `${go} is ${found}`));
    }
    return go;
}

/** The one-line error for a go command that is missing or too old. */
export function goError(title: string, wanted: Version, found?: string): string {
    return (
        `Go ${wanted[0]}.${wanted[1]} or newer is needed to build ${title}, which cannot be downloaded here: ` +
        `${found ?? "there is no go on PATH or in /usr/local/go/bin"}; install it from https://go.dev/dl/`
    );
}

/** The one-line error for a failed build: a module that is missing, or what the compiler reported. */
export function buildError(title: string, error: Pick<RunError, "message" | "output">): string {
    const unreachable = /dial tcp|no such host|i\/o timeout|connection refused|proxyconnect|lookup disabled by GOPROXY/;
    const line = error.output.split("\n").find((candidate) => unreachable.test(candidate));
    return line
        ? `${title} cannot be built: a Go module it needs is not in Go's module cache and cannot be fetched ` +
              `(${line.trim()}); connect to the network, or name a proxy that can be reached with GOPROXY`
        : `${title} cannot be built: ${error.message}`;
}
