import type * as pulumi from "@pulumi/pulumi";

import { duration } from "../arguments/duration";
import { integer, textOf, truth } from "../arguments/formats";
import { list, required, type RulesOf } from "../arguments/rules";
import { type WorkloadArgs, workloadFields } from "../pod/args";

/** What every workload is told that runs to its end. */
export interface RunArgs extends WorkloadArgs {
    /**
     * How often a failed pod is tried again. Pods that had to make way for others do not count. Defaults to 2.
     */
    retries?: pulumi.Input<number>;
    /**
     * How long the run may take, retries included, for example "90m" or "6h"; then it is stopped and has failed.
     * `pulumi up` waits that long for it. Defaults to "24h".
     */
    timeout?: pulumi.Input<string>;
    /** Texts, a change of which runs it again even if nothing else has changed: a date, a data version. */
    triggers?: pulumi.Input<string>[];
    /**
     * Whether pods may run on spot nodes, which cost less and may go at any time: the taints that the clouds give them
     * are tolerated. Defaults to false.
     */
    spot?: pulumi.Input<boolean>;
}

/** The rules of the arguments above. */
export const runFields = {
    ...workloadFields,
    retries: integer(0, 1000),
    timeout: duration,
    triggers: list(
        required(
            textOf({ notSecret: "triggers can be read in the Job: give what tells its versions apart" }),
            "leave the entry out or give a text",
        ),
    ),
    spot: truth,
} satisfies RulesOf<RunArgs>;
