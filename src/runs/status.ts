/** A condition in the status of an object. */
export interface Condition {
    type: string;
    status: string;
    reason?: string;
    message?: string;
}

/** The condition of this type, if it holds. */
export function conditionThatHolds(conditions: Condition[] | undefined, type: string): Condition | undefined {
    return conditions?.find((one) => one.type === type && one.status === "True");
}

/**
 * Waits until a run has ended, whether well or not; which of the two is in its status.
 *
 * The provider waits for Jobs by itself, but does not see that one has ended with failed indexes, and would go on to its
 * end. It reads JSONPath as of RFC 9535, and takes a single "=" for the end of the path.
 */
export const untilEnded = {
    "pulumi.com/waitFor": 'jsonpath={.status.conditions[?(@.type=="Failed"||@.type=="Complete")].status}=True',
};

/** What the controllers of custom resources say of a run. */
export interface RunStatus {
    /** JobSet: "Completed" or "Failed". */
    terminalState?: string;
    /** RayJob: what became of the command, and of the cluster it ran in. */
    jobStatus?: string;
    jobDeploymentStatus?: string;
    message?: string;
    conditions?: Condition[];
}

/** Why a run has failed, or nothing if it has not, as far as its status tells. */
export function failureOf(status: RunStatus | undefined): string | undefined {
    const { conditions, terminalState, jobStatus, jobDeploymentStatus, message } = status ?? {};
    const failed = conditionThatHolds(conditions, "Failed");
    if (failed) {
        return failed.message ?? "its controller does not say why";
    }
    const words = [terminalState, jobStatus, jobDeploymentStatus];
    return words.some((word) => word !== undefined && ["Failed", "FAILED", "STOPPED"].includes(word))
        ? message || "its controller does not say why"
        : undefined;
}
