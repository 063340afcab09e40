import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as mlops from "kubernetes-mlops";

const config = new pulumi.Config();

// Queues for jobs, jobs of several parts, and servers that scale to zero; what these need is installed with them.
const platform = new mlops.Platform("platform", {
    addons: { kueue: {}, jobset: {}, keda: {} },
    footprint: mlops.Footprint.Small, // fits a laptop
});

const team = new k8s.core.v1.Namespace("team", {
    metadata: { name: "team", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
});

// What the team may use at the same time. A ClusterQueue is Kueue's, so it waits until Kueue is ready.
const flavor = platform.addons.apply(({ kueue }) => kueue?.outputs.resourceFlavor);
const quota = new k8s.apiextensions.CustomResource(
    "quota",
    {
        apiVersion: "kueue.x-k8s.io/v1beta2",
        kind: "ClusterQueue",
        metadata: { name: "team", annotations: { "pulumi.com/waitFor": "condition=Active" } },
        spec: {
            namespaceSelector: {},
            resourceGroups: [
                {
                    coveredResources: ["cpu", "memory", "nvidia.com/gpu"],
                    flavors: [
                        {
                            name: flavor,
                            resources: [
                                { name: "cpu", nominalQuota: config.get("cpu") ?? "4" },
                                { name: "memory", nominalQuota: config.get("memory") ?? "16Gi" },
                                { name: "nvidia.com/gpu", nominalQuota: config.get("gpus") ?? "8" },
                            ],
                        },
                    ],
                },
            ],
        },
    },
    { dependsOn: platform },
);
const queue = new k8s.apiextensions.CustomResource("queue", {
    apiVersion: "kueue.x-k8s.io/v1beta2",
    kind: "LocalQueue",
    metadata: { name: "team", namespace: team.metadata.name },
    spec: { clusterQueue: quota.metadata.name },
});

// The workspace of the team's trainings: they start when the quota has room for them.
export const workspace = { namespace: team.metadata.name, queue: queue.metadata.name };
export const addons = platform.addons;
