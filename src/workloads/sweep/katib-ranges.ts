import type { RangeArgs, SweepArgs } from "./args";
import { stepAt, stepCount } from "./trials";

/** The most values of one parameter that are listed. */
export const mostValues = 1000;

/**
 * What is searched, as ranges: a grid is one of single values. Numbers with a step are listed, as Katib counts its steps
 * from 0 instead of from `min`, and draws the first and the last half as often as the others.
 */
export function rangesOf({ grid, random }: SweepArgs): Record<string, RangeArgs> {
    const ofGrid = Object.entries(grid ?? {}).map(([name, values]): [string, RangeArgs] => [name, { values }]);
    const drawn = Object.entries(random?.parameters ?? {}).map(([name, range]): [string, RangeArgs] => [
        name,
        range.step !== undefined && stepCount(range) <= mostValues
            ? { values: Array.from({ length: stepCount(range) }, (_, index) => stepAt(range, index)) }
            : range,
    ]);
    return Object.fromEntries(random ? drawn : ofGrid);
}

/** Whether a range has so many numbers that Katib must count them itself, which it cannot. */
export const isTooFine = (range: RangeArgs): boolean =>
    range.step! > 0 && stepCount(range) > mostValues && !isCounted(range);

/** Whether a range is of whole numbers, each of them. */
export const isCounted = ({ min, step }: RangeArgs): boolean => step === 1 && Number.isInteger(min);

/** Whether all values of a parameter are texts. */
export const areTexts = ({ values = [] }: RangeArgs): boolean =>
    values.length > 0 && values.every((value) => typeof value === "string");

/**
 * A value as it is given to Katib, which puts it into the JSON of a Job as it is, and there into a text that is the JSON
 * of the trial's parameters. Texts have their quotes in that text, unless there are other values beside them.
 */
export function written(value: unknown, range: RangeArgs): string {
    const inText = JSON.stringify(JSON.stringify(value)).slice(1, -1);
    return areTexts(range) ? inText.slice(2, -2) : inText;
}
