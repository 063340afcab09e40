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
import { checkWorkload } from "../../pod/args";
import { checkClaim, claimFields } from "../../pod/claim-args";
import { runFields } from "../../runs/args";
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
import { mostTrials, trialCount } from "./trials";

const decides = "it decides which trials there are: give a value";

function parameterProblem(name: string): string | undefined {
    return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(name)
        ? undefined
        : "is no name of a parameter; use letters, digits, hyphens and underscores, not starting with a digit";
}

const isValue = (value: unknown): boolean =>
    typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));

const parameterValue = rule((value) => (isValue(value) ? undefined : "it must be a string, a number, true or false"));

const choices: Rule = (value, path, problems) => {
    const checked = list(required(parameterValue, "leave the entry out or give a value"))(value, path, problems);
    if (Array.isArray(checked) && checked.length === 0) {
        problems.add(path, "has no values; leave the parameter out or give one");
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

export const fields = {
    ...runFields,
    objective: required(
        object<ObjectiveArgs>({
            metric: plain(required(nonEmptyString, 'say what each trial tells, for example "accuracy"'), decides),
            goal: plain(oneOf(Object.values(ObjectiveGoal)), decides),
        }),
        'say what is asked of the trials, for example { metric: "accuracy" }',
    ),
    grid: plainly(map(parameterProblem, choices)),
    random: plainly(
        object<RandomArgs>({
            count: required(integer(1, mostTrials), "say how many trials are drawn"),
            seed: integer(0, 2 ** 31 - 1),
            parameters: required(map(parameterProblem, range), "say what is drawn"),
        }),
    ),
    trials: plainly(list(required(map(parameterProblem, parameterValue), "leave the entry out or give values"))),
    parallelism: integer(1, 10000),
    maxFailedTrials: integer(0, mostTrials),
    budget: object<BudgetArgs>({
        trials: plain(integer(1, mostTrials), decides),
        gpuHours: rule((value) =>
            Number.isFinite(value) && (value as number) > 0 ? undefined : "it must be a number greater than 0",
        ),
    }),
    tracking: object<TrackingArgs>({
        uri: required(nonEmptyString, "give the address of the tracking server or leave tracking out"),
        experiment: nonEmptyString,
    }),
    output: object(claimFields),
    collectorImage: imageRef,
    backend: plain(oneOf(Object.values(SweepBackend)), decides),
} satisfies RulesOf<SweepArgs>;

export function checkAcross(args: SweepArgs, problems: Problems, name: string): void {
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
