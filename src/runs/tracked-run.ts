/**
 * The life of a run between the program and its Job: which name it has, whether it has completed before, how it ends,
 * and what the component keeps of it.
 *
 * The component follows the Job itself, with the cluster's API, instead of having the provider wait for it: a run that
 * fails then blocks nothing but itself, and what the provider does not see (why a pod does not start, the end of a log,
 * a Job that someone has deleted) is reported.
 */
import * as pulumi from "@pulumi/pulumi";

import { failOutput, failProgram, withoutDependencies } from "../arguments/inputs";
import { isMocked } from "../arguments/monitor";
import { notePreview } from "../arguments/preview-notes";
import type { Cluster } from "../cluster/client";
import { clusterOf, isCluster } from "../cluster/cluster";
import type { NoCluster } from "../cluster/kubeconfig";
import { RunWait, type RunArgs } from "./args";
import type { RunHashes } from "./content";
import { withExecution } from "./execution";
import { followRun, type RunOutcome as Followed } from "./follow";
import {
    type CompletedRun,
    currentRun,
    differingFields,
    findRun,
    parseHistory,
    type RunHistory,
    noRuns,
    runsField,
    withCompleted,
    withFailed,
} from "./history";
import { planCleanup } from "./obsolete";
import type { RunIdentity } from "./run";
import { type AnyStatus, runKinds } from "./run-kinds";

/** What is known of a run before its Job is registered. */
export interface RunPlan {
    /** Name of the run and of its Job. */
    run: string;
    /** Hash of what decides the result. */
    content: string;
    /** Hashes of the arguments that decide it. */
    fields: Record<string, string>;
    /** The run of the same content that has completed. */
    done?: CompletedRun;
    /** The runs before this one. */
    history: RunHistory;
    /** Paths that its pods delete; see obsolete.ts. */
    cleanup: string[];
}

/** The component whose run it is. */
export interface RunOwner {
    /** The component for messages, such as `TrainingJob "fraud"`. */
    title: string;
    namespace: pulumi.Input<string>;
    /** Name of the ConfigMap that remembers the runs. */
    recordName: string;
    cluster: pulumi.Output<Cluster | NoCluster>;
    args: RunArgs;
    /** How many results are kept, where the component deletes older ones. */
    keep?: pulumi.Input<number>;
}

/**
 * Returns the owner of the runs of a component.
 *
 * @param title - The component for messages, such as `TrainingJob "fraud"`.
 * @param keep - How many results are kept, where the component deletes older ones.
 */
export const runOwner = (
    component: pulumi.Resource,
    title: string,
    recordName: string,
    args: RunArgs,
    keep?: pulumi.Input<number>,
): RunOwner => ({
    title,
    namespace: args.workspace.namespace,
    recordName,
    cluster: clusterOf(component.getProvider("kubernetes:batch/v1:Job")),
    args,
    keep,
});

/** Returns the plan of a run: its name is that of the run of the same content that has completed, or a new one. */
export function planRun(owner: RunOwner, name: string, hashes: pulumi.Output<RunHashes>): pulumi.Output<RunPlan> {
    const { cluster, namespace, keep } = owner;
    return pulumi
        .all([hashes, readHistory(owner), cluster, namespace])
        .apply(async ([{ content, pods, fields }, history, known, space]): Promise<RunPlan> => {
            const done = findRun(history, content);
            const run = done?.run ?? `${name}-${pods}`;
            if (done === undefined) {
                noteDifferences(owner.title, run, fields, history);
            }
            const isCleaned = done === undefined && keep !== undefined && isCluster(known);
            const cleanup = isCleaned ? await planCleanup(known, space, content, history) : [];
            return { run, content, fields, done, history, cleanup };
        });
}

/** Names, in a preview, the arguments in which a new run differs from the last one that has completed. */
function noteDifferences(title: string, run: string, fields: Record<string, string>, history: RunHistory): void {
    const last = currentRun(history);
    const differing = differingFields(fields, last);
    if (last !== undefined && differing.length > 0) {
        notePreview(
            `${title}: the run ${run} differs from ${last.run}, the last one that has completed, in ${differing.join(", ")}`,
        );
    }
}

/** Reads the record, also in a preview, which then shows what a run that has completed meanwhile changes. */
function readHistory({ title, namespace, recordName, cluster }: RunOwner): pulumi.Output<RunHistory> {
    return pulumi.all([cluster, namespace]).apply(async ([known, space]): Promise<RunHistory> => {
        if (!isCluster(known)) {
            return isMocked() ? noRuns : unreadable(title, known.reason, known.isRendered);
        }
        const path = `/api/v1/namespaces/${space}/configmaps/${recordName}`;
        let record: { metadata: { annotations?: Record<string, string> } } | undefined;
        try {
            record = await known.get(path);
        } catch (error) {
            return unreadable(title, (error as Error).message);
        }
        try {
            return parseHistory(record?.metadata.annotations);
        } catch {
            return failOutput(
                `${title}: the annotation ${runsField} of the ConfigMap ${space}/${recordName} is not a list of its ` +
                    "runs; restore it, or delete the ConfigMap to run everything again",
            );
        }
    });
}

/**
 * Says why the runs that have completed are not known. A preview goes on as if there were none. An update would run again
 * what has completed, and forget all runs: it ends, unless there is no cluster in which anything could have run.
 */
function unreadable(title: string, why: string, isRendered = false): RunHistory {
    if (!isRendered && !pulumi.runtime.isDryRun()) {
        return failOutput(
            `${title}: the record of its runs cannot be read: ${why}; the program itself needs access to the cluster, with ` +
                "the kubeconfig of its provider",
        );
    }
    void pulumi.log.warn(`${title}: which of its runs have completed is not known: ${why}`);
    return noRuns;
}

/** Returns the identity of a planned run. */
export const identityOf = (plan: pulumi.Output<RunPlan>): RunIdentity => ({
    run: plan.run,
    content: plan.content,
    isDone: plan.apply(({ done }) => done !== undefined),
    cleanup: plan.apply(({ cleanup }) => cleanup),
});

/** Returns the name of a run, known when its Job exists. */
export const runNameOf = (plan: pulumi.Output<RunPlan>, job: pulumi.CustomResource): pulumi.Output<string> =>
    withoutDependencies(pulumi.all([plan, job.id]).apply(([{ run }]) => run));

/** How a run has ended, or what it does; `unknown` if there is no cluster to ask, `lost` if it does not answer any more. */
export type RunEnd = Followed | { state: "unknown"; why: string } | { state: "lost"; message: string };

/** Follows a run until it has ended, or, if the component does not wait for it, looks at it once. */
export function endOf(
    { title, args, cluster, namespace }: RunOwner,
    plan: pulumi.Output<RunPlan>,
    kind: keyof typeof runKinds,
    job: pulumi.CustomResource,
): pulumi.Output<RunEnd> {
    const options = pulumi.output({ startTimeout: args.startTimeout ?? "30m", wait: args.wait ?? RunWait.Completion });
    if (isMocked()) {
        return statusOfMock(job).apply((status): RunEnd => ({ state: "completed", uid: "uid", status }));
    }
    const created = withoutDependencies(job.id);
    const follow = () =>
        pulumi
            .all([created, cluster, namespace, plan, options])
            .apply(async ([, known, space, { run, history }, { startTimeout, wait }]): Promise<RunEnd> => {
                if (!isCluster(known)) {
                    return { state: "unknown", why: known.reason };
                }
                const isWaited = wait === RunWait.Completion || (wait === RunWait.FirstRun && !currentRun(history));
                const ref = { kind: runKinds[kind], namespace: space, name: run };
                const say = (why: string) =>
                    void pulumi.log.info(`${title}: the run ${run} ${why}`, job, undefined, true);
                const once = !isWaited || pulumi.runtime.isDryRun();
                try {
                    const end = await followRun(known, ref, { once, startTimeout, say });
                    // The update will wait for it.
                    return end.state === "running" && isWaited && pulumi.runtime.isDryRun()
                        ? (pulumi.unknown as unknown as RunEnd)
                        : await withExecution(known, ref, end);
                } catch (error) {
                    return { state: "lost", message: (error as Error).message };
                }
            });
    return plan.apply(({ done }) =>
        done === undefined ? follow() : pulumi.output<RunEnd>({ state: "completed", uid: done.uid, status: undefined }),
    );
}

/** Returns the directory of the results of an execution, below where all results are: `<run>/<UID>`, as its pods know it. */
export const directoryOf = (plan: pulumi.Output<RunPlan>, end: pulumi.Output<RunEnd>): pulumi.Output<string> =>
    pulumi.all([plan, end]).apply(([{ run }, known]) => `${run}/${"uid" in known ? known.uid : ""}`);

/** Under the mocks of a unit test, in which every run has completed, its status is what the mock says. */
function statusOfMock(job: pulumi.CustomResource): pulumi.Output<AnyStatus | undefined> {
    const { status } = job as { status?: pulumi.Output<AnyStatus | undefined> };
    const known = pulumi.runtime.isDryRun() ? undefined : status;
    return withoutDependencies(pulumi.all([job.id, pulumi.output(known)]).apply(([, one]) => one));
}

/** What a component makes of a run that has completed or failed: its result, or why there is none. */
export interface RunOutcome {
    result?: string;
    problem?: string;
}

/**
 * Returns the history after a run, and reports a failure: as an error that fails the update in the end, when everything
 * else is done, or as a warning in a preview, or if the program allows it.
 */
export function settle(
    { title, args, keep }: RunOwner,
    plan: pulumi.Output<RunPlan>,
    ended: pulumi.Output<RunEnd>,
    parsed: pulumi.Output<RunOutcome>,
): pulumi.Output<RunHistory> {
    return pulumi
        .all([plan, ended, parsed, pulumi.output(args.allowFailure), pulumi.output(keep)])
        .apply(([{ run, content, fields, done, history }, end, outcome, allowFailure, kept]): RunHistory => {
            const current = currentRun(history);
            if (end.state === "running") {
                const still = current ? `; until then the result of ${current.run} stays the current one` : "";
                void pulumi.log.info(
                    `${title}: the run ${run} ${end.why}; the first update after it has completed takes its result${still}`,
                );
                return history;
            }
            if (end.state === "unknown") {
                void pulumi.log.warn(`${title}: whether the run ${run} has completed is not known, because ${end.why}`);
                return history;
            }
            if (done !== undefined) {
                return withCompleted(history, done, kept);
            }
            const execution =
                end.state === "completed" || end.state === "failed" ? { content, run, uid: end.uid } : undefined;
            // A run can have a result although some of its parts have failed, but not without having ended.
            if (execution !== undefined && outcome.result !== undefined) {
                return withCompleted(history, { ...execution, result: outcome.result, fields }, kept);
            }
            const still = current ? `; the result of ${current.run} stays the current one` : "";
            const line = `${title}: ${problemOf(run, end, outcome)}${still}`;
            if (allowFailure || pulumi.runtime.isDryRun()) {
                void pulumi.log.warn(line);
            } else {
                failProgram(line);
            }
            return execution !== undefined && kept !== undefined ? withFailed(history, execution, kept) : history;
        });
}

const fix = "fix the cause, which starts a new run, or change triggers to run it again";

function problemOf(run: string, end: RunEnd, { problem }: RunOutcome): string {
    switch (end.state) {
        case "unstartable":
            return `the run ${run} ${end.message}; ${fix}`;
        case "gone":
            return `the run ${run} was deleted before it had ended; run pulumi up --refresh to start it again`;
        case "lost":
            return `whether the run ${run} has completed is not known: ${end.message}; run pulumi up again, which goes on following it`;
        case "standIn":
            return `the record of the completed run ${run} was deleted, and with it the URI of its result; change triggers to run it again`;
        default:
            return problem ?? `the run ${run} has failed: ${end.state === "failed" ? end.message : ""}; ${fix}`;
    }
}
