import type * as pulumi from "@pulumi/pulumi";

import type { Problems, RulesOf } from "../../arguments/rules";
import type { AddonName } from "./names";
import type { PlatformAddonArgs } from "./platform-addon-args";

/** Where a chart comes from: its name, its tested version, and the repository it is published in. */
export interface ChartSource {
    /** As in its Chart.yaml. */
    name: string;
    /** The published version, with a leading `v` where the publisher writes one. */
    version: string;
    /** `oci://<registry>/<path>` without the chart's name, or the `https://` address of a repository. */
    repository: string;
    /** Whether it holds nothing but CRDs. Such charts are installed before all others of the platform. */
    crdsOnly?: boolean;
    /**
     * The address of a file of manifests, for what is published without a chart. In a directory of a mirror the file is
     * called `<name>-<version>.yaml`.
     */
    manifest?: string;
    /** The name of the release, after which many charts name their objects. Defaults to the chart's name. */
    release?: string;
}

/** What comes with an add-on where its settings ask for it. */
export interface OptionalCharts<S extends PlatformAddonArgs = PlatformAddonArgs> {
    /** Whether they do. */
    when(settings: S): boolean;
    /** Its charts in the order in which they are installed, after those that the add-on always has. */
    charts: ChartSource[];
    /** Its CRDs, as those of the add-on. */
    crds: Record<string, string[]>;
}

/** An object as it stands in a manifest. Its values may be Outputs. */
export interface KubernetesObject {
    apiVersion: string;
    kind: string;
    metadata: {
        name: string;
        namespace?: pulumi.Input<string>;
        labels?: Record<string, pulumi.Input<string>>;
        annotations?: Record<string, pulumi.Input<string>>;
    };
    [field: string]: unknown;
}

/** The values of a chart. */
export type Values = Record<string, unknown>;

/** Who writes the certificate authority into the webhook configurations of a chart. */
export const CaInjector = {
    /** The chart has no webhooks, or writes it into them itself. */
    None: "none",
    /** The controller does after its start: its webhooks are waited for until it has. */
    Controller: "controller",
    /** cert-manager's injector does: likewise. */
    CertManager: "cert-manager",
} as const;
export type CaInjector = (typeof CaInjector)[keyof typeof CaInjector];

/** When an add-on is installed. */
export const InstallPhase = {
    /** Its turn comes as soon as what it requires is there. */
    Normal: 0,
    /** Its webhooks refuse other people's objects while they do not answer: it comes after all normal ones. */
    Late: 1,
    /** It judges the objects of all others: it comes last. */
    Last: 2,
} as const;
export type InstallPhase = (typeof InstallPhase)[keyof typeof InstallPhase];

/** What an add-on may know of the platform that it is part of. */
export interface Context {
    /** The namespace that this add-on is in. */
    namespace: string;
    /** Whether controllers have a second pod that takes over. */
    highlyAvailable: boolean;
    /** Whether it is to fit a laptop: the least requests, short retention. */
    small: boolean;
    /** Whether the platform has this add-on, installed by it or existing. */
    has(addon: AddonName): boolean;
    /** The namespace of another add-on that the platform has. */
    namespaceOf(addon: AddonName): string;
    /** What another add-on that this one requires tells of itself (its `outputs`). */
    outputsOf(addon: AddonName): Record<string, string>;
}

/**
 * All that is known of an add-on. Plain data and pure functions: what a chart is given and which objects of ours go
 * with it follow from the settings and from the platform alone.
 *
 * The functions are declared as methods, whose parameters TypeScript compares both ways: so the definition of one add-on
 * can stand among those of all, for code that gives each only the settings that its own rules have passed.
 */
export interface Definition<S extends PlatformAddonArgs = PlatformAddonArgs> {
    /** What its own project calls it. */
    title: string;
    /** What it is for, in one sentence. */
    purpose: string;
    /** Where its own documentation is. */
    homepage: string;
    /** The version of the software that the charts install, without a leading `v`. */
    version: string;
    /**
     * The charts that it always has, in the order in which they are installed. The last one is the add-on's own; before
     * it come CRDs.
     */
    charts: ChartSource[];
    /** The namespace it is installed in by default. */
    namespace: string;
    /** Whether some of its pods need more of a node than the baseline Pod Security Standard allows. */
    privileged?: boolean;
    /** The versions of Kubernetes that it is known to work with, such as { min: "1.31", max: "1.36" }. */
    kubernetes: { min: string; max: string };
    /** Where that range is taken from. */
    kubernetesSource: string;
    /** Its CRDs, with their served versions, the one that objects are stored in first. */
    crds?: Record<string, string[]>;
    /** What it has besides with some settings only. */
    optionalCharts?: OptionalCharts<S>[];
    /** What else must be there, which is added by itself. */
    requires?(settings: S): AddonName[];
    /** What it is installed after, where the platform has it. */
    after?: AddonName[];
    /** What cannot be there as well, and why. Saying it on one side is enough. */
    excludes?(settings: S): Partial<Record<AddonName, string>>;
    /** Defaults to InstallPhase.Normal. */
    installPhase?: InstallPhase;
    /** Defaults to CaInjector.None. */
    caInjector?(settings: S, context: Context): CaInjector;
    /** The names of the webhook configurations that are waited for, where its chart has more than two. */
    webhooks?: string[];
    /** How it is upgraded. */
    upgrades: {
        /** Whether no minor version may be skipped. Source in `notes`. */
        oneMinorAtATime?: boolean;
        /** What one should know, a sentence each. */
        notes: string[];
    };
    /** What the hooks of the chart do, which are never run, and what is done in their place. */
    hooks?: string;
    /** The rules of its settings, besides those that all add-ons have. */
    fields: RulesOf<Omit<S, keyof PlatformAddonArgs>>;
    /** What concerns several settings. Paths are relative to the add-on's settings. */
    check?(settings: S, problems: Problems): void;
    /** The values of its charts, by name. A chart that is not named gets none. */
    values(settings: S, context: Context): Record<string, Values>;
    /** Objects that are made before the charts: in the namespace, which is there by then. */
    objectsBefore?(settings: S, context: Context): KubernetesObject[];
    /** Objects that are made once the charts are installed and their webhooks answer. */
    objects?(settings: S, context: Context): KubernetesObject[];
    /** Addresses and names that workloads need, for example { url: "http://…" }. They must hold for `existing`, too. */
    outputs?(settings: S, context: Context): Record<string, string>;
}

/** An add-on with the arguments that it is given. */
export interface ConfiguredAddon {
    definition: Definition;
    settings: PlatformAddonArgs;
}
