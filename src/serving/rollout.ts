import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { mapInput } from "../arguments/inputs";
import type { ServerPatience } from "./follow";
import { drainSeconds } from "./probes";

/** How long a pod may wait for a node and for its image, in seconds, besides the time that its program needs. */
const placementSeconds = 600;

/** Returns after how many seconds without progress Kubernetes reports that a Deployment has failed. */
export function progressDeadlineSeconds(startupSeconds: pulumi.Input<number>): pulumi.Input<number> {
    return mapInput(startupSeconds, (limit) => limit + placementSeconds);
}

/** Returns how long an update waits for a server. */
export const patienceOf = (startupSeconds: pulumi.Input<number>, advice?: string): pulumi.Input<ServerPatience> =>
    mapInput(startupSeconds, (limit) => ({ startupSeconds: limit, totalSeconds: limit + placementSeconds, advice }));

/**
 * Returns the grace period of a server's pods.
 *
 * @param extraSeconds - What the server does after its last request takes this long.
 */
export function gracePeriodSeconds(shutdownSeconds: pulumi.Input<number>, extraSeconds = 0): pulumi.Input<number> {
    return mapInput(shutdownSeconds, (limit) => limit + drainSeconds + extraSeconds);
}

/** Returns the constraints that spread pods over nodes where that is possible. */
export function buildTopologySpread(selector: Record<string, string>): types.input.core.v1.TopologySpreadConstraint[] {
    return [
        {
            maxSkew: 1,
            topologyKey: "kubernetes.io/hostname",
            whenUnsatisfiable: "ScheduleAnyway",
            labelSelector: { matchLabels: selector },
        },
    ];
}
