import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as batch from "@pulumi/kubernetes/batch/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";

import { type ExperimentStatus, experimentOutcome, isTooFine, mostValues, sweepExperiment } from "../manifests/katib";
import { claimUri } from "../manifests/model";
import {
    bestPod,
    type Outcome,
    sweepJob,
    sweepLabels,
    sweepOutcome,
    type SweepContext,
    trialsConfigMap,
} from "../manifests/sweep";
import { mostTrials, type Trial, trialCount, trialsOf } from "../manifests/trials";
import {
    failOutput,
    Fields,
    integer,
    list,
    map,
    object,
    oneOf,
    outputOf,
    plain,
    Problems,
    required,
    Rule,
    rule,
    text,
    truth,
    validate,
} from "../validation";
import { checkClaim, ClaimArgs, claimFields, claimOf } from "./claim";
import { gpuClaimTemplate } from "./gpu-claim";
import { RunArgs, runFields } from "./run";
import { environmentSecret } from "./secret";
import { checkWorkload, imageRef } from "./workload";

/** Whether the greatest or the least value is the best. */
export enum ObjectiveGoal {
    /** The greatest: accuracy. */
    Maximize = "maximize",
    /** The least: loss. */
    Minimize = "minimize",
}

/** What a sweep is in the cluster. */
export enum SweepBackend {
    /** A Kubernetes Job with one index a trial. Needs no add-on. */
    Job = "Job",
    /** An Experiment of Katib, which must be installed in the cluster. */
    Katib = "Katib",
}

/** What is asked of the trials. */
export interface ObjectiveArgs {
    /** The name under which each trial tells its value. */
    metric: string;
    /** Whether the greatest or the least value is the best. Defaults to the greatest. */
    goal?: ObjectiveGoal;
}

/** From where the values of one parameter are drawn: from these values, or from the numbers between two. */
export interface RangeArgs {
    /** The values to choose from: texts, numbers, truth values. Not together with the other fields. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the schema analyzer knows no unions.
    values?: any[];
    /** The least number. */
    min?: number;
    /** The greatest number. */
    max?: number;
    /** The distance of the numbers that may be drawn, from `min` on: 1 for whole numbers. Defaults to any number. */
    step?: number;
    /** Whether the logarithm is drawn evenly, as is usual for learning rates. Not with `step`. Defaults to false. */
    log?: boolean;
}

/** Trials that are drawn at random, the same for the same arguments. */
export interface RandomArgs {
    /** How many trials, at most 1000. More of them leave the first ones as they are. */
    count: number;
    /** Another number draws other trials. Defaults to 0. */
    seed?: number;
    /** What is drawn for each parameter. */
    parameters: Record<string, RangeArgs>;
}

/** What a sweep may cost. */
export interface BudgetArgs {
    /** How many trials are run at most: the first ones of those that are described. Defaults to all. */
    trials?: number;
    /**
     * How many hours of GPUs it may take: the sweep is stopped after as many hours as that is with all GPUs that it can
     * use at once, and the best of the trials that are through by then is the best. Not with Katib. Defaults to no
     * bound.
     */
    gpuHours?: pulumi.Input<number>;
}

/**
 * The tracking server of the trials, an MLflow. What they search, what they reach and where it is, is recorded there when
 * the sweep has ended; with Katib a trial has to record itself.
 */
export interface TrackingArgs {
    /**
     * Its address, which trials get as MLFLOW_TRACKING_URI; one that is not of HTTP is for trials alone. A password
     * belongs under `secretEnv`, as MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD or MLFLOW_TRACKING_TOKEN.
     */
    uri: pulumi.Input<string>;
    /** The experiment, which trials get as MLFLOW_EXPERIMENT_NAME. Defaults to the component's name. */
    experiment?: pulumi.Input<string>;
}

/** The arguments of a Sweep. `retries` are those of each trial. */
export interface SweepArgs extends RunArgs {
    /** What is asked of the trials. */
    objective: ObjectiveArgs;
    /** The values of each parameter: there is a trial for each combination. The last parameter varies fastest. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the schema analyzer knows no unions.
    grid?: Record<string, any[]>;
    /** Trials that are drawn at random. */
    random?: RandomArgs;
    /** The trials themselves, each the values of its parameters by name. Not with Katib. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the schema analyzer knows no unions.
    trials?: Record<string, any>[];
    /** How many trials run at once. Defaults to all of them, but no more than 8. Another number is a new run. */
    parallelism?: pulumi.Input<number>;
    /**
     * How many trials may fail for good until the sweep is stopped and has failed. Defaults to any number, as long as
     * one succeeds. Changes in place.
     */
    maxFailedTrials?: pulumi.Input<number>;
    /** What the sweep may cost. */
    budget?: BudgetArgs;
    /** The tracking server of the trials. Defaults to none. */
    tracking?: TrackingArgs;
    /**
     * The volume in which each trial has a directory of its own. Defaults to a claim of 10Gi that the component creates.
     * Trials on several nodes need an access mode of ReadWriteMany.
     */
    output?: ClaimArgs;
    /**
     * The image that compares the results in the end, with `python3` in it and nothing else needed. Defaults to the
     * image of the trials. Not with Katib.
     */
    collectorImage?: pulumi.Input<string>;
    /** What the sweep is in the cluster. Defaults to a Job. Another one is a new run. */
    backend?: SweepBackend;
}

/** The best trial of a sweep. */
export interface BestTrial {
    /** The trial: its number, from 0 on; of Katib, its name. */
    trial: string;
    /** The values of its parameters, by name. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the schema analyzer knows no unions.
    parameters: Record<string, any>;
    /** What it has reached. */
    value: number;
}

const decides = "it decides which trials there are: give a value";

function parameterProblem(name: string): string | undefined {
    return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(name)
        ? undefined
        : "is no name of a parameter; use letters, digits, hyphens and underscores, not starting with a digit";
}

const isValue = (value: unknown): boolean =>
    typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));

const parameterValue = rule((value) => (isValue(value) ? undefined : "it must be a text, a number, true or false"));

const choices: Rule = (value, path, problems) => {
    const checked = list(required(parameterValue, "leave the entry out or give a value"))(value, path, problems);
    if (Array.isArray(checked) && checked.length === 0) {
        problems.add(path, "has no values; leave the parameter out or give one");
    }
    return checked;
};

const number = rule((value) => (Number.isFinite(value) ? undefined : "it must be a number"));

const range: Rule = (value, path, problems) => {
    const fields = { values: choices, min: number, max: number, step: number, log: truth };
    const checked = object(fields)(value, path, problems) as RangeArgs | undefined;
    if (checked !== undefined) {
        checkRange(checked, (problem) => problems.add(path, problem));
    }
    return checked;
};

function checkRange({ values, min, max, step, log }: RangeArgs, add: (problem: string) => void): void {
    const bounds = [min, max, step, log].filter((bound) => bound !== undefined);
    if (values !== undefined && bounds.length > 0) {
        add("has values besides bounds; leave one of them out");
    } else if (values === undefined && (min === undefined || max === undefined)) {
        add("has no bounds; give min and max, or values");
    } else if (typeof min === "number" && typeof max === "number" && min > max) {
        add(`goes from ${min} to ${max}; min must be at most max`);
    } else if (typeof step === "number" && step <= 0) {
        add(`has a step of ${step}; it must be greater than 0`);
    } else if (log === true && step !== undefined) {
        add("has a step besides log; leave one of them out");
    } else if (log === true && typeof min === "number" && min <= 0) {
        add(`has a min of ${min} and log; it must be greater than 0`);
    }
}

/** A rule for what is plain, which leaves what is there in its place even where it is wrong. */
function plainly(inner: Rule): Rule {
    const checked = plain(inner, decides);
    return (value, path, problems) => {
        checked(value, path, problems);
        return value;
    };
}

const fields: Fields = {
    ...runFields,
    objective: required(
        object({
            metric: plain(required(text, 'say what each trial tells, for example "accuracy"'), decides),
            goal: plain(oneOf(Object.values(ObjectiveGoal)), decides),
        }),
        'say what is asked of the trials, for example { metric: "accuracy" }',
    ),
    grid: plainly(map(parameterProblem, choices)),
    random: plainly(
        object({
            count: required(integer(1, mostTrials), "say how many trials are drawn"),
            seed: integer(0, 2 ** 31 - 1),
            parameters: required(map(parameterProblem, range), "say what is drawn"),
        }),
    ),
    trials: plainly(list(required(map(parameterProblem, parameterValue), "leave the entry out or give values"))),
    parallelism: integer(1, 10000),
    maxFailedTrials: integer(0, mostTrials),
    budget: object({
        trials: plain(integer(1, mostTrials), decides),
        gpuHours: rule((value) =>
            Number.isFinite(value) && (value as number) > 0 ? undefined : "it must be a number greater than 0",
        ),
    }),
    tracking: object({
        uri: required(text, "give the address of the tracking server or leave tracking out"),
        experiment: text,
    }),
    output: object(claimFields),
    collectorImage: imageRef,
    backend: plain(oneOf(Object.values(SweepBackend)), decides),
};

function checkAcross(args: SweepArgs, problems: Problems, name: string): void {
    checkWorkload(args, problems);
    checkClaim(args.output, "output", problems);
    checkSearched(args, problems);
    if (args.budget?.gpuHours !== undefined && args.gpu === undefined) {
        problems.add("budget.gpuHours", "is given, and trials have no GPUs; give gpu, or bound the sweep by timeout");
    }
    if (args.backend === SweepBackend.Katib) {
        checkKatib(args, problems, name);
    }
}

function checkSearched(args: SweepArgs, problems: Problems): void {
    const given = (["grid", "random", "trials"] as const).filter((field) => (args[field] ?? undefined) !== undefined);
    if (given.length === 0) {
        problems.add("grid", "is missing; describe the trials by one of grid, random, trials");
    }
    for (const field of given.slice(1)) {
        problems.add(field, `is given besides ${given[0]}; leave one of them out`);
    }
    const { grid, trials, budget } = args;
    const isObject = (value: unknown) => typeof value === "object" && value !== null;
    if (isObject(grid) && Object.keys(grid).length === 0) {
        problems.add("grid", "has no parameters; name at least one");
    }
    if (Array.isArray(trials) && trials.length === 0) {
        problems.add("trials", "has no trials; list at least one");
    }
    const counted = Array.isArray(trials) || (isObject(grid) && Object.values(grid).every(Array.isArray));
    const count = counted ? trialCount({ grid, trials: trials ?? [] }) : 0;
    if (count > mostTrials && budget?.trials === undefined) {
        const field = grid === undefined ? "trials" : "grid";
        problems.add(
            field,
            `makes ${count} trials; at most ${mostTrials} are allowed: list fewer, or give budget.trials`,
        );
    }
}

function checkKatib(args: SweepArgs, problems: Problems, name: string): void {
    // The Experiment is called <name>-<8 characters>, and Katib takes no name of more than 40.
    if (name.length > 31 && name.length <= 50) {
        problems.add("the name", `is "${name}"; with the backend Katib it must be at most 31 characters`);
    }
    const { metric } = args.objective ?? {};
    if (typeof metric === "string" && metric.includes(";")) {
        problems.add("objective.metric", `is "${metric}"; with the backend Katib it must have no semicolon`);
    }
    for (const [parameter, range] of Object.entries(args.random?.parameters ?? {})) {
        if (range && isTooFine(range)) {
            problems.add(
                `random.parameters.${parameter}`,
                `has more than ${mostValues} numbers, which the backend Katib cannot count; give a greater step, or none`,
            );
        }
    }
    for (const [field, value] of Object.entries({
        trials: args.trials,
        collectorImage: args.collectorImage,
        "budget.gpuHours": args.budget?.gpuHours,
    })) {
        if (value !== undefined) {
            problems.add(field, "is given besides the backend Katib, which has no use for it; leave one of them out");
        }
    }
}

/**
 * A search for the best parameters: a Job that runs the same image once for each trial, some of them at a time, and
 * the best trial as an output.
 *
 * In the container TRIAL_FILE is a JSON file with the parameters of the trial, MODEL_DIR the directory to write its
 * result to, and RESULT_FILE the JSON file in it to write the metric to, as `{"accuracy": 0.93}`. TRIAL_NAME names the
 * trial for people and tracking servers.
 *
 * `pulumi up` waits until all trials are through, and has the best one then. A trial that fails is tried again up to
 * `retries` times by itself; one that fails for good is no reason for the sweep to fail, unless `maxFailedTrials` says
 * so. A change of what is searched, of the pod, of `retries` or of `parallelism` is a new run with all of its trials;
 * `timeout`, `maxFailedTrials` and `budget.gpuHours` change in place.
 */
export class Sweep extends pulumi.ComponentResource {
    /** The best trial: which it was, its parameters, and the value it has reached. */
    public readonly best: pulumi.Output<BestTrial>;
    /** Where the best trial's result is, `pvc://<claim>/<run>/<trial>`, for a ModelServer. */
    public readonly model: pulumi.Output<string>;
    /** The name of the run: of its Job, or of its Experiment. */
    public readonly runName: pulumi.Output<string>;

    constructor(name: string, args: SweepArgs, opts?: pulumi.ComponentResourceOptions) {
        const checked = validate("Sweep", name, args, fields, checkAcross);
        super("kubernetes-mlops:index:Sweep", name, {}, opts);

        const labels = sweepLabels(name);
        const { namespace } = checked.workspace;
        const secret =
            checked.secretEnv &&
            environmentSecret(
                name,
                // Not named after its content: a new password is no reason to search again.
                { secretName: `${name}-sweep-env`, namespace, labels, values: checked.secretEnv },
                { parent: this, deleteBeforeReplace: true },
            );
        const context: SweepContext = {
            claim: claimOf(
                `${name}-sweep`,
                checked.output ?? {},
                { resource: `${name}-output`, namespace, labels },
                this,
            ),
            secretName: secret && `${name}-sweep-env`,
            claimTemplate: gpuClaimTemplate(name, checked, labels, this),
        };
        const run =
            checked.backend === SweepBackend.Katib
                ? experimentRun(name, checked, context, { parent: this, dependsOn: secret })
                : jobRun(name, checked, context, { parent: this, dependsOn: secret });

        this.runName = run.name;
        this.best = run.outcome.apply(({ best, problem, warning }): BestTrial => {
            if (warning !== undefined) {
                void pulumi.log.warn(`Sweep "${name}": ${warning}`, this);
            }
            // Where nobody has waited (pulumi.com/skipAwait), nothing is known of it.
            return problem === undefined
                ? (best ?? ({} as BestTrial))
                : failOutput<BestTrial>(`Sweep "${name}": ${problem}`);
        });
        const trial = this.best.apply((best) => best.trial ?? "");
        this.model = outputOf(claimUri(context.claim, run.name, trial));
        this.registerOutputs({ best: this.best, model: this.model, runName: this.runName });
    }
}

interface SweepRun {
    name: pulumi.Output<string>;
    outcome: pulumi.Output<Outcome>;
}

/** A Job of all trials, and a pod that compares their results when it has ended. */
function jobRun(name: string, args: SweepArgs, context: SweepContext, opts: pulumi.CustomResourceOptions): SweepRun {
    const { parent } = opts;
    const trials: Trial[] = trialsOf(args);
    const config = new core.ConfigMap(`${name}-trials`, trialsConfigMap(name, args, trials), { parent });
    const ofJob = { ...context, trials: trials.length, trialsName: config.metadata.name };
    const job = new batch.Job(`${name}-job`, sweepJob(name, args, ofJob), opts);
    const pod = new core.Pod(`${name}-best`, bestPod(name, args, ofJob, job), { parent, dependsOn: job });
    const { maxFailedTrials, timeout, budget } = args;
    const outcome = pulumi
        .all([job.status, pod.status, pulumi.output({ maxFailedTrials, timeout, gpuHours: budget?.gpuHours })])
        .apply(([jobStatus, podStatus, told]) => sweepOutcome({ trials, ...told, job: jobStatus, pod: podStatus }));
    return { name: job.metadata.name, outcome };
}

/** An Experiment, which knows its best trial itself. */
function experimentRun(
    name: string,
    args: SweepArgs,
    context: SweepContext,
    opts: pulumi.CustomResourceOptions,
): SweepRun {
    const experiment = new CustomResource(
        `${name}-experiment`,
        // Only what is named here is read back.
        { ...sweepExperiment(name, args, context), status: undefined },
        { ...opts, replaceOnChanges: ["spec"] },
    );
    const { status } = experiment as unknown as { status: pulumi.Output<ExperimentStatus | undefined> };
    return {
        name: experiment.metadata.name,
        outcome: pulumi
            .output({ status, maxFailedTrials: args.maxFailedTrials })
            .apply((told) => experimentOutcome(args, told)),
    };
}
