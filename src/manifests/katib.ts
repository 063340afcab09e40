/**
 * A sweep as an Experiment of Katib.
 * Source: https://www.kubeflow.org/docs/components/katib/user-guides/hp-tuning/configure-experiment/
 */
import type * as pulumi from "@pulumi/pulumi";

import type { RangeArgs, SweepArgs } from "../workloads/sweep";
import { defaultParallelism } from "./indexed";
import { mapInput } from "./inputs";
import { containerName, podTemplate } from "./pod";
import { disruptionsAreNoFailures, runMeta, runName, runTimeout, runTolerations } from "./run";
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
import { trialCount } from "./trials";

/** The annotation in which Katib writes a trial's parameters, for a file to be made of. */
const parametersAnnotation = "kubernetes-mlops/parameters";

interface Experiment {
    apiVersion: string;
    kind: string;
    metadata: object;
    spec: object;
}

/** The Experiment of a run. All of it is in its name, as Katib takes no changes of what is searched. */
export function sweepExperiment(name: string, args: SweepArgs, context: SweepContext): Experiment {
    const run = runName(name, { ...experimentSpec(name, args, context, "run"), triggers: args.triggers });
    return {
        apiVersion: "kubeflow.org/v1beta1",
        kind: "Experiment",
        metadata: runMeta(name, component, run, args, {
            "pulumi.com/waitFor":
                'jsonpath={.status.conditions[?((@.type=="Succeeded"||@.type=="Failed")&&@.status=="True")].type}',
        }),
        spec: experimentSpec(name, args, context, run),
    };
}

function experimentSpec(name: string, args: SweepArgs, context: SweepContext, run: pulumi.Input<string>) {
    const count = Math.min(trialCount(args), args.budget?.trials ?? Infinity);
    const { random } = args;
    return {
        objective: { type: args.objective.goal ?? "maximize", objectiveMetricName: args.objective.metric },
        algorithm: {
            algorithmName: random ? "random" : "grid",
            ...(random && { algorithmSettings: [{ name: "random_state", value: String(random.seed ?? 0) }] }),
        },
        parallelTrialCount: args.parallelism ?? defaultParallelism(count),
        maxTrialCount: count,
        maxFailedTrialCount: args.maxFailedTrials ?? count,
        resumePolicy: "Never",
        metricsCollectorSpec: { collector: { kind: "StdOut" } },
        parameters: Object.entries(rangesOf(args)).map(([parameter, range]) => ({ name: parameter, ...katib(range) })),
        trialTemplate: {
            primaryContainerName: containerName,
            trialParameters: [
                { name: "trialName", reference: "${trialSpec.Name}" },
                ...Object.keys(rangesOf(args)).map((parameter) => ({ name: parameter, reference: parameter })),
            ],
            trialSpec: trialJob(name, args, context, run),
        },
    };
}

/** What is searched, as ranges: a grid is one of single values. */
function rangesOf({ grid, random }: SweepArgs): Record<string, RangeArgs> {
    const ofGrid = Object.entries(grid ?? {}).map(([name, values]): [string, RangeArgs] => [name, { values }]);
    return random?.parameters ?? Object.fromEntries(ofGrid);
}

/** One parameter in the words of Katib, to which all values are texts. */
function katib({ values, min, max, step, log }: RangeArgs): object {
    if (values !== undefined) {
        const numbers = values.every((value) => typeof value === "number");
        return { parameterType: numbers ? "discrete" : "categorical", feasibleSpace: { list: values.map(String) } };
    }
    const isWhole = step !== undefined && Number.isInteger(step) && Number.isInteger(min);
    return {
        parameterType: isWhole ? "int" : "double",
        feasibleSpace: {
            min: String(min),
            max: String(max),
            ...(step !== undefined && { step: String(step) }),
            ...(log && { distribution: "logUniform" }),
        },
    };
}

/** What is written for a parameter in the JSON of a trial: texts in quotes, all else as it is. */
function placeholder(name: string, { values = [] }: RangeArgs): string {
    const value = `\${trialParameters.${name}}`;
    return values.some((one) => typeof one === "string") ? JSON.stringify(value) : value;
}

/**
 * The same with a command that comes through Katib as it is: Katib joins its words with spaces and has a shell run them,
 * unless it begins with `sh -c` or `bash -c`.
 * Source: wrapWorkerContainer in https://github.com/kubeflow/katib/blob/v0.19.0/pkg/webhook/v1beta1/pod/utils.go
 */
function forShell(args: SweepArgs): SweepArgs {
    const [first, second] = args.command ?? [];
    if ((first === "sh" || first === "bash") && second === "-c") {
        return args;
    }
    const quoted = (words?: pulumi.Input<string>[]) => words?.map((word) => mapInput(word, inQuotes));
    return { ...args, command: quoted(args.command), args: quoted(args.args) };
}

const inQuotes = (word: string): string =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;

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
            template: podTemplate(forShell(args), {
                labels: sweepLabels(name),
                annotations: { [parametersAnnotation]: `{${parameters.join(", ")}}` },
                spec: { restartPolicy: "Never" },
                // The first one, so that others may refer to it.
                env: {
                    TRIAL_NAME: "${trialParameters.trialName}",
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
    currentOptimalTrial?: {
        bestTrialName?: string;
        parameterAssignments?: { name: string; value: string }[];
        observation?: { metrics?: { name: string; latest?: string; min?: string; max?: string }[] };
    };
}

/** What has become of an Experiment. */
export function experimentOutcome(args: SweepArgs, status: ExperimentStatus | undefined): Outcome {
    const { conditions, currentOptimalTrial: found } = status ?? {};
    const failed = conditionThatHolds(conditions, "Failed");
    if (failed) {
        return { problem: `the Experiment has failed: ${failed.message ?? "Katib does not say why"}` };
    }
    if (conditionThatHolds(conditions, "Succeeded") === undefined) {
        return {};
    }
    if (!found?.bestTrialName) {
        return {
            problem: `no trial has printed its ${args.objective.metric}; print a line such as ${args.objective.metric}=0.93`,
        };
    }
    const metric = found.observation?.metrics?.find(({ name }) => name === args.objective.metric);
    const ranges = rangesOf(args);
    const parameters = (found.parameterAssignments ?? []).map(({ name, value }): [string, unknown] => [
        name,
        // Katib knows texts only: the value that was meant is the one that is written in the same way.
        ranges[name]?.values?.find((one) => String(one) === value) ?? (ranges[name]?.values ? value : Number(value)),
    ]);
    const goal: string = args.objective.goal ?? "maximize";
    const value = Number(goal === "minimize" ? metric?.min : metric?.max);
    return { best: { trial: found.bestTrialName, parameters: Object.fromEntries(parameters), value } };
}
