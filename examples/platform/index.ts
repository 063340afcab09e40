import { CustomResource } from "@pulumi/kubernetes/apiextensions";
import { Namespace } from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";
import * as mlops from "kubernetes-mlops";

const config = new pulumi.Config();

// Queues for jobs, jobs of several parts, and servers that scale to zero; what these need comes along by itself.
const platform = new mlops.Platform("platform", {
    addons: { kueue: {}, jobset: {}, keda: {} },
    footprint: mlops.Footprint.Small, // fits a laptop
    mirror: config.getObject<mlops.MirrorArgs>("mirror"), // without one: charts and images from the internet
});

const team = new Namespace("team", {
    metadata: { name: "team", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
});

// What the team may use at the same time. Its kinds are Kueue's: the queue waits until Kueue answers.
const flavor = platform.addons.apply(({ kueue }) => kueue!.outputs.resourceFlavor!);
const quota = new CustomResource(
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
const queue = new CustomResource("queue", {
    apiVersion: "kueue.x-k8s.io/v1beta2",
    kind: "LocalQueue",
    metadata: { name: "team", namespace: team.metadata.name },
    spec: { clusterQueue: quota.metadata.name },
});

// The workspace of the team's trainings: they start when the quota has room for them.
export const workspace = { namespace: team.metadata.name, queue: queue.metadata.name };
export const addons = platform.addons;
