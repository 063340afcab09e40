/** The trials of a sweep, which follow from its arguments alone: the same arguments give the same trials. */
import { hashOf } from "../../arguments/hash";
import type { RandomArgs, RangeArgs, SweepArgs } from "./args";

/** The values of one trial, by the names of the parameters. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- texts, numbers and truth values.
export type Trial = Record<string, any>;

/** The most trials that a sweep may have: all of them are written down in one ConfigMap. */
export const mostTrials = 1000;

/** What is searched, one of three. */
export type Searched = Pick<SweepArgs, "grid" | "random" | "trials" | "budget">;

/** How many trials there are, before a budget. */
export function trialCount({ grid, random, trials }: Searched): number {
    if (grid !== undefined) {
        return Object.values(grid).reduce((count, values) => count * values.length, 1);
    }
    return random?.count ?? trials!.length;
}

/** The trials, no more than the budget allows. */
export function trialsOf(args: Searched): Trial[] {
    const count = Math.min(trialCount(args), args.budget?.trials ?? Infinity);
    const { grid, random } = args;
    const trial = (index: number): Trial =>
        grid ? gridTrial(grid, index) : random ? randomTrial(random, index) : args.trials![index]!;
    return Array.from({ length: count }, (_, index) => trial(index));
}

/** One point of a grid; the last parameter varies fastest. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- texts, numbers and truth values.
function gridTrial(grid: Record<string, any[]>, index: number): Trial {
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

/** Each value depends on the seed, the trial and the parameter alone: more trials leave the first ones as they are. */
function randomTrial({ seed = 0, parameters }: RandomArgs, index: number): Trial {
    return Object.fromEntries(
        Object.entries(parameters).map(([name, range]): [string, unknown] => [
            name,
            drawn(range, Number.parseInt(hashOf([seed, index, name], 12), 16) / 16 ** 12),
        ]),
    );
}

/** A value of the range, for a number from 0 up to but not including 1. */
export function drawn({ values, min = 0, max = 1, step, log }: RangeArgs, at: number): unknown {
    if (values !== undefined) {
        return values[Math.floor(at * values.length)];
    }
    if (step !== undefined) {
        const range = { min, max, step };
        return stepAt(range, Math.floor(at * stepCount(range)));
    }
    const value = log ? Math.exp(Math.log(min) + at * Math.log(max / min)) : min + at * (max - min);
    return Math.min(max, Math.max(min, readable(value)));
}

/** How many numbers there are in a range with a step. */
export const stepCount = ({ min = 0, max = 1, step = 1 }: RangeArgs): number =>
    Math.floor((max - min) / step + 1e-9) + 1;

/** One of these numbers, by its place. */
export const stepAt = ({ min = 0, step = 1 }: RangeArgs, place: number): number => readable(min + step * place);

/** A number that is as exact as a search needs it, and no longer than one can read. */
const readable = (value: number): number => Number(value.toPrecision(6));
