import * as pulumi from "@pulumi/pulumi";

import type { ClaimArgs } from "../pod/claim-args";

/** Where the results of runs are kept. */
export interface TrainingOutputArgs extends ClaimArgs {
    /**
     * An address such as "s3://models/fraud" in place of a claim. Each run is told an address of its own below it as
     * the variable MODEL_URI, and uploads its result itself.
     */
    uri?: pulumi.Input<string>;
}
