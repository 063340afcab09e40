/**
 * A sweep as an Experiment of Katib.
 * Source: https://www.kubeflow.org/docs/components/katib/user-guides/hp-tuning/configure-experiment/
 */
import type * as pulumi from "@pulumi/pulumi";

import type { RangeArgs, SweepArgs } from "../workloads/sweep";
import { hashedName } from "./hash";
import { defaultParallelism } from "./indexed";
import { mapInput } from "./inputs";
import { containerName, podTemplate } from "./pod";
import { disruptionsAreNoFailures, runMeta, runTimeout, runTolerations } from "./run";
import { type Condition, conditionThatHolds } from "./run-status";
import {
    component,
    type Outcome,
    type SweepContext,
    sweepLabels,
    trialFile,
    trialVariables,
    trialVolume,
} from "./sweep";
import { stepAt, stepCount, trialCount } from "./trials";

/** The annotation in which Katib writes a trial's parameters, for a file to be made of. */
const parametersAnnotation = "kubernetes-mlops/parameters";

/** The most values of one parameter that are listed. */
export const mostValues = 1000;

interface Experiment {
    apiVersion: string;
    kind: string;
    metadata: object;
    spec: object;
}

/** The Experiment of a run. All of it is in its name, as Katib takes no changes of what is searched. */
export function sweepExperiment(name: string, args: SweepArgs, context: SweepContext): Experiment {
    const run = hashedName(name, { ...experimentSpec(name, args, context, "run"), triggers: args.triggers });
    // Katib hands its labels on to the service that draws the trials, which is not to wait in the queue of the trials.
    const unqueued = { ...args, workspace: { ...args.workspace, queue: undefined } };
    return {
        apiVersion: "kubeflow.org/v1beta1",
        kind: "Experiment",
        metadata: runMeta(name, component, run, unqueued, {
            "pulumi.com/waitFor":
                'jsonpath={.status.conditions[?((@.type=="Succeeded"||@.type=="Failed")&&@.status=="True")].type}',
        }),
        spec: experimentSpec(name, args, context, run),
    };
}

function experimentSpec(name: string, args: SweepArgs, context: SweepContext, run: pulumi.Input<string>) {
    const count = Math.min(trialCount(args), args.budget?.trials ?? Infinity);
    const { random, objective } = args;
    const ranges = rangesOf(args);
    return {
        objective: { type: objective.goal ?? "maximize", objectiveMetricName: objective.metric },
        algorithm: {
            algorithmName: random ? "random" : "grid",
            // A grid is gone through in an order that is drawn.
            algorithmSettings: [{ name: "random_state", value: String(random?.seed ?? 0) }],
        },
        // Neither may be more than there are trials.
        parallelTrialCount: mapInput(args.parallelism ?? defaultParallelism(count), (most) => Math.min(most, count)),
        maxTrialCount: count,
        // The number with which it has failed: one more than may fail.
        maxFailedTrialCount: mapInput(args.maxFailedTrials ?? count, (most) => Math.min(most + 1, count)),
        resumePolicy: "Never",
        metricsCollectorSpec: {
            collector: { kind: "StdOut" },
            source: { filter: { metricsFormat: [metricFormat(objective.metric)] } },
        },
        parameters: Object.entries(ranges).map(([parameter, range]) => ({ name: parameter, ...katib(range) })),
        trialTemplate: {
            // The logs of a trial are its pods', which go with its Job.
            retain: true,
            primaryContainerName: containerName,
            trialParameters: [
                { name: trialName, reference: "${trialSpec.Name}" },
                ...Object.keys(ranges).map((parameter) => ({ name: parameter, reference: parameter })),
            ],
            trialSpec: trialJob(name, args, context, run),
        },
    };
}

/** What stands for the name of the trial; no parameter of a user's can be called so. */
const trialName = "trial.name";

/**
 * How Katib finds the metric in a line: the name as a word of its own, and a number. Katib's own expression knows no name
 * with a dot or a slash, and takes `loss=nan` for a value, which is then the best.
 */
function metricFormat(metric: string): string {
    const name = metric.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
    return String.raw`(?:^|[^\w./-])(${name})\s*=\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)`;
}

/**
 * What is searched, as ranges: a grid is one of single values. Numbers with a step are listed, as Katib counts its steps
 * from 0 instead of from `min`, and draws the first and the last half as often as the others.
 */
function rangesOf({ grid, random }: SweepArgs): Record<string, RangeArgs> {
    const ofGrid = Object.entries(grid ?? {}).map(([name, values]): [string, RangeArgs] => [name, { values }]);
    const drawn = Object.entries(random?.parameters ?? {}).map(([name, range]): [string, RangeArgs] => [
        name,
        range.step !== undefined && stepCount(range) <= mostValues
            ? { values: Array.from({ length: stepCount(range) }, (_, index) => stepAt(range, index)) }
            : range,
    ]);
    return Object.fromEntries(random ? drawn : ofGrid);
}

/** Whether a range has so many numbers that Katib must count them itself, which it cannot. */
export const isTooFine = (range: RangeArgs): boolean =>
    range.step! > 0 && stepCount(range) > mostValues && !isCounted(range);

/** Whether a range is of whole numbers, each of them. */
const isCounted = ({ min, step }: RangeArgs): boolean => step === 1 && Number.isInteger(min);

/** One parameter in the words of Katib, to which all values are texts. */
function katib(range: RangeArgs): object {
    const { values, min, max, log } = range;
    if (values !== undefined) {
        const numbers = values.every((value) => typeof value === "number");
        return {
            parameterType: numbers ? "discrete" : "categorical",
            feasibleSpace: { list: values.map((value) => written(value, range)) },
        };
    }
    return {
        parameterType: isCounted(range) ? "int" : "double",
        feasibleSpace: {
            min: String(min),
            max: String(isCounted(range) ? Math.floor(max!) : max),
            ...(log && { distribution: "logUniform" }),
        },
    };
}

/** Whether all values of a parameter are texts. */
const areTexts = ({ values = [] }: RangeArgs): boolean =>
    values.length > 0 && values.every((value) => typeof value === "string");

/**
 * A value as it is given to Katib, which puts it into the JSON of a Job as it is, and there into a text that is the JSON
 * of the trial's parameters. Texts have their quotes in that text, unless there are other values beside them.
 */
function written(value: unknown, range: RangeArgs): string {
    const inText = JSON.stringify(JSON.stringify(value)).slice(1, -1);
    return areTexts(range) ? inText.slice(2, -2) : inText;
}

/** What stands for a parameter in the JSON of a trial. */
function placeholder(name: string, range: RangeArgs): string {
    const value = `\${trialParameters.${name}}`;
    return areTexts(range) ? JSON.stringify(value) : value;
}

/**
 * The same with a command that comes through Katib as it is: Katib joins its words with spaces and has a shell run them.
 * A first word without quotes that is `sh` or `bash` Katib takes for that shell, and collects only what the script's last
 * command prints.
 * Source: wrapWorkerContainer in https://github.com/kubeflow/katib/blob/v0.19.0/pkg/webhook/v1beta1/pod/utils.go
 */
function forShell(args: SweepArgs): SweepArgs {
    const quoted = (words: pulumi.Input<string>[] = []) =>
        words.length > 0 ? words.map((word) => mapInput(word, inQuotes)) : undefined;
    return { ...args, command: quoted(args.command), args: quoted(args.args) };
}

const inQuotes = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;

/**
 * The same without an empty text and a `false` that are the default: Katib refuses a Job that it would not write in the
 * same way.
 * Source: validatePatchJob in https://github.com/kubeflow/katib/blob/v0.19.0/pkg/webhook/v1beta1/experiment/validator/validator.go
 */
function withoutDefaults(args: SweepArgs): SweepArgs {
    const env = Object.entries(args.env ?? {}).map(([name, value]) => [
        name,
        mapInput(value, (text) => text || undefined),
    ]);
    const mounts = args.mounts?.map((mount) => ({
        ...mount,
        readOnly: mapInput(mount.readOnly ?? false, (readOnly) => readOnly || undefined) as pulumi.Input<boolean>,
    }));
    return { ...args, env: Object.fromEntries(env) as Record<string, pulumi.Input<string>>, mounts };
}

/** The Job of one trial, in which Katib puts the parameters in their places. */
function trialJob(name: string, args: SweepArgs, context: SweepContext, run: pulumi.Input<string>): object {
    const parameters = Object.entries(rangesOf(args)).map(
        ([parameter, range]) => `${JSON.stringify(parameter)}: ${placeholder(parameter, range)}`,
    );
    const trial = "$(TRIAL_NAME)";
    const { queue } = args.workspace;
    return {
        apiVersion: "batch/v1",
        kind: "Job",
        ...(queue !== undefined && { metadata: { labels: { "kueue.x-k8s.io/queue-name": queue } } }),
        spec: {
            backoffLimit: args.retries ?? 2,
            activeDeadlineSeconds: runTimeout(args),
            podFailurePolicy: disruptionsAreNoFailures,
            template: podTemplate(forShell(withoutDefaults(args)), {
                labels: sweepLabels(name),
                annotations: { [parametersAnnotation]: `{${parameters.join(", ")}}` },
                spec: { restartPolicy: "Never" },
                // The first one, so that others may refer to it.
                env: {
                    TRIAL_NAME: `\${trialParameters.${trialName}}`,
                    ...trialVariables(name, args, context, run, trial),
                },
                volumes: [
                    trialVolume(context.claim, run, trial),
                    {
                        volumes: [
                            {
                                name: "trial",
                                downwardAPI: {
                                    items: [
                                        {
                                            path: "parameters.json",
                                            fieldRef: { fieldPath: `metadata.annotations['${parametersAnnotation}']` },
                                        },
                                    ],
                                },
                            },
                        ],
                        mounts: [{ name: "trial", mountPath: trialFile.replace(/\/[^/]*$/, ""), readOnly: true }],
                    },
                ],
                secretName: context.secretName,
                claimTemplate: context.claimTemplate,
                tolerations: runTolerations(args),
            }),
        },
    };
}

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
    const failed = conditionThatHolds(conditions, "Failed");
    if (failed) {
        return { problem: failureOf(args, { ...status, message: failed.message, maxFailedTrials }) };
    }
    if (conditionThatHolds(conditions, "Succeeded") === undefined) {
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
