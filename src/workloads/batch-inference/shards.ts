import { endOf, indexesOf, type JobStatus } from "../../runs/indexed-job";

/** Why a run has no complete results, or nothing if it has, or while nobody knows. */
export function batchProblem(shards: number, rerun: number[], status: JobStatus | undefined): string | undefined {
    const end = endOf(status);
    if (end?.failure === undefined) {
        return undefined;
    }
    const done = new Set([...indexesOf(end.succeeded), ...rerun]);
    const missing = Array.from({ length: shards }, (_, shard) => shard).filter((shard) => !done.has(shard));
    if (missing.length === 0) {
        return undefined;
    }
    const listed = missing.slice(0, mostRerun).join(", ");
    return (
        `${missing.length} of ${shards} shards are not done: ${end.failure.message || end.failure.reason}; mend what was ` +
        `wrong and do them alone, with rerun: { shards: [${[...rerun, listed].join(", ")}] }`
    );
}

/** The most shards that are done once more by themselves, each of which is a Job. */
export const mostRerun = 100;
