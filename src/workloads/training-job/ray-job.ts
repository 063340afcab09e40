import * as pulumi from "@pulumi/pulumi";

import { shellCode } from "../../arguments/words";
import { type RunIdentity, runTimeout } from "../../runs/run";
import type { TrainingJobArgs } from "./args";
import { type TrainingContext, buildTrainingPod } from "./job";
import { buildOperatorRun, type OperatorRun } from "./operator-run";

/**
 * Returns the RayJob of a training: a Ray cluster of `nodes` pods, the first of which is its head and runs the command,
 * and which is deleted when the run has ended.
 * Source: https://docs.ray.io/en/latest/cluster/kubernetes/getting-started/rayjob-quick-start.html
 */
export function buildRayJob(
    name: string,
    args: TrainingJobArgs,
    context: TrainingContext,
    identity: RunIdentity,
): OperatorRun {
    const workers = (args.nodes ?? 1) - 1;
    // The container runs Ray's own processes. Each retry has a cluster of its own, whose name the status tells.
    const details = { uidLabel: "ray.io/cluster" };
    const pod = buildTrainingPod(name, { ...args, command: undefined, args: undefined }, context, identity, details);
    const spec = {
        // Ray runs it in a shell.
        entrypoint: pulumi
            .all([...(args.command ?? []), ...(args.args ?? [])])
            .apply((words) => words.map((word) => shellCode(word)).join(" ")),
        // The head runs the command itself, so that there are no pods besides those of the cluster.
        submissionMode: "HTTPMode",
        backoffLimit: args.retries ?? 2,
        activeDeadlineSeconds: runTimeout(args),
        shutdownAfterJobFinishes: true,
        rayClusterSpec: {
            headGroupSpec: { rayStartParams: {}, template: pod },
            ...(workers > 0 && {
                workerGroupSpecs: [
                    {
                        groupName: "workers",
                        replicas: workers,
                        minReplicas: workers,
                        maxReplicas: workers,
                        rayStartParams: {},
                        template: pod,
                    },
                ],
            }),
        },
    };
    return { run: buildOperatorRun(name, args, identity, { apiVersion: "ray.io/v1", kind: "RayJob", spec }) };
}
