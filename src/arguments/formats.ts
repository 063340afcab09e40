import { rule, type Rule, type RuleOptions } from "./rules";

/** A text that is not empty. With `notSecret` for a place in which all can read it. */
export function textOf(options: RuleOptions = {}): Rule {
    return rule(
        (value) => (typeof value === "string" && value !== "" ? undefined : "it must be a text that is not empty"),
        options,
    );
}

/** A text that is not empty. */
export const text: Rule = textOf();

/** A text whose value is never shown. */
export const secretText: Rule = textOf({ secret: true });

/** True or false. */
export const truth: Rule = rule((value) => (typeof value === "boolean" ? undefined : "it must be true or false"));

/** A text of this form. */
export function matching(pattern: RegExp, allowed: string): Rule {
    return rule((value) => (typeof value === "string" && pattern.test(value) ? undefined : allowed));
}

/** An absolute path. */
export const absolutePath: Rule = matching(/^\/\S*$/, "it must be a path that starts with a slash");

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
 * An amount of CPU.
 * Source: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#meaning-of-cpu
 */
export const cpu: Rule = matching(
    /^(?=.*[1-9])(\d+(\.\d{1,3})?|\d+m)$/,
    'it must be an amount of CPU above zero, in cores or thousandths, for example "2", "0.5" or "500m"',
);

/**
 * An amount of memory or storage. Thousandths of a byte, which Kubernetes would take, are always a mistake.
 * Source: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#meaning-of-memory
 */
export const bytes: Rule = matching(
    /^(?=.*[1-9])(\d+(\.\d*)?|\.\d+)(k|Ki|[MGTPE]i?|[eE][-+]?\d+)?$/,
    'it must be an amount of bytes above zero as Kubernetes writes it, for example "512Mi" or "16Gi"',
);

/** The name of an environment variable that any shell can read. */
export function environmentNameProblem(name: string): string | undefined {
    return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
        ? undefined
        : "is no name of an environment variable; use letters, digits and underscores, not starting with a digit";
}

/** An image that stays the same. */
export const imageRef = matching(
    /^[^\s@]+@sha256:[0-9a-f]{64}$/,
    "it must be repository@sha256:<64 hexadecimal digits>, such as the ref of an Image",
);

/** The longest name of a workload: its runs are called `<name>-<8 characters>`, in a label of 63 characters. */
export const longestName = 50;

/** The name of a workload, after which its objects are called. */
export const objectName: Rule = matching(
    /^(?=.{1,50}$)[a-z]([-a-z0-9]*[a-z0-9])?$/,
    `it must be at most ${longestName} lower-case letters, digits and hyphens, with a letter at the start and no hyphen ` +
        'at the end, for example "fraud-model"',
);
