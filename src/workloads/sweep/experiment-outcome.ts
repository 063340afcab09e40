import { type Condition, trueCondition } from "../../cluster/condition";
import type { SweepArgs } from "./args";
import { buildRanges, formatValue } from "./katib-ranges";
import type { Outcome } from "./outcome";

/** The status of an Experiment, as far as it is read. */
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

/** Returns the outcome of an Experiment from its status. */
export function parseExperimentOutcome(
    args: SweepArgs,
    { status, maxFailedTrials }: { status?: ExperimentStatus; maxFailedTrials?: number },
): Outcome {
    const { conditions, currentOptimalTrial: found } = status ?? {};
    const failed = trueCondition(conditions, "Failed");
    if (failed) {
        return { problem: describeFailure(args, { ...status, message: failed.message, maxFailedTrials }) };
    }
    if (trueCondition(conditions, "Succeeded") === undefined) {
        return {};
    }
    if (!found?.bestTrialName) {
        return { problem: metricMissing(args) };
    }
    const metric = found.observation?.metrics?.find(({ name }) => name === args.objective.metric);
    const ranges = buildRanges(args);
    const parameters = (found.parameterAssignments ?? []).map(({ name, value }): [string, unknown] => {
        const { values } = ranges[name] ?? {};
        return [name, values ? values.find((one) => formatValue(one, { values }) === value) : Number(value)];
    });
    const goal: string = args.objective.goal ?? "maximize";
    const value = Number(goal === "minimize" ? metric?.min : metric?.max);
    return { best: { trial: found.bestTrialName, parameters: Object.fromEntries(parameters), value } };
}

const metricMissing = ({ objective: { metric } }: SweepArgs): string =>
    `no trial has printed ${metric}; print a line such as ${metric}=0.93`;

/** Returns why an Experiment has failed. Katib counts trials that print no metric as failed. */
function describeFailure(
    args: SweepArgs,
    ended: ExperimentStatus & { message?: string; maxFailedTrials?: number },
): string {
    const { trialsFailed: failed = 0, trialMetricsUnavailable: silent = 0, trialsSucceeded: succeeded = 0 } = ended;
    const most = ended.maxFailedTrials ?? Infinity;
    if (failed + silent === 0) {
        const why = ended.message ?? "Katib reports no reason";
        return `the Experiment has failed: ${why}; see the Suggestion of the same name`;
    }
    if (failed + succeeded === 0) {
        return metricMissing(args);
    }
    const many = `${failed + silent} failed${silent > 0 ? `, ${silent} of them without printing ${args.objective.metric}` : ""}`;
    const what =
        failed + silent > most
            ? `too many trials have not succeeded: ${many}, and maxFailedTrials is ${most}`
            : `no trial has succeeded: ${many}`;
    return `${what}; see the logs of their pods, and fix the cause, or change triggers to run it again`;
}
