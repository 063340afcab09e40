import { matching } from "../../arguments/formats";
import { list } from "../../arguments/rules";
import type { Definition } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { controllerReplicas } from "./shared/controller-replicas";

/** The settings of Node Feature Discovery. Its namespace defaults to "node-feature-discovery". */
export interface NodeFeatureDiscoveryArgs extends PlatformAddonArgs {
    /**
     * The classes of PCI devices that nodes are labelled for, each a hexadecimal number or the start of one. Defaults
     * to network cards ("02"), GPUs ("03") and other accelerators ("0b40", "12"). A device of vendor 10de (NVIDIA)
     * gives the label `feature.node.kubernetes.io/pci-10de.present`.
     */
    pciClasses?: string[];
}

export const nodeFeatureDiscovery: Definition<NodeFeatureDiscoveryArgs> = {
    title: "Node Feature Discovery",
    purpose: "Labels nodes with the hardware they have, by which the parts of other add-ons for GPUs find theirs.",
    homepage: "https://kubernetes-sigs.github.io/node-feature-discovery/",
    version: "0.19.0",
    charts: [{ name: "node-feature-discovery", version: "0.19.0", repository: "oci://registry.k8s.io/nfd/charts" }],
    namespace: "node-feature-discovery",
    privileged: true,
    kubernetes: { min: "1.31", max: "1.36" },
    kubernetesSource: "none is stated upstream; the range of the other add-ons",
    crds: {
        "nodefeaturegroups.nfd.k8s-sigs.io": ["v1alpha1"],
        "nodefeaturerules.nfd.k8s-sigs.io": ["v1alpha1"],
        "nodefeatures.nfd.k8s-sigs.io": ["v1alpha1"],
    },
    after: ["kubePrometheusStack"],
    upgrades: {
        notes: [
            "Labels stay on the nodes while it is upgraded; a label whose device is gone goes within a minute.",
            "An `existing` one must label devices by vendor alone (`deviceLabelFields: [vendor]`): by that label the device plugin, the DRA driver and the DCGM exporter find their nodes.",
        ],
    },
    hooks: "A hook Job removes the labels from the nodes when the chart is deleted. Here they stay, so that pods which need them do not lose their nodes when it is moved; remove them with `kubectl label`.",
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
                // Nodes with GPUs are often tainted.
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
