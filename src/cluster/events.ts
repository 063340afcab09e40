/** Reading events, which say more than the status of an object why its pods do not start. */
import { type Cluster, ClusterError } from "./client";
import type { Event, Pod } from "./pods";

/** Reads the events that a field selector selects; none if they may not be read. */
export async function readEventsBy(cluster: Cluster, namespace: string, fieldSelector: string): Promise<Event[]> {
    return (await ifAllowed(cluster.list<Event>(`/api/v1/namespaces/${namespace}/events`, { fieldSelector }))) ?? [];
}

/** The number of pods whose events are read. */
const fewPods = 5;

/** Reads the events of the first of these pods. */
export async function eventsOfPods(cluster: Cluster, namespace: string, pods: Pod[]): Promise<Event[]> {
    const read = ({ metadata }: Pod) => readEventsBy(cluster, namespace, `involvedObject.uid=${metadata.uid}`);
    return (await Promise.all(pods.slice(0, fewPods).map(read))).flat();
}

/** Returns what a request returns, or undefined if it is forbidden: the object itself says enough to follow it. */
export async function ifAllowed<T>(request: Promise<T>): Promise<T | undefined> {
    try {
        return await request;
    } catch (error) {
        if (error instanceof ClusterError && error.status === 403) {
            return undefined;
        }
        throw error;
    }
}
