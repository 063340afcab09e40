import type * as pulumi from "@pulumi/pulumi";

import { hashRun, type RunHashes } from "../../runs/content";
import { defaultParallelism } from "../../runs/indexed-job";
import { ObjectiveGoal, type SweepArgs, SweepBackend } from "./args";
import { buildTrials, countTrials } from "./trials";

/** Returns the hashes of a sweep: of its objective and its trials. How many of them run at once makes no difference. */
export function hashSweep(args: SweepArgs, claim: pulumi.Input<string>): pulumi.Output<RunHashes> {
    const { backend = SweepBackend.Job, budget, objective } = args;
    const isJob = backend === SweepBackend.Job;
    const count = Math.min(countTrials(args), budget?.trials ?? Infinity);
    return hashRun(args, {
        defaults: { backend, parallelism: defaultParallelism(count) },
        details: {
            claim,
            objective: { goal: ObjectiveGoal.Maximize, ...objective },
            // However they are given. Katib draws them itself.
            trials: isJob ? buildTrials(args) : { grid: args.grid, random: { seed: 0, ...args.random }, count },
        },
        // An Experiment cannot be changed; the limits of a Job can.
        placement: ["parallelism", "retries", ...(isJob ? [] : (["maxFailedTrials", "timeout"] as const))],
        ignored: [
            ...(["output", "objective", "grid", "random", "trials", "maxFailedTrials", "budget"] as const),
            // Only the pod that compares the trials runs it.
            "collectorImage",
        ],
    });
}
