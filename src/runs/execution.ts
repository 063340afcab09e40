import type { Cluster } from "../cluster/client";
import type { KubernetesObject } from "../cluster/pods";
import type { RunOutcome, RunRef } from "./follow";
import { runKinds } from "./run-kinds";

/**
 * Returns the outcome of a run with the value of RUN_UID in its pods, which is in the path of the result: the UID of the
 * Job or the JobSet, or the name of the Ray cluster.
 */
export async function withExecution(cluster: Cluster, { kind, namespace, name }: RunRef, end: RunOutcome) {
    if (end.state !== "completed" && end.state !== "failed") {
        return end;
    }
    if (kind === runKinds.RayJob) {
        return { ...end, uid: end.status?.rayClusterName ?? end.uid };
    }
    if (kind === runKinds.TrainJob) {
        const { api, resource } = runKinds.JobSet;
        const jobSet = await cluster.get<KubernetesObject>(`/${api}/namespaces/${namespace}/${resource}/${name}`);
        return { ...end, uid: jobSet?.metadata.uid ?? end.uid };
    }
    return end;
}
