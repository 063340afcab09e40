import { type Condition, trueCondition } from "../../runs/status";
import type { SweepArgs } from "./args";
import { rangesOf, written } from "./katib-ranges";
import type { Outcome } from "./outcome";

/** What is looked at of the status of an Experiment. */
export interface ExperimentStatus {
    conditions?: Condition[];
    trialsSucceeded?: number;
    trialsFailed?: number;
    trialMetricsUnavailable?: number;
    currentOptimalTrial?: {
        bestTrialName?: string;
        parameterAssignments?: { name: string; value: string }[];
        observation?: { metrics?: { name: string; latest?: string; min?: string; max?: string }[] };
    };
}

/** What has become of an Experiment. */
export function experimentOutcome(
    args: SweepArgs,
    { status, maxFailedTrials }: { status?: ExperimentStatus; maxFailedTrials?: number },
): Outcome {
    const { conditions, currentOptimalTrial: found } = status ?? {};
    const failed = trueCondition(conditions, "Failed");
    if (failed) {
        return { problem: failureOf(args, { ...status, message: failed.message, maxFailedTrials }) };
    }
    if (trueCondition(conditions, "Succeeded") === undefined) {
        return {};
    }
    if (!found?.bestTrialName) {
        return { problem: nothingPrinted(args) };
    }
    const metric = found.observation?.metrics?.find(({ name }) => name === args.objective.metric);
    const ranges = rangesOf(args);
    const parameters = (found.parameterAssignments ?? []).map(({ name, value }): [string, unknown] => {
        const { values } = ranges[name] ?? {};
        return [name, values ? values.find((one) => written(one, { values }) === value) : Number(value)];
    });
    const goal: string = args.objective.goal ?? "maximize";
    const value = Number(goal === "minimize" ? metric?.min : metric?.max);
    return { best: { trial: found.bestTrialName, parameters: Object.fromEntries(parameters), value } };
}

const nothingPrinted = ({ objective: { metric } }: SweepArgs): string =>
    `no trial has printed its ${metric}; print a line such as ${metric}=0.93`;

/** Why an Experiment has failed. Katib counts a trial that prints no metric among those that have failed. */
function failureOf(args: SweepArgs, told: ExperimentStatus & { message?: string; maxFailedTrials?: number }): string {
    const { trialsFailed: failed = 0, trialMetricsUnavailable: silent = 0, trialsSucceeded: succeeded = 0 } = told;
    const most = told.maxFailedTrials ?? Infinity;
    if (failed + silent === 0) {
        const why = told.message ?? "Katib does not say why";
        return `the Experiment has failed: ${why}; look at its Suggestion, which has the same name`;
    }
    if (failed + succeeded === 0) {
        return nothingPrinted(args);
    }
    const many = `${failed + silent} failed${silent > 0 ? `, ${silent} of them without printing ${args.objective.metric}` : ""}`;
    const what =
        failed + silent > most
            ? `too many trials have not succeeded: ${many}, and maxFailedTrials is ${most}`
            : `no trial has succeeded: ${many}`;
    return `${what}; see their pods' logs, and mend it, or change triggers to run it again`;
}
