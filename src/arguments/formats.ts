import { rule, type Rule, type RuleOptions } from "./rules";

/** Returns the rule of a non-empty string. Set `notSecret` where the value is stored in plain text. */
export function stringRule(options: RuleOptions = {}): Rule {
    return rule(
        (value) => (typeof value === "string" && value !== "" ? undefined : "it must be a non-empty string"),
        options,
    );
}

/** A non-empty string. */
export const nonEmptyString: Rule = stringRule();

/** A non-empty string whose value is never shown. */
export const secretString: Rule = stringRule({ secret: true });

/** A Boolean. */
export const boolean: Rule = rule((value) => (typeof value === "boolean" ? undefined : "it must be true or false"));

/** Returns the rule of a string that matches a pattern. */
export function matching(pattern: RegExp, allowed: string): Rule {
    return rule((value) => (typeof value === "string" && pattern.test(value) ? undefined : allowed));
}

/** An absolute path. */
export const absolutePath: Rule = matching(/^\/\S*$/, "it must be a path that starts with a slash");

/** Returns the rule of an integer within inclusive bounds. */
export function integer(min: number, max: number): Rule {
    return rule((value) =>
        Number.isInteger(value) && (value as number) >= min && (value as number) <= max
            ? undefined
            : `it must be an integer from ${min} to ${max}`,
    );
}

/** Returns the rule of an enum. */
export function oneOf(values: string[]): Rule {
    return rule((value) => (values.includes(value as string) ? undefined : `it must be one of ${values.join(", ")}`));
}

/** The network mode of the RUN instructions of a build. */
export const buildNetwork: Rule = oneOf(["default", "host", "none"]);

/**
 * A name that must be a DNS label, such as that of a namespace.
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names
 */
export const dnsLabel: Rule = matching(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    "it must be at most 63 lowercase letters, digits and hyphens, and start and end with a letter or digit",
);

/**
 * A name that must be a DNS subdomain, such as that of a Secret.
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names
 */
export const dnsSubdomain: Rule = matching(
    /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    "it must be lowercase letters, digits, hyphens and dots, and start and end with a letter or digit",
);

/**
 * A quantity of CPU.
 * Source: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#meaning-of-cpu
 */
export const cpu: Rule = matching(
    /^(?=.*[1-9])(\d+(\.\d{1,3})?|\d+m)$/,
    'it must be a CPU quantity greater than zero, for example "2", "0.5" or "500m"',
);

/**
 * A quantity of memory or storage. Kubernetes also accepts millibytes ("512m"), which are always a mistake.
 * Source: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#meaning-of-memory
 */
export const bytes: Rule = matching(
    /^(?=.*[1-9])(\d+(\.\d*)?|\.\d+)(k|Ki|[MGTPE]i?|[eE][-+]?\d+)?$/,
    'it must be a quantity of bytes greater than zero, for example "512Mi" or "16Gi"',
);

/** Returns what is wrong with the name of an environment variable, if anything. */
export function environmentNameProblem(name: string): string | undefined {
    return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
        ? undefined
        : "is not a valid environment variable name; use letters, digits and underscores, and start with a letter or an underscore";
}

/** An image reference with a digest, which always means the same image. */
export const imageRef = matching(
    /^[^\s@]+@sha256:[0-9a-f]{64}$/,
    "it must be repository@sha256:<64 hexadecimal digits>, such as the ref of an Image",
);

/**
 * The key of a label or an annotation: a name, after an optional domain and a slash.
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
 */
export const labelKeyPattern =
    /^((?=[^/]{1,253}\/)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?(?=[^/]{1,63}$)[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/** Returns the rule of the value of a label, which may be empty. */
export const labelValue = (options: RuleOptions = {}): Rule =>
    rule(
        (value) =>
            typeof value === "string" && /^(?=.{0,63}$)([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/.test(value)
                ? undefined
                : "it must be a string of at most 63 letters, digits, hyphens, underscores and dots that starts and ends " +
                  "with a letter or digit, or is empty",
        options,
    );

/** Length of the longest name of a workload: its runs are named `<name>-<8 characters>`, in a label of 63 characters. */
export const longestName = 50;

/** The name of a workload, after which its objects are named. */
export const objectName: Rule = matching(
    /^(?=.{1,50}$)[a-z]([-a-z0-9]*[a-z0-9])?$/,
    `it must be at most ${longestName} lowercase letters, digits and hyphens, start with a letter and not end with a ` +
        'hyphen, for example "fraud-model"',
);
