import { checkConfig } from "./config";
import { objectName } from "./formats";
import { recorded } from "./gate";
import { userError } from "./inputs";
import { object, type Problems, type RulesOf } from "./rules";

/**
 * Checks the arguments of a component and returns them with Outputs that fail if their values turn out to be invalid.
 *
 * Reports all mistakes at once, each on a line of its own that names the component, the field, its value and what is
 * allowed. Throws before anything is registered.
 *
 * @param across - Checks several fields together; it receives the arguments that exist and have the right shape, and the
 * name of the component's objects.
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

    const { name: given } = (args ?? {}) as { name?: unknown };
    if (given === undefined || given === null) {
        objectName(name, "the name", problems);
    }
    checkConfig(problems);
    const checked = object(fields)(args ?? {}, "", problems) as T | undefined;
    if (checked !== undefined) {
        across?.(checked, problems, (checked as { name?: string }).name ?? name);
    }
    if (lines.length > 0) {
        throw recorded(userError(lines.join("\n")));
    }
    return checked!;
}
