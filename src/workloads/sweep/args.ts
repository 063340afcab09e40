import * as pulumi from "@pulumi/pulumi";

import type { ClaimArgs } from "../../pod/claim-args";
import type { RunArgs } from "../../runs/args";

/** Whether the greatest or the least value is the best. */
export const ObjectiveGoal = {
    /** The greatest: accuracy. */
    Maximize: "maximize",
    /** The least: loss. */
    Minimize: "minimize",
} as const;
export type ObjectiveGoal = (typeof ObjectiveGoal)[keyof typeof ObjectiveGoal];

/** What a sweep is in the cluster. */
export const SweepBackend = {
    /** A Kubernetes Job with one index a trial. Needs no add-on. */
    Job: "Job",
    /** An Experiment of Katib, which must be installed in the cluster. */
    Katib: "Katib",
} as const;
export type SweepBackend = (typeof SweepBackend)[keyof typeof SweepBackend];

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
