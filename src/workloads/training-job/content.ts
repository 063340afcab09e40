import type * as pulumi from "@pulumi/pulumi";

import { hashRun, type RunHashes } from "../../runs/content";
import { TrainingBackend, TrainingFramework, type TrainingJobArgs } from "./args";
import type { TrainingTarget } from "./job";

/** Returns the hashes of a training. Its result is the same wherever its pods are placed, and where it is kept is part of it. */
export function hashTraining(args: TrainingJobArgs, target: TrainingTarget): pulumi.Output<RunHashes> {
    const { output: _, ...rest } = args;
    const { backend = TrainingBackend.Job } = args;
    const defaults = { nodes: 1, backend, framework: TrainingFramework.Torch };
    // The custom resources of operators cannot be changed.
    const fixed = backend === TrainingBackend.Job ? [] : ["retries", "timeout"];
    return hashRun(rest, defaults, { output: target.uri }, ["topology", "checkpoint", ...fixed]);
}
