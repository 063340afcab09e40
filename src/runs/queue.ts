import type * as pulumi from "@pulumi/pulumi";

import type { WorkspaceArgs } from "../pod/args";

/** Returns the label with which a run waits in the workspace's queue, until Kueue admits it. */
export function queueLabel({ queue }: WorkspaceArgs): Record<string, pulumi.Input<string>> {
    return queue === undefined ? {} : { "kueue.x-k8s.io/queue-name": queue };
}
