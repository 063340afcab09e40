/**
 * How a run is followed. The reasons and messages are those of a kubelet 1.36 with containerd 1.6, of its scheduler and
 * of its controllers.
 */
import { strict as assert } from "node:assert";

import { type Cluster, ClusterError } from "../../src/cluster/client";
import { describeFailure, endOfLog } from "../../src/cluster/pod-failure";
import { type Wait, waitOfPod } from "../../src/cluster/pod-start";
import type { ContainerState, Event, Pod } from "../../src/cluster/pods";
import {
    assess,
    followRun,
    type FollowOptions,
    type Memory,
    type Observed,
    type RunOutcome,
} from "../../src/runs/follow";
import { type Run, type RunKind, runKinds } from "../../src/runs/run-kinds";
import { waitOfRun } from "../../src/runs/run-start";

const image = "localhost:5001/python:1";
const start = Date.parse("2026-01-01T00:00:00Z");
const at = (seconds: number): string => new Date(start + seconds * 1000).toISOString();

const scheduled = { type: "PodScheduled", status: "True" };

/** A pod that has been scheduled, with the state of its container. */
function pod(state: ContainerState | undefined, status: Pod["status"] = {}, name = "run-1"): Pod {
    return {
        metadata: { name, uid: `uid-of-${name}` },
        spec: { containers: [{ name: "main", image }] },
        status: {
            phase: "Pending",
            conditions: [scheduled],
            ...(state && { containerStatuses: [{ name: "main", state }] }),
            ...status,
        },
    };
}

const waiting = (reason: string, message?: string): Pod => pod({ waiting: { reason, message } });
const unscheduled = (message: string, reason = "Unschedulable"): Pod =>
    pod(undefined, { conditions: [{ type: "PodScheduled", status: "False", reason, message }] });
const running = pod({ running: {} }, { phase: "Running" });
const failed = (terminated: object, name = "run-1"): Pod =>
    pod({ terminated: { exitCode: 1, reason: "Error", ...terminated } }, { phase: "Failed" }, name);

/** An event of the pod; it was seen first and last at these seconds. */
function event(reason: string, message: string, first = 0, last = first, type = "Warning"): Event {
    return {
        metadata: { name: "event", uid: "event", creationTimestamp: at(first) },
        type,
        reason,
        message,
        involvedObject: { kind: "Pod", name: "run-1", uid: "uid-of-run-1" },
        firstTimestamp: at(first),
        lastTimestamp: at(last),
    };
}

const pullError = (what: string): string =>
    `Back-off pulling image "${image}": ErrImagePull: failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${what}`;
const notFound = `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`;

describe("a pod that does not start", () => {
    const never = 0;
    const missing = 30;
    const cases: Record<string, { pod: Pod; events?: Event[]; wait: Wait }> = {
        "an invalid image reference": {
            pod: waiting(
                "InvalidImageName",
                `Failed to apply default image tag "A/b:c d": couldn't parse image name "A/b:c d": invalid reference format`,
            ),
            wait: {
                why: `has an invalid image reference: Failed to apply default image tag "A/b:c d": couldn't parse image name "A/b:c d": invalid reference format`,
                grace: never,
            },
        },
        "an image that does not exist": {
            pod: waiting("ErrImagePull", notFound),
            wait: { why: `cannot pull its image ${image}: not found`, grace: never },
        },
        "an image that does not exist, between two attempts": {
            pod: waiting("ImagePullBackOff", `Back-off pulling image "${image}": ErrImagePull: ${notFound}`),
            wait: { why: `cannot pull its image ${image}: not found`, grace: never },
        },
        "an image that does not exist, between two attempts of an older kubelet": {
            pod: waiting("ImagePullBackOff", `Back-off pulling image "${image}"`),
            events: [
                event("Failed", `Failed to pull image "${image}": pull QPS exceeded`, 0),
                event("Failed", `Failed to pull image "${image}": ${notFound}`, 10),
                event("Failed", "Error: ErrImagePull", 10),
            ],
            wait: { why: `cannot pull its image ${image}: not found`, grace: never },
        },
        "an image that does not exist in CRI-O": {
            pod: waiting(
                "ErrImagePull",
                `initializing source docker://${image}: reading manifest 1 in localhost:5001/python: manifest unknown`,
            ),
            wait: {
                why: `cannot pull its image ${image}: initializing source docker://${image}: reading manifest 1 in localhost:5001/python: manifest unknown`,
                grace: never,
            },
        },
        "an image without access": {
            pod: waiting(
                "ErrImagePull",
                `failed to pull and unpack image "${image}": failed to resolve reference "${image}": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`,
            ),
            wait: {
                why: `cannot pull its image ${image}: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`,
                grace: missing,
            },
        },
        "an image with wrong credentials": {
            pod: waiting(
                "ImagePullBackOff",
                pullError("failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized"),
            ),
            wait: {
                why: `cannot pull its image ${image}: failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized`,
                grace: missing,
            },
        },
        "a registry that forbids it": {
            pod: waiting(
                "ImagePullBackOff",
                pullError("pulling from host localhost:5997 failed with status code [manifests 1]: 403 Forbidden"),
            ),
            wait: {
                why: `cannot pull its image ${image}: pulling from host localhost:5997 failed with status code [manifests 1]: 403 Forbidden`,
                grace: missing,
            },
        },
        "a registry that fails": {
            pod: waiting(
                "ErrImagePull",
                pullError(
                    "pulling from host localhost:5996 failed with status code [manifests 1]: 500 Internal Server Error",
                ),
            ),
            wait: {
                why: `cannot pull its image ${image}: pulling from host localhost:5996 failed with status code [manifests 1]: 500 Internal Server Error`,
                grace: undefined,
            },
        },
        "a registry without an address": {
            pod: waiting(
                "ImagePullBackOff",
                pullError(
                    'failed to do request: Head "https://r.invalid/v2/python/manifests/1": dial tcp: lookup r.invalid on 10.0.0.1:53: no such host',
                ),
            ),
            wait: {
                why: `cannot pull its image ${image}: Head "https://r.invalid/v2/python/manifests/1": dial tcp: lookup r.invalid on 10.0.0.1:53: no such host`,
                grace: undefined,
            },
        },
        "a registry that does not answer": {
            pod: waiting("ImagePullBackOff", pullError("dial tcp 127.0.0.1:5999: connect: connection refused")),
            wait: {
                why: `cannot pull its image ${image}: dial tcp 127.0.0.1:5999: connect: connection refused`,
                grace: undefined,
            },
        },
        "too many pulls at once": {
            pod: waiting("ErrImagePull", "pull QPS exceeded"),
            wait: { why: `cannot pull its image ${image}: pull QPS exceeded`, grace: undefined },
        },
        "an image that must be on the node": {
            pod: waiting("ErrImageNeverPull", `Container image "${image}" is not present with pull policy of Never`),
            wait: {
                why: `cannot run its container: Container image "${image}" is not present with pull policy of Never`,
                grace: never,
            },
        },
        "an image that runs as root": {
            pod: waiting(
                "CreateContainerConfigError",
                'container has runAsNonRoot and image will run as root (pod: "run-1_ns(d0da4b66-f787-400b-bc57-7aaf98fe67dc)", container: main)',
            ),
            wait: {
                why: "cannot run its container: container has runAsNonRoot and image will run as root",
                grace: never,
            },
        },
        "a user that is root": {
            pod: waiting(
                "CreateContainerConfigError",
                'container\'s runAsUser breaks non-root policy (pod: "run-1_ns(b1a1e9c5-ebb9-4cc3-a068-4a99c8f5a821)", container: main)',
            ),
            wait: { why: "cannot run its container: container's runAsUser breaks non-root policy", grace: never },
        },
        "a missing Secret": {
            pod: waiting("CreateContainerConfigError", 'secret "login" not found'),
            wait: { why: 'cannot run its container: secret "login" not found', grace: missing },
        },
        "a missing ConfigMap": {
            pod: waiting("CreateContainerConfigError", 'configmap "settings" not found'),
            wait: { why: 'cannot run its container: configmap "settings" not found', grace: missing },
        },
        "a missing directory of a read-only volume": {
            pod: waiting(
                "CreateContainerConfigError",
                'failed to create subPath directory for volumeMount "mount-0" of container "main"',
            ),
            wait: {
                why: 'cannot run its container: failed to create subPath directory for volumeMount "mount-0" of container "main"',
                grace: missing,
            },
        },
        "a missing key of a Secret": {
            pod: waiting("CreateContainerConfigError", "couldn't find key password in Secret ns/login"),
            wait: { why: "cannot run its container: couldn't find key password in Secret ns/login", grace: missing },
        },
        "a slow API server": {
            pod: waiting(
                "CreateContainerConfigError",
                "failed to sync secret cache: timed out waiting for the condition",
            ),
            wait: {
                why: "cannot run its container: failed to sync secret cache: timed out waiting for the condition",
                grace: undefined,
            },
        },
        "a missing claim": {
            pod: unscheduled('0/1 nodes are available: persistentvolumeclaim "data" not found. not found'),
            wait: {
                why: 'waits for a node: 0/1 nodes are available: persistentvolumeclaim "data" not found',
                grace: missing,
            },
        },
        "no node": {
            pod: unscheduled(
                "0/1 nodes are available: 1 Insufficient nvidia.com/gpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
            ),
            wait: {
                why: "waits for a node: 0/1 nodes are available: 1 Insufficient nvidia.com/gpu.",
                grace: undefined,
            },
        },
        "no scheduler": {
            pod: pod(undefined, { conditions: [] }),
            wait: { why: "waits for a node", grace: undefined },
        },
        "a scheduling gate": {
            pod: unscheduled("Scheduling is blocked due to non-empty scheduling gates", "SchedulingGated"),
            wait: { why: "waits for its scheduling gates to be removed", held: true },
        },
        "a volume with a missing Secret": {
            pod: waiting("ContainerCreating"),
            events: [event("FailedMount", 'MountVolume.SetUp failed for volume "v" : secret "login" not found', 0, 20)],
            wait: {
                why: 'cannot mount its volumes: MountVolume.SetUp failed for volume "v" : secret "login" not found',
                grace: undefined,
            },
        },
        "a volume whose Secret has been missing for half a minute": {
            pod: waiting("ContainerCreating"),
            events: [event("FailedMount", 'MountVolume.SetUp failed for volume "v" : secret "login" not found', 0, 31)],
            wait: {
                why: 'cannot mount its volumes: MountVolume.SetUp failed for volume "v" : secret "login" not found',
                grace: never,
            },
        },
        "a volume whose Secret was missing for a while": {
            pod: waiting("ContainerCreating"),
            events: [
                event("FailedMount", 'MountVolume.SetUp failed for volume "v" : secret "login" not found', 0, 31),
                event("Pulling", `Pulling image "${image}"`, 40, 40, "Normal"),
            ],
            wait: { why: `pulls its image ${image}` },
        },
        "a volume whose driver is not ready": {
            pod: waiting("ContainerCreating"),
            events: [
                event(
                    "FailedMount",
                    'MountVolume.MountDevice failed for volume "v" : driver name csi.example.com not found in the list of registered CSI drivers',
                    0,
                    90,
                ),
            ],
            wait: {
                why: 'cannot mount its volumes: MountVolume.MountDevice failed for volume "v" : driver name csi.example.com not found in the list of registered CSI drivers',
                grace: undefined,
            },
        },
        "a network that is not ready": {
            pod: waiting("ContainerCreating"),
            events: [event("FailedCreatePodSandBox", "Failed to create pod sandbox: no network", 0, 90)],
            wait: { why: "is not ready to start: Failed to create pod sandbox: no network", grace: undefined },
        },
        "an event of another pod": {
            pod: waiting("ContainerCreating"),
            events: [
                {
                    ...event(
                        "FailedMount",
                        'MountVolume.SetUp failed for volume "v" : secret "login" not found',
                        0,
                        90,
                    ),
                    involvedObject: { uid: "another" },
                },
            ],
            wait: { why: "is starting" },
        },
        "nothing special": { pod: waiting("PodInitializing"), wait: { why: "is starting" } },
        "an image without a command": {
            pod: waiting(
                "CreateContainerError",
                'failed to generate container "1" spec: failed to generate spec: no command specified',
            ),
            wait: {
                why: 'cannot run its container: failed to generate container "1" spec: failed to generate spec: no command specified',
                grace: never,
            },
        },
        "another problem of the node": {
            pod: waiting("CreateContainerError", "context deadline exceeded"),
            wait: { why: "cannot run its container: context deadline exceeded", grace: undefined },
        },
    };
    for (const [title, { pod: one, events = [], wait }] of Object.entries(cases)) {
        it(`because of ${title}`, () => assert.deepEqual(definedOf(waitOfPod(one, events)), definedOf(wait)));
    }

    it("is none once its container has started", () => {
        assert.equal(waitOfPod(running, []), undefined);
        assert.equal(waitOfPod(failed({}), []), undefined);
    });

    it("is that of its program, beside a container that has started and was added by others", () => {
        const beside = (state: ContainerState): Pod =>
            pod(undefined, {
                containerStatuses: [
                    { name: "main", state },
                    { name: "collector", state: { running: {} } },
                ],
            });
        const missing = beside({ waiting: { reason: "ErrImagePull", message: notFound } });
        assert.deepEqual(waitOfPod(missing, []), { why: `cannot pull its image ${image}: not found`, grace: 0 });
        assert.equal(waitOfPod(beside({ waiting: { reason: "ContainerCreating" } }), []), undefined);
    });
});

/** An object without its undefined fields. */
const definedOf = <T extends object>(value: T | undefined): unknown =>
    value && Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined));

describe("a run whose pods do not start", () => {
    it("is that of the pod with the smallest chance", () => {
        const gpu = unscheduled("0/1 nodes are available: 1 Insufficient nvidia.com/gpu.");
        const secret = waiting("CreateContainerConfigError", 'secret "login" not found');
        const pull = waiting("ErrImagePull", notFound);
        assert.equal(waitOfRun([gpu, secret, pull], [])?.why, `cannot pull its image ${image}: not found`);
        assert.equal(waitOfRun([gpu, secret], [])?.why, 'cannot run its container: secret "login" not found');
        assert.equal(
            waitOfRun([gpu], [])?.why,
            "waits for a node: 0/1 nodes are available: 1 Insufficient nvidia.com/gpu.",
        );
    });

    it("runs if one has started, unless another one never can", () => {
        assert.equal(waitOfRun([running, unscheduled("0/1 nodes are available.")], []), undefined);
        assert.equal(waitOfRun([running, waiting("ErrImagePull", notFound)], [])?.grace, 0);
    });

    it("does not count a pod that failed or is being deleted", () => {
        const lost = waiting("ErrImagePull", notFound);
        lost.metadata.deletionTimestamp = at(0);
        assert.deepEqual(waitOfRun([lost], []), { why: "is starting" });
    });

    const creation: Record<string, { message: string; last: number; wait: Wait }> = {
        "a missing service account": {
            message:
                'Error creating: pods "run-" is forbidden: error looking up service account ns/robot: serviceaccount "robot" not found',
            last: 31,
            wait: {
                why: 'cannot be created: pods "run-" is forbidden: error looking up service account ns/robot: serviceaccount "robot" not found',
                grace: 0,
            },
        },
        "a service account that may be created": {
            message:
                'Error creating: pods "run-" is forbidden: error looking up service account ns/robot: serviceaccount "robot" not found',
            last: 7,
            wait: {
                why: 'cannot be created: pods "run-" is forbidden: error looking up service account ns/robot: serviceaccount "robot" not found',
            },
        },
        "Pod Security": {
            message:
                'Error creating: pods "run-x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true',
            last: 0,
            wait: {
                why: 'cannot be created: pods "run-x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true',
                grace: 0,
            },
        },
        "Pod Security, many times": {
            message:
                '(combined from similar events): Error creating: pods "run-x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true',
            last: 600,
            wait: {
                why: 'cannot be created: pods "run-x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true',
                grace: 0,
            },
        },
        "Pod Security in a Ray cluster": {
            message:
                'Failed to create head Pod ns/run-head, pods "run-head" is forbidden: violates PodSecurity "restricted:latest"',
            last: 0,
            wait: {
                why: 'cannot be created: Failed to create head Pod ns/run-head, pods "run-head" is forbidden: violates PodSecurity "restricted:latest"',
                grace: 0,
            },
        },
        "a quota": {
            message:
                'Error creating: pods "run-x" is forbidden: exceeded quota: team, requested: cpu=8, used: cpu=60, limited: cpu=64',
            last: 600,
            wait: {
                why: 'cannot be created: pods "run-x" is forbidden: exceeded quota: team, requested: cpu=8, used: cpu=60, limited: cpu=64',
            },
        },
    };
    for (const [title, { message, last, wait }] of Object.entries(creation)) {
        it(`has none because of ${title}`, () =>
            assert.deepEqual(definedOf(waitOfRun([], [event("FailedCreate", message, 0, last)])), wait));
    }
});

describe("the failure of a run", () => {
    it("is that of its last pod, with the end of its log", () => {
        const pods = [
            failed({ exitCode: 2, finishedAt: at(10), message: "first\n" }, "run-1"),
            failed({ exitCode: 3, finishedAt: at(20), message: "step 1\n\nno data in the bucket\n" }, "run-2"),
        ];
        assert.equal(
            describeFailure(pods),
            "the container main of the pod run-2 has failed with exit code 3: step 1 | no data in the bucket",
        );
    });

    it("is not that of a pod that was stopped because of it", () => {
        const stopped = failed({ exitCode: 143, finishedAt: at(20) }, "run-2");
        stopped.metadata.deletionTimestamp = at(15);
        const cause = failed({ finishedAt: at(10), message: "out of data" });
        assert.match(describeFailure([cause, stopped])!, /of the pod run-1 has failed with exit code 1: out of data$/);
        assert.match(describeFailure([running, stopped])!, /of the pod run-2 has failed with exit code 143$/);
    });

    it("is that of the container that was the first to fail", () => {
        const several = pod(undefined, {
            phase: "Failed",
            initContainerStatuses: [{ name: "prepare", state: { terminated: { exitCode: 0, finishedAt: at(1) } } }],
            containerStatuses: [
                { name: "main", state: { terminated: { exitCode: 1, finishedAt: at(9) } } },
                { name: "sidecar", state: { terminated: { exitCode: 7, finishedAt: at(5) } } },
            ],
        });
        assert.match(describeFailure([several])!, /^the container sidecar .* exit code 7$/);
    });

    it("names its reason", () => {
        assert.match(
            describeFailure([failed({ exitCode: 137, reason: "OOMKilled" })])!,
            / has failed with OOMKilled, exit code 137$/,
        );
    });

    it("leaves out what runtimes say about themselves", () => {
        const message =
            'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/no/such/program": stat /no/such/program: no such file or directory: unknown';
        assert.equal(
            describeFailure([failed({ exitCode: 128, reason: "StartError", message })]),
            'the container main of the pod run-1 has failed with StartError, exit code 128: exec: "/no/such/program": stat /no/such/program: no such file or directory',
        );
    });

    it("is that of the node that has rejected its pod", () => {
        const rejected = pod(undefined, { phase: "Failed", reason: "NodeAffinity", message: "Pod was rejected" });
        assert.equal(describeFailure([rejected]), "the pod run-1 has failed: NodeAffinity: Pod was rejected");
    });

    it("is unknown without a failed pod", () => assert.equal(describeFailure([running]), undefined));
});

describe("the end of a log", () => {
    const cases: Record<string, [log: string, end: string]> = {
        "is its last lines": ["one\r\n\n  two  \n", "one | two"],
        "is without colors": ["\u001b[31mred\u001b[0m\u0007", "red"],
        "is the last state of a progress bar": [" 1%\r 50%\r100%\n", "100%"],
        "is as many lines as fit": [`${"a".repeat(290)}\nbbbbbbb\ncc`, "bbbbbbb | cc"],
        "is the end of a long line": ["a".repeat(400), `…${"a".repeat(299)}`],
        "is empty": ["\n \n", ""],
    };
    for (const [title, [log, end]] of Object.entries(cases)) {
        it(title, () => assert.equal(endOfLog(log), end));
    }
});

/** A Job that was started at the beginning of the test. */
function job(status: Run["status"] = {}, spec: Run["spec"] = {}, metadata: object = {}): Run {
    return {
        metadata: { name: "run", uid: "uid", creationTimestamp: at(0), ...metadata },
        spec,
        status: { startTime: at(0), ...status },
    };
}

const condition = (type: string, message?: string, status = "True") => ({ type, status, message });

describe("a look at a run", () => {
    const look = (
        seen: Partial<Observed>,
        { seconds = 0, memory = {}, startTimeout = "30m", uid = "uid", kind = runKinds.Job } = {},
    ): RunOutcome =>
        assess(
            { run: job(), pods: [], events: [], ...seen },
            { kind, uid },
            start + seconds * 1000,
            memory,
            startTimeout,
        );
    const why = (seen: Partial<Observed>): string => {
        const outcome = look(seen);
        assert.equal(outcome.state, "running");
        return outcome.state === "running" ? outcome.why : "";
    };

    it("finds that it does not exist, is another one, or is being deleted", () => {
        assert.deepEqual(look({ run: undefined }), { state: "gone" });
        assert.deepEqual(look({}, { uid: "another" }), { state: "gone" });
        assert.deepEqual(look({ run: job({}, {}, { deletionTimestamp: at(1) }) }), { state: "gone" });
    });

    it("finds that it has completed", () => {
        const status = { startTime: at(0), conditions: [condition("SuccessCriteriaMet"), condition("Complete")] };
        assert.deepEqual(look({ run: job(status) }), { state: "completed", uid: "uid", status });
    });

    it("finds that it has failed, with the failure of its last pod", () => {
        const status = {
            startTime: at(0),
            conditions: [condition("Failed", "Job has reached the specified backoff limit")],
        };
        const pods = [failed({ message: "no data\n" })];
        assert.deepEqual(look({ run: job(status), pods }), {
            state: "failed",
            uid: "uid",
            status,
            message:
                "Job has reached the specified backoff limit; the container main of the pod run-1 has failed with exit code 1: no data",
        });
    });

    it("remembers the failure of a pod that was deleted", () => {
        const memory: Memory = {};
        look({ pods: [failed({ message: "no data" })] }, { memory });
        const outcome = look({ run: job({ conditions: [condition("Failed", "too many")] }) }, { memory });
        assert.equal(
            outcome.state === "failed" && outcome.message,
            "too many; the container main of the pod run-1 has failed with exit code 1: no data",
        );
    });

    it("says why it had not started when it failed", () => {
        const memory: Memory = {};
        look({ pods: [unscheduled("0/1 nodes are available: 1 Insufficient cpu.")] }, { memory });
        const failure = condition("Failed", "Job was active longer than specified deadline");
        const outcome = look({ run: job({ conditions: [failure] }) }, { memory });
        assert.equal(
            outcome.state === "failed" && outcome.message,
            "Job was active longer than specified deadline; its pod waits for a node: 0/1 nodes are available: 1 Insufficient cpu.",
        );
    });

    it("says what it does", () => {
        assert.equal(why({}), "is starting");
        assert.equal(why({ pods: [running] }), "is running");
        const several = job({ succeeded: 3 }, { completions: 8 });
        assert.equal(why({ run: several, pods: [running] }), "is running (3 of 8 pods have completed)");
        // Whoever may read Jobs only.
        assert.equal(why({ pods: undefined }), "is running");
    });

    it("says what holds it back", () => {
        const suspended = { suspend: true };
        assert.equal(why({ run: job({}, suspended) }), "is suspended");
        const queued = job({}, suspended, { labels: { "kueue.x-k8s.io/queue-name": "team" } });
        assert.equal(why({ run: queued }), "waits in the queue team");
        const conditions = [
            condition("QuotaReserved", "couldn't assign flavors to pod set main: insufficient unused quota", "False"),
        ];
        assert.equal(
            why({ run: queued, workload: { status: { conditions } } }),
            "waits in the queue team: couldn't assign flavors to pod set main: insufficient unused quota",
        );
        const checks = [condition("QuotaReserved", "reserved"), condition("Admitted", "waits for nodes", "False")];
        assert.equal(
            why({ run: queued, workload: { status: { conditions: checks } } }),
            "waits in the queue team: waits for nodes",
        );
    });

    it("finds that it cannot start, at once", () => {
        assert.deepEqual(look({ pods: [waiting("ErrImagePull", notFound)] }), {
            state: "unstartable",
            uid: "uid",
            message: `cannot start: its pod cannot pull its image ${image}: not found`,
        });
    });

    it("finds that it cannot start after half a minute in which something is missing", () => {
        const memory: Memory = {};
        const pods = [waiting("CreateContainerConfigError", 'secret "login" not found')];
        const other = [waiting("CreateContainerConfigError", 'secret "token" not found')];
        assert.equal(look({ pods }, { memory, seconds: 100 }).state, "running");
        assert.equal(look({ pods: other }, { memory, seconds: 129 }).state, "running");
        assert.deepEqual(look({ pods }, { memory, seconds: 130 }), {
            state: "unstartable",
            uid: "uid",
            message: 'cannot start: its pod cannot run its container: secret "login" not found',
        });
    });

    it("starts counting again when what was missing has been created", () => {
        const memory: Memory = {};
        const pods = [waiting("CreateContainerConfigError", 'secret "login" not found')];
        look({ pods }, { memory, seconds: 0 });
        look({ pods: [waiting("ContainerCreating")] }, { memory, seconds: 20 });
        assert.equal(look({ pods }, { memory, seconds: 31 }).state, "running");
        assert.equal(look({ pods }, { memory, seconds: 62 }).state, "unstartable");
    });

    it("finds that it has not started in time", () => {
        const pods = [unscheduled("0/1 nodes are available: 1 Insufficient cpu.")];
        assert.equal(look({ pods }, { seconds: 1799 }).state, "running");
        assert.deepEqual(look({ pods }, { seconds: 1800 }), {
            state: "unstartable",
            uid: "uid",
            message:
                "has not started within 30m: its pod waits for a node: 0/1 nodes are available: 1 Insufficient cpu.",
        });
        assert.equal(look({ pods }, { seconds: 3600, startTimeout: "2h" }).state, "running");
    });

    it("does not count the time in a queue, or behind a scheduling gate", () => {
        const suspended = job({}, { suspend: true });
        assert.equal(look({ run: suspended }, { seconds: 90_000 }).state, "running");
        const gated = [unscheduled("Scheduling is blocked", "SchedulingGated")];
        assert.equal(look({ pods: gated }, { seconds: 90_000 }).state, "running");
        const admitted = job({ startTime: at(90_000) });
        assert.equal(look({ run: admitted }, { seconds: 90_001 }).state, "running");
        assert.equal(look({ run: admitted }, { seconds: 91_800 }).state, "unstartable");
    });

    it("does not limit the start of a run that has started", () => {
        const lost = [failed({}), unscheduled("0/1 nodes are available.")];
        assert.equal(look({ pods: lost }, { seconds: 90_000 }).state, "running");
        const one = job({ succeeded: 1 }, { completions: 2 });
        const pods = [unscheduled("0/1 nodes are available.")];
        assert.equal(look({ run: one, pods }, { seconds: 90_000 }).state, "running");
        assert.equal(look({ pods: undefined }, { seconds: 90_000 }).state, "running");
    });

    it("counts from the last admission of a kind that reports no start", () => {
        const conditions = [{ ...condition("Suspended", "", "False"), lastTransitionTime: at(1000) }];
        const run = job({ startTime: undefined, conditions });
        assert.equal(look({ run }, { seconds: 2700, kind: runKinds.JobSet }).state, "running");
        assert.equal(look({ run }, { seconds: 2800, kind: runKinds.JobSet }).state, "unstartable");
        const never = job({ startTime: undefined });
        assert.equal(look({ run: never }, { seconds: 1800, kind: runKinds.JobSet }).state, "unstartable");
    });
});

describe("the kinds of runs", () => {
    const cases: [kind: RunKind, status: Run["status"], end: { failure?: string } | undefined][] = [
        [runKinds.Job, {}, undefined],
        [runKinds.Job, { conditions: [condition("FailureTarget", "soon")] }, undefined],
        [runKinds.JobSet, {}, undefined],
        [runKinds.JobSet, { terminalState: "Completed" }, {}],
        [
            runKinds.JobSet,
            { terminalState: "Failed", conditions: [condition("Failed", "a Job has failed")] },
            { failure: "a Job has failed" },
        ],
        [runKinds.TrainJob, { conditions: [condition("Complete")] }, {}],
        [runKinds.TrainJob, { conditions: [condition("Failed", "no nodes")] }, { failure: "no nodes" }],
        [runKinds.RayJob, { jobStatus: "RUNNING", jobDeploymentStatus: "Running" }, undefined],
        [runKinds.RayJob, { jobStatus: "FAILED", jobDeploymentStatus: "Retrying" }, undefined],
        [runKinds.RayJob, { jobStatus: "SUCCEEDED", jobDeploymentStatus: "Complete" }, { failure: undefined }],
        [
            runKinds.RayJob,
            { jobStatus: "STOPPED", jobDeploymentStatus: "Complete", message: "stopped" },
            { failure: "stopped" },
        ],
        [runKinds.RayJob, { jobDeploymentStatus: "Failed", message: "deadline" }, { failure: "deadline" }],
        [
            runKinds.RayJob,
            {
                jobStatus: "FAILED",
                jobDeploymentStatus: "Failed",
                message: `Job entrypoint command failed with exit code 1, last available logs (truncated to 20,000 chars):\na step of Ray\n\nthe model is bad\n`,
            },
            {
                failure: "Job entrypoint command failed with exit code 1: a step of Ray | the model is bad",
            },
        ],
    ];
    for (const [kind, status, end] of cases) {
        it(`${kind.resource} with ${JSON.stringify(status)}`, () => assert.deepEqual(kind.endOf(job(status)), end));
    }

    it("select their pods", () => {
        const labels = { "app.kubernetes.io/name": "runs", "app.kubernetes.io/component": "sweep" };
        const run = job({ rayClusterName: "run-abc" }, {}, { labels });
        assert.deepEqual(
            Object.entries<RunKind>(runKinds).map(([name, kind]) => `${name}: ${kind.podsOf(run)}`),
            [
                "Job: batch.kubernetes.io/controller-uid=uid",
                "JobSet: jobset.sigs.k8s.io/jobset-name=run",
                "TrainJob: jobset.sigs.k8s.io/jobset-name=run",
                "RayJob: ray.io/cluster=run-abc",
                "Experiment: app.kubernetes.io/name=runs,app.kubernetes.io/component=sweep",
            ],
        );
        assert.equal(runKinds.RayJob.podsOf(job()), undefined);
    });
});

describe("following a run", () => {
    /** What the API server has at each look, by the beginning of the path; an error is thrown. */
    type Answers = Record<string, unknown>;

    async function follow(looks: Answers[], options: FollowOptions = {}) {
        let index = 0;
        let now = start;
        const said: string[] = [];
        const paths: string[] = [];
        const answer = (path: string): unknown => {
            paths.push(path);
            const current = looks[Math.min(index, looks.length - 1)]!;
            const key = Object.keys(current).find((one) => path.includes(one));
            const value = key === undefined ? undefined : current[key];
            if (value instanceof Error) {
                throw value;
            }
            return value;
        };
        const cluster: Cluster = {
            server: "https://one",
            get: <T>(path: string) => Promise.resolve().then(() => answer(path) as T | undefined),
            list: <T>(path: string) => Promise.resolve().then(() => (answer(path) ?? []) as T[]),
            listMetadata: () => Promise.resolve([]),
            now: () => now,
        };
        const sleep = (milliseconds: number): Promise<void> => {
            now += milliseconds;
            index++;
            return Promise.resolve();
        };
        const outcome = await followRun(
            cluster,
            { kind: runKinds.Job, namespace: "ns", name: "run", uid: "uid" },
            { say: (line) => said.push(line), sleep, ...options },
        );
        return { outcome, said, paths, seconds: (now - start) / 1000 };
    }

    const completed = job({ conditions: [condition("Complete")] });

    it("says what it does whenever that changes", async () => {
        const { outcome, said, seconds } = await follow([
            { "/jobs/run": job({}, { suspend: true }) },
            { "/jobs/run": job() },
            { "/jobs/run": job(), "/pods": [unscheduled("0/1 nodes are available.")] },
            { "/jobs/run": job(), "/pods": [unscheduled("0/1 nodes are available.")] },
            {
                "/jobs/run": job(),
                "/pods": [waiting("ContainerCreating")],
                "/events": [event("Pulling", "Pulling image", 0, 0, "Normal")],
            },
            { "/jobs/run": job(), "/pods": [running] },
            { "/jobs/run": completed },
        ]);
        assert.equal(outcome.state, "completed");
        assert.deepEqual(said, [
            "is suspended",
            "is starting",
            "waits for a node: 0/1 nodes are available.",
            `pulls its image ${image}`,
            "is running",
        ]);
        assert.equal(seconds, 12);
    });

    it("reads the pods of the run, and the events of those that wait", async () => {
        const { paths } = await follow([{ "/jobs/run": job(), "/pods": [waiting("ContainerCreating"), running] }], {
            once: true,
        });
        assert.deepEqual(paths, [
            "/apis/batch/v1/namespaces/ns/jobs/run",
            "/api/v1/namespaces/ns/pods",
            "/api/v1/namespaces/ns/events",
        ]);
    });

    it("looks once", async () => {
        const { outcome, said } = await follow([{ "/jobs/run": job(), "/pods": [running] }], { once: true });
        assert.deepEqual(outcome, { state: "running", uid: "uid", why: "is running" });
        assert.deepEqual(said, []);
    });

    it("notices that it was deleted, or replaced by another one", async () => {
        for (const later of [{}, { "/jobs/run": job({}, {}, { uid: "another" }) }]) {
            const { outcome, seconds } = await follow([{ "/jobs/run": job(), "/pods": [running] }, later]);
            assert.deepEqual(outcome, { state: "gone" });
            assert.equal(seconds, 2);
        }
    });

    it("reports why Kueue does not admit it, in either version of its API", async () => {
        const labels = { "kueue.x-k8s.io/queue-name": "team" };
        const run = job({}, { suspend: true }, { labels });
        const workload = { status: { conditions: [condition("QuotaReserved", "no quota", "False")] } };
        for (const version of ["v1beta2", "v1beta1"]) {
            const { outcome } = await follow([{ "/jobs/run": run, [`/${version}/`]: [workload] }], { once: true });
            assert.equal(outcome.state === "running" && outcome.why, "waits in the queue team: no quota");
        }
    });

    it("does without what it may not read", async () => {
        const forbidden = new ClusterError("forbidden", 403);
        const { outcome, said } = await follow([
            { "/jobs/run": job(), "/pods": forbidden },
            { "/jobs/run": job(), "/pods": [waiting("ContainerCreating")], "/events": forbidden },
            { "/jobs/run": completed },
        ]);
        assert.equal(outcome.state, "completed");
        assert.deepEqual(said, ["is running", "is starting"]);
    });

    it("fails if it may not read the run", async () => {
        await assert.rejects(follow([{ "/jobs/run": new ClusterError("forbidden", 403) }]), { message: "forbidden" });
    });

    it("continues after an outage of the API server", async () => {
        const outage = { "/jobs/run": new ClusterError("the API server cannot be reached: ECONNREFUSED") };
        const { outcome, said } = await follow([
            { "/jobs/run": job(), "/pods": [running] },
            ...Array.from({ length: 100 }, () => outage),
            { "/jobs/run": completed },
        ]);
        assert.equal(outcome.state, "completed");
        assert.deepEqual(said, [
            "is running",
            "cannot be followed at the moment: the API server cannot be reached: ECONNREFUSED",
        ]);
    });

    it("fails after an outage of more than five minutes, and at once if it has never been read", async () => {
        const outage = { "/jobs/run": new ClusterError("the API server cannot be reached: ECONNREFUSED") };
        await assert.rejects(follow([{ "/jobs/run": job(), "/pods": [running] }, outage]), ClusterError);
        await assert.rejects(follow([outage, { "/jobs/run": completed }]), ClusterError);
    });

    it("reads the events of its controller if it has no pod, and no older ones", async () => {
        const denied = 'Error creating: pods "run-x" is forbidden: violates PodSecurity "restricted:latest"';
        const of = (name: string, created: number) => ({
            ...event("FailedCreate", denied, created),
            involvedObject: { kind: "Job", name },
        });
        const run = job({}, {}, { creationTimestamp: at(10) });
        const { outcome } = await follow([{ "/jobs/run": run, "/events": [of("run", 5), of("other", 20)] }], {
            once: true,
        });
        assert.equal(outcome.state === "running" && outcome.why, "is starting");
        const own = await follow([{ "/jobs/run": run, "/events": [of("run", 11)] }], { once: true });
        assert.equal(own.outcome.state, "unstartable");
    });
});
