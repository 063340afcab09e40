import * as pulumi from "@pulumi/pulumi";

import { matching } from "../arguments/formats";
import { object, type Problems } from "../arguments/rules";
import { checkClaim, type ClaimArgs, claimFields } from "../pod/claim-args";

/** Where the results of runs are kept. */
export interface TrainingOutputArgs extends ClaimArgs {
    /**
     * An address such as "s3://models/fraud" in place of a claim. Each run is told an address of its own below it as
     * the variable MODEL_URI, and uploads its result itself.
     */
    uri?: pulumi.Input<string>;
}

/** The rule of an argument `output`. */
export const outputRule = object<TrainingOutputArgs>({
    ...claimFields,
    uri: matching(/^[a-z][a-z0-9+.-]*:\/\/\S+[^\s/]$/, 'it must be an address such as "s3://models/fraud"'),
});

/** Checks what concerns several fields of an argument `output`. */
export function checkOutput(output: TrainingOutputArgs | undefined, problems: Problems): void {
    checkClaim(output, "output", problems);
    const { uri, ...claim } = output ?? {};
    if (uri !== undefined && Object.keys(claim).length > 0) {
        problems.add("output", "describes a claim besides a uri; leave one of them out");
    }
}
