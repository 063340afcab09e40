import * as pulumi from "@pulumi/pulumi";

import { checkedFrom, failArgument, isEventual, outputOf } from "./inputs";
import { mapDeep, type Path } from "./walk";

/** Collects the invalid arguments of one component. */
export interface Problems {
    /** Records one invalid value: its path, what is wrong with it and how to fix it. */
    add(path: string, problem: string): void;
    /** Returns the error message for one invalid value. */
    line(path: string, problem: string): string;
}

/**
 * Checks one value, reports what is wrong with it, and returns it. For an Output, the returned Output fails with the
 * same message once the value is known, so the returned value must be used in place of the given one.
 *
 * @param missing - The problem to report for an absent value. Without it, absent values pass.
 */
export type Rule = (value: unknown, path: string, problems: Problems, missing?: string) => unknown;

/** The rules of an object, by field. A field without a rule does not exist. */
export type Fields = Record<string, Rule>;

/** A rule for each argument and nothing else: a misspelled or missing rule does not compile. */
export type RulesOf<Args> = { [Name in keyof Required<Args>]: Rule };

/** Properties of a value besides its format. */
export interface RuleOptions {
    /** The value is a secret and never shown. */
    secret?: boolean;
    /** The value is stored in plain text, so secret Outputs are refused; how to fix one. */
    notSecret?: string;
}

/** Returns a rule for one scalar, from a function that returns what is wrong with its value. */
export function rule(problemOf: (value: unknown) => string | undefined, options: RuleOptions = {}): Rule {
    return (value, path, problems, missing) => {
        const problemIn = (known: unknown, secret?: boolean): string | undefined => {
            if (isAbsent(known)) {
                return missing;
            }
            const problem = problemOf(known);
            return problem && `is ${secret ? hidden : shown(known)}; ${problem}`;
        };
        if (isEventual(value)) {
            return guarded(outputOf(value), (problem) => problems.line(path, problem), problemIn, options);
        }
        const problem = problemIn(value, options.secret);
        if (problem) {
            problems.add(path, problem);
        }
        return value;
    };
}

function isAbsent(value: unknown): value is undefined | null {
    return value === undefined || value === null;
}

/** Returns an Output that fails if its value is invalid. */
function guarded(
    output: pulumi.Output<unknown>,
    line: (problem: string) => string,
    problemIn: (known: unknown, secret?: boolean) => string | undefined,
    { secret, notSecret }: RuleOptions,
): pulumi.Output<unknown> {
    const checked = output.apply((known) => {
        if (problemIn(known) === undefined && notSecret === undefined) {
            return known;
        }
        return pulumi.output(pulumi.isSecret(output)).apply((isSecret) => {
            const problem = isSecret && notSecret ? `is a secret; ${notSecret}` : problemIn(known, isSecret || secret);
            return problem ? failArgument(line(problem)) : known;
        });
    });
    return checkedFrom(output, checked);
}

/** Shown in place of an invalid value that is a secret. */
export const hidden = "a secret, whose value is not shown";

/** Returns how an invalid value is shown: strings and numbers literally, anything else by its type. */
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

/** Returns the rule of a required value; `fix` says how to fix a missing one. */
export function required(inner: Rule, fix: string): Rule {
    const missing = `is missing; ${fix}`;
    return (value, path, problems) => {
        if (isAbsent(value)) {
            problems.add(path, missing);
            return value;
        }
        return inner(value, path, problems, missing);
    };
}

/**
 * Returns the rule of a value that must not be or contain an Output.
 *
 * @param why - Why an Output is refused: `it must be a plain value, because ...`.
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

/** Returns the path of the first Output in a value. */
function eventualPath(value: unknown, path: string): string | undefined {
    const found: Path[] = [];
    mapDeep(value, (one, at) => {
        if (isEventual(one)) {
            found.push(at);
        }
        return one;
    });
    return found[0]?.reduce<string>(
        (place, key) => (typeof key === "number" ? `${place}[${key}]` : join(place, key)),
        path,
    );
}

/** Returns the rule of an object with these fields and no others: a misspelled field would be silently ignored. */
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

/** Returns the rule of an object or a list that may be an Output as a whole, and is then checked once it is known. */
export function eventual(inner: Rule): Rule {
    return (value, path, problems) => {
        if (!isEventual(value)) {
            return inner(value, path, problems);
        }
        return outputOf(value).apply((known): unknown => {
            const lines: string[] = [];
            const add = (at: string, problem: string) => void lines.push(problems.line(at, problem));
            const checked = inner(known, path, { ...problems, add });
            return lines.length > 0 ? failArgument(lines.join("\n")) : checked;
        });
    };
}

/** Returns the value as an object, or undefined if it is absent or, which is reported, not an object. */
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

/** An object with any fields. */
export const anyObject: Rule = (value, path, problems) => objectOf(value, path, "its fields may be Outputs", problems);

/** Returns the rule of a list whose entries follow a rule. */
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

/** Returns the rule of an object with arbitrary keys whose values follow a rule. An empty object counts as absent. */
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
                return [key, required(inner, "remove the key or set it to a value")(entry, join(path, key), problems)];
            }),
        );
    };
}

function join(path: string, key: string): string {
    return path === "" ? key : `${path}.${key}`;
}
