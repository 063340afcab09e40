import { stackId } from "../arguments/monitor";
import { packageFile } from "../package-files";
import type { Values } from "./catalog/definition";
import { type AddonName, kebabCase } from "./catalog/names";
import type { PlannedAddon } from "./plan";
import { mainChartVersion, crdVersions } from "./rendering/charts";

/** The chart that checks the cluster when it is rendered. It has no objects. */
export const preflightChart = packageFile("charts", "preflight");

/** Returns the name of the ConfigMap that records what is installed, for the preflight of the next preview. */
export const recordName = (name: AddonName): string => `kubernetes-mlops-${kebabCase(name)}`;

/** Returns the annotations of that ConfigMap. Its data would replace it on each change. */
export const recordAnnotations = (platform: string, planned: PlannedAddon): Record<string, string> => ({
    "kubernetes-mlops/owner": ownerOf(platform),
    "kubernetes-mlops/version": mainChartVersion(planned),
    // An argument may add CRDs without a change of the version.
    "kubernetes-mlops/crds": String(Object.keys(crdVersions(planned)).length),
});

const ownerOf = (platform: string): string => `${stackId()}/${platform}`;

/** Returns the values of the preflight chart. */
export const preflightValues = (platform: string, planned: PlannedAddon[], untestedKubernetes: boolean): Values => ({
    platform,
    owner: ownerOf(platform),
    untestedKubernetes,
    addons: planned.map((one) => ({
        name: one.name,
        title: one.definition.title,
        software: one.definition.version,
        version: mainChartVersion(one),
        namespace: one.namespace,
        record: recordName(one.name),
        existing: one.settings.existing ?? false,
        kubernetes: one.definition.kubernetes,
        oneMinorAtATime: one.definition.upgrades.oneMinorAtATime ?? false,
        crds: crdVersions(one),
    })),
});
