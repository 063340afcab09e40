import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { mapInput } from "../arguments/inputs";
import { drainSeconds } from "./probes";

/**
 * Returns how long Pulumi waits for a rollout, in seconds. Pods start in waves, which together take less than twice the
 * longest start of one pod.
 */
export function rolloutTimeoutSeconds(startupSeconds: pulumi.Input<number>): pulumi.Input<string> {
    return mapInput(startupSeconds, (limit) => String(2 * limit + 300));
}

/** Returns after how many seconds without progress Kubernetes reports that a Deployment has failed. */
export function progressDeadlineSeconds(startupSeconds: pulumi.Input<number>): pulumi.Input<number> {
    return mapInput(startupSeconds, (limit) => limit + 60);
}

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
