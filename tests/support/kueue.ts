/** Queues of Kueue, as a platform administrator creates them, and when their workloads were admitted. */
import { strict as assert } from "node:assert";

import { getObjects } from "./kubectl";

/** A ClusterQueue of one flavor, for all namespaces, with these quotas. */
export const clusterQueue = (name: string, flavor: string, quota: Record<string, string>) => ({
    apiVersion: "kueue.x-k8s.io/v1beta2",
    kind: "ClusterQueue",
    metadata: { name },
    spec: {
        namespaceSelector: {},
        resourceGroups: [
            {
                coveredResources: Object.keys(quota),
                flavors: [
                    {
                        name: flavor,
                        resources: Object.entries(quota).map(([resource, nominalQuota]) => ({
                            name: resource,
                            nominalQuota,
                        })),
                    },
                ],
            },
        ],
    },
});

/** A LocalQueue through which a namespace uses a ClusterQueue. */
export const localQueue = (name: string, namespace: string, of: string) => ({
    apiVersion: "kueue.x-k8s.io/v1beta2",
    kind: "LocalQueue",
    metadata: { name, namespace },
    spec: { clusterQueue: of },
});

interface Workload {
    status: { conditions: { type: string; lastTransitionTime: string }[] };
}

/** When each workload of a namespace was admitted, from first to last; all of them must have finished. */
export async function turnsIn(namespace: string): Promise<{ admitted: string; finished: string }[]> {
    const { items } = await getObjects<{ items: Workload[] }>("workloads.kueue.x-k8s.io", "--namespace", namespace);
    const turns = items.map(({ status }) => {
        const since = (type: string) => status.conditions.find((one) => one.type === type)?.lastTransitionTime;
        const [admitted, finished] = [since("Admitted"), since("Finished")];
        assert.ok(admitted !== undefined && finished !== undefined, JSON.stringify(status.conditions));
        return { admitted, finished };
    });
    return turns.sort((a, b) => (a.admitted < b.admitted ? -1 : 1));
}
