import { mkdirSync } from "node:fs";
import * as path from "node:path";

import type { ExecaError } from "execa";

export interface RunOptions {
    /** Working directory. Defaults to the current one. */
    cwd?: string;
    /** Variables added to those of this process; `undefined` removes one. */
    env?: Record<string, string | undefined>;
    /** Written to the standard input, which is empty otherwise. */
    input?: string;
    /** A file to which standard output and standard error are appended; its directory is created when missing. */
    log?: string;
    /**
     * Seconds after which the command and everything it started is killed. Defaults to no limit. A command with a limit
     * runs in a separate process group, and ends with this process, even when that is interrupted.
     */
    timeout?: number;
    /** Called with every line of standard output and standard error as it is printed. */
    onLine?: (line: string) => void;
}

/** How many of the last lines of output an error shows. */
const TAIL = 15;

/**
 * Runs a command to completion and returns its standard output without the last newline.
 *
 * A command that is missing, fails or takes too long throws a {@link RunError}.
 */
export async function run(command: string, args: string[], options: RunOptions = {}): Promise<string> {
    const { cwd, env, input, log, timeout, onLine } = options;
    if (log) {
        mkdirSync(path.dirname(log), { recursive: true });
    }
    // execa is an ES module with dependencies that cannot be required, only imported.
    const { execa, ExecaError } = await import("execa");
    const output = log ? (["pipe", { file: log, append: true }] as const) : "pipe";
    const subprocess = execa(command, args, {
        cwd,
        env,
        ...(input === undefined ? { stdin: "ignore" as const } : { input }),
        stdout: output,
        stderr: output,
        all: true,
        // A separate group, so that a timeout reaches what the command started, too.
        detached: timeout !== undefined,
    });
    let expired = false;
    const end = () => signalGroup(subprocess.pid, "SIGTERM");
    const timer =
        timeout === undefined
            ? undefined
            : setTimeout(() => {
                  expired = true;
                  signalGroup(subprocess.pid, "SIGKILL");
              }, timeout * 1000);
    const ends = timer ? ["exit", "SIGINT", "SIGTERM"] : [];
    ends.forEach((event) => process.once(event, end));
    try {
        if (onLine) {
            for await (const line of subprocess.iterable({ from: "all" })) {
                onLine(line);
            }
        }
        return (await subprocess).stdout;
    } catch (error) {
        if (error instanceof ExecaError) {
            const failure = error as ExecaError<{ all: true }>;
            const reason = describe(failure, expired ? timeout : undefined);
            throw new RunError(path.basename(command), args, reason, failure.all, log);
        }
        throw error;
    } finally {
        clearTimeout(timer);
        ends.forEach((event) => process.removeListener(event, end));
    }
}

/** A command that did not succeed. The message is one line with the reason, then the last lines of the output. */
export class RunError extends Error {
    constructor(
        readonly command: string,
        args: string[],
        readonly reason: string,
        /** Everything that the command printed. */
        readonly output = "",
        log?: string,
    ) {
        const shown = [command, ...args].join(" ");
        const tail = output.trimEnd().split("\n").slice(-TAIL).join("\n");
        super(
            `\`${shown.length > 200 ? `${shown.slice(0, 200)}…` : shown}\` ${reason}` +
                (log ? `, full output in ${log}` : "") +
                (tail ? `:\n${tail}` : ""),
        );
        this.name = "RunError";
    }
}

/** An error in one line: its first, and the last of a command's output, which usually has the reason. */
export function oneLine(error: unknown): string {
    const lines = (error instanceof Error ? error.message : String(error)).split("\n");
    return lines.length > 1 ? `${lines[0]!.replace(/:$/, "")}: ${lines.at(-1)}` : lines[0]!;
}

function describe(
    error: Pick<ExecaError, "code" | "exitCode" | "signal" | "originalMessage">,
    expiredAfter: number | undefined,
): string {
    if (expiredAfter !== undefined) {
        return `did not end within ${expiredAfter} seconds`;
    }
    if (error.code === "ENOENT") {
        return "cannot be started: it is not installed, or its working directory does not exist";
    }
    if (error.exitCode !== undefined) {
        return `failed with exit code ${error.exitCode}`;
    }
    return error.signal ? `was killed by ${error.signal}` : `failed: ${error.originalMessage}`;
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
    try {
        if (pid !== undefined) {
            process.kill(-pid, signal);
        }
    } catch {
        // The group has ended by itself.
    }
}
