import * as pulumi from "@pulumi/pulumi";

import { hashOf } from "../../arguments/hash";
import type { RunPlan } from "../../runs/tracked-run";
import type { BatchInferenceArgs } from "./args";

/** Returns the plan of a shard that is run again. Once all shards have completed, there is nothing left to do. */
export function planRerun(
    name: string,
    plan: pulumi.Output<RunPlan>,
    shard: number,
    args: BatchInferenceArgs,
    directory: pulumi.Output<string>,
): pulumi.Output<RunPlan> {
    return pulumi
        .all([plan, directory, args.rerun?.image ?? args.image])
        .apply(([{ fields, done, history }, run, image]) => {
            const content = hashOf({ run, shard, image });
            return { run: `${name}-${content}`, content, fields, done, history, cleanup: [] };
        });
}
