/** Jobs of many pods, each with an index, of which some may fail while the others go on. */
import type { types } from "@pulumi/kubernetes";

import { type Condition, conditionThatHolds } from "./status";

type EnvVarSource = types.input.core.v1.EnvVarSource;

/** The pod's index, which variables and mounts that follow may refer to as $(JOB_COMPLETION_INDEX). */
export const indexVariable: Record<string, EnvVarSource> = {
    JOB_COMPLETION_INDEX: {
        fieldRef: { fieldPath: "metadata.annotations['batch.kubernetes.io/job-completion-index']" },
    },
};

/** How a Job has ended. */
export interface JobEnd {
    /** Why it has failed; it may be for no more than some of its indexes. */
    failure?: { reason: string; message: string };
    /** The indexes that have succeeded, and those that have failed for good, such as "0,2-5". */
    succeeded: string;
    failed: string;
}

/** What is looked at of the status of a Job. */
export interface JobStatus {
    conditions?: Condition[];
    completedIndexes?: string;
    failedIndexes?: string;
}

/** How a Job has ended, or nothing while it has not: where nobody has waited for it. */
export function endOf(status: JobStatus | undefined): JobEnd | undefined {
    const { conditions, completedIndexes = "", failedIndexes = "" } = status ?? {};
    const failed = conditionThatHolds(conditions, "Failed");
    if (failed === undefined && conditionThatHolds(conditions, "Complete") === undefined) {
        return undefined;
    }
    const { reason = "", message = "" } = failed ?? {};
    return { ...(failed && { failure: { reason, message } }), succeeded: completedIndexes, failed: failedIndexes };
}

/** The single indexes of a text such as "0,2-5". */
export function indexesOf(ranges: string): number[] {
    return ranges
        .split(",")
        .filter((range) => range !== "")
        .flatMap((range) => {
            const [first, last = first] = range.split("-").map(Number);
            return Array.from({ length: last! - first! + 1 }, (_, index) => first! + index);
        });
}

/** How many pods run at once: as many as there are to run, but no more than 8. */
export const defaultParallelism = (count: number): number => Math.min(count, 8);
