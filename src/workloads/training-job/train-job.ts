import * as pulumi from "@pulumi/pulumi";

import { objectMeta } from "../../pod/metadata";
import { restricted } from "../../pod/pod-template";
import { runTimeout } from "../../runs/run";
import { untilEnded } from "../../runs/status";
import { TrainingFramework, type TrainingJobArgs } from "./args";
import { type TrainingContext, trainingLabels, buildTrainingPod } from "./job";
import {
    failurePolicy,
    hostOf,
    launcherJob,
    named,
    nodeJob,
    nodesJob,
    type OperatorRun,
    renamed,
} from "./operator-run";
import { processesPerNode } from "./rendezvous";

/**
 * A training as a TrainJob, and the runtime it refers to: the namespace's own, of this run alone, so that it says all of
 * the pod. Kubeflow Trainer adds the variables by which pods find each other.
 * Source: https://www.kubeflow.org/docs/components/trainer/operator-guides/runtime/
 */
export function buildTrainJob(name: string, args: TrainingJobArgs, context: TrainingContext): OperatorRun {
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
    const template = buildTrainingPod(name, args, context, run, {});
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
    const server = buildTrainingPod(
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

export interface Template {
    metadata?: object;
    spec: { containers: { name: string }[]; initContainers?: object[] };
}
