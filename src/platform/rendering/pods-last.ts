import { setTimeout as sleep } from "node:timers/promises";

import * as pulumi from "@pulumi/pulumi";

/** The kinds that run pods. */
const runsPods = /^kubernetes:(apps|batch)\/v1:(Deployment|StatefulSet|DaemonSet|Job)$/;

/** How long in milliseconds no other object must have been registered for a chart to count as complete. */
const usualPause = 300;

/**
 * Returns a function to await before each object of a chart is registered. In an update, it delays objects that run
 * pods until the other objects are registered.
 *
 * The engine creates objects in the order in which they are registered, as many at a time as it has workers, and a
 * worker waits until the pods of its object are ready. Pods that came first would fail until their roles and
 * configuration exist; and if they kept all workers busy, none would be left to create what they wait for.
 *
 * The provider registers all objects of a chart at the same time, in no order, and reports neither their number nor the
 * last one. So a chart counts as complete when no object has been registered for a moment. If that is too early, as on
 * a machine that stalls, pods fail at first and Kubernetes restarts them.
 */
export function podsLast(pause = usualPause): (type: string) => Promise<void> {
    let others = 0;
    return async (type) => {
        if (!runsPods.test(type)) {
            others++;
            return;
        }
        // A preview creates nothing.
        for (let before = -1; before !== others && !pulumi.runtime.isDryRun(); await sleep(pause)) {
            before = others;
        }
    };
}
