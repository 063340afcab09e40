/** The trials of a sweep. They depend only on its arguments: the same arguments give the same trials. */
import { hashOf } from "../../arguments/hash";
import type { RandomArgs, RangeArgs, SweepArgs } from "./args";

/** The values of the parameters of a trial, by name. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- strings, numbers and Booleans.
export type Trial = Record<string, any>;

/** Maximum number of trials of a sweep: all of them are in one ConfigMap. */
export const mostTrials = 1000;

/** The search, one of three kinds. */
export type Search = Pick<SweepArgs, "grid" | "random" | "trials" | "budget">;

/** Returns the number of trials without a budget. */
export function countTrials({ grid, random, trials }: Search): number {
    if (grid !== undefined) {
        return Object.values(grid).reduce((count, values) => count * values.length, 1);
    }
    return random?.count ?? trials!.length;
}

/** Returns the trials, at most as many as the budget allows. */
export function buildTrials(args: Search): Trial[] {
    const count = Math.min(countTrials(args), args.budget?.trials ?? Infinity);
    const { grid, random } = args;
    const trial = (index: number): Trial =>
        grid ? buildGridTrial(grid, index) : random ? drawTrial(random, index) : args.trials![index]!;
    return Array.from({ length: count }, (_, index) => trial(index));
}

/** Returns a point of a grid; the last parameter varies fastest. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- strings, numbers and Booleans.
function buildGridTrial(grid: Record<string, any[]>, index: number): Trial {
    let rest = index;
    const values = Object.entries(grid)
        .reverse()
        .map(([name, choices]): [string, unknown] => {
            const value: unknown = choices[rest % choices.length];
            rest = Math.floor(rest / choices.length);
            return [name, value];
        });
    return Object.fromEntries(values.reverse());
}

/** Draws a trial. A value depends only on the seed, the index and the parameter: more trials keep the first ones. */
function drawTrial({ seed = 0, parameters }: RandomArgs, index: number): Trial {
    return Object.fromEntries(
        Object.entries(parameters).map(([name, range]): [string, unknown] => [
            name,
            drawValue(range, Number.parseInt(hashOf([seed, index, name], 12), 16) / 16 ** 12),
        ]),
    );
}

/** Returns a value of a range, for a number from 0 (inclusive) to 1 (exclusive). */
export function drawValue({ values, min = 0, max = 1, step, log }: RangeArgs, at: number): unknown {
    if (values !== undefined) {
        return values[Math.floor(at * values.length)];
    }
    if (step !== undefined) {
        const range = { min, max, step };
        return stepAt(range, Math.floor(at * countSteps(range)));
    }
    const value = log ? Math.exp(Math.log(min) + at * Math.log(max / min)) : min + at * (max - min);
    return Math.min(max, Math.max(min, rounded(value)));
}

/** Returns how many numbers a range with a step has. */
export const countSteps = ({ min = 0, max = 1, step = 1 }: RangeArgs): number =>
    Math.floor((max - min) / step + 1e-9) + 1;

/** Returns one of these numbers, by its index. */
export const stepAt = ({ min = 0, step = 1 }: RangeArgs, index: number): number => rounded(min + step * index);

/** Rounds a number to six significant digits, which are precise enough for a search, and readable. */
const rounded = (value: number): number => Number(value.toPrecision(6));
