import * as pulumi from "@pulumi/pulumi";

import type { ClaimArgs } from "../../pod/claim-args";
import type { RunArgs } from "../../runs/args";
import type { KeptResultsArgs } from "../../runs/output-args";

/** Whether the metric is to be maximized or minimized. */
export const ObjectiveGoal = {
    /** The largest value is best, such as for accuracy. */
    Maximize: "maximize",
    /** The smallest value is best, such as for loss. */
    Minimize: "minimize",
} as const;
export type ObjectiveGoal = (typeof ObjectiveGoal)[keyof typeof ObjectiveGoal];

/** The resource kind of a sweep. */
export const SweepBackend = {
    /** A Kubernetes Job with an index for each trial. Needs no add-on. */
    Job: "Job",
    /** An Experiment of Katib, which must be installed in the cluster. */
    Katib: "Katib",
} as const;
export type SweepBackend = (typeof SweepBackend)[keyof typeof SweepBackend];

/** The objective of the search. */
export interface ObjectiveArgs {
    /** Name of the metric that each trial reports. */
    metric: string;
    /** Whether the metric is to be maximized or minimized. Defaults to maximize. */
    goal?: ObjectiveGoal;
}

/** The values of one parameter: a list of values, or a range of numbers. */
export interface RangeArgs {
    /** Values to choose from: strings, numbers and Booleans. Cannot be combined with the other fields. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the schema analyzer does not support unions.
    values?: any[];
    /** The smallest number. Required without `values`. */
    min?: number;
    /** The largest number. Required without `values`. */
    max?: number;
    /** Distance between the numbers, counted from `min`: 1 for integers. Defaults to any number in the range. */
    step?: number;
    /**
     * Whether numbers are drawn uniformly on a logarithmic scale. Cannot be combined with `step`. Defaults to false.
     */
    log?: boolean;
}

/** Random search. The same arguments draw the same trials. */
export interface RandomArgs {
    /** Number of trials, at most 1000. A larger number adds trials and keeps the first ones. */
    count: number;
    /** Seed of the random numbers. Defaults to 0. */
    seed?: number;
    /** The values of each parameter, by name. */
    parameters: Record<string, RangeArgs>;
}

/** The limits of a sweep. */
export interface BudgetArgs {
    /** Maximum number of trials, counted from the first. Defaults to all. */
    trials?: number;
    /**
     * Maximum GPU hours: the sweep is stopped after this number divided by the number of GPUs that it can use at once,
     * and the best trial is chosen from those that have completed by then. Not supported with Katib. Defaults to no
     * limit.
     */
    gpuHours?: pulumi.Input<number>;
}

/**
 * The MLflow tracking server of the trials. Their parameters, metrics and the URIs of their results are recorded there
 * when the sweep has ended; with Katib, each trial must record itself.
 */
export interface TrackingArgs {
    /**
     * URI of the server, which trials receive as MLFLOW_TRACKING_URI. With a scheme other than HTTP, only trials use
     * it. Set credentials in `secretEnv`, as MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD or
     * MLFLOW_TRACKING_TOKEN.
     */
    uri: pulumi.Input<string>;
    /**
     * Name of the experiment, which trials receive as MLFLOW_EXPERIMENT_NAME. Defaults to the name of the component.
     */
    experiment?: pulumi.Input<string>;
}

/** The arguments of a Sweep. `retries` apply to each trial. */
export interface SweepArgs extends RunArgs, KeptResultsArgs {
    /** The objective of the search. */
    objective: ObjectiveArgs;
    /**
     * Grid search: the values of each parameter, by name. Each combination is a trial; the last parameter varies
     * fastest.
     */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the schema analyzer does not support unions.
    grid?: Record<string, any[]>;
    /** Random search. */
    random?: RandomArgs;
    /** The trials themselves, each the values of its parameters by name. Not supported with Katib. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the schema analyzer does not support unions.
    trials?: Record<string, any>[];
    /** How many trials run at once. Changing it starts a new run. Defaults to all of them, but no more than 8. */
    parallelism?: pulumi.Input<number>;
    /**
     * How many trials may fail before the sweep is stopped and has failed. Changes in place. Defaults to any number, as
     * long as one succeeds.
     */
    maxFailedTrials?: pulumi.Input<number>;
    /** The limits of the sweep. Defaults to none. */
    budget?: BudgetArgs;
    /** The MLflow tracking server of the trials. Defaults to none. */
    tracking?: TrackingArgs;
    /**
     * Where results are kept: a PersistentVolumeClaim with a directory for each trial. Trials on several nodes need the
     * access mode ReadWriteMany. Defaults to a claim of 10Gi that the component creates.
     */
    output?: ClaimArgs;
    /**
     * The image that compares the results at the end; it needs only `python3`. Not supported with Katib. Defaults to
     * the image of the trials.
     */
    collectorImage?: pulumi.Input<string>;
    /** The resource kind of the sweep. Changing it starts a new run. Defaults to Job. */
    backend?: SweepBackend;
}

/** The best trial of a sweep. */
export interface BestTrial {
    /** The index of the trial, counted from 0; with Katib, its name. */
    trial: string;
    /** The values of its parameters, by name. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the schema analyzer does not support unions.
    parameters: Record<string, any>;
    /** The value of its metric. */
    value: number;
}
