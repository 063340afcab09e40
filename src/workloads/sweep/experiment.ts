/**
 * A sweep as an Experiment of Katib.
 * Source: https://www.kubeflow.org/docs/components/katib/user-guides/hp-tuning/configure-experiment/
 */
import type * as pulumi from "@pulumi/pulumi";

import { hashedName } from "../../arguments/hash";
import { mapInput } from "../../arguments/inputs";
import { shellQuote } from "../../arguments/shell";
import { containerName, buildPodTemplate } from "../../pod/pod-template";
import { defaultParallelism } from "../../runs/indexed-job";
import { ignoreDisruptions, runMeta, runTimeout, runTolerations } from "../../runs/run";
import type { RangeArgs, SweepArgs } from "./args";
import { areTexts, isCounted, rangesOf, written } from "./katib-ranges";
import { component, type SweepContext, sweepLabels, trialFile, trialVariables, trialVolume } from "./trial-pod";
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
export function buildExperiment(name: string, args: SweepArgs, context: SweepContext): Experiment {
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
        words.length > 0 ? words.map((word) => mapInput(word, shellQuote)) : undefined;
    return { ...args, command: quoted(args.command), args: quoted(args.args) };
}

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
            podFailurePolicy: ignoreDisruptions,
            template: buildPodTemplate(forShell(withoutDefaults(args)), {
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
