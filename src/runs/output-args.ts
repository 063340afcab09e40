import * as pulumi from "@pulumi/pulumi";

import { integer, matching } from "../arguments/formats";
import { object, type Problems, type RulesOf } from "../arguments/rules";
import { checkClaim, type ClaimArgs, claimFields } from "../pod/claim-args";

/** Where the results of runs are kept: in a PersistentVolumeClaim, or at a URI. */
export interface TrainingOutputArgs extends ClaimArgs {
    /**
     * A URI such as "s3://models/fraud" instead of a claim. Each run receives a URI of its own below it in the variable
     * MODEL_URI, and uploads its result itself.
     */
    uri?: pulumi.Input<string>;
}

/** How long the results of a component are kept. */
export interface KeptResultsArgs {
    /**
     * How many completed runs are remembered, so that a program that returns to one of them takes its result, and how
     * many results are kept in the claim. The pods of the next run delete older ones, and the checkpoints of those runs;
     * a result to which an object of the namespace refers is kept, and the files of a failed run are kept for as long.
     * The image needs `sh` for that. Results at `output.uri` are never deleted. At most 200. Defaults to 20.
     */
    keepResults?: pulumi.Input<number>;
}

export const keptResultsFields = { keepResults: integer(1, 200) } satisfies RulesOf<KeptResultsArgs>;

/** The rule of an argument `output`. */
export const outputRule = object<TrainingOutputArgs>({
    ...claimFields,
    uri: matching(
        /^[a-z][a-z0-9+.-]*:\/\/\S+[^\s/]$/,
        'it must be a URI such as "s3://models/fraud", without a slash at the end',
    ),
});

/** Checks the fields of an argument `output` together. */
export function checkOutput(output: TrainingOutputArgs | undefined, problems: Problems): void {
    checkClaim(output, "output", problems);
    const { uri, ...claim } = output ?? {};
    if (uri !== undefined && Object.keys(claim).length > 0) {
        problems.add("output", "sets both uri and fields of a claim; remove one of them");
    }
}
