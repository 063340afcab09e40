import * as pulumi from "@pulumi/pulumi";

import { failOutput, mapInputs } from "../../arguments/inputs";
import { object } from "../../arguments/rules";
import type { LlmServerArgs } from "./args";
import { fitOf, type LlmFit } from "./estimate";
import { factRules } from "./fact-rules";

const factNames = Object.keys(factRules) as (keyof typeof factRules)[];

/** The arguments that decide how many GPUs a server has, and whether the model fits into their memory. */
export function factsOf(args: LlmServerArgs): Pick<LlmServerArgs, keyof typeof factRules> {
    return Object.fromEntries(factNames.map((name) => [name, args[name]])) as ReturnType<typeof factsOf>;
}

/** Whether each fact is of the right kind; others have been told of where they stand. */
export function isSound(facts: object): boolean {
    let count = 0;
    object(factRules)(facts, "", { add: () => void count++, line: (_path, problem) => problem });
    return count === 0;
}

/** How a server fits into its GPUs. Where that is known only now, it fails here if it does not. */
export function fitOfServer(name: string, args: LlmServerArgs, resource: pulumi.Resource): pulumi.Input<LlmFit> {
    return mapInputs(factsOf(args), (facts) => {
        const fit = fitOf(facts);
        if (fit.problems.length > 0) {
            const lines = fit.problems.map(({ path, problem }) => `LlmServer "${name}": ${path} ${problem}`);
            return failOutput<LlmFit>(lines.join("\n"));
        }
        if (Object.keys(fit.estimate).length === 0 && facts.checkMemory !== false && pulumi.runtime.isDryRun()) {
            void pulumi.log.warn(
                "whether the model fits into the memory of its GPUs is not checked, because one of them is not known: " +
                    "give architecture, and gpu.product or gpu.memory, or set checkMemory to false",
                resource,
            );
        }
        return fit;
    });
}
