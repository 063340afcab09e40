/**
 * The Experiment of a sweep, for Katib.
 * Source: https://www.kubeflow.org/docs/components/katib/user-guides/hp-tuning/configure-experiment/
 */
import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { mapInput } from "../../arguments/inputs";
import { escapeReferences, shellCode, templateEngines } from "../../arguments/words";
import { containerName, buildPodTemplate } from "../../pod/pod-template";
import { defaultParallelism } from "../../runs/indexed-job";
import { queueLabels } from "../../runs/queue";
import { buildFailurePolicy, type RunIdentity, runMeta, runTimeout, runTolerations } from "../../runs/run";
import type { RangeArgs, SweepArgs } from "./args";
import { areStrings, buildRanges, formatValue, isIntegerRange } from "./katib-ranges";
import { component, type SweepContext, sweepLabels, trialDir, buildTrialEnv, buildTrialVolume } from "./trial-pod";
import { countTrials } from "./trials";

type PodTemplateSpec = types.input.core.v1.PodTemplateSpec;
type PodSpec = types.input.core.v1.PodSpec;
type Container = types.input.core.v1.Container;
type EnvVar = types.input.core.v1.EnvVar;

/** Annotation into which Katib inserts a trial's parameters, which the pod then mounts as a file. */
const parametersAnnotation = "kubernetes-mlops/parameters";

interface Experiment {
    apiVersion: string;
    kind: string;
    metadata: object;
    spec: object;
}

/**
 * Returns the Experiment of a run. Katib cannot create one without running its trials, so one whose content has completed
 * before is run again.
 */
export function buildExperiment(
    name: string,
    args: SweepArgs,
    context: SweepContext,
    identity: RunIdentity,
): Experiment {
    // Katib passes its labels on to the service that draws the trials, which must not wait in the queue of the trials.
    const unqueued = { ...args, workspace: { ...args.workspace, queue: undefined }, queuePriority: undefined };
    return {
        apiVersion: "kubeflow.org/v1beta1",
        kind: "Experiment",
        metadata: runMeta(name, component, identity, unqueued),
        spec: buildExperimentSpec(name, args, context, identity.run),
    };
}

function buildExperimentSpec(name: string, args: SweepArgs, context: SweepContext, run: pulumi.Input<string>) {
    const count = Math.min(countTrials(args), args.budget?.trials ?? Infinity);
    const { random, objective } = args;
    const ranges = buildRanges(args);
    return {
        objective: { type: objective.goal ?? "maximize", objectiveMetricName: objective.metric },
        algorithm: {
            algorithmName: random ? "random" : "grid",
            // The points of a grid are tried in random order.
            algorithmSettings: [{ name: "random_state", value: String(random?.seed ?? 0) }],
        },
        // Katib refuses numbers that are larger than that of trials.
        parallelTrialCount: mapInput(args.parallelism ?? defaultParallelism(count), (most) => Math.min(most, count)),
        maxTrialCount: count,
        // The number at which it has failed: one more than may fail.
        maxFailedTrialCount: mapInput(args.maxFailedTrials ?? count, (most) => Math.min(most + 1, count)),
        resumePolicy: "Never",
        metricsCollectorSpec: {
            collector: { kind: "StdOut" },
            source: { filter: { metricsFormat: [buildMetricFormat(objective.metric)] } },
        },
        parameters: Object.entries(ranges).map(([parameter, range]) => ({ name: parameter, ...buildParameter(range) })),
        trialTemplate: {
            // The logs of a trial are deleted with its Job.
            retain: true,
            primaryContainerName: containerName,
            trialParameters: [
                { name: trialName, reference: "${trialSpec.Name}" },
                ...Object.keys(ranges).map((parameter) => ({ name: parameter, reference: parameter })),
            ],
            trialSpec: buildTrialJob(name, args, context, run),
        },
    };
}

/** Placeholder of the name of the trial. No parameter of a user can have this name. */
const trialName = "trial.name";

/**
 * Returns the regular expression with which Katib finds the metric in a line: the name as a whole word, and a number.
 * Katib's default does not support names with a dot or a slash, and accepts `loss=nan`, which is then the best value.
 */
function buildMetricFormat(metric: string): string {
    const name = metric.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
    return String.raw`(?:^|[^\w./-])(${name})\s*=\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)`;
}

/** Returns the type and the values of a parameter for Katib, for which all values are strings. */
function buildParameter(range: RangeArgs): object {
    const { values, min, max, log } = range;
    if (values !== undefined) {
        const numbers = values.every((value) => typeof value === "number");
        return {
            parameterType: numbers ? "discrete" : "categorical",
            feasibleSpace: { list: values.map((value) => formatValue(value, range)) },
        };
    }
    return {
        parameterType: isIntegerRange(range) ? "int" : "double",
        feasibleSpace: {
            min: String(min),
            max: String(isIntegerRange(range) ? Math.floor(max!) : max),
            ...(log && { distribution: "logUniform" }),
        },
    };
}

/** Returns the placeholder of a parameter in the JSON of a trial. */
function buildPlaceholder(name: string, range: RangeArgs): string {
    const value = `\${trialParameters.${name}}`;
    return areStrings(range) ? JSON.stringify(value) : value;
}

/**
 * Returns the pod of a trial as Katib needs it.
 *
 * The words of the program are shell code, because Katib joins them with spaces and runs them in a shell. Every word is
 * quoted: if the first one is a bare `sh` or `bash`, Katib collects only the output of the script's last command. The
 * kubelet would replace references before the shell reads the code, and make code of their values.
 * Source: wrapWorkerContainer in https://github.com/kubeflow/katib/blob/v0.19.0/pkg/webhook/v1beta1/pod/utils.go
 *
 * There are no empty values, because Katib refuses a Job that it would serialize differently.
 * Source: validatePatchJob in https://github.com/kubeflow/katib/blob/v0.19.0/pkg/webhook/v1beta1/experiment/validator/validator.go
 */
function adaptToKatib({ metadata, spec }: PodTemplateSpec): PodTemplateSpec {
    const quote = (words: Container["command"]) =>
        mapInput(words, (all) =>
            all?.map((word) => mapInput(word, (known) => escapeReferences(shellCode(known, true)))),
        ) as pulumi.Input<string[]>;
    const adapted = ({ command, args, env, ...container }: Container): Container => ({
        ...container,
        env: mapInput(env as pulumi.Input<EnvVar[]>, (all) =>
            all?.map((one) => ({ ...one, value: mapInput(one.value, (known) => known || undefined) as string })),
        ),
        ...(container.name === containerName ? { command: quote(command), args: quote(args) } : { command, args }),
    });
    const { containers, ...others } = spec as PodSpec;
    return {
        metadata,
        spec: { ...others, containers: mapInput(containers as pulumi.Input<Container[]>, (all) => all.map(adapted)) },
    };
}

/** Returns the arguments without a `readOnly` that is false, which is the default: see above. */
function withoutDefaults(args: SweepArgs): SweepArgs {
    const mounts = args.mounts?.map((mount) => ({
        ...mount,
        readOnly: mapInput(mount.readOnly ?? false, (readOnly) => readOnly || undefined) as pulumi.Input<boolean>,
    }));
    return { ...args, mounts };
}

/** Returns the Job of a trial, in which Katib replaces the placeholders of the parameters. */
function buildTrialJob(name: string, args: SweepArgs, context: SweepContext, run: pulumi.Input<string>): object {
    const parameters = Object.entries(buildRanges(args)).map(
        ([parameter, range]) => `${JSON.stringify(parameter)}: ${buildPlaceholder(parameter, range)}`,
    );
    const trial = "$(TRIAL_NAME)";
    const queue = queueLabels(args);
    return {
        apiVersion: "batch/v1",
        kind: "Job",
        ...(Object.keys(queue).length > 0 && { metadata: { labels: queue } }),
        spec: {
            backoffLimit: args.retries ?? 2,
            activeDeadlineSeconds: runTimeout(args),
            podFailurePolicy: buildFailurePolicy(args.retry, "FailJob"),
            template: adaptToKatib(
                buildPodTemplate(withoutDefaults(args), {
                    labels: sweepLabels(name),
                    templateEngine: templateEngines.trialParameters,
                    annotations: { [parametersAnnotation]: `{${parameters.join(", ")}}` },
                    spec: { restartPolicy: "Never" },
                    // Before the others, which may refer to it.
                    env: {
                        TRIAL_NAME: `\${trialParameters.${trialName}}`,
                        ...buildTrialEnv(name, args, context, run, trial),
                    },
                    volumes: [
                        buildTrialVolume(context.claim, run, trial),
                        {
                            volumes: [
                                {
                                    name: "trial",
                                    downwardAPI: {
                                        items: [
                                            {
                                                path: "parameters.json",
                                                fieldRef: {
                                                    fieldPath: `metadata.annotations['${parametersAnnotation}']`,
                                                },
                                            },
                                        ],
                                    },
                                },
                            ],
                            mounts: [{ name: "trial", mountPath: trialDir, readOnly: true }],
                        },
                    ],
                    secretName: context.secretName,
                    claimTemplate: context.claimTemplate,
                    tolerations: runTolerations(args),
                }),
            ),
        },
    };
}
