/**
 * The files of runs that are not remembered any more. The pods of the next run delete them, because they have the claim
 * mounted anyway; what is in use when the run is planned is kept.
 */
import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { mapInput } from "../arguments/inputs";
import { type Cluster, ClusterError } from "../cluster/client";
import { buildShellContainer } from "../pod/shell-container";
import type { RunHistory } from "./history";

/** Everything that can mount a claim or refer to a directory in it, below the path of a namespace. */
const users = [
    ["/api/v1", "pods"],
    ["/apis/apps/v1", "deployments"],
    ["/apis/apps/v1", "statefulsets"],
    ["/apis/batch/v1", "jobs"],
    ["/apis/batch/v1", "cronjobs"],
    ["/apis/serving.kserve.io/v1beta1", "inferenceservices"],
    ["/apis/serving.kserve.io/v1alpha2", "llminferenceservices"],
    ["/apis/leaderworkerset.x-k8s.io/v1", "leaderworkersets"],
] as const;

/** Where the container has all of a claim, by the name of the volume. */
const mountPaths = { model: "/results", checkpoint: "/checkpoints" };

/**
 * Returns the paths that the pods of a run delete: the results of obsolete runs, unless an object of the namespace refers
 * to them, and the checkpoints of contents that are not remembered. None if it cannot be found out what is in use: they
 * are deleted another time.
 *
 * @param content - The content of the run itself.
 */
export async function planCleanup(
    cluster: Cluster,
    namespace: string,
    content: string,
    { runs, failed, obsolete }: RunHistory,
): Promise<string[]> {
    if (obsolete.length === 0) {
        return [];
    }
    try {
        const lists = await Promise.all(
            users.map(([api, resource]) => cluster.list<object>(`${api}/namespaces/${namespace}/${resource}`)),
        );
        const texts = lists.flat().map((object) => JSON.stringify(object));
        const remembered = new Set([content, ...[...runs, ...failed].map((one) => one.content)]);
        const results = obsolete
            .map(({ run, uid }) => `${run}/${uid}`)
            .filter((directory) => !texts.some((text) => text.includes(directory)));
        const checkpoints = new Set(obsolete.map((one) => one.content).filter((one) => !remembered.has(one)));
        return [
            ...results.map((directory) => `${mountPaths.model}/${directory}`),
            ...[...checkpoints].map((directory) => `${mountPaths.checkpoint}/${directory}`),
        ];
    } catch (error) {
        if (error instanceof ClusterError) {
            return [];
        }
        throw error;
    }
}

/**
 * Returns the init container that deletes these paths; none if there are none. It never fails: files of another user
 * stay.
 *
 * @param volumes - The volumes of the pod that are cleaned.
 */
export function buildCleanup(
    image: pulumi.Input<string>,
    paths: pulumi.Input<string[]>,
    volumes: (keyof typeof mountPaths)[],
): { initContainers: pulumi.Input<types.input.core.v1.Container[]> } {
    const script = 'for path; do rm -rf -- "$path"; rmdir -- "${path%/*}"; done 2>/dev/null || true';
    const initContainers = mapInput(paths, (all) => {
        const known = all.filter((path) => volumes.some((volume) => path.startsWith(`${mountPaths[volume]}/`)));
        const container = {
            ...buildShellContainer("cleanup", image, script, known),
            volumeMounts: volumes.map((name) => ({ name, mountPath: mountPaths[name] })),
        };
        return known.length === 0 ? undefined : [container];
    });
    return { initContainers: initContainers as pulumi.Input<types.input.core.v1.Container[]> };
}
