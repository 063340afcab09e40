import * as pulumi from "@pulumi/pulumi";

import { failOutput, mapInputs } from "../../arguments/inputs";
import { object } from "../../arguments/rules";
import type { LlmServerArgs } from "./args";
import { estimateFit, type LlmFit } from "./estimate";
import { factRules } from "./fact-rules";

const factNames = Object.keys(factRules) as (keyof typeof factRules)[];

/** Returns the arguments that decide on the parallelism, and on whether the model fits into GPU memory. */
export function pickFacts(args: LlmServerArgs): Pick<LlmServerArgs, keyof typeof factRules> {
    return Object.fromEntries(factNames.map((name) => [name, args[name]])) as ReturnType<typeof pickFacts>;
}

/** Returns whether each of these arguments is valid. Invalid ones are reported elsewhere. */
export function areValid(facts: object): boolean {
    let count = 0;
    object(factRules)(facts, "", { add: () => void count++, line: (_path, problem) => problem });
    return count === 0;
}

/** Returns the estimate of a server. With Outputs among the arguments, a server that does not fit fails here. */
export function resolveFit(name: string, args: LlmServerArgs, resource: pulumi.Resource): pulumi.Input<LlmFit> {
    return mapInputs(pickFacts(args), (facts) => {
        const fit = estimateFit(facts);
        if (fit.problems.length > 0) {
            const lines = fit.problems.map(({ path, problem }) => `LlmServer "${name}": ${path} ${problem}`);
            return failOutput<LlmFit>(lines.join("\n"));
        }
        if (Object.keys(fit.estimate).length === 0 && facts.checkMemory !== false && pulumi.runtime.isDryRun()) {
            void pulumi.log.warn(
                `LlmServer "${name}": cannot check whether the model fits into GPU memory, because the architecture or the ` +
                    "GPU is unknown; set architecture, and gpu.product or gpu.memory, or set checkMemory to false",
                resource,
            );
        }
        return fit;
    });
}
