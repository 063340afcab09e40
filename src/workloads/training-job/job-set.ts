import * as pulumi from "@pulumi/pulumi";

import { runTimeout } from "../../runs/run";
import type { TrainingJobArgs } from "./args";
import { type TrainingContext, buildTrainingPod } from "./job";
import { failurePolicy, firstPod, named, nodeJob, nodesJob, type OperatorRun } from "./operator-run";
import { rendezvous } from "./rendezvous";

/** A training as a JobSet. */
export function buildJobSet(name: string, args: TrainingJobArgs, context: TrainingContext): OperatorRun {
    const nodes = args.nodes ?? 1;
    const specOf = (run: pulumi.Input<string>) => {
        const details = nodes > 1 ? { rendezvous: rendezvous(args, firstPod(run)) } : {};
        const job = nodesJob(nodes, buildTrainingPod(name, args, context, run, details));
        return {
            network: { enableDNSHostnames: true, publishNotReadyAddresses: true, subdomain: run },
            failurePolicy: failurePolicy(args),
            replicatedJobs: [
                { name: nodeJob, replicas: 1, template: { spec: { ...job, activeDeadlineSeconds: runTimeout(args) } } },
            ],
        };
    };
    // A JobSet has no time limit of its own: each start of its Job has the whole.
    const limit = pulumi
        .all([runTimeout(args), args.retries ?? 2])
        .apply(([seconds, retries]) => String(seconds * (retries + 1) + 300));
    const wait = { "pulumi.com/waitFor": "jsonpath={.status.terminalState}", "pulumi.com/timeoutSeconds": limit };
    const kind = { apiVersion: "jobset.x-k8s.io/v1alpha2", kind: "JobSet", wait };
    return { run: named(name, args, kind, specOf).object };
}
