import type * as pulumi from "@pulumi/pulumi";

import { objectMeta } from "../../pod/metadata";
import { buildShellContainer } from "../../pod/shell-container";
import { successorName } from "../../pod/successor";
import { type RunIdentity, runTimeout } from "../../runs/run";
import { TrainingFramework, type TrainingJobArgs } from "./args";
import { type TrainingContext, trainingLabels, buildTrainingPod } from "./job";
import {
    buildFailurePolicy,
    buildNodesJob,
    buildOperatorRun,
    hostOf,
    jobSetUid,
    launcherJob,
    nodeJob,
    type OperatorRun,
    renameContainer,
} from "./operator-run";
import { processesPerNode } from "./rendezvous";

/**
 * Returns the TrainJob of a training, and its TrainingRuntime, which exists for this run only, so that it can contain
 * the whole pod. Kubeflow Trainer adds the variables with which pods find each other.
 * Source: https://www.kubeflow.org/docs/components/trainer/operator-guides/runtime/
 */
export function buildTrainJob(
    name: string,
    args: TrainingJobArgs,
    context: TrainingContext,
    identity: RunIdentity,
    parent: pulumi.Resource,
): OperatorRun {
    const apiVersion = "trainer.kubeflow.org/v1alpha1";
    const { namespace } = args.workspace;
    const resource = `apis/${apiVersion}/trainingruntimes`;
    const runtime = successorName(identity.run, name, { resource, namespace, parent });
    const spec = {
        runtimeRef: { apiGroup: "trainer.kubeflow.org", kind: "TrainingRuntime", name: runtime },
        activeDeadlineSeconds: runTimeout(args),
        trainer: {
            numNodes: args.nodes ?? 1,
            ...(args.framework !== TrainingFramework.Jax && { numProcPerNode: processesPerNode(args) }),
        },
    };
    return {
        run: buildOperatorRun(name, args, identity, { apiVersion, kind: "TrainJob", spec }),
        runtime: {
            apiVersion,
            kind: "TrainingRuntime",
            metadata: objectMeta(runtime, namespace, {
                ...trainingLabels(name),
                "trainer.kubeflow.org/framework": args.framework ?? TrainingFramework.Torch,
            }),
            spec: buildRuntimeSpec(name, args, context, identity),
        },
    };
}

/** Kubeflow Trainer selects the pods that run the user's program by this label, and the container by its name. */
const trainerLabel = { labels: { "trainer.kubeflow.org/trainjob-ancestor-step": "trainer" } };
const trainerContainer = "node";

function buildRuntimeSpec(
    name: string,
    args: TrainingJobArgs,
    context: TrainingContext,
    identity: RunIdentity,
): object {
    const template = buildTrainingPod(name, args, context, identity, { uidLabel: jobSetUid });
    if (args.framework === TrainingFramework.Mpi) {
        return buildMpiRuntimeSpec(name, args, context, identity, template);
    }
    const framework = args.framework ?? TrainingFramework.Torch;
    const spec = buildNodesJob(1, renameContainer(template, trainerContainer));
    return {
        mlPolicy: { numNodes: args.nodes ?? 1, [framework]: {} },
        template: {
            spec: {
                failurePolicy: buildFailurePolicy(args),
                replicatedJobs: [{ name: nodeJob, template: { metadata: trainerLabel, spec } }],
            },
        },
    };
}

/** Returns the spec of a runtime with a launcher, itself a node, that starts processes in the other nodes over SSH. */
function buildMpiRuntimeSpec(
    name: string,
    args: TrainingJobArgs,
    context: TrainingContext,
    identity: RunIdentity,
    template: object,
): object {
    const { run } = identity;
    const nodes = args.nodes ?? 1;
    const alone = nodes === 1;
    const hosts = [
        hostOf(run, launcherJob, 0),
        ...Array.from({ length: nodes - 1 }, (_, index) => hostOf(run, nodeJob, index)),
    ];
    const launcher = buildNodesJob(1, renameContainer(template, trainerContainer, [buildHostsContainer(args, hosts)]));
    // The image must have an SSH server that runs as a user other than root.
    const server = buildTrainingPod(
        name,
        { ...args, command: ["/usr/sbin/sshd"], args: ["-De", "-f", sshConfig] },
        context,
        identity,
        { uidLabel: jobSetUid },
    );
    return {
        mlPolicy: {
            // The number of launchers that Trainer starts. The number of nodes is in the TrainJob.
            numNodes: 1,
            mpi: {
                numProcPerNode: processesPerNode(args),
                mpiImplementation: "OpenMPI",
                sshAuthMountPath: sshDir,
                runLauncherAsNode: true,
            },
        },
        template: {
            spec: {
                network: { publishNotReadyAddresses: true },
                failurePolicy: buildFailurePolicy(args),
                successPolicy: { operator: "All", targetReplicatedJobs: [launcherJob] },
                replicatedJobs: [
                    ...(alone
                        ? []
                        : [
                              {
                                  name: nodeJob,
                                  template: { spec: buildNodesJob(1, renameContainer(server, trainerContainer)) },
                              },
                          ]),
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
 * Returns an init container that waits until the DNS of the cluster resolves all host names, including the launcher's
 * own, by which Open MPI recognizes itself. SSH does not retry, and the DNS does not resolve the new pods of a
 * restarted run at once.
 */
const buildHostsContainer = (args: TrainingJobArgs, hosts: pulumi.Input<string>[]): object =>
    buildShellContainer("hosts", args.image, 'for host; do until getent hosts "$host"; do sleep 1; done; done', hosts);

/** Where Kubeflow Trainer mounts the keys of SSH. */
export const sshDir = "/home/mpiuser/.ssh";

/** Configuration of the SSH server in images for MPI, such as those of Kubeflow. */
const sshConfig = "/home/mpiuser/.sshd_config";

export interface Template {
    metadata?: object;
    spec: { containers: { name: string }[]; initContainers?: object[] };
}
