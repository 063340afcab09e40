import { type Condition, trueCondition } from "../cluster/condition";

/** The status of the custom resources that represent a run, as far as it is read. */
export interface RunStatus {
    /** JobSet: "Completed" or "Failed". */
    terminalState?: string;
    /** RayJob: the outcome of the command, and of the cluster that ran it. */
    jobStatus?: string;
    jobDeploymentStatus?: string;
    message?: string;
    conditions?: Condition[];
}

/** Returns why a run has failed according to its status, or undefined if it has not. */
export function failureOf(status: RunStatus | undefined): string | undefined {
    const { conditions, terminalState, jobStatus, jobDeploymentStatus, message } = status ?? {};
    const failed = trueCondition(conditions, "Failed");
    if (failed) {
        return failed.message ?? "its controller reports no reason";
    }
    const states = [terminalState, jobStatus, jobDeploymentStatus];
    return states.some((state) => state !== undefined && ["Failed", "FAILED", "STOPPED"].includes(state))
        ? message || "its controller reports no reason"
        : undefined;
}
