import type * as pulumi from "@pulumi/pulumi";

import { duration } from "../arguments/duration";
import { boolean, integer, stringRule } from "../arguments/formats";
import { list, required, type RulesOf } from "../arguments/rules";
import { type WorkloadArgs, workloadFields } from "../pod/args";

/** The arguments of every workload that runs to completion. */
export interface RunArgs extends WorkloadArgs {
    /** How often a failed pod is retried. Disrupted pods (a drained node, a preemption) do not count. Defaults to 2. */
    retries?: pulumi.Input<number>;
    /**
     * How long the run may take, including retries, for example "90m" or "6h"; then it is stopped and has failed.
     * `pulumi up` waits at most that long. Defaults to "24h".
     */
    timeout?: pulumi.Input<string>;
    /** Arbitrary strings, such as a date or the version of the data. Changing one starts a new run. Defaults to none. */
    triggers?: pulumi.Input<string>[];
    /**
     * Whether pods may run on spot nodes, which cost less and can be reclaimed at any time: they tolerate the taints that
     * cloud providers set on those nodes. Defaults to false.
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
            stringRule({
                notSecret: "the Job stores triggers in plain text: use a value that is not secret, such as a date",
            }),
            "remove the entry or set it to a string",
        ),
    ),
    spot: boolean,
} satisfies RulesOf<RunArgs>;
