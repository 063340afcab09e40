import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { seconds } from "../arguments/duration";
import { mapInput } from "../arguments/inputs";
import { labelsOf, objectMeta } from "../pod/metadata";
import type { RunArgs } from "./args";

/** The time limit of a run, in seconds. */
export function runTimeout(args: RunArgs): pulumi.Input<number> {
    return mapInput(args.timeout ?? "24h", seconds);
}

/** The metadata of a run: the queue that admits it, and how long `pulumi up` waits for it. */
export function runMeta(
    name: string,
    component: string,
    run: pulumi.Input<string>,
    args: RunArgs,
    annotations: Record<string, pulumi.Input<string>> = {},
): types.input.meta.v1.ObjectMeta {
    const labels = { ...labelsOf(name, component), "kueue.x-k8s.io/queue-name": args.workspace.queue };
    return objectMeta(run, args.workspace.namespace, labels, {
        // The run's own time limit comes first: its words are clearer than those of a wait that was given up.
        "pulumi.com/timeoutSeconds": mapInput(runTimeout(args), (limit) => String(limit + 300)),
        ...(args.triggers && {
            "kubernetes-mlops/triggers": pulumi.all(args.triggers).apply((all) => all.join(", ")),
        }),
        ...annotations,
    });
}

/**
 * A pod that made way (a drained node, a preemption) has not failed and takes no retry away. There is no rule that
 * fails a Job at once: the provider's wait does not see that kind of failure and would go on to its end.
 */
export const disruptionsAreNoFailures: types.input.batch.v1.PodFailurePolicy = {
    rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
};

/**
 * The taints that clouds give to spot nodes. AWS gives none.
 * Sources: https://cloud.google.com/kubernetes-engine/docs/concepts/spot-vms,
 * https://learn.microsoft.com/azure/aks/spot-node-pool
 */
const spotTaints = [
    { key: "cloud.google.com/gke-spot", operator: "Equal", value: "true", effect: "NoSchedule" },
    { key: "kubernetes.azure.com/scalesetpriority", operator: "Equal", value: "spot", effect: "NoSchedule" },
];

/** What pods of a run tolerate besides what all do. */
export function runTolerations(args: RunArgs): pulumi.Input<types.input.core.v1.Toleration[]> {
    return mapInput(args.spot ?? false, (spot) => (spot ? spotTaints : []));
}
