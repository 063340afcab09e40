import { boolean, imageRef, integer, nonEmptyString, oneOf } from "../../arguments/formats";
import {
    list,
    map,
    object,
    plain,
    type Problems,
    required,
    rule,
    type Rule,
    type RulesOf,
} from "../../arguments/rules";
import { checkNameLength, checkWorkload } from "../../pod/args";
import { checkClaim, claimFields } from "../../pod/claim-args";
import { modelDir } from "../../pod/model-volume";
import { runFields } from "../../runs/args";
import { keptResultsFields } from "../../runs/output-args";
import {
    ObjectiveGoal,
    type RangeArgs,
    type SweepArgs,
    SweepBackend,
    type ObjectiveArgs,
    type RandomArgs,
    type BudgetArgs,
    type TrackingArgs,
} from "./args";
import { isTooFine, mostValues } from "./katib-ranges";
import { trialDir } from "./trial-pod";
import { mostTrials, countTrials } from "./trials";

const decides = "it must be a plain value, because it decides which trials are run";

function parameterProblem(name: string): string | undefined {
    return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(name)
        ? undefined
        : "is not a valid parameter name; use letters, digits, hyphens and underscores, and start with a letter or an underscore";
}

const isValue = (value: unknown): boolean =>
    typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));

const parameterValue = rule((value) => (isValue(value) ? undefined : "it must be a string, a number, true or false"));

const choices: Rule = (value, path, problems) => {
    const checked = list(required(parameterValue, "remove the entry or set it to a value"))(value, path, problems);
    if (Array.isArray(checked) && checked.length === 0) {
        problems.add(path, "has no values; add one or remove the parameter");
    }
    return checked;
};

const number = rule((value) => (Number.isFinite(value) ? undefined : "it must be a number"));

const range: Rule = (value, path, problems) => {
    const fields = { values: choices, min: number, max: number, step: number, log: boolean };
    const checked = object<RangeArgs>(fields)(value, path, problems) as RangeArgs | undefined;
    if (checked !== undefined) {
        checkRange(checked, (problem) => problems.add(path, problem));
    }
    return checked;
};

function checkRange({ values, min, max, step, log }: RangeArgs, add: (problem: string) => void): void {
    const bounds = [min, max, step, log].filter((bound) => bound !== undefined);
    if (values !== undefined && bounds.length > 0) {
        add("has both values and a range; remove one of them");
    } else if (values === undefined && (min === undefined || max === undefined)) {
        add("has no range; set min and max, or values");
    } else if (typeof min === "number" && typeof max === "number" && min > max) {
        add(`has min ${min} and max ${max}; min must not be greater than max`);
    } else if (typeof step === "number" && step <= 0) {
        add(`has step ${step}; it must be greater than 0`);
    } else if (log === true && step !== undefined) {
        add("has both step and log; remove one of them");
    } else if (log === true && typeof min === "number" && min <= 0) {
        add(`has min ${min}; it must be greater than 0 with log`);
    }
}

/** Returns the rule of a plain value that keeps an invalid value, so that the checks below see that it is set. */
function plainAndKept(inner: Rule): Rule {
    const checked = plain(inner, decides);
    return (value, path, problems) => {
        checked(value, path, problems);
        return value;
    };
}

export const fields = {
    ...runFields,
    ...keptResultsFields,
    objective: required(
        object<ObjectiveArgs>({
            metric: plain(
                required(nonEmptyString, 'set the name of the metric that trials report, for example "accuracy"'),
                decides,
            ),
            goal: plain(oneOf(Object.values(ObjectiveGoal)), decides),
        }),
        'set it, for example to { metric: "accuracy" }',
    ),
    grid: plainAndKept(map(parameterProblem, choices)),
    random: plainAndKept(
        object<RandomArgs>({
            count: required(integer(1, mostTrials), "set the number of trials"),
            seed: integer(0, 2 ** 31 - 1),
            parameters: required(map(parameterProblem, range), "set the values of at least one parameter"),
        }),
    ),
    trials: plainAndKept(
        list(required(map(parameterProblem, parameterValue), "remove the entry or set it to an object")),
    ),
    parallelism: integer(1, 10000),
    maxFailedTrials: integer(0, mostTrials),
    budget: object<BudgetArgs>({
        trials: plain(integer(1, mostTrials), decides),
        gpuHours: rule((value) =>
            Number.isFinite(value) && (value as number) > 0 ? undefined : "it must be a number greater than 0",
        ),
    }),
    tracking: object<TrackingArgs>({
        uri: required(nonEmptyString, "set the URI of the tracking server, or remove tracking"),
        experiment: nonEmptyString,
    }),
    output: object(claimFields),
    collectorImage: imageRef,
    backend: plain(oneOf(Object.values(SweepBackend)), decides),
} satisfies RulesOf<SweepArgs>;

export function checkAcross(args: SweepArgs, problems: Problems, name: string): void {
    checkWorkload(args, problems, {
        [modelDir]: "MODEL_DIR, the directory of the result",
        [trialDir]: "the directory of the parameters",
        ...(args.backend === SweepBackend.Katib && { "/var/log/katib": "where Katib collects the metric" }),
    });
    checkClaim(args.output, "output", problems);
    checkSearch(args, problems);
    if (args.budget?.gpuHours !== undefined && args.gpu === undefined) {
        problems.add("budget.gpuHours", "has no effect without gpu; set gpu, or limit the sweep with timeout");
    }
    if (args.backend === SweepBackend.Katib) {
        checkKatib(args, problems, name);
    }
}

function checkSearch(args: SweepArgs, problems: Problems): void {
    const given = (["grid", "random", "trials"] as const).filter((field) => (args[field] ?? undefined) !== undefined);
    if (given.length === 0) {
        problems.add("grid", "is missing; set one of grid, random, trials");
    }
    for (const field of given.slice(1)) {
        problems.add(field, `cannot be combined with ${given[0]}; remove one of them`);
    }
    const { grid, trials, budget } = args;
    const isObject = (value: unknown) => typeof value === "object" && value !== null;
    if (isObject(grid) && Object.keys(grid).length === 0) {
        problems.add("grid", "has no parameters; add at least one");
    }
    if (Array.isArray(trials) && trials.length === 0) {
        problems.add("trials", "has no trials; add at least one");
    }
    const counted = Array.isArray(trials) || (isObject(grid) && Object.values(grid).every(Array.isArray));
    const count = counted ? countTrials({ grid, trials: trials ?? [] }) : 0;
    if (count > mostTrials && budget?.trials === undefined) {
        const field = grid === undefined ? "trials" : "grid";
        problems.add(
            field,
            `has ${count} trials; it must have at most ${mostTrials}: remove some, or set budget.trials`,
        );
    }
}

function checkKatib(args: SweepArgs, problems: Problems, name: string): void {
    // The Experiment is named <name>-<8 characters>, and Katib allows at most 40 characters.
    checkNameLength(args, name, 31, 'with backend "Katib"', problems);
    const { metric } = args.objective ?? {};
    if (typeof metric === "string" && metric.includes(";")) {
        problems.add("objective.metric", `is "${metric}"; with the backend Katib it must not contain a semicolon`);
    }
    for (const [parameter, range] of Object.entries(args.random?.parameters ?? {})) {
        if (range && isTooFine(range)) {
            problems.add(
                `random.parameters.${parameter}`,
                `has more than ${mostValues} numbers, which the backend Katib does not support; increase step, or remove it`,
            );
        }
    }
    for (const [field, value] of Object.entries({
        trials: args.trials,
        collectorImage: args.collectorImage,
        "budget.gpuHours": args.budget?.gpuHours,
        keepResults: args.keepResults,
    })) {
        if (value !== undefined) {
            problems.add(field, "is not supported with the backend Katib; remove it");
        }
    }
}
