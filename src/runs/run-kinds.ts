/** The kinds of objects that represent a run, and how their status is read. */
import { type Condition, trueCondition } from "../cluster/condition";
import { endOfLog } from "../cluster/pod-failure";
import { type KubernetesObject, timeOf } from "../cluster/pods";
import type { JobStatus } from "./indexed-job";
import { failureOf, type RunStatus } from "./status";

/** A Job, JobSet, TrainJob or RayJob, as far as it is read. */
export interface Run extends KubernetesObject {
    spec?: { suspend?: boolean; completions?: number };
    status?: AnyStatus;
}

/** The status of any kind. */
export interface AnyStatus extends RunStatus, JobStatus {
    conditions?: (Condition & { lastTransitionTime?: string })[];
    /** Job, RayJob: when its controller has started it, or started it again. */
    startTime?: string;
    /** Job: how many of its pods have succeeded, and how many are ready. */
    succeeded?: number;
    ready?: number;
    /** RayJob: name of its current cluster. */
    rayClusterName?: string;
}

/** How a kind of runs is read. */
export interface RunKind {
    /** API group and version, and resource. */
    api: string;
    resource: string;
    /** The kind that creates the pods, whose events say why it cannot. */
    creator: string;
    /** Returns the label selector of the pods of a run, or undefined as long as there are none. */
    podsOf(run: Run): string | undefined;
    /** Returns how a run has ended, or undefined if it has not. */
    endOf(run: Run): { failure?: string } | undefined;
}

const jobConditions = (run: Run): { failure?: string } | undefined => {
    const failure = failureOf(run.status);
    return failure !== undefined ? { failure } : trueCondition(run.status?.conditions, "Complete") ? {} : undefined;
};

/** What Ray puts between why a command has failed and the end of its log, of which only the last lines are of use. */
const rayLog = /, last available logs \(truncated to [\d,]+ chars\):/;

/** Returns the failure of a RayJob with the end of the log of its command, short enough for the line of a failed run. */
function withEndOfLog(failure: string | undefined): string | undefined {
    const [why, log] = failure?.split(rayLog) ?? [];
    return why !== undefined && log !== undefined ? `${why}: ${endOfLog(log, 200)}` : failure;
}

export const runKinds = {
    Job: {
        api: "apis/batch/v1",
        resource: "jobs",
        creator: "Job",
        podsOf: ({ metadata }) => `batch.kubernetes.io/controller-uid=${metadata.uid}`,
        endOf: jobConditions,
    },
    JobSet: {
        api: "apis/jobset.x-k8s.io/v1alpha2",
        resource: "jobsets",
        creator: "Job",
        podsOf: ({ metadata }) => `jobset.sigs.k8s.io/jobset-name=${metadata.name}`,
        endOf({ status }) {
            const failure = failureOf(status);
            return failure !== undefined ? { failure } : status?.terminalState === "Completed" ? {} : undefined;
        },
    },
    // Kubeflow Trainer creates a JobSet of the same name.
    TrainJob: {
        api: "apis/trainer.kubeflow.org/v1alpha1",
        resource: "trainjobs",
        creator: "Job",
        podsOf: ({ metadata }) => `jobset.sigs.k8s.io/jobset-name=${metadata.name}`,
        endOf: jobConditions,
    },
    RayJob: {
        api: "apis/ray.io/v1",
        resource: "rayjobs",
        creator: "RayCluster",
        podsOf: ({ status }) => status?.rayClusterName && `ray.io/cluster=${status.rayClusterName}`,
        endOf({ status }) {
            // The command of a run that is retried has failed, too.
            const hasEnded = ["Complete", "Failed"].includes(status?.jobDeploymentStatus ?? "");
            return hasEnded ? { failure: withEndOfLog(failureOf(status)) } : undefined;
        },
    },
    /** Of Katib. Its trials have the labels of their Experiment. */
    Experiment: {
        api: "apis/kubeflow.org/v1beta1",
        resource: "experiments",
        creator: "Job",
        podsOf: ({ metadata: { labels = {} } }) =>
            ["app.kubernetes.io/name", "app.kubernetes.io/component"].map((key) => `${key}=${labels[key]}`).join(","),
        endOf({ status }) {
            const failure = failureOf(status);
            if (failure !== undefined) {
                return { failure };
            }
            return trueCondition(status?.conditions, "Succeeded") && {};
        },
    },
} satisfies Record<string, RunKind>;

/** Returns when a run was last allowed to start, in milliseconds, or undefined if it is suspended, as by a queue. */
export function admittedAt({ metadata, spec, status }: Run): number | undefined {
    if (spec?.suspend) {
        return undefined;
    }
    const resumed = status?.conditions?.find(({ type }) => type === "Suspended");
    return timeOf(status?.startTime ?? resumed?.lastTransitionTime ?? metadata.creationTimestamp);
}

/** Returns what a run does of which pods have started. */
export function progressOf({ spec, status }: Run): string {
    const { completions = 1 } = spec ?? {};
    return completions > 1
        ? `is running (${status?.succeeded ?? 0} of ${completions} pods have completed)`
        : "is running";
}
