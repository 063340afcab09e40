import * as pulumi from "@pulumi/pulumi";

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
 */
export type Rule = (value: unknown, path: string, problems: Problems) => unknown;

/** The rules of an object, by field. A field without a rule is one that does not exist. */
export type Fields = Record<string, Rule>;

/**
 * Checks the arguments of a component and returns them with every not yet known value guarded.
 *
 * All mistakes are told at once, each on a line of its own that names the component, the field, the value and what is
 * allowed; nothing has been registered when this throws.
 *
 * @param across - What concerns several fields at once; it sees the arguments as they were given.
 */
export function validate<T extends object>(
    component: string,
    name: string,
    args: T,
    fields: Fields,
    across?: (args: T, problems: Problems) => void,
): T {
    const lines: string[] = [];
    const line = (path: string, problem: string) => `${component} "${name}": ${path} ${problem}`;
    const problems: Problems = { line, add: (path, problem) => void lines.push(line(path, problem)) };

    const problem = nameProblem(name);
    if (problem) {
        problems.add("the name", problem);
    }
    const checked: unknown = object(fields)(args, "", problems);
    if (args !== null && typeof args === "object") {
        across?.(args, problems);
    }
    if (lines.length > 0) {
        throw new pulumi.RunError(lines.join("\n"));
    }
    return checked as T;
}

/** The longest name of a component: what it creates is called `<name>-<8 characters>`, in a label of 63 characters. */
const longestName = 50;

function nameProblem(name: unknown): string | undefined {
    if (typeof name !== "string" || !/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name) || name.length > longestName) {
        return (
            `is ${shown(name)}; Kubernetes objects are called after it, so it must be at most ${longestName} ` +
            "lower-case letters, digits and hyphens, starting with a letter, for example fraud-model"
        );
    }
    return undefined;
}

/** What else is known of a value besides what may be wrong with it. */
export interface RuleOptions {
    /** The value is a secret and is never shown. */
    secret?: boolean;
    /** How to mend it where a secret Output is given, for a place in which secrets would stand in plain text. */
    notSecret?: string;
}

/** A rule for one plain value, from a function that says what is wrong with it. Absent values pass. */
export function rule(problemOf: (value: unknown) => string | undefined, options: RuleOptions = {}): Rule {
    return (value, path, problems) => {
        if (isEventual(value)) {
            return guarded(value, path, problems, problemOf, options);
        }
        if (value !== undefined && value !== null) {
            const problem = problemOf(value);
            if (problem) {
                problems.add(path, `is ${options.secret ? "a secret that" : `${shown(value)};`} ${problem}`);
            }
        }
        return value;
    };
}

function isEventual(value: unknown): boolean {
    return pulumi.Output.isInstance(value) || value instanceof Promise;
}

function guarded(
    value: pulumi.Input<unknown>,
    path: string,
    problems: Problems,
    problemOf: (value: unknown) => string | undefined,
    options: RuleOptions,
): pulumi.Output<unknown> {
    const output = pulumi.output(value);
    return pulumi.all([output, pulumi.isSecret(output)]).apply(([known, secret]) => {
        if (secret && options.notSecret) {
            throw new pulumi.RunError(problems.line(path, `is a secret; ${options.notSecret}`));
        }
        const problem = known === undefined || known === null ? undefined : problemOf(known);
        if (problem) {
            const what = secret || options.secret ? "a secret that" : `${shown(known)};`;
            throw new pulumi.RunError(problems.line(path, `is ${what} ${problem}`));
        }
        return known;
    });
}

/** How a wrong value is shown: as JSON, and not more of it than tells which one it is. */
function shown(value: unknown): string {
    const text = JSON.stringify(value) ?? String(value);
    return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** The value must be there. */
export function required(inner: Rule, mend: string): Rule {
    return (value, path, problems) => {
        if (value === undefined || value === null) {
            problems.add(path, `is missing; ${mend}`);
            return value;
        }
        return inner(value, path, problems);
    };
}

/** An object that has these fields and no others: a misspelt one would otherwise be ignored in silence. */
export function object(fields: Fields): Rule {
    return (value, path, problems) => {
        if (value === undefined) {
            return value;
        }
        if (isEventual(value) || value === null || typeof value !== "object" || Array.isArray(value)) {
            problems.add(path || "the arguments", "must be an object (its fields may be Outputs)");
            return value;
        }
        const given = value as Record<string, unknown>;
        for (const key of Object.keys(given)) {
            if (!(key in fields)) {
                const names = Object.keys(fields).join(", ");
                problems.add(join(path, key), `does not exist; allowed here: ${names}`);
            }
        }
        const checked: Record<string, unknown> = {};
        for (const [key, inner] of Object.entries(fields)) {
            const result: unknown = inner(given[key], join(path, key), problems);
            if (result !== undefined) {
                checked[key] = result;
            }
        }
        return checked;
    };
}

/** A list, each entry of which follows the rule. */
export function list(inner: Rule): Rule {
    return (value, path, problems) => {
        if (value === undefined) {
            return value;
        }
        if (!Array.isArray(value)) {
            problems.add(
                path,
                `is ${isEventual(value) ? "an Output" : shown(value)}; it must be a list (its entries may be Outputs)`,
            );
            return value;
        }
        return value.map((entry: unknown, index): unknown => inner(entry, `${path}[${index}]`, problems));
    };
}

/** An object with keys of the user's own, each value of which follows the rule. */
export function map(keyProblemOf: (key: string) => string | undefined, inner: Rule): Rule {
    return (value, path, problems) => {
        if (value === undefined) {
            return value;
        }
        if (isEventual(value) || value === null || typeof value !== "object" || Array.isArray(value)) {
            problems.add(path, "must be an object of names and values (its values may be Outputs)");
            return value;
        }
        return Object.fromEntries(
            Object.entries(value as Record<string, unknown>).map(([key, entry]): [string, unknown] => {
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

/** Whatever is given. */
export const anything: Rule = (value) => value;

/** A text that is not empty. */
export const text: Rule = rule((value) =>
    typeof value === "string" && value !== "" ? undefined : "it must be a text that is not empty",
);

/** A text whose value is never shown. */
export const secretText: Rule = rule(
    (value) => (typeof value === "string" && value !== "" ? undefined : "must be a text that is not empty"),
    { secret: true },
);

/** True or false. */
export const truth: Rule = rule((value) => (typeof value === "boolean" ? undefined : "it must be true or false"));

/** A text of this form. */
export function matching(pattern: RegExp, allowed: string): Rule {
    return rule((value) => (typeof value === "string" && pattern.test(value) ? undefined : allowed));
}

/** A whole number in these bounds. */
export function integer(min: number, max: number): Rule {
    return rule((value) =>
        Number.isInteger(value) && (value as number) >= min && (value as number) <= max
            ? undefined
            : `it must be a whole number from ${min} to ${max}`,
    );
}

/** One of these texts. */
export function oneOf(values: string[]): Rule {
    return rule((value) => (values.includes(value as string) ? undefined : `it must be one of ${values.join(", ")}`));
}

/**
 * A Kubernetes name of one DNS label.
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names
 */
export const dnsLabel: Rule = matching(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    "it must be at most 63 lower-case letters, digits and hyphens, with a letter or digit at both ends",
);

/**
 * A Kubernetes name of one or several DNS labels.
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names
 */
export const dnsSubdomain: Rule = matching(
    /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    "it must be lower-case letters, digits, hyphens and dots, with a letter or digit at both ends",
);

/**
 * An amount of CPU, memory or storage.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export const quantity: Rule = matching(
    /^(?=.*[1-9])(\d+(\.\d*)?|\.\d+)(m|k|Ki|[MGTPE]i?|[eE][-+]?\d+)?$/,
    'it must be an amount above zero as Kubernetes writes it, for example "500m", "2", "512Mi" or "16Gi"',
);

/** The name of an environment variable that any shell can read. */
export function environmentNameProblem(name: string): string | undefined {
    return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
        ? undefined
        : "is no name of an environment variable; use letters, digits and underscores, not starting with a digit";
}
