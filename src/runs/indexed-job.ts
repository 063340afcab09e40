/** Jobs of many pods, each with an index, of which some may fail while the others continue. */
import type { types } from "@pulumi/kubernetes";

import { type Condition, trueCondition } from "../cluster/condition";

type EnvVarSource = types.input.core.v1.EnvVarSource;

/** The pod's index, to which later variables and mounts may refer as $(JOB_COMPLETION_INDEX). */
export const indexVariable: Record<string, EnvVarSource> = {
    JOB_COMPLETION_INDEX: {
        fieldRef: { fieldPath: "metadata.annotations['batch.kubernetes.io/job-completion-index']" },
    },
};

/** The outcome of a Job. */
export interface JobEnd {
    /** Why it has failed, if only some of its indexes. */
    failure?: { reason: string; message: string };
    /** The indexes that have succeeded, and those that have used up their retries, such as "0,2-5". */
    succeeded: string;
    failed: string;
}

/** The status of a Job, as far as it is read. */
export interface JobStatus {
    conditions?: Condition[];
    completedIndexes?: string;
    failedIndexes?: string;
}

/** Returns the outcome of a Job, or undefined if it has not ended, for example because Pulumi has not waited for it. */
export function parseJobEnd(status: JobStatus | undefined): JobEnd | undefined {
    const { conditions, completedIndexes = "", failedIndexes = "" } = status ?? {};
    const failed = trueCondition(conditions, "Failed");
    if (failed === undefined && trueCondition(conditions, "Complete") === undefined) {
        return undefined;
    }
    const { reason = "", message = "" } = failed ?? {};
    return { ...(failed && { failure: { reason, message } }), succeeded: completedIndexes, failed: failedIndexes };
}

/** Returns the indexes of a list of ranges such as "0,2-5". */
export function parseIndexes(ranges: string): number[] {
    return ranges
        .split(",")
        .filter((range) => range !== "")
        .flatMap((range) => {
            const [first, last = first] = range.split("-").map(Number);
            return Array.from({ length: last! - first! + 1 }, (_, index) => first! + index);
        });
}

/** Returns how many pods run at once by default: all of them, but no more than 8. */
export const defaultParallelism = (count: number): number => Math.min(count, 8);
