import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { seconds } from "../arguments/duration";
import { mapInput } from "../arguments/inputs";
import { labelsOf, objectMeta } from "../pod/metadata";
import type { RunArgs } from "./args";
import { queueLabel } from "./queue";

/** Returns the time limit of a run in seconds. */
export function runTimeout(args: Pick<RunArgs, "timeout">): pulumi.Input<number> {
    return mapInput(args.timeout ?? "24h", seconds);
}

/** Returns the metadata of a run: the queue that admits it, and how long `pulumi up` waits for it. */
export function runMeta(
    name: string,
    component: string,
    run: pulumi.Input<string>,
    args: RunArgs,
    annotations: Record<string, pulumi.Input<string>> = {},
): types.input.meta.v1.ObjectMeta {
    const labels = { ...labelsOf(name, component), ...queueLabel(args.workspace) };
    return objectMeta(run, args.workspace.namespace, labels, {
        // The run's own time limit is reached first: its message is clearer than that of a wait that timed out.
        "pulumi.com/timeoutSeconds": mapInput(runTimeout(args), (limit) => String(limit + 300)),
        ...(args.triggers && {
            "kubernetes-mlops/triggers": pulumi.all(args.triggers).apply((all) => all.join(", ")),
        }),
        ...annotations,
    });
}

/**
 * Pods that were disrupted (a drained node, a preemption) have not failed and use up no retry. There is no rule that
 * fails a Job at once: the provider does not recognize that failure and would wait until its timeout.
 */
export const ignoreDisruptions: types.input.batch.v1.PodFailurePolicy = {
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

/** Returns the tolerations of the pods of a run, for spot nodes if they are allowed. */
export function runTolerations(args: Pick<RunArgs, "spot">): pulumi.Input<types.input.core.v1.Toleration[]> {
    return mapInput(args.spot ?? false, (spot) => (spot ? spotTaints : []));
}
