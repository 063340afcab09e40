import type { DockerClient } from "../../docker/cli";

/** How to run a docker command. */
export interface Session {
    client: DockerClient;
    env: NodeJS.ProcessEnv;
    /** Kills the command. */
    signal: AbortSignal;
    /** Values to hide in all output. */
    hide: string[];
}

export interface CommandResult {
    ok: boolean;
    /** The last lines of standard output and standard error. */
    lines: string[];
}

export interface CommandOptions {
    input?: string;
    env?: Record<string, string>;
    /** Called with every line as it is printed. */
    onLine?: (line: string) => void;
    /** Seconds. Defaults to no limit. */
    timeout?: number;
}

/** How many lines of output are kept for an error message. */
const KEPT_LINES = 400;

/** Runs a docker command to completion, whether it succeeds or not. Throws when it is cancelled. */
export async function docker(session: Session, args: string[], options: CommandOptions = {}): Promise<CommandResult> {
    const { input, env, onLine, timeout } = options;
    const { execa } = await import("execa");
    const subprocess = execa(session.client.command, args, {
        env: { ...session.env, ...env },
        extendEnv: false,
        ...(input === undefined ? { stdin: "ignore" as const } : { input }),
        all: true,
        buffer: false,
        reject: false,
        cancelSignal: session.signal,
        timeout: timeout === undefined ? undefined : timeout * 1000,
    });
    const lines: string[] = [];
    try {
        for await (const raw of subprocess.iterable({ from: "all" })) {
            const line = session.hide.reduce((text, hidden) => text.replaceAll(hidden, "[secret]"), raw);
            lines.push(line);
            if (lines.length > KEPT_LINES) {
                lines.shift();
            }
            onLine?.(line);
        }
    } catch (error) {
        // The end of a killed command also shows in its result.
        if (!session.signal.aborted && timeout === undefined) {
            throw error;
        }
    }
    const result = await subprocess;
    if (result.isCanceled || session.signal.aborted) {
        throw new Error(`docker ${args[0]} was cancelled`);
    }
    if (result.timedOut) {
        lines.push(`no answer within ${timeout} seconds`);
    }
    return { ok: !result.failed, lines };
}
