import { parseJobEnd, parseIndexes, type JobStatus } from "../../runs/indexed-job";
import type { BestTrial } from "./args";
import type { Trial } from "./trials";

/** What is looked at of the status of the pod that compares. */
export interface BestPodStatus {
    phase?: string;
    message?: string;
    containerStatuses?: { state?: { terminated?: { exitCode: number; message?: string } } }[];
}

/** What has become of a sweep: the best trial, or why there is none; neither while nobody knows. */
export interface Outcome {
    best?: BestTrial;
    problem?: string;
    /** What is no reason to fail. */
    warning?: string;
}

/** What has become of a sweep, as the status of its Job and that of the pod that compares tell. */
export function sweepOutcome(told: {
    trials: Trial[];
    maxFailedTrials?: number;
    timeout?: string;
    gpuHours?: number;
    job?: JobStatus;
    pod?: BestPodStatus;
}): Outcome {
    const { trials, pod } = told;
    const end = parseJobEnd(told.job);
    if (end === undefined) {
        return {};
    }
    const failed = parseIndexes(end.failed).length;
    const look = "see their pods' logs, and mend it, or change triggers to run it again";
    if (end.failure?.reason === "MaxFailedIndexesExceeded" || failed > (told.maxFailedTrials ?? Infinity)) {
        const most = told.maxFailedTrials ?? 0;
        return {
            problem: `${failed} of ${trials.length} trials have failed (${end.failed}), and maxFailedTrials is ${most}; ${look}`,
        };
    }
    if (end.succeeded === "") {
        return { problem: `no trial has succeeded: ${end.failure?.message ?? "there is none"}; ${look}` };
    }
    if (end.failure?.reason === "DeadlineExceeded" && told.gpuHours === undefined) {
        const timeout = told.timeout ?? "24h";
        return { problem: `it has taken longer than its timeout, ${timeout}; give more time and change triggers` };
    }
    const { exitCode, message } = pod?.containerStatuses?.[0]?.state?.terminated ?? {};
    if (pod?.phase === "Failed" || (exitCode ?? 0) !== 0) {
        const why = (message ?? pod?.message ?? "its pod has failed").trim();
        return { problem: `the results of the trials cannot be compared: ${why}` };
    }
    if (message === undefined) {
        return {};
    }
    const { trial, value, unrecorded } = JSON.parse(message) as { trial: number; value: number; unrecorded?: string };
    return {
        best: { trial: String(trial), parameters: trials[trial]!, value },
        ...(unrecorded !== undefined && {
            warning: `its trials are not in the tracking server: ${unrecorded}; mend it, delete the pod that compares them, and run pulumi up --refresh`,
        }),
    };
}
