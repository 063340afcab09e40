import * as pulumi from "@pulumi/pulumi";

import type { ClaimArgs } from "../../pod/claim-args";
import type { RunArgs } from "../../runs/args";
import type { KeptResultsArgs, TrainingOutputArgs } from "../../runs/output-args";

/** The framework with which the processes of several pods communicate. */
export const TrainingFramework = {
    /** PyTorch, started by `torchrun`; also DeepSpeed, which `torchrun` can start. */
    Torch: "torch",
    /** JAX. The program passes JAX_NUM_PROCESSES and JAX_PROCESS_ID to `jax.distributed.initialize()`. */
    Jax: "jax",
    /**
     * MPI: the command runs in a launcher pod from which `mpirun` reaches the others; also DeepSpeed, which can use
     * MPI. Only with the backend `TrainJob`.
     */
    Mpi: "mpi",
} as const;
export type TrainingFramework = (typeof TrainingFramework)[keyof typeof TrainingFramework];

/** The resource kind of a training. */
export const TrainingBackend = {
    /** A Kubernetes Job, which is indexed if it has several nodes. Needs no add-on. */
    Job: "Job",
    /** A JobSet, which restarts all pods when one is lost. Needs the add-on `jobset`. */
    JobSet: "JobSet",
    /** A TrainJob, with a TrainingRuntime for each run. Needs the add-on `kubeflowTrainer`. */
    TrainJob: "TrainJob",
    /** A RayJob, with a Ray cluster for each run. Needs the add-on `kuberay`. */
    RayJob: "RayJob",
} as const;
export type TrainingBackend = (typeof TrainingBackend)[keyof typeof TrainingBackend];

/** The placement of the pods of a run relative to each other. */
export interface TopologyArgs {
    /**
     * Node label whose value must be the same for all pods, for example "topology.kubernetes.io/zone", the label of a
     * rack, or "nvidia.com/gpu.clique" for one NVLink domain. If there is not enough room for all pods, none starts
     * with a queue; without one, those that do not fit stay pending. Defaults to none.
     */
    required?: pulumi.Input<string>;
    /** Node label whose value should be the same for all pods, if there is room. Defaults to none. */
    preferred?: pulumi.Input<string>;
}

/** The arguments of a TrainingJob. */
export interface TrainingJobArgs extends RunArgs, KeptResultsArgs {
    /** Where results are kept. Defaults to a PersistentVolumeClaim of 10Gi that the component creates. */
    output?: TrainingOutputArgs;
    /**
     * Number of pods that train together. With a queue (`workspace.queue`), all start together once there is room for
     * all of them; without one, each starts as soon as there is room. Defaults to 1.
     */
    nodes?: number;
    /** The framework, which decides the environment variables of the pods. Defaults to PyTorch. */
    framework?: TrainingFramework;
    /** Number of processes of each pod. Defaults to its number of GPUs, or 1. */
    processesPerNode?: pulumi.Input<number>;
    /** The resource kind of the training. Changing it starts a new run. Defaults to Job. */
    backend?: TrainingBackend;
    /**
     * PersistentVolumeClaim in which each run has its own directory, CHECKPOINT_DIR, for checkpoints: when a pod is
     * lost, the run resumes from them. A new run starts with an empty directory. Defaults to none.
     */
    checkpoint?: ClaimArgs;
    /** Placement of the pods relative to each other. Defaults to anywhere. */
    topology?: TopologyArgs;
}
