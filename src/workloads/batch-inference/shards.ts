import { parseIndexes } from "../../runs/indexed-job";
import type { RunEnd } from "../../runs/tracked-run";

/**
 * Returns why the results of a run are not complete, or undefined if they are.
 *
 * @param rerun - The shards that were run again, and the end of each.
 */
export function batchProblem(shards: number, end: RunEnd, rerun: number[], ends: RunEnd[]): string | undefined {
    if (end.state !== "failed") {
        return undefined;
    }
    const { completedIndexes = "" } = end.status ?? {};
    const again = rerun.filter((_, index) => ends[index]!.state === "completed");
    const done = new Set([...parseIndexes(completedIndexes), ...again]);
    const missing = Array.from({ length: shards }, (_, shard) => shard).filter((shard) => !done.has(shard));
    if (missing.length === 0) {
        return undefined;
    }
    const failed = ends.find((one) => one.state === "failed" || one.state === "unstartable") ?? end;
    const listed = [...new Set([...rerun, ...missing.slice(0, mostRerun)])].sort((one, other) => one - other);
    return (
        `${missing.length} of ${shards} shards have not succeeded: ${failed.message}; fix the cause and run them again ` +
        `with rerun: { shards: [${listed.join(", ")}] }`
    );
}

/** The most shards that can be run again, each of which is a Job. */
export const mostRerun = 100;
