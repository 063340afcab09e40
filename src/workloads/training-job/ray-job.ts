import * as pulumi from "@pulumi/pulumi";

import { shellWord } from "../../arguments/shell";
import { runTimeout } from "../../runs/run";
import type { TrainingJobArgs } from "./args";
import { type TrainingContext, buildTrainingPod } from "./job";
import { buildOperatorRun, type OperatorRun } from "./operator-run";

/**
 * Returns the RayJob of a training: a Ray cluster of `nodes` pods, the first of which is its head and runs the command,
 * and which is deleted when the run has ended.
 * Source: https://docs.ray.io/en/latest/cluster/kubernetes/getting-started/rayjob-quick-start.html
 */
export function buildRayJob(name: string, args: TrainingJobArgs, context: TrainingContext): OperatorRun {
    const kind = {
        apiVersion: "ray.io/v1",
        kind: "RayJob",
        wait: { "pulumi.com/waitFor": "jsonpath={.status.endTime}" },
    };
    const workers = (args.nodes ?? 1) - 1;
    const specOf = (run: pulumi.Input<string>) => {
        // The container runs Ray's own processes.
        const pod = buildTrainingPod(name, { ...args, command: undefined, args: undefined }, context, run, {});
        return {
            entrypoint: pulumi
                .all([...(args.command ?? []), ...(args.args ?? [])])
                .apply((words) => words.map(shellWord).join(" ")),
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
    };
    return { run: buildOperatorRun(name, args, kind, specOf).object };
}
