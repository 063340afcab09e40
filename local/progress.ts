/**
 * Reports in one short line what a long step is doing now, beginning with the verb (`building …`), or a fact that is
 * worth keeping (`port 5001 is taken: …`). The caller decides where the line is shown.
 */
export type Report = (line: string) => void;

/** How long something has taken, for a progress line: `0.4s`, `12s`, `4m10s`, `1h02m`. */
export function formatDuration(milliseconds: number): string {
    if (milliseconds < 10_000) {
        return `${(milliseconds / 1000).toFixed(1)}s`;
    }
    const seconds = Math.round(milliseconds / 1000);
    const two = (value: number) => String(value).padStart(2, "0");
    if (seconds < 60) {
        return `${seconds}s`;
    }
    const minutes = Math.floor(seconds / 60);
    return minutes < 60 ? `${minutes}m${two(seconds % 60)}s` : `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`;
}

/**
 * Calls `say` with the elapsed time at once and then every `intervalSeconds` (default 10) while `work` runs, so that a
 * step without output is never silent for long.
 */
export async function whileRunning<T>(
    say: (elapsed: string) => void,
    work: () => Promise<T>,
    intervalSeconds = 10,
): Promise<T> {
    const start = Date.now();
    const tell = () => say(formatDuration(Date.now() - start));
    tell();
    const timer = setInterval(tell, intervalSeconds * 1000);
    try {
        return await work();
    } finally {
        clearInterval(timer);
    }
}
