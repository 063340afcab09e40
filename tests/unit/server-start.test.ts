/**
 * Why a server is not ready. The reasons and messages are those of a kubelet 1.36 with containerd 1.6 and of the
 * controllers of Kubernetes.
 */
import { strict as assert } from "node:assert";

import type { ContainerStatus, Event, Pod } from "../../src/cluster/pods";
import { assess, type Memory, type Observed, type ServerOutcome } from "../../src/serving/follow";
import { type Server, serverKinds } from "../../src/serving/server-kinds";
import { type StartContext, waitOfServerPod } from "../../src/serving/server-start";

const start = Date.parse("2026-01-01T00:00:00Z");
const at = (seconds: number): string => new Date(start + seconds * 1000).toISOString();

/** A pod of a server, with the status of its container. */
function pod(container: Partial<ContainerStatus>, isReady = false): Pod {
    const httpGet = { path: "/healthz", port: "http" };
    return {
        metadata: { name: "fraud-1", uid: "uid", creationTimestamp: at(0) },
        spec: {
            containers: [
                {
                    name: "main",
                    image: "image",
                    ports: [{ name: "http", containerPort: 8080 }],
                    startupProbe: { httpGet },
                    readinessProbe: { httpGet },
                },
            ],
        },
        status: {
            phase: "Running",
            conditions: [
                { type: "PodScheduled", status: "True" },
                { type: "Ready", status: isReady ? "True" : "False" },
            ],
            containerStatuses: [{ name: "main", ready: isReady, started: isReady, ...container }],
        },
    };
}

const running = (since = 0) => ({ state: { running: { startedAt: at(since) } } });
const ended = { exitCode: 1, reason: "Error", message: "no such model", startedAt: at(2), finishedAt: at(3) };
const backOff = { waiting: { reason: "CrashLoopBackOff", message: "back-off 10s restarting failed container=main" } };
const crashed = (restartCount: number, terminated = ended): Partial<ContainerStatus> => ({
    restartCount,
    state: backOff,
    lastState: { terminated },
});

function event(reason: string, message: string, last: number): Event {
    return {
        metadata: { name: "event", uid: "event" },
        type: "Warning",
        reason,
        message,
        involvedObject: { kind: "Pod", uid: "uid" },
        firstTimestamp: at(0),
        lastTimestamp: at(last),
    };
}

const refusal =
    'Startup probe failed: Get "http://10.0.0.7:8080/healthz": dial tcp 10.0.0.7:8080: connect: connection refused';
const hint = "the program must listen on this port and on all addresses (0.0.0.0), not on 127.0.0.1 only";
const killed = (last: number) => event("Killing", "Container main failed startup probe, will be restarted", last);

function waitOf(one: Pod, events: Event[] = [], context: Partial<StartContext> = {}) {
    return waitOfServerPod(one, { events, now: start, firstLook: start, startupSeconds: 30, ...context });
}

describe("a pod of a server", () => {
    it("waits for nothing once it is ready", () => {
        assert.equal(waitOf(pod(running(), true)), undefined);
    });

    it("may wait for a node, and for its image", () => {
        const unscheduled = pod({});
        unscheduled.status = {
            phase: "Pending",
            conditions: [
                {
                    type: "PodScheduled",
                    status: "False",
                    reason: "Unschedulable",
                    message: "0/1 nodes are available: 1 Insufficient cpu.",
                },
            ],
        };
        assert.deepEqual(waitOf(unscheduled), {
            why: "waits for a node: 0/1 nodes are available: 1 Insufficient cpu.",
            grace: undefined,
        });
    });

    it("cannot become ready if its image does not exist", () => {
        const waiting = pod({
            state: { waiting: { reason: "ErrImagePull", message: 'failed to resolve reference "image": not found' } },
        });
        waiting.status!.phase = "Pending";
        assert.equal(waitOf(waiting)?.grace, 0);
    });

    it("has not answered its startup probe yet", () => {
        const silent = pod(running());
        assert.deepEqual(waitOf(silent), { why: "is starting" });
        assert.deepEqual(waitOf(silent, [event("Unhealthy", refusal, 5)]), {
            why: `has not answered GET /healthz on port 8080 yet: connection refused; ${hint}`,
        });
    });

    it("has not answered its startup probe in time, which is known since it was killed", () => {
        const events = [event("Unhealthy", refusal, 35), killed(31)];
        const restarted = pod({
            restartCount: 1,
            ...running(40),
            lastState: { terminated: { exitCode: 137, startedAt: at(1), finishedAt: at(40) } },
        });
        assert.deepEqual(waitOf(restarted, events), {
            why: `has not answered GET /healthz on port 8080 within 30 s: connection refused; ${hint}`,
            grace: 0,
        });
        // It was killed before this update, and may answer this time.
        assert.equal(waitOf(restarted, events, { firstLook: start + 60_000 })?.grace, Infinity);
    });

    it("has answered its startup probe with an error, which is said with what to do", () => {
        const events = [
            event("Unhealthy", "Startup probe failed: HTTP probe failed with statuscode: 404", 30),
            event("Unhealthy", refusal, 41),
            killed(31),
        ];
        const restarted = pod({
            restartCount: 1,
            ...running(40),
            lastState: { terminated: { exitCode: 143, startedAt: at(1) } },
        });
        assert.equal(
            waitOf(restarted, events, { advice: "set livenessPath" })?.why,
            "has not answered GET /healthz on port 8080 within 30 s: the answer has the status 404; set livenessPath",
        );
    });

    it("has ended by itself after it was killed for not answering", () => {
        const one = pod(crashed(2, { ...ended, startedAt: at(50), finishedAt: at(51) }));
        assert.equal(
            waitOf(one, [event("Unhealthy", refusal, 30), killed(31)])?.why,
            "keeps failing: the container main has ended with exit code 1: no such model",
        );
    });

    it("is not said to have missed its startup probe when its liveness probe has failed", () => {
        const stopped = event("Killing", "Container main failed liveness probe, will be restarted", 90);
        const one = pod(crashed(1, { ...ended, exitCode: 137, message: "" }));
        assert.equal(
            waitOf(one, [event("Unhealthy", refusal, 1), stopped])?.why,
            "keeps failing: the container main has ended with exit code 137",
        );
    });

    it("may recover after its first end, and not after its second", () => {
        const why = "keeps failing: the container main has ended with exit code 1: no such model";
        assert.deepEqual(waitOf(pod(crashed(0))), { why, grace: Infinity });
        assert.deepEqual(waitOf(pod({ restartCount: 1, ...running(13), lastState: { terminated: ended } })), {
            why,
            grace: Infinity,
        });
        assert.deepEqual(waitOf(pod(crashed(1))), { why, grace: 30 });
    });

    it("must not end with 0 either", () => {
        const end = { exitCode: 0, reason: "Completed", message: "", startedAt: at(1), finishedAt: at(2) };
        assert.equal(waitOf(pod(crashed(1, end)))?.why, "keeps failing: the container main has ended with exit code 0");
    });

    it("is not ready although it runs, and has a while for it", () => {
        const silent = pod({ ...running(10), started: true });
        const events = [event("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", 20)];
        const why = "is not ready: GET /healthz on port 8080: the answer has the status 503";
        assert.deepEqual(waitOf(silent, events, { now: start + 69_000 }), { why, grace: undefined });
        assert.deepEqual(waitOf(silent, events, { now: start + 70_000 }), { why, grace: 0 });
    });

    it("ignores the events of other pods", () => {
        const other = { ...event("Unhealthy", refusal, 5), involvedObject: { kind: "Pod", uid: "other" } };
        assert.deepEqual(waitOf(pod(running()), [other]), { why: "is starting" });
    });
});

describe("a server that is followed", () => {
    const server: Server = { metadata: { name: "fraud", uid: "uid" } };
    const patience = { startupSeconds: 30, totalSeconds: 630 };
    const unready: Observed = { server, isReady: false, hasGivenUp: false, pods: [], events: [] };
    const look = (observed: Partial<Observed>, seconds: number, memory: Memory): ServerOutcome =>
        assess({ ...unready, ...observed }, start + seconds * 1000, patience, memory);

    it("is ready", () => {
        assert.deepEqual(look({ isReady: true }, 0, {}), { state: "ready" });
    });

    it("is ready with KServe when it has been for a while", () => {
        const memory = {};
        assert.equal(look({ isReady: true, settles: true }, 0, memory).state, "running");
        assert.equal(look({ isReady: true, settles: true }, 4, memory).state, "running");
        assert.equal(look({ isReady: true, settles: true }, 6, memory).state, "ready");
    });

    it("waits for its pods, which it may not be allowed to read", () => {
        assert.deepEqual(look({}, 0, {}), { state: "running", why: "its pods have not been created yet" });
        assert.deepEqual(look({ pods: undefined }, 0, {}), { state: "running", why: "its pods are not ready yet" });
    });

    it("has failed if it was deleted", () => {
        assert.equal(look({ server: undefined }, 0, {}).state, "failed");
    });

    it("has failed when its program has ended twice, 30 seconds after the first end", () => {
        const memory = {};
        assert.equal(look({ pods: [pod(crashed(0))] }, 0, memory).state, "running");
        assert.equal(
            look({ pods: [pod({ restartCount: 1, ...running(12), lastState: { terminated: ended } })] }, 12, memory)
                .state,
            "running",
        );
        assert.equal(look({ pods: [pod(crashed(1))] }, 14, memory).state, "running");
        assert.deepEqual(look({ pods: [pod(crashed(1))] }, 30, memory), {
            state: "failed",
            message: "its pod fraud-1 keeps failing: the container main has ended with exit code 1: no such model",
        });
    });

    it("has not failed if a pod that had ended answers", () => {
        const memory = {};
        look({ pods: [pod(crashed(0))] }, 0, memory);
        assert.equal(look({ pods: [pod({ restartCount: 1, ...running(12) }, true)] }, 40, memory).state, "running");
        assert.equal(look({ isReady: true }, 42, memory).state, "ready");
    });

    it("has failed if its pods cannot be created", () => {
        const message =
            'Error creating: pods "fraud-1" is forbidden: violates PodSecurity "restricted:latest": runAsUser=0';
        const events = [
            { ...event("FailedCreate", message, 0), involvedObject: { kind: "ReplicaSet", name: "fraud-1" } },
        ];
        assert.deepEqual(look({ events }, 0, {}), {
            state: "failed",
            message:
                'its pods cannot be created: pods "fraud-1" is forbidden: violates PodSecurity "restricted:latest": runAsUser=0',
        });
    });

    it("has failed if Kubernetes gives up", () => {
        assert.deepEqual(look({ hasGivenUp: true, pods: [pod(running())] }, 0, {}), {
            state: "failed",
            message: "has not become ready in time: its pod fraud-1 is starting",
        });
    });

    it("has failed if its pod was not ready in time, and is only late if that was so before", () => {
        const memory = {};
        assert.equal(look({ pods: [pod(running())] }, 629, memory).state, "running");
        assert.equal(look({ pods: [pod(running())] }, 630, memory).state, "failed");
        assert.equal(look({ pods: [pod(running())] }, 630, {}).state, "late");
    });

    it("does not wait for pods that are being deleted", () => {
        const old = pod(crashed(3));
        old.metadata.deletionTimestamp = at(5);
        assert.deepEqual(look({ pods: [old] }, 0, {}), {
            state: "running",
            why: "its pods are not ready yet",
        });
    });
});

describe("the status of a server", () => {
    const progressing = (reason: string) => [{ type: "Progressing", status: "True", reason }];
    const deployment = (observedGeneration: number, reason: string): Server => ({
        metadata: { name: "fraud", uid: "uid", generation: 2 },
        status: { observedGeneration, conditions: progressing(reason) },
    });
    const { Deployment, StatefulSet, LeaderWorkerSet } = serverKinds;

    it("is that of the newest version", () => {
        assert.equal(Deployment.isReady(deployment(1, "NewReplicaSetAvailable")), false);
        assert.equal(Deployment.isReady(deployment(2, "NewReplicaSetAvailable")), true);
        assert.equal(Deployment.isReady(deployment(2, "ReplicaSetUpdated")), false);
        assert.equal(Deployment.hasGivenUp(deployment(1, "ProgressDeadlineExceeded")), false);
        assert.equal(Deployment.hasGivenUp(deployment(2, "ProgressDeadlineExceeded")), true);
    });

    it("is ready for a notebook that is stopped", () => {
        const set = (replicas: number, ready: number): Server => ({
            metadata: { name: "fraud", uid: "uid", generation: 1 },
            spec: { replicas },
            status: { observedGeneration: 1, updatedReplicas: ready, readyReplicas: ready },
        });
        assert.equal(StatefulSet.isReady(set(0, 0)), true);
        assert.equal(StatefulSet.isReady(set(1, 0)), false);
        assert.equal(StatefulSet.isReady(set(1, 1)), true);
    });

    it("is ready for groups of pods when all are available", () => {
        const set = (status: string): Server => ({
            metadata: { name: "llm", uid: "uid", generation: 1 },
            status: { observedGeneration: 1, conditions: [{ type: "Available", status }] },
        });
        assert.equal(LeaderWorkerSet.isReady(set("True")), true);
        assert.equal(LeaderWorkerSet.isReady(set("False")), false);
    });
});
