import type * as pulumi from "@pulumi/pulumi";

import type { WorkspaceArgs } from "../pod/args";

/** The label that names the queue of a run. */
export const queueName = "kueue.x-k8s.io/queue-name";

/** The label that names the priority of a run in its queue. */
export const priorityName = "kueue.x-k8s.io/priority-class";

/** What decides when Kueue admits a run. */
interface QueueArgs {
    workspace: WorkspaceArgs;
    queuePriority?: pulumi.Input<string>;
}

/** Returns the labels with which a run waits in the workspace's queue, until Kueue admits it. */
export function queueLabels({ workspace, queuePriority }: QueueArgs): Record<string, pulumi.Input<string>> {
    const { queue } = workspace;
    return { ...(queue !== undefined && { [queueName]: queue }), ...priorityLabel({ queuePriority }) };
}

/** Returns the label with the priority of a run. */
export const priorityLabel = ({
    queuePriority,
}: Pick<QueueArgs, "queuePriority">): Record<string, pulumi.Input<string>> =>
    queuePriority === undefined ? {} : { [priorityName]: queuePriority };
