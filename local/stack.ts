import { mkdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

import {
    CommandError,
    ConcurrentUpdateError,
    LocalWorkspace,
    type OutputMap,
    PulumiCommand,
    type Stack,
} from "@pulumi/pulumi/automation";

import { sourceDir } from "./paths";
import { isRunningCommand } from "./process-identity";
import { type Report } from "./progress";
import { type Change, UpdateProgress } from "./stack-events";

export interface StackOptions {
    /** The name of the stack. */
    name: string;
    /** The directory of its project. Defaults to the root of this source tree, which is the quickstart. */
    workDir?: string;
    /** The directory that holds the state of the project's stacks. */
    stateDir: string;
    /** Environment variables with which the engine, its plugins and the cluster are found. */
    env: Record<string, string>;
    /** The configuration; undefined values are left as they are, or to the program's default. */
    config: Record<string, string | undefined>;
}

/** The passphrase of stacks that are as short-lived as the cluster on this machine. It protects nothing. */
const TRIAL_PASSPHRASE = "quickstart";

/**
 * The address of a directory that holds the state of stacks. The engine replaces each state file as a whole, but not
 * the metadata file that it would write beside it: an update that is killed could leave that empty, and the state
 * unreadable ("failed to load checkpoint: EOF").
 */
export function backendUrl(directory: string): string {
    return `${pathToFileURL(directory).href}?metadata=skip`;
}

/**
 * The environment variables with which `pulumi`, run by hand in the root of the source tree, works on the same stack.
 */
export function stackEnv({ stateDir, env }: Pick<StackOptions, "stateDir" | "env">): Record<string, string> {
    return {
        ...env,
        PULUMI_BACKEND_URL: backendUrl(stateDir),
        PULUMI_CONFIG_PASSPHRASE: TRIAL_PASSPHRASE,
    };
}

/** Opens a stack, creating it when it does not exist, and sets its configuration. */
export async function openStack(options: StackOptions): Promise<Stack> {
    mkdirSync(options.stateDir, { recursive: true });
    const envVars = stackEnv(options);
    // The automation API looks for the command on the path of this process.
    process.env.PATH = envVars.PATH ?? process.env.PATH;
    const stack = await LocalWorkspace.createOrSelectStack(
        { stackName: options.name, workDir: options.workDir ?? sourceDir() },
        { envVars, pulumiCommand: await PulumiCommand.get() },
    );
    await configure(stack, options.config);
    return stack;
}

/** Sets what differs. Values that were set by hand stay. */
async function configure(stack: Stack, config: StackOptions["config"]): Promise<void> {
    const { name: project } = await stack.workspace.projectSettings();
    const present = await stack.getAllConfig();
    const changed = Object.entries(config).flatMap(([name, value]) => {
        const key = name.includes(":") ? name : `${project}:${name}`;
        return value === undefined || value === present[key]?.value ? [] : [[key, { value }] as const];
    });
    if (changed.length > 0) {
        await stack.setAllConfig(Object.fromEntries(changed));
    }
}

export interface UpdateResult {
    changes: Change[];
    outputs: OutputMap;
}

/** An update that was interrupted. What had completed by then is in the state. */
export class InterruptedError extends Error {
    constructor() {
        super("Interrupted: what has completed is kept, and the same command resumes from there");
        this.name = "InterruptedError";
    }
}

/** Creates, updates or replaces the program's resources, and reports each when it is done. */
export async function update(stack: Stack, report: Report, interrupt?: AbortSignal): Promise<UpdateResult> {
    const { result, changes } = await operate(stack, report, interrupt, (options) => stack.up(options));
    return { changes, outputs: result.outputs };
}

/** Deletes everything that the stack has created, and the stack itself. */
export async function destroy(stack: Stack, report: Report, interrupt?: AbortSignal): Promise<Change[]> {
    const { changes } = await operate(stack, report, interrupt, (options) => stack.destroy(options));
    await stack.workspace.removeStack(stack.name);
    return changes;
}

/** Removes the stack without deleting its resources. */
export async function forget(stack: Stack): Promise<void> {
    await stack.workspace.removeStack(stack.name, { force: true });
}

/** Runs an operation of the engine with progress, a cleared lock, a clean cancellation, and one-line errors. */
async function operate<T>(
    stack: Stack,
    report: Report,
    interrupt: AbortSignal | undefined,
    operation: (options: { onEvent: UpdateProgress["onEvent"]; signal: AbortSignal }) => Promise<T>,
): Promise<{ result: T; changes: Change[] }> {
    const progress = new UpdateProgress(report);
    const cancel = new AbortController();
    const onInterrupt = () => void cancelGently(progress, cancel, report);
    interrupt?.addEventListener("abort", onInterrupt, { once: true });
    const heartbeat = setInterval(() => progress.waitingFor && report(progress.waitingFor), 10_000);
    try {
        interrupt?.throwIfAborted();
        await clearPendingOperations(stack, report);
        const result = await withoutDeadLock(stack, report, () =>
            operation({ onEvent: progress.onEvent, signal: cancel.signal }),
        );
        return { result, changes: progress.changes };
    } catch (error) {
        if (interrupt?.aborted) {
            throw new InterruptedError();
        }
        throw error instanceof CommandError ? new Error(reason(progress, error)) : error;
    } finally {
        clearInterval(heartbeat);
        interrupt?.removeEventListener("abort", onInterrupt);
    }
}

/**
 * Asks the engine to cancel, once: a second request would end it at once, with resources that are not in the state. On
 * a terminal, the engine receives Ctrl-C by itself.
 */
async function cancelGently(progress: UpdateProgress, cancel: AbortController, report: Report): Promise<void> {
    report("interrupted: waiting for the steps that have begun");
    await sleep(1000);
    if (!progress.cancelling) {
        cancel.abort();
    }
}

/** The errors of the resources, or the engine's if there are none. */
function reason(progress: UpdateProgress, error: CommandError): string {
    if (progress.errors.length > 0) {
        return progress.errors.join("\n");
    }
    const said = /^ *stderr: *(.*(?:\n.+)*)/m.exec(error.message)?.[1] ?? error.message;
    const errors = said.split("\n").filter((line) => line.startsWith("error: "));
    return errors.length > 0 ? errors.map((line) => line.slice("error: ".length)).join("\n") : said.split("\n")[0]!;
}

/** Removes the lock of an update whose process has ended. */
async function withoutDeadLock<T>(stack: Stack, report: Report, work: () => Promise<T>): Promise<T> {
    try {
        return await work();
    } catch (error) {
        if (!(error instanceof ConcurrentUpdateError)) {
            throw error;
        }
        const holders = lockHolders(error.message);
        const living = holders.find((pid) => isRunningCommand(pid, "pulumi"));
        if (holders.length === 0 || living !== undefined) {
            const holder = living === undefined ? "somebody" : `process ${living}`;
            throw new Error(
                `The stack ${stack.name} is being updated by ${holder}: wait until it completes, or end it`,
                {
                    cause: error,
                },
            );
        }
        report(`removing the lock of process ${holders.join(", ")}, which was killed during its update`);
        await stack.cancel();
        return work();
    }
}

/** The process ids in the engine's message about a locked stack. */
export function lockHolders(message: string): number[] {
    return [...new Set([...message.matchAll(/\(pid (\d+)\)/g)].map(([, pid]) => Number(pid)))];
}

/**
 * Removes the pending operations of an update that was killed. Every resource in the stack has a fixed name, so that
 * the next update finds what was created already instead of creating it twice.
 */
async function clearPendingOperations(stack: Stack, report: Report): Promise<void> {
    const state = await stack.exportStack();
    const deployment = state.deployment as { pending_operations?: unknown[] } | undefined;
    if (deployment?.pending_operations?.length) {
        await withoutDeadLock(stack, report, () =>
            stack.importStack({ ...state, deployment: { ...deployment, pending_operations: [] } }),
        );
        report("an update was killed in the middle of a step: the step is repeated");
    }
}
