import { writeSync } from "node:fs";

import { formatDuration, type Report } from "./progress";

/** Runs a part of a command under a title and shows its reports. */
export type Stage = <T>(title: string, work: (report: Report) => Promise<T>) => Promise<T>;

/** Seconds between two lines that differ only in their numbers, where lines cannot be overwritten. */
const QUIET = 15;

/** Whether a report describes progress rather than a fact. */
const isProgress = (line: string) => /^\w+ing\b/.test(line);

/**
 * Shows a stage, its reports and, when it is done, how long it took: on a terminal, progress in a line that is
 * overwritten and the facts at the end; elsewhere, everything as plain lines. The caller shows errors.
 */
export async function stage<T>(title: string, work: (report: Report) => Promise<T>): Promise<T> {
    const { Listr } = await import("listr2");
    // Some terminals do not report their width.
    const live = Boolean(process.stdout.isTTY && process.stdout.columns);
    const timer = { condition: true, field: formatDuration, format: () => (text?: string) => String(text) };
    const facts = new Set<string>();
    let outcome: Promise<T> | undefined;
    const tasks = new Listr(
        [
            {
                title,
                task: async (_, task) => {
                    const say: Report = (line) => (task.output = line);
                    const note: Report = (line) => {
                        say(line);
                        if (!isProgress(line)) {
                            facts.add(line);
                        }
                    };
                    outcome = work(live ? note : throttle(say, Date.now));
                    await outcome.catch(() => {
                        throw new Error("see below");
                    });
                },
            },
        ],
        {
            exitOnError: false,
            // The command decides what an interrupt does.
            registerSignalListeners: false,
            rendererOptions: { showErrorMessage: false, formatOutput: "truncate", timer },
            fallbackRenderer: "simple",
            fallbackRendererCondition: !live,
            fallbackRendererOptions: { timer },
        },
    );
    const showCursor = () => writeSync(process.stdout.fd, "\u001b[?25h");
    if (live) {
        process.once("exit", showCursor);
    }
    await tasks.run();
    process.removeListener("exit", showCursor);
    process.stdout.write([...facts].map((line) => `  ${line}\n`).join(""));
    return outcome as Promise<T>;
}

/**
 * Passes a line on unless one that differs only in its numbers and times was passed on within {@link QUIET} seconds.
 */
export function throttle(say: Report, now: () => number): Report {
    let last = { kind: "", at: -Infinity };
    return (line) => {
        const kind = line.replace(/[\d.]+[hms]?/g, "");
        if (kind !== last.kind || now() - last.at >= QUIET * 1000) {
            last = { kind, at: now() };
            say(line);
        }
    };
}
