/** The life of a run between the program and its Job. */
import { strict as assert } from "node:assert";

import * as pulumi from "@pulumi/pulumi";

import type { RunArgs, TrainingJobArgs } from "../../src";
import { type Cluster, ClusterError } from "../../src/cluster/client";
import type { NoCluster } from "../../src/cluster/kubeconfig";
import { type CompletedRun, historyAnnotations, noRuns, type RunHistory } from "../../src/runs/history";
import { buildFailurePolicy, podCounts, type RunIdentity, runMeta } from "../../src/runs/run";
import {
    identityOf,
    planRun,
    type RunEnd,
    type RunOutcome,
    type RunOwner,
    type RunPlan,
    settle,
} from "../../src/runs/tracked-run";
import { buildTrainingJob } from "../../src/workloads/training-job/job";
import { buildJobSet } from "../../src/workloads/training-job/job-set";
import { workload } from "../support/arguments";
import { errorsOf, run } from "../support/mocks";

const path = "/api/v1/namespaces/ml/configmaps/fraud-training";

/** A cluster with this record; an error is thrown. */
function clusterWith(annotations: Record<string, string | undefined> | undefined | Error): Cluster {
    return {
        server: "https://one",
        get: <T>(asked: string) => {
            assert.equal(asked, path);
            return annotations instanceof Error
                ? Promise.reject(annotations)
                : Promise.resolve((annotations && { metadata: { annotations } }) as T | undefined);
        },
        list: () => Promise.resolve([]),
        listMetadata: () => Promise.resolve([]),
        now: () => 0,
    };
}

const ownerOf = (cluster: Cluster | NoCluster, args: Partial<RunArgs> = {}): RunOwner => ({
    title: 'TrainingJob "fraud"',
    namespace: "ml",
    recordName: "fraud-training",
    cluster: pulumi.output(cluster as Cluster),
    args: { ...workload, ...args },
});

/** Returns a value that a program creates, and what the program has logged. */
async function valueOf<T>(create: () => pulumi.Output<T>, preview = false) {
    let value: T | undefined;
    const { errors, warnings } = await errorsOf(() =>
        run(() => void create().apply((known) => (value = known)), { preview }),
    );
    return { value, errors, warnings };
}

const completed = (content: string): CompletedRun => ({
    content,
    run: `fraud-of-${content}`,
    uid: `uid-of-${content}`,
    result: `pvc://models/fraud-of-${content}/uid-of-${content}`,
});
/** Hashes of the arguments of a run. */
const fields: Record<string, string> = { args: "1234", image: "5678" };
const [a, b] = [completed("a"), completed("b")];

describe("the plan of a run", () => {
    const plan = (annotations: Record<string, string | undefined> | undefined | Error, content: string) =>
        valueOf(() =>
            planRun(ownerOf(clusterWith(annotations)), "fraud", pulumi.output({ content, pods: "pods", fields })),
        );

    it("has a new name if there is no record, or none of its content", async () => {
        for (const annotations of [undefined, {}, historyAnnotations({ ...noRuns, runs: [a] })]) {
            const { value, errors, warnings } = await plan(annotations, "b");
            assert.deepEqual([value!.run, value!.content, value!.done], ["fraud-pods", "b", undefined]);
            assert.deepEqual([errors, warnings], [[], []]);
        }
    });

    it("has the name of the run of the same content that has completed, whatever its pods are now", async () => {
        const runs = [a, b];
        const { value } = await plan(historyAnnotations({ ...noRuns, runs }), "a");
        assert.deepEqual(value, {
            run: "fraud-of-a",
            content: "a",
            done: a,
            history: { ...noRuns, runs },
            fields,
            cleanup: [],
        });
    });

    it("is not known in an update that may not read the record, as everything would be run again", async () => {
        await assert.rejects(plan(new ClusterError("https://one: forbidden", 403), "a"), {
            message:
                'TrainingJob "fraud": the record of its runs cannot be read: https://one: forbidden; the program itself ' +
                "needs access to the cluster, with the kubeconfig of its provider",
        });
    });

    it("says nothing of a cluster under the mocks of a user's unit test", async () => {
        const { value, warnings } = await valueOf(() =>
            planRun(
                ownerOf({ reason: "no kubeconfig was found" }),
                "fraud",
                pulumi.output({ content: "a", pods: "p", fields }),
            ),
        );
        assert.deepEqual([value!.run, warnings], ["fraud-p", []]);
    });

    it("is refused in one line if the record was edited by hand, as everything would be run again", async () => {
        for (const broken of ["{", "[]1"]) {
            await assert.rejects(plan({ "kubernetes-mlops/runs": broken }, "a"), {
                message:
                    'TrainingJob "fraud": the annotation kubernetes-mlops/runs of the ConfigMap ml/fraud-training is ' +
                    "not a list of its runs; restore it, or delete the ConfigMap to run everything again",
            });
        }
    });
});

describe("the history after a run", () => {
    const history: RunHistory = { ...noRuns, runs: [a] };
    const plan: RunPlan = { run: "fraud-2", content: "2", history, fields, cleanup: [] };
    const fresh: RunPlan = { run: "fraud-2", content: "2", history: noRuns, fields, cleanup: [] };
    const reverted: RunPlan = {
        run: a.run,
        content: "a",
        done: a,
        history: { ...noRuns, runs: [a, b] },
        fields,
        cleanup: [],
    };

    const ended: RunEnd = { state: "completed", uid: "uid", status: undefined };
    const failed: RunEnd = { state: "failed", uid: "uid", status: undefined, message: "BackoffLimitExceeded" };
    const fix = "fix the cause, which starts a new run, or change triggers to run it again";
    const kept = "the result of fraud-of-a stays the current one";

    interface Settled {
        runs: CompletedRun[];
        errors?: string[];
        warnings?: string[];
    }
    const problem = (line: string, runs: CompletedRun[] = [a]): Settled => ({
        runs,
        errors: [`TrainingJob "fraud": ${line}`],
    });
    const cases: [what: string, plan: RunPlan, end: RunEnd, outcome: RunOutcome, settled: Settled][] = [
        [
            "has the result of a run that has completed",
            plan,
            ended,
            { result: "pvc://models/2" },
            { runs: [a, { content: "2", run: "fraud-2", uid: "uid", result: "pvc://models/2", fields }] },
        ],
        ["ends with a run to which the program has returned", reverted, ended, { result: "ignored" }, { runs: [b, a] }],
        [
            "stays as it is while the run is in progress",
            plan,
            { state: "running", uid: "uid", why: "is running" },
            {},
            { runs: [a] },
        ],
        [
            "stays as it is if the cluster cannot be asked",
            plan,
            { state: "unknown", why: "no kubeconfig was found" },
            {},
            {
                runs: [a],
                warnings: [
                    'TrainingJob "fraud": whether the run fraud-2 has completed is not known, because no kubeconfig was found',
                ],
            },
        ],
        [
            "stays as it is if the run has failed",
            plan,
            failed,
            {},
            problem(`the run fraud-2 has failed: BackoffLimitExceeded; ${fix}; ${kept}`),
        ],
        [
            "is empty if the first run has failed",
            fresh,
            failed,
            {},
            problem(`the run fraud-2 has failed: BackoffLimitExceeded; ${fix}`, []),
        ],
        [
            "stays as it is if the run cannot start",
            plan,
            { state: "unstartable", uid: "uid", message: "cannot start: its pod has no image" },
            {},
            problem(`the run fraud-2 cannot start: its pod has no image; ${fix}; ${kept}`),
        ],
        [
            "stays as it is if the run was deleted",
            plan,
            { state: "gone" },
            {},
            problem(
                `the run fraud-2 was deleted before it had ended; run pulumi up --refresh to start it again; ${kept}`,
            ),
        ],
        [
            "stays as it is if the cluster does not answer any more",
            plan,
            { state: "lost", message: "the API server https://one cannot be reached" },
            {},
            problem(
                "whether the run fraud-2 has completed is not known: the API server https://one cannot be reached; " +
                    `run pulumi up again, which goes on following it; ${kept}`,
            ),
        ],
        [
            "stays as it is if only a stand-in of the run is left",
            fresh,
            { state: "standIn" },
            {},
            problem(
                "the record of the completed run fraud-2 was deleted, and with it the URI of its result; change triggers to run it again",
                [],
            ),
        ],
        [
            "stays as it is if a run that has completed has no result",
            plan,
            ended,
            { problem: "no trial has succeeded" },
            problem(`no trial has succeeded; ${kept}`),
        ],
        [
            "stays as it is if the run cannot start, whatever its result would be",
            plan,
            { state: "unstartable", uid: "uid", message: "cannot start: its pod has no image" },
            { result: "pvc://models/2" },
            problem(`the run fraud-2 cannot start: its pod has no image; ${fix}; ${kept}`),
        ],
        [
            "has a result in spite of failed parts",
            fresh,
            failed,
            { result: "pvc://models/2" },
            { runs: [{ content: "2", run: "fraud-2", uid: "uid", result: "pvc://models/2", fields }] },
        ],
    ];
    for (const [what, planned, end, outcome, { runs, errors = [], warnings = [] }] of cases) {
        const settled = (args: Partial<RunArgs> = {}, preview = false) =>
            valueOf(
                () =>
                    settle(
                        ownerOf({ reason: "" }, args),
                        pulumi.output(planned),
                        pulumi.output(end),
                        pulumi.output(outcome),
                    ),
                preview,
            );
        it(what, async () => {
            assert.deepEqual(await settled(), { value: { ...noRuns, runs }, errors, warnings });
        });
        if (errors.length > 0) {
            it(`${what}, which is a warning in a preview, and with allowFailure`, async () => {
                const expected = { value: { ...noRuns, runs }, errors: [], warnings: errors };
                assert.deepEqual(await settled({}, true), expected);
                assert.deepEqual(await settled({ allowFailure: true }), expected);
                assert.deepEqual((await settled({ allowFailure: false })).errors, errors);
            });
        }
    }

    it("remembers an execution that has failed, once, where results are deleted", async () => {
        const execution = { content: "2", run: "fraud-2", uid: "uid" };
        for (const before of [history, { ...history, failed: [execution] }]) {
            const owner = { ...ownerOf({ reason: "" }), keep: 3 };
            const planned = pulumi.output({ ...plan, history: before });
            const settled = (): pulumi.Output<RunHistory> =>
                settle(owner, planned, pulumi.output(failed), pulumi.output({}));
            const { value } = await valueOf(settled);
            assert.deepEqual(value, { ...history, failed: [execution] });
        }
    });
});

describe("a Job that stands for a run that has completed before", () => {
    const done: RunIdentity = { run: "fraud-of-a", content: "a", isDone: true, cleanup: [] };
    const fresh: RunIdentity = { ...done, isDone: false };
    const queued = { ...workload, workspace: { namespace: "ml", queue: "team" } };

    it("has no pods, and is marked", async () => {
        await run(() => {
            assert.deepEqual(podCounts(done, 4), { completions: 0, parallelism: 0 });
            assert.deepEqual(podCounts(fresh, 4), { completions: 4, parallelism: 4 });
            assert.deepEqual(podCounts(fresh, 4, 2), { completions: 4, parallelism: 2 });
            assert.deepEqual(podCounts(fresh), { completions: undefined, parallelism: undefined });
            const mark = (identity: RunIdentity) =>
                (runMeta("fraud", "training", identity, queued).annotations as Record<string, unknown>)[
                    "kubernetes-mlops/completed-before"
                ];
            assert.deepEqual([mark(done), mark(fresh)], ["true", undefined]);
        });
    });

    it("waits in no queue", async () => {
        await run(() => {
            const queueOf = (identity: RunIdentity) =>
                (runMeta("fraud", "training", identity, queued).labels as Record<string, unknown>)[
                    "kueue.x-k8s.io/queue-name"
                ];
            assert.deepEqual([queueOf(done), queueOf(fresh)], [undefined, "team"]);
        });
    });

    it("is the same with each backend, except that operators are suspended", async () => {
        await run(() => {
            const context = { target: { claim: "models", uri: "pvc://models" } };
            const job = buildTrainingJob("fraud", { ...workload, nodes: 4 }, context, done);
            const { completions, parallelism } = job.spec as unknown as Record<string, unknown>;
            assert.deepEqual([completions, parallelism], [0, 0]);
            const suspendOf = (identity: RunIdentity) =>
                (buildJobSet("fraud", workload, context, identity).run.spec as { suspend?: boolean }).suspend;
            assert.deepEqual([suspendOf(done), suspendOf(fresh)], [true, undefined]);
        });
    });

    it("names a queue that does not exist with operators, so that the default queue does not start it", async () => {
        await run(() => {
            const context = { target: { claim: "models", uri: "pvc://models" } };
            const queueOf = (args: TrainingJobArgs, identity: RunIdentity) => {
                const { labels } = buildJobSet("fraud", args, context, identity).run.metadata as {
                    labels: Record<string, unknown>;
                };
                return labels["kueue.x-k8s.io/queue-name"];
            };
            assert.deepEqual([queueOf(queued, done), queueOf(queued, fresh)], ["completed-before", "team"]);
            assert.deepEqual([queueOf(workload, done), queueOf(workload, fresh)], ["completed-before", undefined]);
        });
    });

    it("has the name and the content of that run", async () => {
        const { value } = await valueOf(() => {
            const {
                run: name,
                content,
                isDone,
            } = identityOf(
                pulumi.output<RunPlan>({
                    run: a.run,
                    content: "a",
                    done: a,
                    history: { ...noRuns, runs: [a] },
                    fields,
                    cleanup: [],
                }),
            );
            return pulumi.output({ name, content, isDone });
        });
        assert.deepEqual(value, { name: "fraud-of-a", content: "a", isDone: true });
    });
});

describe("the failures of pods that count as retries", () => {
    const disrupted = { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] };
    const forCodes = (action: string, values: number[]) => ({
        action,
        onExitCodes: { containerName: "main", operator: "In", values },
    });
    const cases: [what: string, retry: RunArgs["retry"], fail: "FailJob" | "FailIndex", rules: object[]][] = [
        ["all but disruptions", undefined, "FailJob", [disrupted]],
        ["all but disruptions with an empty retry", { never: [], always: [] }, "FailJob", [disrupted]],
        ["not those that are never retried", { never: [2] }, "FailJob", [disrupted, forCodes("FailJob", [2])]],
        ["not those of an index", { never: [2] }, "FailIndex", [disrupted, forCodes("FailIndex", [2])]],
        ["not those that are always retried", { always: [42] }, "FailIndex", [disrupted, forCodes("Ignore", [42])]],
        [
            "with sorted codes, each once, as the API server requires",
            { never: [100, 2, 9, 2], always: [42, 7, 42] },
            "FailJob",
            [disrupted, forCodes("FailJob", [2, 9, 100]), forCodes("Ignore", [7, 42])],
        ],
    ];
    for (const [what, retry, fail, rules] of cases) {
        it(`are ${what}`, () => assert.deepEqual(buildFailurePolicy(retry, fail), { rules }));
    }

    it("are known once the codes are", async () => {
        const { value } = await valueOf(() =>
            pulumi.output(buildFailurePolicy({ never: [3, pulumi.output(1), pulumi.output(3)] }, "FailJob")),
        );
        assert.deepEqual(value, { rules: [disrupted, forCodes("FailJob", [1, 3])] });
    });
});
