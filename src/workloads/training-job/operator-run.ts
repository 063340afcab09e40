/** Parts of the custom resources of operators, each of which is one run. */
import * as pulumi from "@pulumi/pulumi";

import { mapInput } from "../../arguments/inputs";
import { containerName } from "../../pod/pod-template";
import { type RunIdentity, runMeta } from "../../runs/run";
import type { TrainingJobArgs } from "./args";
import { component } from "./job";
import type { Template } from "./train-job";

/** A custom resource, as it is passed to Pulumi. */
export interface CustomObject {
    apiVersion: string;
    kind: string;
    metadata: object;
    spec: object;
}

/** The objects of one run: itself, and the runtime to which it refers. */
export interface OperatorRun {
    run: CustomObject;
    runtime?: CustomObject;
}

/**
 * The queue of an object that only stands for a run, a name that no queue has. An object that names none would be put into
 * the queue `default` of its namespace, and Kueue, when it admits it, starts it, although it was suspended on purpose.
 * Source: https://kueue.sigs.k8s.io/docs/tasks/manage/enforce_job_management/setup_default_local_queue/
 */
const noQueue = "completed-before";

/** Returns the object of a run. If the run has completed before, its operator starts nothing. */
export function buildOperatorRun(
    name: string,
    args: TrainingJobArgs,
    identity: RunIdentity,
    { apiVersion, kind, spec }: { apiVersion: string; kind: string; spec: object },
): CustomObject {
    return {
        apiVersion,
        kind,
        metadata: runMeta(name, component, identity, args, noQueue),
        spec: { ...spec, suspend: mapInput(identity.isDone, (isDone) => isDone || undefined) },
    };
}

/** Name of the pods' Job in a JobSet, which Kubeflow Trainer expects as well. */
export const nodeJob = "node";

/** Name of the Job of the launcher pod, in a JobSet for MPI. */
export const launcherJob = "launcher";

/** Label of the pods of a JobSet with its UID, which stays when the JobSet is restarted. */
export const jobSetUid = "jobset.sigs.k8s.io/jobset-uid";

/** Returns the host name of a pod of a JobSet. */
export const hostOf = (run: pulumi.Input<string>, job: string, index: number) =>
    pulumi.interpolate`${run}-${job}-0-${index}.${run}`;

/** Returns the host name of the first pod of a JobSet. */
export const firstPod = (run: pulumi.Input<string>) => hostOf(run, nodeJob, 0);

/**
 * Returns the failure policy of a JobSet: when a pod fails, all pods of the run are restarted, up to `retries` times;
 * disrupted pods do not count.
 * Source: https://jobset.sigs.k8s.io/docs/concepts/
 */
export function buildFailurePolicy(args: TrainingJobArgs) {
    return {
        maxRestarts: args.retries ?? 2,
        restartStrategy: "Recreate",
        rules: [
            { name: "timeout", action: "FailJobSet", onJobFailureReasons: ["DeadlineExceeded"] },
            {
                name: "disruption",
                action: "RestartJobSetAndIgnoreMaxRestarts",
                onJobFailureReasons: ["PodFailurePolicy"],
            },
        ],
    };
}

/** Returns the spec of the Job of the pods, in a JobSet. */
export function buildNodesJob(nodes: number, template: object) {
    return {
        completionMode: "Indexed",
        completions: nodes,
        parallelism: nodes,
        backoffLimit: 0,
        podFailurePolicy: {
            rules: [{ action: "FailJob", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
        },
        template,
    };
}

/**
 * Returns a pod template in which the user's container has another name, and with additional init containers. `podSpec`
 * has been merged before, so that it can refer to the container as `main`.
 */
export function renameContainer(template: object, container: string, before: object[] = []): object {
    const rename = (all: { name: string }[]) =>
        all.map((one) => (one.name === containerName ? { ...one, name: container } : one));
    const { metadata, spec } = template as Template;
    return {
        metadata,
        spec: pulumi.all([spec, before]).apply(([known, first]) => ({
            ...known,
            containers: rename(known.containers),
            ...(first.length > 0 && { initContainers: [...(known.initContainers ?? []), ...first] }),
        })),
    };
}
