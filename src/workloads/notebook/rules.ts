import { duration, durationPattern } from "../../arguments/duration";
import { oneOf, secretText, textOf } from "../../arguments/formats";
import { list, object, plain, type Problems, required, rule, type RulesOf } from "../../arguments/rules";
import { checkWorkload, workloadFields } from "../../pod/args";
import { checkClaim, claimFields } from "../../pod/claim-args";
import { routeRule } from "../../serving/route-args";
import { type NotebookArgs, NotebookEditor } from "./args";
import { editorOf, homeDir } from "./editor";

const idleTimeoutProblem = (value: unknown): string | undefined =>
    typeof value === "string" && (value === "never" || durationPattern.test(value))
        ? undefined
        : 'it must be "never", or a length of time in days, hours, minutes and seconds, for example "30m" or "2h"';

export const fields = {
    ...workloadFields,
    editor: plain(oneOf(Object.values(NotebookEditor)), "it decides the command: give one of NotebookEditor"),
    token: secretText,
    home: object(claimFields),
    idleTimeout: plain(rule(idleTimeoutProblem), 'it decides what is created: give a text, such as "2h" or "never"'),
    triggers: list(
        required(
            textOf({ notSecret: "triggers can be read in the StatefulSet: give what tells its starts apart" }),
            "leave the entry out or give a text",
        ),
    ),
    startupTimeout: duration,
    route: routeRule,
} satisfies RulesOf<NotebookArgs>;

export function checkAcross(args: NotebookArgs, problems: Problems): void {
    checkWorkload(args, problems);
    checkClaim(args.home, "home", problems);
    const { tokenVariable } = editorOf(args);
    for (const field of ["env", "secretEnv"] as const) {
        if (tokenVariable in (args[field] ?? {})) {
            problems.add(`${field}.${tokenVariable}`, "is what one signs in with; give it as token");
        }
    }
    if (args.mounts?.some(({ path }) => path === homeDir)) {
        problems.add("mounts", `has a volume at ${homeDir}, which is home's; mount it elsewhere, below it for example`);
    }
}
