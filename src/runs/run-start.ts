/** Why the pods of a run do not start. */
import { creationProblem, hasStarted, type Wait, waitOfPod } from "../cluster/pod-start";
import type { Event, Pod } from "../cluster/pods";

/**
 * Returns why the pods of a run do not start, or undefined if one has started and none of the others is unable to.
 *
 * @param events - The events of the pods, and those of the controller that creates them.
 */
export function waitOfRun(pods: Pod[], events: Event[]): Wait | undefined {
    const active = pods.filter(({ metadata, status }) => !metadata.deletionTimestamp && status?.phase !== "Failed");
    const waits = active.flatMap((pod) => waitOfPod(pod, events) ?? []);
    const worst = waits.sort((one, other) => (one.grace ?? Infinity) - (other.grace ?? Infinity))[0];
    if (pods.some(hasStarted)) {
        return worst?.grace === undefined ? undefined : worst;
    }
    return worst ?? (pods.length === 0 ? creationProblem(events) : undefined) ?? { why: "is starting" };
}
