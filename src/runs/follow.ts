/** Following a run from a program, until it has ended or it is known that it cannot start. */
import { seconds } from "../arguments/duration";
import { oneLine } from "../arguments/one-line";
import type { Cluster } from "../cluster/client";
import type { Condition } from "../cluster/condition";
import { eventsOfPods, ifAllowed, readEventsBy } from "../cluster/events";
import { describeFailure } from "../cluster/pod-failure";
import { hasStarted, type Wait } from "../cluster/pod-start";
import { containersOf, type Event, type Pod, timeOf } from "../cluster/pods";
import { watch, type WatchOptions } from "../cluster/watch";
import { doneAnnotation } from "./run";
import { admittedAt, type AnyStatus, progressOf, type Run, type RunKind } from "./run-kinds";
import { waitOfRun } from "./run-start";

/** Which run to follow. */
export interface RunRef {
    kind: RunKind;
    namespace: string;
    name: string;
    /** The run that was created; another one of the same name counts as deleted. Defaults to any. */
    uid?: string;
}

export interface FollowOptions extends WatchOptions {
    /**
     * How long no container of the run may have started, as a duration such as "30m", from when the run was admitted.
     * Defaults to no limit.
     */
    startTimeout?: string;
}

/** How a run has ended, or what it does. Messages are one line. */
export type RunOutcome =
    | { state: "completed"; uid: string; status: AnyStatus | undefined }
    | { state: "failed"; uid: string; status: AnyStatus | undefined; message: string }
    /** It cannot start. The message is the predicate of a sentence about the run. */
    | { state: "unstartable"; uid: string; message: string }
    /** It does not exist, or is being deleted. */
    | { state: "gone" }
    /** It only stands for a run that has completed before, of which there is no record any more. */
    | { state: "standIn" }
    /** Only with `once`. The reason is the predicate of a sentence about the run. */
    | { state: "running"; uid: string; why: string };

/**
 * Follows a run until it has completed or failed, cannot start, or has been deleted. Throws a ClusterError if it cannot be
 * read at first, may not be read any more, or if later the API server cannot be reached for five minutes.
 */
export async function followRun(cluster: Cluster, run: RunRef, options: FollowOptions = {}): Promise<RunOutcome> {
    const memory: Memory = {};
    const look = async () => assess(await readRun(cluster, run), run, cluster.now(), memory, options.startTimeout);
    return watch(cluster, look, options);
}

/** What the API server knows about a run. */
export interface Observed {
    /** Undefined if it does not exist. */
    run?: Run;
    /** Undefined if they may not be read. */
    pods?: Pod[];
    events: Event[];
    /** Kueue's object for the run, while a queue holds it. */
    workload?: { status?: { conditions?: Condition[] } };
}

/** What is remembered between two looks at a run. */
export interface Memory {
    /** Since when something has been missing without which the run cannot start, in milliseconds. */
    missingSince?: number;
    /** The last failure of a pod, which may have been deleted since. */
    failure?: string;
    /** Why the run had not started. */
    wait?: Wait;
}

async function readRun(cluster: Cluster, { kind, namespace, name }: RunRef): Promise<Observed> {
    const run = await cluster.get<Run>(`/${kind.api}/namespaces/${namespace}/${kind.resource}/${name}`);
    if (run === undefined) {
        return { events: [] };
    }
    const selector = kind.podsOf(run);
    const pods =
        selector === undefined
            ? []
            : await ifAllowed(cluster.list<Pod>(`/api/v1/namespaces/${namespace}/pods`, { labelSelector: selector }));
    const isHeld = admittedAt(run) === undefined;
    return {
        run,
        pods,
        events: isHeld || kind.endOf(run) ? [] : await readEvents(cluster, namespace, run, kind, pods ?? []),
        workload: isHeld ? await readWorkload(cluster, namespace, run) : undefined,
    };
}

/** Reads the events that say why a run does not start: those of its pods, or else those of the controller of its pods. */
async function readEvents(
    cluster: Cluster,
    namespace: string,
    run: Run,
    { creator }: RunKind,
    pods: Pod[],
): Promise<Event[]> {
    if (pods.length > 0) {
        const waiting = pods.filter((pod) => containersOf(pod).some(({ state }) => state?.waiting));
        return eventsOfPods(cluster, namespace, waiting);
    }
    // The Jobs of a JobSet have names that begin with its own, and none is older than the run.
    const events = await readEventsBy(cluster, namespace, `involvedObject.kind=${creator},type=Warning`);
    const created = timeOf(run.metadata.creationTimestamp);
    return events.filter(
        ({ involvedObject, metadata }) =>
            involvedObject.name?.startsWith(run.metadata.name) && timeOf(metadata.creationTimestamp) >= created,
    );
}

const queueLabel = "kueue.x-k8s.io/queue-name";

/** The versions of Kueue's API, newest first. */
const kueueVersions = ["v1beta2", "v1beta1"];

async function readWorkload(cluster: Cluster, namespace: string, { metadata }: Run): Promise<Observed["workload"]> {
    const labelSelector = `kueue.x-k8s.io/job-uid=${metadata.uid}`;
    for (const version of metadata.labels?.[queueLabel] === undefined ? [] : kueueVersions) {
        const path = `/apis/kueue.x-k8s.io/${version}/namespaces/${namespace}/workloads`;
        const [workload] = (await ifAllowed(cluster.list<object>(path, { labelSelector }))) ?? [];
        if (workload !== undefined) {
            return workload;
        }
    }
    return undefined;
}

/**
 * Returns the outcome of a run from what is known about it now, and remembers what the next look needs.
 *
 * @param now - The time of the API server in milliseconds.
 */
export function assess(
    { run, pods, events, workload }: Observed,
    { kind, uid: expected }: Pick<RunRef, "kind" | "uid">,
    now: number,
    memory: Memory = {},
    startTimeout?: string,
): RunOutcome {
    if (run === undefined || run.metadata.uid !== (expected ?? run.metadata.uid)) {
        return { state: "gone" };
    }
    const { uid, annotations } = run.metadata;
    const { status } = run;
    if (annotations?.[doneAnnotation] !== undefined) {
        return { state: "standIn" };
    }
    memory.failure = describeFailure(pods ?? []) ?? memory.failure;
    const end = kind.endOf(run);
    if (end) {
        const { failure } = end;
        return failure === undefined
            ? { state: "completed", uid, status }
            : { state: "failed", uid, status, message: failureMessage(failure, memory) };
    }
    if (run.metadata.deletionTimestamp) {
        return { state: "gone" };
    }
    const admitted = admittedAt(run);
    if (admitted === undefined) {
        memory.missingSince = undefined;
        return { state: "running", uid, why: whyHeld(run, workload?.status?.conditions) };
    }
    const isStarted =
        pods === undefined || (status?.ready ?? 0) + (status?.succeeded ?? 0) > 0 || pods.some(hasStarted);
    const wait = pods && waitOfRun(pods, events);
    memory.wait = isStarted && wait?.grace === undefined ? undefined : wait;
    memory.missingSince = memory.wait?.grace === undefined ? undefined : (memory.missingSince ?? now);
    if (memory.wait === undefined) {
        return { state: "running", uid, why: progressOf(run) };
    }
    const { why, grace, held } = memory.wait;
    if (grace !== undefined && now - memory.missingSince! >= grace * 1000) {
        return { state: "unstartable", uid, message: `cannot start: its pod ${why}` };
    }
    const isLate = !isStarted && !held && startTimeout && now - admitted >= seconds(startTimeout) * 1000;
    return isLate
        ? { state: "unstartable", uid, message: `has not started within ${startTimeout}: its pod ${why}` }
        : { state: "running", uid, why };
}

function failureMessage(failure: string, { failure: ofPod, wait }: Memory): string {
    const cause = ofPod ?? (wait && `its pod ${wait.why}`);
    return oneLine(failure) + (cause === undefined ? "" : `; ${cause}`);
}

/** Returns why a suspended run is not admitted. */
function whyHeld({ metadata }: Run, conditions: Condition[] = []): string {
    const queue = metadata.labels?.[queueLabel];
    if (queue === undefined) {
        return "is suspended";
    }
    const { message = "" } =
        ["QuotaReserved", "Admitted"]
            .map((type) => conditions.find((one) => one.type === type && one.status !== "True"))
            .find((one) => one?.message) ?? {};
    return `waits in the queue ${queue}${message && `: ${oneLine(message)}`}`;
}
