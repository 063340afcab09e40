import type * as pulumi from "@pulumi/pulumi";

import { hashRun, type RunHashes } from "../../runs/content";
import { TrainingBackend, TrainingFramework, type TrainingJobArgs } from "./args";
import type { TrainingTarget } from "./job";

/** Returns the hashes of a training. Where its result is kept is part of the content; where its pods run is not. */
export function hashTraining(args: TrainingJobArgs, target: TrainingTarget): pulumi.Output<RunHashes> {
    const { backend = TrainingBackend.Job } = args;
    return hashRun(args, {
        defaults: { nodes: 1, backend, framework: TrainingFramework.Torch },
        details: { output: target.uri },
        // The custom resources of operators cannot be changed.
        placement: [
            "topology",
            "checkpoint",
            ...(backend === TrainingBackend.Job ? [] : (["retries", "timeout"] as const)),
        ],
        ignored: ["output"],
    });
}
