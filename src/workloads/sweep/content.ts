import type * as pulumi from "@pulumi/pulumi";

import { hashRun, type RunHashes } from "../../runs/content";
import { type SweepArgs, SweepBackend } from "./args";

/** Returns the hashes of a sweep: the search and its trials. How many trials run at once makes no difference. */
export function hashSweep(args: SweepArgs, claim: pulumi.Input<string>): pulumi.Output<RunHashes> {
    const { output: _, maxFailedTrials, budget, ...rest } = args;
    const { backend = SweepBackend.Job } = args;
    const limits = { maxFailedTrials, gpuHours: budget?.gpuHours, timeout: args.timeout };
    // An Experiment cannot be changed; the limits of a Job can.
    return hashRun(rest, { backend }, { claim, trials: budget?.trials, ...(backend === SweepBackend.Katib && limits) }, [
        "parallelism",
        "retries",
        "collectorImage",
    ]);
}
