/** Trainings as the custom resources of operators, each of one run. */
import * as pulumi from "@pulumi/pulumi";

import { TrainingFramework } from "../workloads/training-enums";
import type { TrainingJobArgs } from "../workloads/training-job";
import { hashedName } from "./hash";
import { objectMeta } from "./metadata";
import { containerName, restricted } from "./pod";
import { processesPerNode, rendezvous } from "./rendezvous";
import { runMeta, runTimeout } from "./run";
import { untilEnded } from "./run-status";
import { component, type TrainingContext, trainingLabels, trainingPod } from "./training";

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
function named(
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
const nodeJob = "node";

/** The Job of the pod that starts the processes, in a JobSet for MPI. */
const launcherJob = "launcher";

/** The host name of a pod of a JobSet. */
const hostOf = (run: pulumi.Input<string>, job: string, index: number) =>
    pulumi.interpolate`${run}-${job}-0-${index}.${run}`;

/** The host name of the first pod of a JobSet. */
const firstPod = (run: pulumi.Input<string>) => hostOf(run, nodeJob, 0);

/**
 * When a pod fails, all pods of the run are started anew, up to `retries` times; one that had to make way does not
 * count.
 * Source: https://jobset.sigs.k8s.io/docs/concepts/
 */
function failurePolicy(args: TrainingJobArgs) {
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
function nodesJob(nodes: number, template: object) {
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

/** A training as a JobSet. */
export function trainingJobSet(name: string, args: TrainingJobArgs, context: TrainingContext): OperatorRun {
    const nodes = args.nodes ?? 1;
    const specOf = (run: pulumi.Input<string>) => {
        const details = nodes > 1 ? { rendezvous: rendezvous(args, firstPod(run)) } : {};
        const job = nodesJob(nodes, trainingPod(name, args, context, run, details));
        return {
            network: { enableDNSHostnames: true, publishNotReadyAddresses: true, subdomain: run },
            failurePolicy: failurePolicy(args),
            replicatedJobs: [
                { name: nodeJob, replicas: 1, template: { spec: { ...job, activeDeadlineSeconds: runTimeout(args) } } },
            ],
        };
    };
    // A JobSet has no time limit of its own: each start of its Job has the whole.
    const limit = pulumi
        .all([runTimeout(args), args.retries ?? 2])
        .apply(([seconds, retries]) => String(seconds * (retries + 1) + 300));
    const wait = { "pulumi.com/waitFor": "jsonpath={.status.terminalState}", "pulumi.com/timeoutSeconds": limit };
    const kind = { apiVersion: "jobset.x-k8s.io/v1alpha2", kind: "JobSet", wait };
    return { run: named(name, args, kind, specOf).object };
}

/**
 * A training as a TrainJob, and the runtime it refers to: the namespace's own, of this run alone, so that it says all of
 * the pod. Kubeflow Trainer adds the variables by which pods find each other.
 * Source: https://www.kubeflow.org/docs/components/trainer/operator-guides/runtime/
 */
export function trainingTrainJob(name: string, args: TrainingJobArgs, context: TrainingContext): OperatorRun {
    const apiVersion = "trainer.kubeflow.org/v1alpha1";
    const runtimeOf = (run: pulumi.Input<string>) => runtimeSpec(name, args, context, run);
    const specOf = (run: pulumi.Input<string>) => ({
        runtimeRef: { apiGroup: "trainer.kubeflow.org", kind: "TrainingRuntime", name: run },
        activeDeadlineSeconds: runTimeout(args),
        trainer: {
            numNodes: args.nodes ?? 1,
            ...(args.framework !== TrainingFramework.Jax && { numProcPerNode: processesPerNode(args) }),
        },
    });
    const contentOf = (run: pulumi.Input<string>) => ({ ...specOf(run), runtime: runtimeOf(run) });
    const run = named(name, args, { apiVersion, kind: "TrainJob", wait: untilEnded }, specOf, contentOf);
    return {
        run: run.object,
        runtime: {
            apiVersion,
            kind: "TrainingRuntime",
            metadata: objectMeta(run.name, args.workspace.namespace, {
                ...trainingLabels(name),
                "trainer.kubeflow.org/framework": args.framework ?? TrainingFramework.Torch,
            }),
            spec: runtimeOf(run.name),
        },
    };
}

/** Kubeflow Trainer finds the pods that run the user's program by this label, and the container by its name. */
const trainerLabel = { labels: { "trainer.kubeflow.org/trainjob-ancestor-step": "trainer" } };
const trainerContainer = "node";

function runtimeSpec(name: string, args: TrainingJobArgs, context: TrainingContext, run: pulumi.Input<string>): object {
    const template = trainingPod(name, args, context, run, {});
    if (args.framework === TrainingFramework.Mpi) {
        return mpiRuntimeSpec(name, args, context, run, template);
    }
    const framework = args.framework ?? TrainingFramework.Torch;
    const spec = nodesJob(1, renamed(template, trainerContainer));
    return {
        mlPolicy: { numNodes: args.nodes ?? 1, [framework]: {} },
        template: {
            spec: {
                failurePolicy: failurePolicy(args),
                replicatedJobs: [{ name: nodeJob, template: { metadata: trainerLabel, spec } }],
            },
        },
    };
}

/** A launcher, which is a node itself, and the other nodes, in which it starts processes over SSH. */
function mpiRuntimeSpec(
    name: string,
    args: TrainingJobArgs,
    context: TrainingContext,
    run: pulumi.Input<string>,
    template: object,
): object {
    const nodes = args.nodes ?? 1;
    const alone = nodes === 1;
    const hosts = [
        hostOf(run, launcherJob, 0),
        ...Array.from({ length: nodes - 1 }, (_, index) => hostOf(run, nodeJob, index)),
    ];
    const launcher = nodesJob(1, renamed(template, trainerContainer, [hostsAreKnown(args, hosts)]));
    // The image must have an SSH server for a user that is not root.
    const server = trainingPod(
        name,
        { ...args, command: ["/usr/sbin/sshd"], args: ["-De", "-f", sshConfig] },
        context,
        run,
        {},
    );
    return {
        mlPolicy: {
            // Of launchers: Trainer starts as many of them. How many nodes there are is in the TrainJob.
            numNodes: 1,
            mpi: {
                numProcPerNode: processesPerNode(args),
                mpiImplementation: "OpenMPI",
                sshAuthMountPath: "/home/mpiuser/.ssh",
                runLauncherAsNode: true,
            },
        },
        template: {
            spec: {
                network: { publishNotReadyAddresses: true },
                failurePolicy: failurePolicy(args),
                successPolicy: { operator: "All", targetReplicatedJobs: [launcherJob] },
                replicatedJobs: [
                    ...(alone
                        ? []
                        : [{ name: nodeJob, template: { spec: nodesJob(1, renamed(server, trainerContainer)) } }]),
                    {
                        name: launcherJob,
                        ...(!alone && { dependsOn: [{ name: nodeJob, status: "Ready" }] }),
                        template: { metadata: trainerLabel, spec: launcher },
                    },
                ],
            },
        },
    };
}

/**
 * Waits until the cluster's DNS knows all hosts, the launcher's own name included, by which Open MPI knows that it is
 * one of them. SSH does not try again, and a run that is started anew has new pods, of which the DNS knows nothing yet.
 */
function hostsAreKnown(args: TrainingJobArgs, hosts: pulumi.Input<string>[]): object {
    return {
        name: "hosts",
        image: args.image,
        command: ["/bin/sh", "-c", 'for host; do until getent hosts "$host"; do sleep 1; done; done', "hosts"],
        args: hosts,
        resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "32Mi" } },
        securityContext: { ...restricted, readOnlyRootFilesystem: true },
    };
}

/** Where images for MPI have the configuration of their SSH server, as those of Kubeflow do. */
const sshConfig = "/home/mpiuser/.sshd_config";

interface Template {
    metadata?: object;
    spec: { containers: { name: string }[]; initContainers?: object[] };
}

/**
 * The pod, with the user's container by another name, and with what comes before it; what the user has patched it by is
 * done by now.
 */
function renamed(template: object, container: string, before: object[] = []): object {
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

/**
 * A training as a RayJob: a Ray cluster of `nodes` pods, the first of which is its head and starts the command, and
 * which is gone when the run is through.
 * Source: https://docs.ray.io/en/latest/cluster/kubernetes/getting-started/rayjob-quick-start.html
 */
export function trainingRayJob(name: string, args: TrainingJobArgs, context: TrainingContext): OperatorRun {
    const kind = {
        apiVersion: "ray.io/v1",
        kind: "RayJob",
        wait: { "pulumi.com/waitFor": "jsonpath={.status.endTime}" },
    };
    const workers = (args.nodes ?? 1) - 1;
    const specOf = (run: pulumi.Input<string>) => {
        // Ray starts its own processes in the container.
        const pod = trainingPod(name, { ...args, command: undefined, args: undefined }, context, run, {});
        return {
            entrypoint: pulumi.all([...(args.command ?? []), ...(args.args ?? [])]).apply(shellWords),
            // The head takes the command itself, so that there is no pod besides those of the cluster.
            submissionMode: "HTTPMode",
            backoffLimit: args.retries ?? 2,
            activeDeadlineSeconds: runTimeout(args),
            shutdownAfterJobFinishes: true,
            rayClusterSpec: {
                headGroupSpec: { rayStartParams: {}, template: pod },
                ...(workers > 0 && {
                    workerGroupSpecs: [
                        {
                            groupName: "workers",
                            replicas: workers,
                            minReplicas: workers,
                            maxReplicas: workers,
                            rayStartParams: {},
                            template: pod,
                        },
                    ],
                }),
            },
        };
    };
    return { run: named(name, args, kind, specOf).object };
}

/** Words as a shell takes them, each as it is. */
export function shellWords(words: string[]): string {
    return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(" ");
}
