import * as pulumi from "@pulumi/pulumi";

import { runTimeout } from "../../runs/run";
import type { TrainingJobArgs } from "./args";
import { type TrainingContext, buildTrainingPod } from "./job";
import {
    buildFailurePolicy,
    buildNodesJob,
    buildOperatorRun,
    firstPod,
    nodeJob,
    type OperatorRun,
} from "./operator-run";
import { buildRendezvous } from "./rendezvous";

/** Returns the JobSet of a training. */
export function buildJobSet(name: string, args: TrainingJobArgs, context: TrainingContext): OperatorRun {
    const nodes = args.nodes ?? 1;
    const specOf = (run: pulumi.Input<string>) => {
        const details = nodes > 1 ? { rendezvous: buildRendezvous(args, firstPod(run)) } : {};
        const job = buildNodesJob(nodes, buildTrainingPod(name, args, context, run, details));
        return {
            network: { enableDNSHostnames: true, publishNotReadyAddresses: true, subdomain: run },
            failurePolicy: buildFailurePolicy(args),
            replicatedJobs: [
                { name: nodeJob, replicas: 1, template: { spec: { ...job, activeDeadlineSeconds: runTimeout(args) } } },
            ],
        };
    };
    // A JobSet has no time limit of its own: each restart of its Job has the whole limit.
    const limit = pulumi
        .all([runTimeout(args), args.retries ?? 2])
        .apply(([seconds, retries]) => String(seconds * (retries + 1) + 300));
    const wait = { "pulumi.com/waitFor": "jsonpath={.status.terminalState}", "pulumi.com/timeoutSeconds": limit };
    const kind = { apiVersion: "jobset.x-k8s.io/v1alpha2", kind: "JobSet", wait };
    return { run: buildOperatorRun(name, args, kind, specOf).object };
}
