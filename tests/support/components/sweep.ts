import * as pulumi from "@pulumi/pulumi";

import { ObjectiveGoal, Sweep, type SweepArgs } from "../../../src";
import { fullRun, image } from "../arguments";
import {
    type Case,
    claimCases,
    claimScalars,
    digestRef,
    type Fixture,
    list,
    nonEmptyString,
    object,
    type Row,
    runCases,
    runNames,
    runScalars,
    runSecrets,
    validWorkload,
    workloadAllowed,
    workloadMisspelt,
    workloadPlain,
} from "./fixture";

const valid = {
    ...validWorkload,
    objective: { metric: "accuracy" },
    grid: { depth: [1, 2] },
    tracking: { uri: "http://mlflow.mlflow" },
};

/** Every argument of a Sweep with the backend Job. */
export const fullSweepArgs: SweepArgs = {
    ...fullRun,
    command: ["python", "trial.py"],
    gpu: { ...fullRun.gpu, count: 2 },
    retries: 1,
    objective: { metric: "loss", goal: ObjectiveGoal.Minimize },
    random: {
        count: 20,
        seed: 7,
        parameters: { rate: { min: 1e-5, max: 0.1, log: true }, depth: { min: 2, max: 8, step: 2 } },
    },
    parallelism: 4,
    maxFailedTrials: 3,
    budget: { trials: 12, gpuHours: 8 },
    tracking: { uri: "http://mlflow.mlflow", experiment: "fraud" },
    output: { size: "50Gi", storageClass: "fast" },
    keepResults: 3,
    collectorImage: image,
};

const decides = "it must be a plain value, because it decides which trials are run";
const value = "it must be a string, a number, true or false";
const parameter =
    "is not a valid parameter name; use letters, digits, hyphens and underscores, and start with a letter or an underscore";
const values = (from: number, to: number) => `it must be an integer from ${from} to ${to}`;

/** Returns a random search of one parameter. */
const drawn = (range: object): object => ({ grid: undefined, random: { count: 2, parameters: { rate: range } } });

const rangeCases: Case[] = [
    [drawn({}), "random.parameters.rate has no range; set min and max, or values"],
    [drawn({ min: 1 }), "random.parameters.rate has no range; set min and max, or values"],
    [drawn({ values: [1], min: 1 }), "random.parameters.rate has both values and a range; remove one of them"],
    [drawn({ values: [] }), "random.parameters.rate.values has no values; add one or remove the parameter"],
    [drawn({ values: [{}] }), `random.parameters.rate.values[0] is an object; ${value}`],
    [drawn({ min: 2, max: 1 }), "random.parameters.rate has min 2 and max 1; min must not be greater than max"],
    [drawn({ min: 1, max: 2, step: 0 }), "random.parameters.rate has step 0; it must be greater than 0"],
    [drawn({ min: 1, max: 2, step: 1, log: true }), "random.parameters.rate has both step and log; remove one of them"],
    [drawn({ min: 0, max: 1, log: true }), "random.parameters.rate has min 0; it must be greater than 0 with log"],
    [drawn({ min: "0", max: 1 }), 'random.parameters.rate.min is "0"; it must be a number'],
    [drawn({ min: 0, max: NaN }), "random.parameters.rate.max is NaN; it must be a number"],
    [drawn({ min: 0, max: 1, log: "yes" }), 'random.parameters.rate.log is "yes"; it must be true or false'],
    [
        drawn({ min: 0, max: 1, integer: true }),
        "random.parameters.rate.integer does not exist; allowed here: values, min, max, step, log",
    ],
];

const katib = (args: object): object => ({ backend: "Katib", ...args });
const ofKatib = "is not supported with the backend Katib; remove it";

export const fixture: Fixture = {
    component: Sweep,
    valid: () => valid,
    full: () => fullSweepArgs,
    // Claim, trials, Job, pod that compares them, Secret and record.
    children: 6,
    scalars: [
        ...runScalars,
        ...claimScalars("output"),
        ["parallelism", [0, 1.5, "2", 10001], values(1, 10000)],
        ["maxFailedTrials", [-1, 1.5, "2", 1001], values(0, 1000)],
        ["tracking.uri", ["", 5], nonEmptyString],
        ["tracking.experiment", ["", 5], nonEmptyString],
        ["collectorImage", ["python:3.12", ""], digestRef],
    ],
    plain: [
        ...workloadPlain,
        ["objective.metric", ["", 5], nonEmptyString],
        ["objective.goal", ["max", 1], "it must be one of maximize, minimize"],
        ["backend", ["katib", 1], "it must be one of Job, Katib"],
        ["budget.trials", [0, 1.5, "2", 1001], values(1, 1000)],
        ["budget.gpuHours", [0, -1, "2", NaN], "it must be a number greater than 0"],
    ] satisfies Row[],
    cases: [
        ...runCases,
        ...claimCases("output"),
        ...rangeCases,
        [{ objective: undefined }, 'objective is missing; set it, for example to { metric: "accuracy" }'],
        [
            { objective: {} },
            'objective.metric is missing; set the name of the metric that trials report, for example "accuracy"',
        ],
        [{ objective: "accuracy" }, `objective ${object}`],
        [{ objective: { metric: pulumi.output("accuracy") } }, `objective.metric is an Output; ${decides}`],
        [{ grid: undefined }, "grid is missing; set one of grid, random, trials"],
        [{ grid: {} }, "grid has no parameters; add at least one"],
        [{ grid: "depth" }, "grid must be an object (its values may be Outputs)"],
        [{ grid: { depth: 3 } }, `grid.depth is 3; ${list}`],
        [{ grid: { depth: [] } }, "grid.depth has no values; add one or remove the parameter"],
        [{ grid: { depth: [[1]] } }, `grid.depth[0] is a list; ${value}`],
        [{ grid: { depth: [undefined] } }, "grid.depth[0] is missing; remove the entry or set it to a value"],
        [{ grid: { depth: [1, pulumi.output(2)] } }, `grid.depth[1] is an Output; ${decides}`],
        [{ grid: { "1st": [1], "a.b": [1] } }, `grid.1st ${parameter}`, `grid.a.b ${parameter}`],
        [
            { grid: { a: Array(50).fill(1), b: Array(50).fill(1) } },
            "grid has 2500 trials; it must have at most 1000: remove some, or set budget.trials",
        ],
        [{ grid: undefined, trials: [] }, "trials has no trials; add at least one"],
        [{ grid: undefined, trials: "a" }, `trials is "a"; ${list}`],
        [{ grid: undefined, trials: [undefined] }, "trials[0] is missing; remove the entry or set it to an object"],
        [{ grid: undefined, trials: [{ depth: {} }] }, `trials[0].depth is an object; ${value}`],
        [
            { grid: undefined, trials: Array(1001).fill({ depth: 1 }) },
            "trials has 1001 trials; it must have at most 1000: remove some, or set budget.trials",
        ],
        [
            { random: { count: 1, parameters: { depth: { values: [1] } } }, trials: [{ depth: 1 }] },
            "random cannot be combined with grid; remove one of them",
            "trials cannot be combined with grid; remove one of them",
        ],
        [
            { grid: undefined, random: {} },
            "random.count is missing; set the number of trials",
            "random.parameters is missing; set the values of at least one parameter",
        ],
        [
            { grid: undefined, random: { count: 0, seed: -1, parameters: { a: { values: [1] } } } },
            `random.count is 0; ${values(1, 1000)}`,
            `random.seed is -1; ${values(0, 2 ** 31 - 1)}`,
        ],
        [
            { budget: { gpuHours: 8 } },
            "budget.gpuHours has no effect without gpu; set gpu, or limit the sweep with timeout",
        ],
        [{ budget: "8h" }, `budget ${object}`],
        [{ tracking: "http://mlflow" }, `tracking ${object}`],
        [{ tracking: {} }, "tracking.uri is missing; set the URI of the tracking server, or remove tracking"],
        [katib({ grid: undefined, trials: [{ depth: 1 }] }), `trials ${ofKatib}`],
        [
            katib({ collectorImage: image, gpu: {}, budget: { gpuHours: 8 }, keepResults: 3 }),
            `collectorImage ${ofKatib}`,
            `budget.gpuHours ${ofKatib}`,
            `keepResults ${ofKatib}`,
        ],
        [
            katib({ objective: { metric: "a;b" } }),
            'objective.metric is "a;b"; with the backend Katib it must not contain a semicolon',
        ],
        [
            katib(drawn({ min: 0, max: 1, step: 0.0001 })),
            "random.parameters.rate has more than 1000 numbers, which the backend Katib does not support; increase step, or remove it",
        ],
    ],
    secrets: runSecrets,
    missing: [
        ["workspace.namespace", "set the namespace"],
        ["tracking.uri", "set the URI of the tracking server, or remove tracking"],
    ],
    misspelt: [
        [
            "parallel",
            `${runNames}, keepResults, objective, grid, random, trials, parallelism, maxFailedTrials, budget, tracking, output, collectorImage, backend`,
        ],
        ["objective.target", "metric, goal"],
        ["budget.hours", "trials, gpuHours"],
        ["tracking.url", "uri, experiment"],
        ["output.uri", "claim, size, storageClass, accessMode, retain"],
        ...workloadMisspelt,
    ],
    allowed: [
        ...workloadAllowed,
        ["grid", [{ a: ["x", 1, true, ""] }, { "learning-rate": [1e-5] }]],
        ["maxFailedTrials", [0, 1000]],
        ["budget", [{ trials: 1 }, {}]],
        ["output", [null, undefined, {}]],
        ["backend", ["Job", "Katib", undefined]],
    ],
};
