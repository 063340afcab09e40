import type * as pulumi from "@pulumi/pulumi";

import { hashRun, type RunHashes } from "../../runs/content";
import { TrainingBackend, TrainingFramework, type TrainingJobArgs } from "./args";
import type { TrainingContext } from "./job";

/** Returns the hashes of a training. Where its result is kept is part of the content; where its pods run is not. */
export function hashTraining(
    args: TrainingJobArgs,
    { target, checkpoint }: Pick<TrainingContext, "target" | "checkpoint">,
): pulumi.Output<RunHashes> {
    const { backend = TrainingBackend.Job } = args;
    return hashRun(args, {
        defaults: { nodes: 1, backend, framework: TrainingFramework.Torch },
        details: { output: target.uri },
        podDetails: { checkpointClaim: checkpoint },
        // The custom resources of operators cannot be changed.
        placement: ["topology", ...(backend === TrainingBackend.Job ? [] : (["retries", "timeout"] as const))],
        ignored: ["output", "checkpoint"],
    });
}
