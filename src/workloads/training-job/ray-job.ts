import * as pulumi from "@pulumi/pulumi";

import { shellWord } from "../../arguments/shell";
import { runTimeout } from "../../runs/run";
import type { TrainingJobArgs } from "./args";
import { type TrainingContext, buildTrainingPod } from "./job";
import { named, type OperatorRun } from "./operator-run";

/**
 * A training as a RayJob: a Ray cluster of `nodes` pods, the first of which is its head and starts the command, and
 * which is gone when the run is through.
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
        // Ray starts its own processes in the container.
        const pod = buildTrainingPod(name, { ...args, command: undefined, args: undefined }, context, run, {});
        return {
            entrypoint: pulumi
                .all([...(args.command ?? []), ...(args.args ?? [])])
                .apply((words) => words.map(shellWord).join(" ")),
            // The head takes the command itself, so that there is no pod besides those of the cluster.
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
    return { run: named(name, args, kind, specOf).object };
}
