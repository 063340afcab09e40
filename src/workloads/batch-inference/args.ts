import * as pulumi from "@pulumi/pulumi";

import type { RunArgs } from "../../runs/args";
import type { ScheduledRunArgs } from "../../runs/schedule-args";

/** The shards to run again after a run in which they have failed. */
export interface RerunArgs {
    /** Their indexes, counted from 0; at most 100. All other shards keep their results. */
    shards: number[];
    /**
     * The image for these shards, where the image of the run is to blame. Changing it runs them again. Defaults to
     * `image`.
     */
    image?: pulumi.Input<string>;
}

/** The arguments of a BatchInference. `retries` apply to each shard. */
export interface BatchInferenceArgs extends RunArgs, ScheduledRunArgs {
    /**
     * URI of the input data: "pvc://<claim>/<directory>" is mounted read-only at INPUT_DIR; any other, for example
     * "s3://claims/november", is for the program to download from INPUT_URI to INPUT_DIR. Changing it starts a new run.
     */
    inputUri: pulumi.Input<string>;
    /**
     * URI below which each run has its own directory for its results: of "pvc://<claim>/<directory>", it is mounted at
     * OUTPUT_DIR; any other, for example "s3://scores/november", is for the program to upload to from OUTPUT_DIR, as
     * OUTPUT_URI. Changing it starts a new run.
     */
    outputUri: pulumi.Input<string>;
    /** Number of shards into which the work is divided, one pod each. Changing it starts a new run. */
    shards: pulumi.Input<number>;
    /**
     * URI of the model, as in a ModelServer: mounted at MODEL_DIR, or for the program to download from MODEL_URI.
     * Changing it starts a new run. Defaults to none.
     */
    model?: pulumi.Input<string>;
    /** How many shards run at once. Changing it starts a new run. Defaults to all of them, but no more than 8. */
    parallelism?: pulumi.Input<number>;
    /**
     * Runs some shards again after a run in which they have failed. Not supported with `schedule`. Defaults to none.
     */
    rerun?: RerunArgs;
    /**
     * When runs start, as a cron schedule: minute, hour, day of the month, month and day of the week, for example "30 2
     * * * *", or one of "@hourly", "@daily", "@weekly", "@monthly" and "@yearly". Runs never overlap: one that is due
     * while the previous one is in progress waits for up to `startingDeadline`. Defaults to a single run, for which
     * `pulumi up` waits.
     */
    schedule?: pulumi.Input<string>;
}
