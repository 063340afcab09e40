/** Shows what of the environment runs. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

import { clusterStatus } from "./cluster";
import { checkReady } from "./context";
import { dockerStatus } from "./docker";
import { REGISTRY } from "./docker/registry";
import { DAEMON } from "./docker/sweep";
import { type Environment, savedEnvironment } from "./environment";
import { stateDir } from "./paths";
import { listDaemons, logFile } from "./processes";
import { run } from "./run";
import { parseVersion } from "./toolchain/versions";

/** A program that `up` starts, or the user's docker daemon. */
export interface Part {
    name: string;
    running: boolean;
    pid?: number;
    version?: string;
    /** The TCP ports that it listens on, in ascending order. */
    ports: number[];
    /** The path of its log. */
    log?: string;
}

export interface Status {
    /** What the last `up` brought up; undefined when it has not completed. */
    environment?: Environment;
    parts: Part[];
    /** One line for each problem. */
    problems: string[];
}

/** Checks every part, and whether the API server, the registry and docker answer. */
export async function status(): Promise<Status> {
    const environment = savedEnvironment();
    // A machine without /proc has no parts, as they run on Linux only.
    const parts = process.platform === "linux" ? await localParts() : [];
    const stopped = parts.filter(({ running }) => !running).map(({ name }) => `${name} does not run`);
    const unfinished = !environment && parts.length > 0 ? ["`up` has not completed: run it again"] : [];
    const unready = environment ? await readiness(environment) : [];
    return { environment, parts, problems: [...unfinished, ...stopped, ...unready] };
}

async function localParts(): Promise<Part[]> {
    const [cluster, docker] = await Promise.all([clusterStatus(), dockerStatus()]);
    const versions = new Map(cluster.daemons.map(({ name, version }) => [name, version]));
    if (docker.exists) {
        versions.set(DAEMON, await versionOf("dockerd"));
        versions.set(REGISTRY, await versionOf("docker-registry"));
    }
    const ports = listeningPorts();
    const parts = listDaemons().map(({ name, running, pid }): Part => {
        const process = pid === undefined ? { ports: [] } : { pid, version: versions.get(name), ports: ports(pid) };
        return { name, running, ...process, log: logFile(name) };
    });
    const { daemon } = docker;
    return daemon && !daemon.own
        ? [...parts, { name: `docker at ${daemon.host}`, running: daemon.running, ports: [] }]
        : parts;
}

async function versionOf(command: string): Promise<string | undefined> {
    const version = parseVersion(await run(command, ["--version"]).catch(() => ""));
    return version && `v${version.join(".")}`;
}

async function readiness({ kubeconfig, context }: Environment): Promise<string[]> {
    const docker = context === undefined ? await dockerStatus() : undefined;
    return [
        ...(await checkReady({ kubeconfig, context }, () => undefined).then(
            () => [],
            (error: Error) => [error.message],
        )),
        ...(docker?.daemon?.running === false ? [`no docker daemon answers at ${docker.daemon.host}`] : []),
        ...(docker?.registry?.running === false ? [`no registry answers at ${docker.registry.host}`] : []),
    ];
}

/** Returns a function that returns the TCP ports on which a process listens. */
function listeningPorts(): (pid: number) => number[] {
    const ports = new Map(
        ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) => parseListening(readFileSync(file, "utf8"))),
    );
    return (pid) => {
        const found = openFiles(pid).map((target) => ports.get(target));
        return [...new Set(found.filter((port) => port !== undefined))].sort((a, b) => a - b);
    };
}

/** What a process has open, as `socket:[12345]` or a path; empty when it has ended. */
function openFiles(pid: number): string[] {
    try {
        return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
    } catch {
        return [];
    }
}

/** The listening sockets in /proc/net/tcp, named as in /proc/PID/fd, each with its port. */
export function parseListening(table: string): [socket: string, port: number][] {
    const LISTEN = "0A";
    return table
        .split("\n")
        .map((line) => line.trim().split(/\s+/))
        .filter((fields) => fields[3] === LISTEN)
        .map((fields) => [`socket:[${fields[9]}]`, Number.parseInt(fields[1]!.split(":")[1]!, 16)]);
}

/** The status as lines: one row for each part, then the problems. */
export function formatStatus({ environment, parts, problems }: Status): string[] {
    if (!environment && parts.length === 0) {
        return ["Nothing is up. `npm run local -- up --node` brings up a cluster, a registry and docker."];
    }
    const rows = parts.map(({ name, running, pid, version, ports, log }) => [
        name,
        running ? "running" : "stopped",
        pid ? `pid ${pid}` : "",
        version ?? "",
        ports.length > 0 ? `port ${ports.join(", ")}` : "",
        log ?? "",
    ]);
    return [
        ...(environment ? environmentLines(environment) : []),
        ...(rows.length > 0 ? ["", ...alignColumns(rows)] : []),
        "",
        ...(problems.length > 0 ? problems : ["Everything that should run does."]),
    ];
}

function environmentLines({ kubeconfig, context, registry, dockerHost, baseImage }: Environment): string[] {
    const rows = [
        ["kubeconfig", kubeconfig],
        ["context", context],
        ["registry", registry],
        ["docker", dockerHost],
        ["base image", baseImage],
        ["logs", context === undefined ? stateDir("logs") : undefined],
    ];
    return alignColumns(rows.filter((row): row is string[] => row[1] !== undefined));
}

/** Pads every column except the last to the width of its widest cell. */
function alignColumns(rows: string[][]): string[] {
    const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
    return rows.map((row) =>
        row
            .map((cell, column) => cell.padEnd(widths[column]!))
            .join("  ")
            .trimEnd(),
    );
}
