import { duration, durationPattern } from "../../arguments/duration";
import { oneOf, secretString, stringRule } from "../../arguments/formats";
import { list, object, plain, type Problems, required, rule, type RulesOf } from "../../arguments/rules";
import { checkNameLength, checkWorkload, workloadFields } from "../../pod/args";
import { checkClaim, claimFields } from "../../pod/claim-args";
import { isWithin } from "../../pod/mount-args";
import { routeRule } from "../../serving/route-args";
import { type NotebookArgs, NotebookEditor } from "./args";
import { editorOf, homeDir } from "./editor";

const idleTimeoutProblem = (value: unknown): string | undefined =>
    typeof value === "string" && (value === "never" || durationPattern.test(value))
        ? undefined
        : 'it must be "never" or a duration in days, hours, minutes and seconds, for example "30m" or "2h"';

export const fields = {
    ...workloadFields,
    editor: plain(oneOf(Object.values(NotebookEditor)), "it must be a plain value, because it determines the command"),
    token: secretString,
    home: object(claimFields),
    idleTimeout: plain(
        rule(idleTimeoutProblem),
        "it must be a plain value, because it decides which objects are created",
    ),
    triggers: list(
        required(
            stringRule({
                notSecret: "it would be stored in plain text in the StatefulSet: use a value that is not secret",
            }),
            "remove the entry or set it to a string",
        ),
    ),
    startupTimeout: duration,
    route: routeRule,
} satisfies RulesOf<NotebookArgs>;

/** The longest name of a notebook: a label of its pod is the StatefulSet's name, a hyphen and 10 more characters. */
const longestNotebookName = 43;

export function checkAcross(args: NotebookArgs, problems: Problems, name: string): void {
    checkNameLength(args, name, longestNotebookName, "for a Notebook", problems);
    checkWorkload(args, problems);
    checkClaim(args.home, "home", problems);
    const { tokenVariable } = editorOf(args);
    for (const field of ["env", "secretEnv"] as const) {
        if (tokenVariable in (args[field] ?? {})) {
            problems.add(
                `${field}.${tokenVariable}`,
                "cannot be set, because it is the token of the notebook; set token instead",
            );
        }
    }
    // Below the home directory, volumes appear in the editor.
    for (const { mountPath } of args.mounts ?? []) {
        if (typeof mountPath === "string" && mountPath !== "/" && isWithin(homeDir, mountPath)) {
            const what = mountPath === homeDir ? "the home directory" : `above the home directory ${homeDir}`;
            problems.add(
                "mounts",
                `has a volume at ${mountPath}, ${what}; mount it at another path, such as ${homeDir}/data`,
            );
        }
    }
}
