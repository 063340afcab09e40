/**
 * Words of a container: its command and arguments, and the values of its variables.
 *
 * In all of them, Kubernetes replaces `$(NAME)` by the value of the variable NAME, if there is one, and `$$` by `$`. That is
 * what users expect of `command` and `args`, with every backend, but not of other values. Backends that pass words through a
 * shell or a template engine receive them in a form with which the program gets the same.
 * Source: https://github.com/kubernetes/kubernetes/blob/v1.36.3/third_party/forked/golang/expansion/expand.go
 */
import type * as pulumi from "@pulumi/pulumi";

import { mapInput } from "./inputs";
import { shellQuote, shellWord } from "./shell";

/** Returns text as Kubernetes reads it literally. */
export const escapeReferences = (text: string): string => text.replace(/\$(?=[$(])/g, "$$$$");

/** The same for a value that may be unknown. */
export const literal = (value: pulumi.Input<string>): pulumi.Input<string> => mapInput(value, escapeReferences);

/** An escaped dollar, a reference to a variable, or text. */
const part = /\$\$|\$\((?<variable>[A-Za-z_]\w*)\)|[^$]+|\$/g;

/**
 * Returns a word as POSIX shell code for what Kubernetes would make of it. The value of a variable is never read as code.
 *
 * @param quoted - Whether text is in quotes even where it needs none.
 */
export function shellCode(word: string, quoted = false): string {
    const quote = (text: string) => text && (quoted ? shellQuote(text) : shellWord(text));
    let code = "";
    let text = "";
    for (const { 0: found, groups } of word.matchAll(part)) {
        const variable = groups!.variable;
        if (variable === undefined) {
            text += found === "$$" ? "$" : found;
        } else {
            // Like Kubernetes, leaves the reference as it is if there is no such variable.
            code += `${quote(text)}"\${${variable}-\\$(${variable})}"`;
            text = "";
        }
    }
    return code + quote(text) || "''";
}

/** A template engine of a backend: where in its placeholders a word can be split so that it does not recognize them. */
export const templateEngines = {
    /** Argo Workflows, and Go templates, with which KServe reads an LLMInferenceService. */
    braces: /(?<=\{)(?=\{)/g,
    /** Katib. */
    trialParameters: /(?<=\$\{)(?=trialParameters\.)/g,
};

/** The variable, always empty, whose reference splits placeholders. */
export const emptyVariable = "MLOPS_EMPTY";

/** Returns a word in which a template engine recognizes no placeholder. */
export const splitPlaceholders = (word: pulumi.Input<string>, engine: RegExp | undefined): pulumi.Input<string> =>
    engine === undefined ? word : mapInput(word, (known) => known.replace(engine, `$(${emptyVariable})`));

/** Returns whether a word may contain a placeholder: unless it is known not to. */
export const mayHavePlaceholder = (word: pulumi.Input<string>, engine: RegExp): boolean =>
    typeof word !== "string" || word.search(engine) >= 0;
