/** Following a server from a program, until its pods are ready or it is known that they cannot be. */
import { oneLine } from "../arguments/one-line";
import type { Cluster } from "../cluster/client";
import { eventsOfPods, ifAllowed, readEventsBy } from "../cluster/events";
import { creationProblem, type Wait } from "../cluster/pod-start";
import { type Event, type Pod, timeOf } from "../cluster/pods";
import { watch, type WatchOptions } from "../cluster/watch";
import { labelSelector, type Server, serverKinds, type ServerKind } from "./server-kinds";
import { isReady, waitOfServerPod } from "./server-start";

/** Which server to follow. */
export interface ServerRef {
    kind: ServerKind;
    namespace: string;
    name: string;
}

export interface ServerPatience {
    /** How long the program of a pod may take until it is ready, in seconds. */
    startupSeconds: number;
    /** How long a pod may take to become ready from its creation, in seconds, with what it waits for until it starts. */
    totalSeconds: number;
    /** What to do if the program answers its probes with an error. */
    advice?: string;
}

/** Whether a server is ready, or why not: the predicate of a sentence about it. */
export type ServerOutcome =
    | { state: "ready" }
    /** Its pods cannot become ready, or have not in time. */
    | { state: "failed"; message: string }
    /** It has been waiting for longer than an update waits, and may become ready. */
    | { state: "late"; message: string }
    | { state: "running"; why: string };

/** Follows a server until all pods of its newest version are ready, or cannot be. Throws a ClusterError as `watch` does. */
export async function followServer(
    cluster: Cluster,
    server: ServerRef,
    patience: ServerPatience,
    options: WatchOptions = {},
): Promise<ServerOutcome> {
    const memory: Memory = {};
    const look = async () => assess(await readServer(cluster, server), cluster.now(), patience, memory);
    return watch(cluster, look, options);
}

/** What the API server knows about a server. */
export interface Observed {
    server?: Server;
    isReady: boolean;
    hasGivenUp: boolean;
    /** Whether it counts as ready only once it has been for a while. */
    settles?: boolean;
    /** The pods of its newest version; undefined if they may not be read, or are not known yet. */
    pods?: Pod[];
    events: Event[];
}

/** What is remembered between two looks at a server. */
export interface Memory {
    /** When it was first looked at, in milliseconds. */
    firstLook?: number;
    /** Since when it has been known that a pod cannot become ready as things are, in milliseconds. */
    stuckSince?: number;
    /** Since when it has been ready, in milliseconds. */
    readySince?: number;
}

async function readServer(cluster: Cluster, { kind, namespace, name }: ServerRef): Promise<Observed> {
    const server = await cluster.get<Server>(`/${kind.api}/namespaces/${namespace}/${kind.resource}/${name}`);
    if (server === undefined) {
        return { isReady: false, hasGivenUp: false, events: [] };
    }
    if (kind.deploymentOf) {
        const made = { kind: serverKinds.Deployment, namespace, name: kind.deploymentOf(server) };
        const observed = await readServer(cluster, made);
        return { ...observed, server, isReady: observed.isReady && kind.isReady(server), settles: true };
    }
    const isDone = kind.isReady(server);
    const newest = isDone ? undefined : await kind.newest?.(cluster, server);
    const pods =
        newest &&
        (await ifAllowed(
            cluster.list<Pod>(`/api/v1/namespaces/${namespace}/pods`, { labelSelector: labelSelector(newest.labels) }),
        ));
    return {
        server,
        isReady: isDone,
        hasGivenUp: kind.hasGivenUp?.(server) ?? false,
        pods,
        events: newest && pods ? await readEvents(cluster, namespace, newest.creator, pods) : [],
    };
}

async function readEvents(
    cluster: Cluster,
    namespace: string,
    { kind, name }: { kind: string; name: string },
    pods: Pod[],
): Promise<Event[]> {
    return pods.length > 0
        ? eventsOfPods(
              cluster,
              namespace,
              pods.filter((pod) => !isReady(pod)),
          )
        : readEventsBy(cluster, namespace, `involvedObject.kind=${kind},involvedObject.name=${name},type=Warning`);
}

/** How long KServe may take to change its Deployment, in milliseconds: it does not say when it has. */
const settlingTime = 5000;

/**
 * Returns the outcome of a server from what is known about it now, and remembers what the next look needs.
 *
 * @param now - The time of the API server in milliseconds.
 */
export function assess(
    { server, hasGivenUp, pods, events, ...observed }: Observed,
    now: number,
    { startupSeconds, totalSeconds, advice }: ServerPatience,
    memory: Memory = {},
): ServerOutcome {
    const isFirst = memory.firstLook === undefined;
    memory.firstLook ??= now;
    memory.readySince = observed.isReady ? (memory.readySince ?? now) : undefined;
    if (server === undefined) {
        return { state: "failed", message: "was deleted before its pods were ready; run pulumi up --refresh" };
    }
    if (observed.isReady) {
        return observed.settles && now - memory.readySince! < settlingTime
            ? { state: "running", why: "is ready, unless KServe has yet to change it" }
            : { state: "ready" };
    }
    const context = { events, now, firstLook: memory.firstLook, startupSeconds, advice };
    const waits = (pods ?? [])
        .filter(({ metadata }) => !metadata.deletionTimestamp)
        .flatMap((pod): NamedWait[] => {
            const wait = waitOfServerPod(pod, context);
            return wait
                ? [{ ...wait, subject: `its pod ${pod.metadata.name}`, since: timeOf(pod.metadata.creationTimestamp) }]
                : [];
        })
        .sort((one, other) => (one.grace ?? Infinity) - (other.grace ?? Infinity) || one.since - other.since);
    const creation = pods?.length === 0 ? creationProblem(events) : undefined;
    const worst = waits[0] ?? (creation && { ...creation, subject: "its pods", since: memory.firstLook });
    memory.stuckSince = worst?.grace === undefined ? undefined : (memory.stuckSince ?? now);
    const nothingKnown = pods?.length === 0 ? "its pods have not been created yet" : "its pods are not ready yet";
    const why = worst ? `${worst.subject} ${worst.why}` : nothingKnown;
    if (worst?.grace !== undefined && now - memory.stuckSince! >= worst.grace * 1000) {
        return { state: "failed", message: why };
    }
    const isLate = hasGivenUp || now - (worst?.since ?? memory.firstLook) >= totalSeconds * 1000;
    if (!isLate) {
        return { state: "running", why };
    }
    return {
        state: isFirst && !hasGivenUp ? "late" : "failed",
        message: `has not become ready in time: ${oneLine(why)}`,
    };
}

/** Why a pod is not ready, with the subject of the sentence, and since when. */
interface NamedWait extends Wait {
    subject: string;
    since: number;
}
