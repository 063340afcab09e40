import * as pulumi from "@pulumi/pulumi";

import { failOutput, isEventual, outputOf } from "./inputs";

/** Collects what is wrong with the arguments of one component. */
export interface Problems {
    /** Takes note of one wrong value: where it is, what is wrong with it and how to mend it. */
    add(path: string, problem: string): void;
    /** How one wrong value is worded. */
    line(path: string, problem: string): string;
}

/**
 * Looks at one value, reports what is wrong with it, and returns it. Where the value is not known yet (an Output), the
 * Output that is returned fails with the same words once it is known, so that what is returned must be used in place
 * of what was given.
 *
 * @param missing - What is wrong where there is no value. Without it, absent values pass.
 */
export type Rule = (value: unknown, path: string, problems: Problems, missing?: string) => unknown;

/** The rules of an object, by field. A field without a rule is one that does not exist. */
export type Fields = Record<string, Rule>;

/** A rule for each argument, and for nothing else: what is misspelt or forgotten does not compile. */
export type RulesOf<Args> = { [Name in keyof Required<Args>]: Rule };

/** What else is known of a value besides what may be wrong with it. */
export interface RuleOptions {
    /** The value is a secret and is never shown. */
    secret?: boolean;
    /** How to mend it where a secret Output is given, for a place in which secrets would stand in plain text. */
    notSecret?: string;
}

/** A rule for one plain value, from a function that says what is wrong with it. */
export function rule(problemOf: (value: unknown) => string | undefined, options: RuleOptions = {}): Rule {
    return (value, path, problems, missing) => {
        const told = (known: unknown, secret?: boolean): string | undefined => {
            if (isAbsent(known)) {
                return missing;
            }
            const problem = problemOf(known);
            return problem && `is ${secret ? hidden : shown(known)}; ${problem}`;
        };
        if (isEventual(value)) {
            return guarded(outputOf(value), (problem) => problems.line(path, problem), told, options);
        }
        const problem = told(value, options.secret);
        if (problem) {
            problems.add(path, problem);
        }
        return value;
    };
}

function isAbsent(value: unknown): value is undefined | null {
    return value === undefined || value === null;
}

/** The Output, which fails where something is wrong with its value. */
function guarded(
    output: pulumi.Output<unknown>,
    line: (problem: string) => string,
    told: (known: unknown, secret?: boolean) => string | undefined,
    { secret, notSecret }: RuleOptions,
): pulumi.Output<unknown> {
    return output.apply((known) => {
        if (told(known) === undefined && notSecret === undefined) {
            return known;
        }
        return pulumi.output(pulumi.isSecret(output)).apply((isSecret) => {
            const problem = isSecret && notSecret ? `is a secret; ${notSecret}` : told(known, isSecret || secret);
            return problem ? failOutput(line(problem)) : known;
        });
    });
}

/** What stands in the place of a wrong value that is a secret. */
const hidden = "a secret, whose value is not shown";

/** How a wrong value is shown: a text or a number as it is, and of all else what it is. */
export function shown(value: unknown): string {
    if (typeof value === "string") {
        return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
    }
    if (pulumi.Resource.isInstance(value)) {
        return "a resource";
    }
    if (isEventual(value)) {
        return "an Output";
    }
    if (Array.isArray(value)) {
        return "a list";
    }
    if (typeof value === "object" && value !== null) {
        return "an object";
    }
    return typeof value === "function" ? "a function" : String(value);
}

/** The value must be there. */
export function required(inner: Rule, mend: string): Rule {
    const missing = `is missing; ${mend}`;
    return (value, path, problems) => {
        if (isAbsent(value)) {
            problems.add(path, missing);
            return value;
        }
        return inner(value, path, problems, missing);
    };
}

/**
 * The value, and all that is in it, must be known where the program runs: no Output.
 *
 * @param why - Why an Output cannot be taken, and what to do instead.
 */
export function plain(inner: Rule, why: string): Rule {
    return (value, path, problems) => {
        const eventual = eventualPath(value, path);
        if (eventual !== undefined) {
            problems.add(eventual, `is an Output; ${why}`);
            return undefined;
        }
        return inner(value, path, problems);
    };
}

/** Where the first Output in a value is. */
function eventualPath(value: unknown, path: string): string | undefined {
    if (isEventual(value)) {
        return path;
    }
    const isPlain = Array.isArray(value) || (value && Object.getPrototypeOf(value) === Object.prototype);
    if (!isPlain) {
        return undefined;
    }
    const entries = Object.entries(value).map(([key, field]): [string, unknown] => [
        Array.isArray(value) ? `${path}[${key}]` : join(path, key),
        field,
    ]);
    return entries.map(([place, field]) => eventualPath(field, place)).find((found) => found !== undefined);
}

/** An object that has these fields and no others: a misspelt one would otherwise be ignored in silence. */
export function object<Args extends object = Fields>(fields: RulesOf<Args>): Rule {
    return (value, path, problems) => {
        const given = objectOf(value, path || "the arguments", "its fields may be Outputs", problems);
        if (given === undefined) {
            return undefined;
        }
        for (const key of Object.keys(given)) {
            if (!(key in fields) && given[key] !== undefined) {
                const names = Object.keys(fields).join(", ");
                problems.add(join(path, key), `does not exist; allowed here: ${names}`);
            }
        }
        const checked: Record<string, unknown> = {};
        for (const [key, inner] of Object.entries<Rule>(fields)) {
            const result: unknown = inner(given[key], join(path, key), problems);
            if (!isAbsent(result)) {
                checked[key] = result;
            }
        }
        return checked;
    };
}

/** The value as an object, unless it is absent or another thing, which is reported. */
function objectOf(value: unknown, path: string, hint: string, problems: Problems): Record<string, unknown> | undefined {
    if (isAbsent(value)) {
        return undefined;
    }
    if (isEventual(value) || pulumi.Resource.isInstance(value) || typeof value !== "object" || Array.isArray(value)) {
        problems.add(path, `must be an object (${hint})`);
        return undefined;
    }
    return value as Record<string, unknown>;
}

/** An object of whatever fields. */
export const anyObject: Rule = (value, path, problems) => objectOf(value, path, "its fields may be Outputs", problems);

/** A list, each entry of which follows the rule. */
export function list(inner: Rule): Rule {
    return (value, path, problems) => {
        if (isAbsent(value)) {
            return undefined;
        }
        if (!Array.isArray(value)) {
            problems.add(path, `is ${shown(value)}; it must be a list (its entries may be Outputs)`);
            return undefined;
        }
        return value.map((entry: unknown, index): unknown => inner(entry, `${path}[${index}]`, problems));
    };
}

/** An object with keys of the user's own, each value of which follows the rule. One without keys is as good as none. */
export function map(keyProblemOf: (key: string) => string | undefined, inner: Rule): Rule {
    return (value, path, problems) => {
        const given = objectOf(value, path, "its values may be Outputs", problems);
        if (given === undefined || Object.keys(given).length === 0) {
            return undefined;
        }
        return Object.fromEntries(
            Object.entries(given).map(([key, entry]): [string, unknown] => {
                const problem = keyProblemOf(key);
                if (problem) {
                    problems.add(join(path, key), problem);
                }
                return [key, required(inner, "leave the name out or give a value")(entry, join(path, key), problems)];
            }),
        );
    };
}

function join(path: string, key: string): string {
    return path === "" ? key : `${path}.${key}`;
}
