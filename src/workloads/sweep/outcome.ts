import { parseJobEnd, parseIndexes, type JobStatus } from "../../runs/indexed-job";
import type { BestTrial } from "./args";
import type { Trial } from "./trials";

/** The status of the pod that compares the results, as far as it is read. */
export interface BestPodStatus {
    phase?: string;
    message?: string;
    containerStatuses?: { state?: { terminated?: { exitCode: number; message?: string } } }[];
}

/** The outcome of a sweep: the best trial, or why there is none; neither if the outcome is not known. */
export interface Outcome {
    best?: BestTrial;
    problem?: string;
    /** A problem that does not fail the sweep. */
    warning?: string;
    /** The indexes of the trials that have succeeded. */
    succeeded?: string;
}

/** What the record of a sweep remembers of a run. */
export interface SweepResult {
    best: BestTrial;
    /** URI of the result of the best trial. */
    model: string;
    succeeded?: string;
}

/** Returns the outcome of a sweep from the status of its Job and of the pod that compares the results. */
export function parseSweepOutcome(ended: {
    trials: Trial[];
    maxFailedTrials?: number;
    timeout?: string;
    gpuHours?: number;
    job?: JobStatus;
    pod?: BestPodStatus;
}): Outcome {
    const { trials, pod } = ended;
    const end = parseJobEnd(ended.job);
    if (end === undefined) {
        return {};
    }
    const failed = parseIndexes(end.failed).length;
    const fix = "see the logs of their pods, and fix the cause, or change triggers to run it again";
    if (end.failure?.reason === "MaxFailedIndexesExceeded" || failed > (ended.maxFailedTrials ?? Infinity)) {
        const most = ended.maxFailedTrials ?? 0;
        return {
            problem: `${failed} of ${trials.length} trials have failed (${end.failed}), and maxFailedTrials is ${most}; ${fix}`,
        };
    }
    if (end.succeeded === "") {
        return { problem: `no trial has succeeded: ${end.failure?.message ?? "there is none"}; ${fix}` };
    }
    if (end.failure?.reason === "DeadlineExceeded" && ended.gpuHours === undefined) {
        const timeout = ended.timeout ?? "24h";
        return { problem: `it has exceeded its timeout of ${timeout}; increase timeout and change triggers` };
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
            warning: `its trials were not recorded in the tracking server: ${unrecorded}; fix the cause, delete the pod that compares them, and run pulumi up --refresh`,
        }),
    };
}
