import type * as pulumi from "@pulumi/pulumi";

import { duration } from "../arguments/duration";
import { boolean, dnsSubdomain, integer, oneOf, stringRule } from "../arguments/formats";
import { list, object, required, type RulesOf } from "../arguments/rules";
import { type WorkloadArgs, workloadFields } from "../pod/args";

/** How long `pulumi up` waits for a run. */
export const RunWait = {
    /** Until the run has completed or failed. */
    Completion: "completion",
    /** Until the first run has completed; for later ones not at all. */
    FirstRun: "firstRun",
    /** Not at all. */
    Never: "never",
} as const;
export type RunWait = (typeof RunWait)[keyof typeof RunWait];

/** Which exit codes of the container decide about a retry, besides disruptions, which never count. */
export interface RetryArgs {
    /**
     * Exit codes after which the run fails at once, such as that of a program that has found an invalid configuration.
     * Defaults to none.
     */
    never?: pulumi.Input<number>[];
    /** Exit codes after which a pod is replaced without counting as a retry. Defaults to none. */
    always?: pulumi.Input<number>[];
}

/** The arguments of every workload that runs to completion. */
export interface RunArgs extends WorkloadArgs {
    /** How often a failed pod is retried. Disrupted pods (a drained node, a preemption) do not count. Defaults to 2. */
    retries?: pulumi.Input<number>;
    /** Exit codes that are never retried, and exit codes that always are. Defaults to none. */
    retry?: RetryArgs;
    /**
     * How long the run may take, including retries, for example "90m" or "6h"; then it is stopped and has failed. Time
     * in a queue does not count. Defaults to "24h".
     */
    timeout?: pulumi.Input<string>;
    /**
     * How long a run may take to start a first container, for example because nodes are added for it; then `pulumi up`
     * fails. Time in a queue does not count. A start that cannot succeed, such as one whose image does not exist, fails
     * at once. Defaults to "30m".
     */
    startTimeout?: pulumi.Input<string>;
    /**
     * Whether `pulumi up` waits for the run. If it does not, the result of the last completed run stays the current
     * one, and the first `pulumi up` or preview after the run has completed shows its result. Defaults to
     * "completion".
     */
    wait?: pulumi.Input<RunWait>;
    /** Whether a failed run is only a warning, and not an error of `pulumi up`. Defaults to false. */
    allowFailure?: pulumi.Input<boolean>;
    /**
     * Arbitrary strings, such as a date or the version of the data. Changing one starts a new run. Defaults to none.
     */
    triggers?: pulumi.Input<string>[];
    /**
     * Whether pods may run on spot nodes, which cost less and can be reclaimed at any time: they tolerate the taints
     * that cloud providers set on those nodes. Defaults to false.
     */
    spot?: pulumi.Input<boolean>;
    /**
     * Name of the WorkloadPriorityClass by which Kueue orders runs in a queue, and which may preempt runs of a lower
     * priority. It acts where Kueue admits the run: with `workspace.queue`, or in a namespace with a default queue. Changing
     * it starts a run again that has not completed. Defaults to none, the lowest priority.
     */
    queuePriority?: pulumi.Input<string>;
}

/**
 * An exit code of a failed container. Source: PodFailurePolicyOnExitCodesRequirement of Kubernetes, which refuses 0.
 */
const exitCodes = list(required(integer(1, 255), "remove the entry or set it to an exit code"));

/** The rule of an argument `retry`. */
export const retryRule = object<RetryArgs>({ never: exitCodes, always: exitCodes });

/** The rules of the arguments above. */
export const runFields = {
    ...workloadFields,
    retries: integer(0, 1000),
    retry: retryRule,
    timeout: duration,
    startTimeout: duration,
    wait: oneOf(Object.values(RunWait)),
    allowFailure: boolean,
    triggers: list(
        required(
            stringRule({
                notSecret: "the Job stores triggers in plain text: use a value that is not secret, such as a date",
            }),
            "remove the entry or set it to a string",
        ),
    ),
    spot: boolean,
    queuePriority: dnsSubdomain,
} satisfies RulesOf<RunArgs>;
