import type * as pulumi from "@pulumi/pulumi";

import type { WorkspaceArgs } from "../pod/args";

/** The label that names the queue of a run. */
export const queueName = "kueue.x-k8s.io/queue-name";

/** Returns the label with which a run waits in the workspace's queue, until Kueue admits it. */
export function queueLabel({ queue }: WorkspaceArgs): Record<string, pulumi.Input<string>> {
    return queue === undefined ? {} : { [queueName]: queue };
}
