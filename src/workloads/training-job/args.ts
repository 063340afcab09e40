import * as pulumi from "@pulumi/pulumi";

import type { ClaimArgs } from "../../pod/claim-args";
import type { RunArgs } from "../../runs/args";
import type { TrainingOutputArgs } from "../../runs/output-args";

/** What the processes of several pods work together with. */
export const TrainingFramework = {
    /** PyTorch, started by `torchrun`. DeepSpeed as well, which `torchrun` can start. */
    Torch: "torch",
    /** JAX: `jax.distributed.initialize()` is to be told the variables JAX_NUM_PROCESSES and JAX_PROCESS_ID. */
    Jax: "jax",
    /**
     * MPI: the command runs in a pod from which `mpirun` reaches the others. DeepSpeed as well, which can ask MPI. With
     * the backend `TrainJob` only.
     */
    Mpi: "mpi",
} as const;
export type TrainingFramework = (typeof TrainingFramework)[keyof typeof TrainingFramework];

/** What a training is in the cluster. */
export const TrainingBackend = {
    /** A Kubernetes Job; with several nodes an indexed one. Needs no add-on. */
    Job: "Job",
    /** A JobSet, which starts all pods anew when one is lost. Needs the add-on JobSet. */
    JobSet: "JobSet",
    /** A TrainJob, with a runtime of the run's own. Needs the add-on Kubeflow Trainer. */
    TrainJob: "TrainJob",
    /** A RayJob: a Ray cluster that is there for this run. Needs the add-on KubeRay. */
    RayJob: "RayJob",
} as const;
export type TrainingBackend = (typeof TrainingBackend)[keyof typeof TrainingBackend];

/** Where the pods of one run are, relative to each other. */
export interface TopologyArgs {
    /**
     * The node label whose value all pods must have in common, for example "topology.kubernetes.io/zone", a rack's, or
     * "nvidia.com/gpu.clique" for one NVLink domain. Where there is no room for all of them, none starts with a queue,
     * and without one the last wait.
     */
    required?: pulumi.Input<string>;
    /** The node label whose value pods have in common where there is room. */
    preferred?: pulumi.Input<string>;
}

/** The arguments of a TrainingJob. */
export interface TrainingJobArgs extends RunArgs {
    /** Where the results are kept. Defaults to a claim of 10Gi that the component creates. */
    output?: TrainingOutputArgs;
    /**
     * How many pods train together. Defaults to 1. With a queue (`workspace.queue`) none starts before there is room for
     * all; without one they start as there is.
     */
    nodes?: number;
    /** What the pods work together with, which decides the variables that they get. Defaults to PyTorch. */
    framework?: TrainingFramework;
    /** How many processes each pod runs. Defaults to as many as it has GPUs, or 1. */
    processesPerNode?: pulumi.Input<number>;
    /** What the training is in the cluster. Defaults to a Job. Another one is a new run. */
    backend?: TrainingBackend;
    /**
     * A volume in which each run has the directory CHECKPOINT_DIR. What the program writes there is found again after a
     * lost pod, by the same run; a run of another content begins with an empty one. Defaults to none.
     */
    checkpoint?: ClaimArgs;
    /** Where the pods are, relative to each other. Defaults to anywhere. */
    topology?: TopologyArgs;
}
