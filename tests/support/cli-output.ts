/** What the Pulumi CLI prints about errors. */
import { strict as assert } from "node:assert";

/** The lines in which a component reports what is wrong, without what the engine puts in front of them. */
export const problemsOf = (output: string, component: string): string[] =>
    output
        .split("\n")
        .map((line) => line.trim().replace(/^error: /, ""))
        .filter((line) => line.startsWith(`${component} "`));

export const assertNoStackTrace = (output: string): void => assert.doesNotMatch(output, /^\s+at .+:\d+:\d+/m);

/** The lines of the summary with which a command ends: errors, warnings and messages. */
export function diagnosticsOf(output: string): string[] {
    const [, summary = ""] = /^Diagnostics:\n(.*?)^(?:Outputs|Resources):/ms.exec(output) ?? [];
    return summary
        .split("\n")
        .filter((line) => line.startsWith("    "))
        .map((line) => line.trim().replace(/^error: /, ""));
}
