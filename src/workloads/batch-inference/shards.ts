import { parseJobEnd, parseIndexes, type JobStatus } from "../../runs/indexed-job";

/** Returns why the results of a run are not complete, or undefined if they are or its outcome is not known. */
export function batchProblem(shards: number, rerun: number[], status: JobStatus | undefined): string | undefined {
    const end = parseJobEnd(status);
    if (end?.failure === undefined) {
        return undefined;
    }
    const done = new Set([...parseIndexes(end.succeeded), ...rerun]);
    const missing = Array.from({ length: shards }, (_, shard) => shard).filter((shard) => !done.has(shard));
    if (missing.length === 0) {
        return undefined;
    }
    const listed = missing.slice(0, mostRerun).join(", ");
    return (
        `${missing.length} of ${shards} shards have not succeeded: ${end.failure.message || end.failure.reason}; fix the ` +
        `cause and run them again with rerun: { shards: [${[...rerun, listed].join(", ")}] }`
    );
}

/** The most shards that can be run again, each of which is a Job. */
export const mostRerun = 100;
