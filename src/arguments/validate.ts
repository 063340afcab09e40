import * as pulumi from "@pulumi/pulumi";

import { object, type Problems, type RulesOf, shown } from "./rules";

/**
 * Checks the arguments of a component and returns them with every not yet known value guarded.
 *
 * All mistakes are told at once, each on a line of its own that names the component, the field, the value and what is
 * allowed; nothing has been registered when this throws.
 *
 * @param across - What concerns several fields at once; it sees the arguments that exist and have the right shape.
 */
export function validate<T extends object>(
    component: string,
    name: string,
    args: T,
    fields: RulesOf<T>,
    across?: (args: T, problems: Problems, name: string) => void,
): T {
    const lines: string[] = [];
    const line = (path: string, problem: string) => `${component} "${name}": ${path} ${problem}`;
    const problems: Problems = { line, add: (path, problem) => void lines.push(line(path, problem)) };

    const problem = nameProblem(name);
    if (problem) {
        problems.add("the name", problem);
    }
    const checked = object(fields)(args ?? {}, "", problems) as T | undefined;
    if (checked !== undefined) {
        across?.(checked, problems, name);
    }
    if (lines.length > 0) {
        throw new pulumi.RunError(lines.join("\n"));
    }
    return checked!;
}

/** The longest name of a component: what it creates is called `<name>-<8 characters>`, in a label of 63 characters. */
export const longestName = 50;

function nameProblem(name: unknown): string | undefined {
    if (typeof name !== "string" || !/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name) || name.length > longestName) {
        return (
            `is ${shown(name)}; it must be at most ${longestName} lower-case letters, digits and hyphens, with a ` +
            'letter at the start and no hyphen at the end, for example "fraud-model"'
        );
    }
    return undefined;
}
