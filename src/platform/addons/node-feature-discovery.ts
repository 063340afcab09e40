import { matching } from "../../arguments/formats";
import { list } from "../../arguments/rules";
import type { Definition } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { controllerReplicas } from "./shared/controller-replicas";

/** The arguments of Node Feature Discovery. Its namespace defaults to "node-feature-discovery". */
export interface NodeFeatureDiscoveryArgs extends PlatformAddonArgs {
    /**
     * The classes of PCI devices for which nodes are labeled, each two or four hexadecimal digits. Defaults to network
     * cards ("02"), GPUs ("03") and other accelerators ("0b40", "12"). A device of vendor 10de (NVIDIA) yields the
     * label `feature.node.kubernetes.io/pci-10de.present`.
     */
    pciClasses?: string[];
}

export const nodeFeatureDiscovery: Definition<NodeFeatureDiscoveryArgs> = {
    title: "Node Feature Discovery",
    purpose: "Labels nodes with their hardware, by which the GPU add-ons select their nodes.",
    homepage: "https://kubernetes-sigs.github.io/node-feature-discovery/",
    version: "0.19.0",
    charts: [{ name: "node-feature-discovery", version: "0.19.0", repository: "oci://registry.k8s.io/nfd/charts" }],
    namespace: "node-feature-discovery",
    privileged: true,
    kubernetes: { min: "1.31", max: "1.36" },
    kubernetesSource: "not stated upstream; the range of the other add-ons",
    crds: {
        "nodefeaturegroups.nfd.k8s-sigs.io": ["v1alpha1"],
        "nodefeaturerules.nfd.k8s-sigs.io": ["v1alpha1"],
        "nodefeatures.nfd.k8s-sigs.io": ["v1alpha1"],
    },
    after: ["kubePrometheusStack"],
    upgrades: {
        notes: [
            "Labels stay on the nodes during an upgrade; the label of a removed device is deleted within a minute.",
            "An `existing` one must label devices by vendor only (`deviceLabelFields: [vendor]`): the device plugin, the DRA driver and the DCGM exporter select their nodes by that label.",
        ],
    },
    hooks: "A hook Job removes the labels from the nodes when the chart is deleted. Here, they stay, so that pods that select them keep their nodes if the add-on is moved; remove them with `kubectl label`.",
    fields: {
        pciClasses: list(
            matching(
                /^[0-9a-f]{2}([0-9a-f]{2})?$/,
                'it must be two or four hexadecimal digits, for example "03" or "0302"',
            ),
        ),
    },
    values: ({ pciClasses }, context) => ({
        "node-feature-discovery": {
            postDeleteCleanup: false,
            master: {
                replicaCount: controllerReplicas(context),
                config: { extraLabelNs: ["nvidia.com"] },
                ...(context.highlyAvailable && { podDisruptionBudget: { enable: true } }),
                ...(context.small && { resources: { requests: { cpu: "10m", memory: "64Mi" } } }),
            },
            worker: {
                // GPU nodes are often tainted.
                tolerations: [{ operator: "Exists" }],
                config: {
                    sources: {
                        pci: {
                            deviceClassWhitelist: pciClasses ?? ["02", "03", "0b40", "12"],
                            deviceLabelFields: ["vendor"],
                        },
                    },
                },
            },
            gc: { replicaCount: 1, ...(context.small && { resources: { requests: { memory: "32Mi" } } }) },
            prometheus: { enable: context.has("kubePrometheusStack"), scrapeInterval: "30s" },
        },
    }),
    outputs: () => ({ nvidiaLabel: "feature.node.kubernetes.io/pci-10de.present" }),
};
