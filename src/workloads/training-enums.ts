/** What the processes of several pods work together with. */
export enum TrainingFramework {
    /** PyTorch, started by `torchrun`. DeepSpeed as well, which `torchrun` can start. */
    Torch = "torch",
    /** JAX: `jax.distributed.initialize()` is to be told the variables JAX_NUM_PROCESSES and JAX_PROCESS_ID. */
    Jax = "jax",
    /**
     * MPI: the command runs in a pod from which `mpirun` reaches the others. DeepSpeed as well, which can ask MPI. With
     * the backend `TrainJob` only.
     */
    Mpi = "mpi",
}

/** What a training is in the cluster. */
export enum TrainingBackend {
    /** A Kubernetes Job; with several nodes an indexed one. Needs no add-on. */
    Job = "Job",
    /** A JobSet, which starts all pods anew when one is lost. Needs the add-on JobSet. */
    JobSet = "JobSet",
    /** A TrainJob, with a runtime of the run's own. Needs the add-on Kubeflow Trainer. */
    TrainJob = "TrainJob",
    /** A RayJob: a Ray cluster that is there for this run. Needs the add-on KubeRay. */
    RayJob = "RayJob",
}
