/** Trainings as the custom resources of operators, each of one run. */
import * as pulumi from "@pulumi/pulumi";

import { hashedName } from "../../arguments/hash";
import { containerName } from "../../pod/pod-template";
import { runMeta } from "../../runs/run";
import type { TrainingJobArgs } from "./args";
import { component } from "./job";
import type { Template } from "./train-job";

/** A custom resource, as it is handed to Pulumi. */
export interface CustomObject {
    apiVersion: string;
    kind: string;
    metadata: object;
    spec: object;
}

/** What is made of one run: what it refers to, and itself. */
export interface OperatorRun {
    run: CustomObject;
    runtime?: CustomObject;
}

/** What is said of a kind of run. */
interface Kind {
    apiVersion: string;
    kind: string;
    /** Annotations by which the provider, which knows Jobs only, waits until such a run has ended. */
    wait: Record<string, pulumi.Input<string>>;
}

/**
 * The run of this name. These objects cannot be changed at all, so all that they are made of is in the name: another
 * number of retries is another run, too.
 *
 * @param contentOf - What the run is made of. Defaults to its spec.
 */
export function named(
    name: string,
    args: TrainingJobArgs,
    { apiVersion, kind, wait }: Kind,
    specOf: (run: pulumi.Input<string>) => object,
    contentOf = specOf,
): { name: pulumi.Input<string>; object: CustomObject } {
    const run = hashedName(name, { kind, spec: contentOf("run"), triggers: args.triggers });
    return {
        name: run,
        object: { apiVersion, kind, metadata: runMeta(name, component, run, args, wait), spec: specOf(run) },
    };
}

/** The name of the pods' Job in a JobSet, which Kubeflow Trainer expects as well. */
export const nodeJob = "node";

/** The Job of the pod that starts the processes, in a JobSet for MPI. */
export const launcherJob = "launcher";

/** The host name of a pod of a JobSet. */
export const hostOf = (run: pulumi.Input<string>, job: string, index: number) =>
    pulumi.interpolate`${run}-${job}-0-${index}.${run}`;

/** The host name of the first pod of a JobSet. */
export const firstPod = (run: pulumi.Input<string>) => hostOf(run, nodeJob, 0);

/**
 * When a pod fails, all pods of the run are started anew, up to `retries` times; one that had to make way does not
 * count.
 * Source: https://jobset.sigs.k8s.io/docs/concepts/
 */
export function failurePolicy(args: TrainingJobArgs) {
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

/** The Job of the pods, in a JobSet. */
export function nodesJob(nodes: number, template: object) {
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
 * The pod, with the user's container by another name, and with what comes before it; what the user has patched it by is
 * done by now.
 */
export function renamed(template: object, container: string, before: object[] = []): object {
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
