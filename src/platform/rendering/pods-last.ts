import { setTimeout as sleep } from "node:timers/promises";

import * as pulumi from "@pulumi/pulumi";

/** What runs pods. */
const runsPods = /^kubernetes:(apps|batch)\/v1:(Deployment|StatefulSet|DaemonSet|Job)$/;

/** How long in milliseconds no other object must have come for a chart to count as complete. */
const usualPause = 300;

/**
 * Returns a function to be awaited before each object of a chart is registered. In an update, it holds what runs pods back
 * until the other objects have come.
 *
 * The engine creates objects in the order in which they are registered, as many at a time as it has workers, and a worker
 * waits until the pods of its object are ready. Pods that came first would fail until their roles and configuration are
 * there; and where there are as many of them as workers, no worker would be left to create what they wait for.
 *
 * The provider registers all objects of a chart at the same time, in no order, and says neither how many there are nor which
 * one is the last. So a chart counts as complete when nothing more has come for a moment. Where that is too early, as on a
 * machine that stalls, pods fail at first and are started again by Kubernetes.
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
