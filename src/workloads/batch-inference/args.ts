import * as pulumi from "@pulumi/pulumi";

import type { RunArgs } from "../../runs/args";

/** The shards that are done once more, after a run that has failed for them. */
export interface RerunArgs {
    /** Their numbers, from 0 on; at most 100. All others stay as they are. */
    shards: number[];
    /**
     * The image that does them, where the one of the run was wrong. Defaults to that of the run. Another image does them
     * once more.
     */
    image?: pulumi.Input<string>;
}

/** The arguments of a BatchInference. `retries` are those of each shard. */
export interface BatchInferenceArgs extends RunArgs {
    /**
     * What is worked on, for example "s3://claims/november", or "pvc://<claim>/<directory>", which is mounted read-only
     * at INPUT_DIR. Any other address is handed over as INPUT_URI, to be downloaded to INPUT_DIR. Another one is a new
     * run.
     */
    input: pulumi.Input<string>;
    /**
     * Where the results go, for example "s3://scores/november", or "pvc://<claim>/<directory>", which is mounted at
     * OUTPUT_DIR. Any other address is handed over as OUTPUT_URI, to be uploaded to from OUTPUT_DIR. Another one is a
     * new run. With `schedule` each run has a directory of its own below it.
     */
    output: pulumi.Input<string>;
    /** Into how many parts the work is divided, each a pod of its own. Another number is a new run. */
    shards: pulumi.Input<number>;
    /** The model, as in a ModelServer: mounted at MODEL_DIR, or handed over as MODEL_URI. Another one is a new run. */
    model?: pulumi.Input<string>;
    /** How many shards are done at once. Defaults to all of them, but no more than 8. Another number is a new run. */
    parallelism?: pulumi.Input<number>;
    /** Does some shards once more, after a run that has failed for them. Not with `schedule`. */
    rerun?: RerunArgs;
    /**
     * When it is run again and again, as a CronJob has it, for example "30 2 * * *". Defaults to one run, which
     * `pulumi up` waits for. A run that is due while one is still at work is left out.
     */
    schedule?: pulumi.Input<string>;
    /** The time zone of `schedule`, for example "Europe/Berlin". Defaults to that of the cluster, often UTC. */
    timeZone?: pulumi.Input<string>;
}
