import * as pulumi from "@pulumi/pulumi";

import { packageFile } from "../package-files";
import type { Values } from "./catalog/definition";
import { type AddonName, kebabCase } from "./catalog/names";
import type { PlannedAddon } from "./plan";
import { mainChartVersion, crdVersions } from "./rendering/charts";

/** The chart that looks at the cluster when it is rendered. It has no objects. */
export const preflightChart = packageFile("charts", "preflight");

/** The ConfigMap in which the cluster keeps what is installed, for the preflight of the next preview. */
export const recordName = (name: AddonName): string => `kubernetes-mlops-${kebabCase(name)}`;

/** What that ConfigMap says: in annotations, as these are changed in place. */
export const recordAnnotations = (platform: string, planned: PlannedAddon): Record<string, string> => ({
    "kubernetes-mlops/owner": ownerOf(platform),
    "kubernetes-mlops/version": mainChartVersion(planned),
    // A setting may bring more of them to the same version.
    "kubernetes-mlops/crds": String(Object.keys(crdVersions(planned)).length),
});

const ownerOf = (platform: string): string => `${pulumi.getProject()}/${pulumi.getStack()}/${platform}`;

/** What the chart looks at. */
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
