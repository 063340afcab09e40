/**
 * Daemons that outlive the command that started them: each has a log file and a pid file in the state directory.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
    closeSync,
    mkdirSync,
    openSync,
    readdirSync,
    readFileSync,
    renameSync,
    rmSync,
    statSync,
    writeFileSync,
} from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { stateDir } from "./paths";
import { bootId, identityOf, isAlive, livingProcess } from "./process-identity";

export interface Daemon {
    /** Name of the pid file and of the log file. */
    name: string;
    command: string;
    args: string[];
    /** Set (or with undefined, removed) in addition to this process' environment. */
    env?: Record<string, string | undefined>;
    cwd?: string;
    /** The content of files that the daemon reads only at its start: when one changes, `ensureDaemon` restarts it. */
    reads?: string[];
}

export interface DaemonState {
    name: string;
    running: boolean;
    /** Only while it runs. */
    pid?: number;
}

/** The content of a pid file: one process of one boot, and what it was started with. */
interface PidRecord {
    pid: number;
    /** Clock ticks from boot to the process' start: with the boot's id, no reused pid is taken for the process. */
    startTime: string;
    boot: string;
    fingerprint: string;
}

/** Every process of a daemon inherits this variable, whose value is the daemon's pid file. */
const marker = "KUBERNETES_MLOPS_DAEMON";

/** Replaces the fingerprint in the pid file of a daemon that is being stopped, by a command that may be killed. */
const ending = "ending";

/** Size in bytes from which a log is moved aside when its daemon starts. */
const longLog = 10 * 1024 * 1024;

/**
 * The shell that becomes the daemon writes the pid file itself, before it does: the starting command may be killed at
 * any moment, and no daemon is ever without its pid file.
 */
const launcher = `
file=$1 boot=$2 fingerprint=$3
shift 3
stat=$(cat /proc/$$/stat)
start=$(set -- \${stat##*) }; echo "\${20}")
echo "$$ $start $boot $fingerprint" > "$file.new" && mv "$file.new" "$file" && exec "$@"
`;

const runDir = (): string => stateDir("run");
const pidFile = (name: string): string => stateDir("run", `${name}.pid`);

/** The daemon's log file. */
export const logFile = (name: string): string => stateDir("logs", `${name}.log`);

function readOptional(file: string): string | undefined {
    try {
        return readFileSync(file, "utf8");
    } catch {
        return undefined;
    }
}

function allPids(): number[] {
    return readdirSync("/proc")
        .filter((entry) => /^\d+$/.test(entry))
        .map(Number);
}

function readRecord(name: string): PidRecord | undefined {
    const [pid, startTime, boot, fingerprint] = readOptional(pidFile(name))?.trim().split(" ") ?? [];
    return pid && startTime && boot && fingerprint ? { pid: Number(pid), startTime, boot, fingerprint } : undefined;
}

/** The daemon's record if its process lives, else undefined. */
function liveRecord(name: string): PidRecord | undefined {
    const record = readRecord(name);
    return record && identityOf(record.pid) === `${record.pid} ${record.startTime} ${record.boot}` ? record : undefined;
}

function fingerprint(daemon: Daemon): string {
    const { command, args, env, cwd, reads } = daemon;
    return createHash("sha256")
        .update(JSON.stringify([command, args, env, cwd, reads]))
        .digest("hex")
        .slice(0, 16);
}

export function isRunning(name: string): boolean {
    return liveRecord(name) !== undefined;
}

/** Every daemon that has a pid file, by name. */
export function listDaemons(): DaemonState[] {
    let files: string[];
    try {
        files = readdirSync(runDir());
    } catch {
        return [];
    }
    return files
        .filter((file) => file.endsWith(".pid"))
        .map((file) => file.slice(0, -".pid".length))
        .sort()
        .map((name) => {
            const pid = liveRecord(name)?.pid;
            return { name, running: pid !== undefined, ...(pid !== undefined && { pid }) };
        });
}

/**
 * Every process that a daemon of any state directory started, including the daemon itself, with the daemon's pid file.
 * They are found by the mark in their environment, even when they have moved to another group or session.
 */
export function daemonProcesses(): { pid: number; file: string }[] {
    return allPids().flatMap((pid) => {
        const variables = readOptional(`/proc/${pid}/environ`)?.split("\0") ?? [];
        const file = variables.find((variable) => variable.startsWith(`${marker}=`))?.slice(marker.length + 1);
        return file === undefined ? [] : [{ pid, file }];
    });
}

/** The processes that the daemons of this state directory started, including the daemons, even without pid files. */
export function markedProcesses(names: string[]): number[] {
    const files = names.map(pidFile);
    return daemonProcesses()
        .filter(({ file }) => files.includes(file))
        .map(({ pid }) => pid);
}

/**
 * Starts a daemon: detached, in a separate session and process group, output appended to its log. Does nothing when it
 * runs already. Returns as soon as the process exists: `waitUntilReady` waits until it is usable.
 */
export async function startDaemon(daemon: Daemon): Promise<void> {
    const { name, command, args, env, cwd } = daemon;
    const running = liveRecord(name);
    if (running && running.fingerprint !== ending) {
        return;
    }
    await stopDaemon(name);
    mkdirSync(runDir(), { recursive: true });
    mkdirSync(stateDir("logs"), { recursive: true });
    if ((statSync(logFile(name), { throwIfNoEntry: false })?.size ?? 0) > longLog) {
        renameSync(logFile(name), `${logFile(name)}.1`);
    }
    const log = openSync(logFile(name), "a");
    try {
        const own = [pidFile(name), bootId(), fingerprint(daemon)];
        const child = spawn("/bin/sh", ["-c", launcher, name, ...own, command, ...args], {
            cwd: cwd ?? "/",
            env: { ...process.env, ...env, [marker]: pidFile(name) },
            detached: true,
            stdio: ["ignore", log, log],
        });
        let failure: string | undefined;
        child.once("error", (error) => (failure = error.message));
        child.once("exit", (code, signal) => (failure = `exited with ${signal ?? code}`));
        child.unref();
        while (failure === undefined && (child.pid === undefined || readRecord(name)?.pid !== child.pid)) {
            await sleep(5);
        }
        if (failure !== undefined && readRecord(name)?.pid !== child.pid) {
            throw new Error(`${name} cannot be started: ${failure}${logTail(name)}`);
        }
    } finally {
        closeSync(log);
    }
}

/**
 * Starts a daemon, or restarts it when it runs with a different command, arguments or files.
 *
 * @param stopSeconds how long the running one may take to end gracefully; 10 by default
 * @returns whether it was started
 */
export async function ensureDaemon(daemon: Daemon, stopSeconds?: number): Promise<boolean> {
    const record = liveRecord(daemon.name);
    if (record?.fingerprint === fingerprint(daemon)) {
        return false;
    }
    if (record) {
        await stopDaemon(daemon.name, stopSeconds);
    }
    await startDaemon(daemon);
    return true;
}

/** The last lines of a daemon's log, to append to an error message. */
function logTail(name: string, lines = 5): string {
    const text = readOptional(logFile(name))?.trimEnd() ?? "";
    return text === "" ? "" : `; the end of ${logFile(name)}:\n${text.split("\n").slice(-lines).join("\n")}`;
}

/**
 * Waits until the probe returns true.
 *
 * @param names the daemon, or the daemons, that it depends on
 * @throws when one of them ends first, or when the time is over; the message ends with the last lines of the log (of
 *     the last daemon named)
 */
export async function waitUntilReady(
    names: string | string[],
    probe: () => boolean | Promise<boolean>,
    timeoutSeconds: number,
): Promise<void> {
    const daemons = [names].flat();
    const deadline = Date.now() + timeoutSeconds * 1000;
    while (!(await probe())) {
        const ended = daemons.find((name) => !isRunning(name));
        if (ended !== undefined) {
            throw new Error(`${ended} ended by itself${logTail(ended)}`);
        }
        if (Date.now() > deadline) {
            const name = daemons.at(-1)!;
            throw new Error(`${name} is not ready after ${timeoutSeconds} s${logTail(name)}`);
        }
        await sleep(100);
    }
}

/** Sends a signal to a process, or with a negative pid to a group; one that has ended already is not an error. */
export function signal(pid: number, name: NodeJS.Signals): void {
    try {
        process.kill(pid, name);
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
            throw error;
        }
    }
}

/** Waits until none of the processes lives; returns whether that happened in time. */
export async function waitUntilGone(pids: () => number[], timeoutSeconds: number): Promise<boolean> {
    const deadline = Date.now() + timeoutSeconds * 1000;
    while (pids().some(isAlive)) {
        if (Date.now() > deadline) {
            return false;
        }
        await sleep(20);
    }
    return true;
}

/**
 * The living members of the daemon's process group. When its leader has died, the group's number may have been reused:
 * then only marked processes count.
 */
function groupMembers(name: string, record: PidRecord): number[] {
    if (record.boot !== bootId()) {
        return [];
    }
    const members = allPids().filter((pid) => {
        return livingProcess(pid)?.group === record.pid;
    });
    if (liveRecord(name)) {
        return members;
    }
    const marked = new Set(markedProcesses([name]));
    return members.filter((pid) => marked.has(pid));
}

/**
 * Stops a daemon and its whole process group: TERM, and KILL for what is left after the given time. Does nothing when
 * it does not run.
 *
 * @param timeoutSeconds how long it may take to end gracefully; 10 by default
 */
export async function stopDaemon(name: string, timeoutSeconds = 10): Promise<void> {
    const record = readRecord(name);
    if (record) {
        const { pid, startTime, boot } = record;
        writeFileSync(`${pidFile(name)}.new`, `${pid} ${startTime} ${boot} ${ending}\n`);
        renameSync(`${pidFile(name)}.new`, pidFile(name));
        const members = (): number[] => groupMembers(name, record);
        members().forEach((pid) => signal(pid, "SIGTERM"));
        if (!(await waitUntilGone(members, timeoutSeconds))) {
            members().forEach((pid) => signal(pid, "SIGKILL"));
            if (!(await waitUntilGone(members, 10))) {
                throw new Error(
                    `${name} (pid ${record.pid}) cannot be ended, even with SIGKILL: see its log ${logFile(name)}`,
                );
            }
        }
    }
    rmSync(pidFile(name), { force: true });
}
