import { runTimeout, type RunIdentity } from "../../runs/run";
import type { TrainingJobArgs } from "./args";
import { type TrainingContext, buildTrainingPod } from "./job";
import {
    buildFailurePolicy,
    buildNodesJob,
    buildOperatorRun,
    firstPod,
    jobSetUid,
    nodeJob,
    type OperatorRun,
} from "./operator-run";
import { buildRendezvous } from "./rendezvous";

/** Returns the JobSet of a training. It has no time limit of its own: each restart of its Job has the whole limit. */
export function buildJobSet(
    name: string,
    args: TrainingJobArgs,
    context: TrainingContext,
    identity: RunIdentity,
): OperatorRun {
    const { nodes = 1 } = args;
    const template = buildTrainingPod(name, args, context, identity, {
        uidLabel: jobSetUid,
        ...(nodes > 1 && { rendezvous: buildRendezvous(args, firstPod(identity.run)) }),
    });
    const job = { ...buildNodesJob(nodes, template), activeDeadlineSeconds: runTimeout(args) };
    const spec = {
        network: { enableDNSHostnames: true, publishNotReadyAddresses: true, subdomain: identity.run },
        failurePolicy: buildFailurePolicy(args),
        replicatedJobs: [{ name: nodeJob, replicas: 1, template: { spec: job } }],
    };
    const kind = { apiVersion: "jobset.x-k8s.io/v1alpha2", kind: "JobSet" };
    return { run: buildOperatorRun(name, args, identity, { ...kind, spec }) };
}
