import type { RangeArgs, SweepArgs } from "./args";
import { stepAt, countSteps } from "./trials";

/** Maximum number of values of a parameter that are listed. */
export const mostValues = 1000;

/**
 * Returns the search space as ranges; those of a grid are lists of values. Numbers with a step are listed, because
 * Katib counts its steps from 0 instead of from `min`, and draws the first and the last number half as often as the
 * others.
 */
export function buildRanges({ grid, random }: SweepArgs): Record<string, RangeArgs> {
    const ofGrid = Object.entries(grid ?? {}).map(([name, values]): [string, RangeArgs] => [name, { values }]);
    const drawn = Object.entries(random?.parameters ?? {}).map(([name, range]): [string, RangeArgs] => [
        name,
        range.step !== undefined && countSteps(range) <= mostValues
            ? { values: Array.from({ length: countSteps(range) }, (_, index) => stepAt(range, index)) }
            : range,
    ]);
    return Object.fromEntries(random ? drawn : ofGrid);
}

/** Returns whether a range with a step has too many numbers for a list, and Katib cannot express it otherwise. */
export const isTooFine = (range: RangeArgs): boolean =>
    range.step! > 0 && countSteps(range) > mostValues && !isIntegerRange(range);

/** Returns whether a range consists of consecutive integers. */
export const isIntegerRange = ({ min, step }: RangeArgs): boolean => step === 1 && Number.isInteger(min);

/** Returns whether all values of a parameter are strings. */
export const areStrings = ({ values = [] }: RangeArgs): boolean =>
    values.length > 0 && values.every((value) => typeof value === "string");

/**
 * Returns a value as Katib needs it. Katib inserts it literally into the JSON of a Job, there into a string that is the
 * JSON of the trial's parameters. The quotes of strings are in that JSON, unless the parameter also has other values. A
 * dollar is escaped where Katib would find another parameter.
 */
export function formatValue(value: unknown, range: RangeArgs): string {
    const json = JSON.stringify(value).replaceAll("${trialParameters.", "\\u0024{trialParameters.");
    const escaped = JSON.stringify(json).slice(1, -1);
    return areStrings(range) ? escaped.slice(2, -2) : escaped;
}
