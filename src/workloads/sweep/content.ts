import type * as pulumi from "@pulumi/pulumi";

import { hashRun, type RunHashes } from "../../runs/content";
import { type SweepArgs, SweepBackend } from "./args";

/** Returns the hashes of a sweep: of the search and its trials. How many trials run at once is not part of the content. */
export function hashSweep(args: SweepArgs, claim: pulumi.Input<string>): pulumi.Output<RunHashes> {
    const { backend = SweepBackend.Job, budget } = args;
    return hashRun(args, {
        defaults: { backend },
        details: { claim, trials: budget?.trials },
        // An Experiment cannot be changed; the limits of a Job can.
        placement: [
            ...(["parallelism", "retries", "collectorImage"] as const),
            ...(backend === SweepBackend.Job ? [] : (["maxFailedTrials", "budget", "timeout"] as const)),
        ],
        ignored: ["output", "maxFailedTrials", "budget"],
    });
}
