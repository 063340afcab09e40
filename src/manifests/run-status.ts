/** What the controllers of custom resources say of a run. */
export interface RunStatus {
    /** JobSet: "Completed" or "Failed". */
    terminalState?: string;
    /** RayJob: what became of the command, and of the cluster it ran in. */
    jobStatus?: string;
    jobDeploymentStatus?: string;
    message?: string;
    conditions?: { type: string; status: string; message?: string }[];
}

/** Why a run has failed, or nothing if it has not, as far as its status tells. */
export function failureOf(status: RunStatus | undefined): string | undefined {
    const { conditions = [], terminalState, jobStatus, jobDeploymentStatus, message } = status ?? {};
    const failed = conditions.find(({ type, status: isSo }) => type === "Failed" && isSo === "True");
    if (failed) {
        return failed.message ?? "its controller does not say why";
    }
    const words = [terminalState, jobStatus, jobDeploymentStatus];
    return words.some((word) => word !== undefined && ["Failed", "FAILED", "STOPPED"].includes(word))
        ? message || "its controller does not say why"
        : undefined;
}
