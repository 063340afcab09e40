/** Queues of Kueue, as whoever runs a platform makes them. */

/** A ClusterQueue of one flavor, for all namespaces, with so much of each resource. */
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

/** A LocalQueue by which a namespace uses a ClusterQueue. */
export const localQueue = (name: string, namespace: string, of: string) => ({
    apiVersion: "kueue.x-k8s.io/v1beta2",
    kind: "LocalQueue",
    metadata: { name, namespace },
    spec: { clusterQueue: of },
});
