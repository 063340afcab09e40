/**
 * Why a pod does not start, and whether it still may.
 *
 * The reasons and messages are those of the kubelet, the scheduler and containerd. What is not recognized may change by
 * itself: a run that waits for too long is less harm than one that is given up too early.
 */
import { oneLine } from "../arguments/one-line";
import { containersOf, type ContainerStatus, type Event, firstSeen, lastSeen, type Pod } from "./pods";

/** Why a pod does not start. */
export interface Wait {
    /** What the pod waits for or cannot do, as the predicate of a sentence about it. */
    why: string;
    /**
     * For how many seconds this may be so before the pod counts as unable to start: 0 if it cannot change, and undefined
     * if it may change by itself.
     */
    grace?: number;
    /** Whether something holds the pod back on purpose, such as a queue. */
    held?: boolean;
}

/** How long something that a pod refers to may be missing, in seconds: another tool may be about to create it. */
export const missingGrace = 30;

/** Returns whether a container of a pod has started at any time. */
export const hasStarted = (pod: Pod): boolean =>
    ["Running", "Succeeded"].includes(pod.status?.phase ?? "") || containersOf(pod).some(hasRun);

const hasRun = ({ state, lastState }: ContainerStatus): boolean =>
    state?.running !== undefined || [state, lastState].some((one) => one?.terminated && !isStartError(one.terminated));

/** Returns whether a container ended because its program cannot be executed. */
const isStartError = ({ reason }: { reason?: string }): boolean =>
    ["StartError", "ContainerCannotRun"].includes(reason ?? "");

/** Returns why a pod does not start, or undefined if it has, and none of its containers is unable to. */
export function waitOfPod(pod: Pod, events: Event[]): Wait | undefined {
    const scheduled = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
    const isStarted = hasStarted(pod);
    if (!isStarted && scheduled?.status !== "True") {
        return unscheduled(scheduled?.reason, scheduled?.message ?? "");
    }
    const own = events.filter(({ involvedObject }) => involvedObject.uid === pod.metadata.uid);
    const waits = containersOf(pod)
        .filter((container) => container.state?.waiting && !hasRun(container))
        .map((container) => waitOfContainer(container, pod, own));
    const lasting = waits.find(({ grace }) => grace !== undefined);
    // Beside a container that was added to it, such as Katib's collector of metrics, the program may be unable to start.
    return isStarted ? lasting : (lasting ?? waits[0] ?? { why: "is starting" });
}

function unscheduled(reason: string | undefined, message: string): Wait {
    if (reason === "SchedulingGated") {
        return { why: "waits for its scheduling gates to be removed", held: true };
    }
    // What preemption could do about it is of no interest.
    const text = oneLine(
        message.replace(/\.? (no new claims to deallocate, )?preemption: .*$/s, ".").replace(/\. not found$/, ""),
    );
    return {
        why: text === "" ? "waits for a node" : `waits for a node: ${text}`,
        grace: isMissing(message) ? missingGrace : undefined,
    };
}

function waitOfContainer(container: ContainerStatus, pod: Pod, events: Event[]): Wait {
    const { reason = "", message = "" } = container.state!.waiting!;
    const image = imageOf(pod, container.name);
    const text = oneLine(withoutPodName(message));
    switch (reason) {
        case "InvalidImageName":
            return { why: `has an invalid image reference: ${text}`, grace: 0 };
        case "ErrImageNeverPull":
            return { why: `cannot run its container: ${text}`, grace: 0 };
        case "ErrImagePull":
        case "ImagePullBackOff":
            return waitOfPull(image, message, events);
        case "CreateContainerConfigError":
            return {
                why: `cannot run its container: ${text}`,
                grace: isForbiddenUser(message) ? 0 : isMissing(message) ? missingGrace : undefined,
            };
        case "CreateContainerError":
            return {
                why: `cannot run its container: ${text}`,
                grace: /no command specified/.test(message) ? 0 : undefined,
            };
        case "":
        case "ContainerCreating":
        case "PodInitializing":
            return waitOfCreation(image, events);
        default:
            return { why: `cannot run its container: ${oneLine(message || reason)}` };
    }
}

/** Returns whether a container is refused because its user is root, or may be. */
const isForbiddenUser = (message: string): boolean => /runAsNonRoot|non-root policy/.test(message);

/** Returns whether a message is about an object, a key or a directory of it, that does not exist. */
const isMissing = (message: string): boolean =>
    /failed to create subPath directory|\b(secret|configmap|persistentvolumeclaim|resourceclaim|serviceaccount) "[^"]+" not found|couldn't find key|references non-existent/i.test(
        message,
    );

/** Messages of the kubelet end in the pod's name and UID. */
const withoutPodName = (message: string): string => message.replace(/ \(pod: "[^"]*", container: [^)]*\)$/, "");

/** What registries and runtimes say if an image does not exist, whatever its credentials. */
const noSuchImage =
    /failed to resolve reference .*: not found$|manifest unknown|name unknown|MANIFEST_UNKNOWN|NAME_UNKNOWN|404 Not Found/s;

/** What they say if the credentials are wrong or missing: the Secret that has them may be about to be created. */
const noAccess = /unauthorized|authorization failed|access denied|authentication required|401|403 Forbidden|DENIED/i;

function waitOfPull(image: string, message: string, events: Event[]): Wait {
    // Between two attempts, older kubelets do not repeat the error.
    const error = /ErrImagePull|rpc error|failed to/.test(message)
        ? message
        : (latest(events, ({ message = "" }) => message.startsWith("Failed to pull image"))?.message ?? message);
    return {
        why: `cannot pull its image ${image}: ${oneLine(withoutPullSteps(error))}`,
        grace: noSuchImage.test(error) ? 0 : noAccess.test(error) ? missingGrace : undefined,
    };
}

/** Returns the error of a pull without the steps in which it occurred, each of which repeats the image. */
function withoutPullSteps(message: string): string {
    const step =
        /^(Back-off pulling image "[^"]*": |Failed to pull image "[^"]*": |ErrImagePull: |rpc error: code = \w+ desc = |failed to pull and unpack image "[^"]*": |failed to resolve reference "[^"]*": |failed to do request: )/;
    let rest = message;
    for (let before = ""; before !== rest; rest = rest.replace(step, "")) {
        before = rest;
    }
    return rest.replace(/^\S+: (not found)$/, "$1");
}

/** Returns what a pod does whose container reports no reason: its events say so. */
function waitOfCreation(image: string, events: Event[]): Wait {
    const step = latest(events, ({ reason = "" }) => ["Pulling", "Pulled", "Created"].includes(reason));
    const problem = latest(events, ({ type }) => type === "Warning");
    // Volumes are mounted before the first image is pulled: an older problem is solved.
    if (problem && lastSeen(problem) > (step ? lastSeen(step) : 0)) {
        const isMount = /^Failed(Mount|AttachVolume)$/.test(problem.reason ?? "");
        return waitOfEvent(isMount ? "cannot mount its volumes" : "is not ready to start", problem);
    }
    return { why: step?.reason === "Pulling" ? `pulls its image ${image}` : "is starting" };
}

/** How events about a pod that was not created begin; those of Jobs, and those of Ray clusters. */
const creationError = /^(\(combined from similar events\): )?(Error creating: |Failed to create (head|worker) Pod )/;

/** Returns why a controller has created no pod. */
export function creationProblem(events: Event[]): Wait | undefined {
    const problem = latest(events, ({ type, message = "" }) => type === "Warning" && creationError.test(message));
    return problem && waitOfEvent("cannot be created", problem);
}

/** Returns the wait for what an event complains about. It is repeated as long as the problem lasts. */
function waitOfEvent(what: string, event: Event): Wait {
    const message = event.message ?? "";
    const why = `${what}: ${oneLine(message.replace(/^\(combined from similar events\): /, "").replace(/^Error creating: /, ""))}`;
    if (/violates PodSecurity| is invalid: /.test(message)) {
        return { why, grace: 0 };
    }
    const hasRepeated = lastSeen(event) - firstSeen(event) >= missingGrace * 1000;
    // The time counts in which attempts have failed: the next one may be a minute away, and succeed.
    const isPermanent = isMissing(message) || /denied the request/.test(message);
    return { why, grace: isPermanent && hasRepeated ? 0 : undefined };
}

/** Returns the last of the events that are wanted. */
export function latest(events: Event[], isWanted: (event: Event) => boolean): Event | undefined {
    return events.filter(isWanted).sort((one, other) => lastSeen(other) - lastSeen(one))[0];
}

const imageOf = ({ spec }: Pod, container: string): string =>
    [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].find(({ name }) => name === container)?.image ?? "";
