/**
 * Why a pod of a server is not ready, and whether it still may be: besides what keeps the pods of runs from starting, its
 * program ends, or does not answer its probes.
 */
import { trueCondition } from "../cluster/condition";
import { describeEnd } from "../cluster/pod-failure";
import { latest, missingGrace, type Wait, waitOfPod } from "../cluster/pod-start";
import {
    containersOf,
    type Container,
    type ContainerStatus,
    type Event,
    lastSeen,
    type Pod,
    timeOf,
} from "../cluster/pods";

/** What is known besides the pod. */
export interface StartContext {
    /** The events of the pod. */
    events: Event[];
    /** The time of the API server, and when this server was first looked at, in milliseconds. */
    now: number;
    firstLook: number;
    /** How long the program may take until it is ready, in seconds. */
    startupSeconds: number;
    /** What to do if the program answers the probes with an error. */
    advice?: string;
}

export const isReady = ({ status }: Pod): boolean => trueCondition(status?.conditions, "Ready") !== undefined;

/** Returns why a pod is not ready, as the predicate of a sentence about it, or undefined if it is. */
export function waitOfServerPod(pod: Pod, context: StartContext): Wait | undefined {
    if (isReady(pod)) {
        return undefined;
    }
    const own = context.events.filter(({ involvedObject }) => involvedObject.uid === pod.metadata.uid);
    const wait = waitOfPod(pod, own);
    const failing = containersOf(pod).find(hasEnded);
    if (failing && wait?.grace === undefined) {
        return waitOfRestart(pod, failing, { ...context, events: own });
    }
    const silent = containersOf(pod).find(({ ready, state }) => state?.running && ready === false);
    return wait ?? (silent ? waitOfAnswer(pod, silent, { ...context, events: own }) : { why: "is starting" });
}

/** Returns whether a container has ended that should run, or that should have succeeded. */
const hasEnded = ({ ready, state, lastState }: ContainerStatus): boolean =>
    ready === false && (state?.terminated ?? lastState?.terminated) !== undefined;

/**
 * Returns the wait for a program that is started again, because it has ended or has not answered its startup probe in
 * time. The first end may have a passing cause, such as a database that is not there yet; in the second, or after a start
 * that has taken too long, the update need not wait for more.
 */
function waitOfRestart(pod: Pod, container: ContainerStatus, { events, firstLook, ...context }: StartContext): Wait {
    const { name, state, lastState, restartCount = 0 } = container;
    const killed = latest(
        events,
        ({ reason, message = "" }) =>
            reason === "Killing" && message.startsWith(`Container ${name} failed startup probe`),
    );
    const isDown = state?.running === undefined;
    const ends = restartCount + (isDown ? 1 : 0);
    const grace = isDown && ends >= 2 ? missingGrace : Infinity;
    const end = state?.terminated ?? lastState!.terminated!;
    // A program may also have ended by itself after an earlier one was killed.
    return killed && lastSeen(killed) >= timeOf(end.startedAt)
        ? {
              why: `has not answered ${describeRequest(pod, name, "startupProbe")} within ${context.startupSeconds} s${describeAnswer(events, "Startup", context.advice)}`,
              grace: lastSeen(killed) >= firstLook - clockSkew ? 0 : grace,
          }
        : { why: `keeps failing: the container ${name} has ended with ${describeEnd(end)}`, grace };
}

/** By how much the clocks of a node and of the API server may differ, in milliseconds. */
const clockSkew = 2000;

/** How long a program may take from its start to its readiness after its startup probe has succeeded, in seconds. */
const readinessGrace = 30;

/** Returns the wait for a program that runs and has not answered its probes. */
function waitOfAnswer(pod: Pod, { name, started, state }: ContainerStatus, context: StartContext): Wait {
    const { events, now, startupSeconds, advice } = context;
    if (started === false) {
        const answer = describeAnswer(events, "Startup", undefined);
        return {
            why:
                answer === ""
                    ? "is starting"
                    : `has not answered ${describeRequest(pod, name, "startupProbe")} yet${answer}`,
        };
    }
    const running = (now - timeOf(state?.running?.startedAt)) / 1000;
    const isOverdue = running >= startupSeconds + readinessGrace;
    return {
        why: `is not ready: ${describeRequest(pod, name, "readinessProbe")}${describeAnswer(events, "Readiness", advice)}`,
        grace: isOverdue ? 0 : undefined,
    };
}

/** Returns the request of a probe, such as `GET /healthz on port 8080`. */
function describeRequest(pod: Pod, name: string, probe: "startupProbe" | "readinessProbe"): string {
    const container = pod.spec?.containers?.find((one) => one.name === name);
    const { path = "/", port } = container?.[probe]?.httpGet ?? {};
    return `GET ${path} on port ${portOf(container, port)}`;
}

const portOf = (container: Container | undefined, port: number | string | undefined): number | string | undefined =>
    container?.ports?.find(({ name }) => name === port)?.containerPort ?? port;

const refused = "connection refused";

/** Returns what has come of the last probe, with what to do about it. */
function describeAnswer(events: Event[], probe: "Startup" | "Readiness", advice: string | undefined): string {
    const prefix = `${probe} probe failed: `;
    const failures = events.filter(({ reason, message }) => reason === "Unhealthy" && message?.startsWith(prefix));
    // Any program refuses connections at first, and again when it is started again: an answer says more.
    const message = (latest(failures, (event) => !event.message!.includes(refused)) ?? latest(failures, () => true))
        ?.message;
    if (message === undefined) {
        return "";
    }
    const answer = message.slice(prefix.length).replace(/^Get "[^"]*": (dial tcp \S+: connect: )?/, "");
    const status = /^HTTP probe failed with statuscode: (\d+)/.exec(answer)?.[1];
    if (status !== undefined) {
        return `: the answer has the status ${status}${advice === undefined ? "" : `; ${advice}`}`;
    }
    return answer.startsWith(refused)
        ? ": connection refused; the program must listen on this port and on all addresses (0.0.0.0), not on 127.0.0.1 only"
        : `: ${answer}`;
}
