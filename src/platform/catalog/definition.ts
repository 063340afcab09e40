import type * as pulumi from "@pulumi/pulumi";

import type { Problems, RulesOf } from "../../arguments/rules";
import type { AddonName } from "./names";
import type { PlatformAddonArgs } from "./platform-addon-args";

/** The source of a chart: its name, its tested version and its repository. */
export interface ChartSource {
    /** The name in its Chart.yaml. */
    name: string;
    /** The published version, with a leading `v` if the publisher writes one. */
    version: string;
    /** `oci://<registry>/<path>` without the chart's name, or the `https://` URL of a repository. */
    repository: string;
    /** Whether it contains only CRDs. Such charts are installed before all others of the platform. */
    crdsOnly?: boolean;
    /**
     * The URL of a manifest file, for what is published without a chart. In the directory of a mirror, the file is
     * called `<name>-<version>.yaml`.
     */
    manifest?: string;
    /** The name of the release, after which many charts name their objects. Defaults to the chart's name. */
    release?: string;
}

/** Charts that an add-on has only with certain arguments. */
export interface OptionalCharts<S extends PlatformAddonArgs = PlatformAddonArgs> {
    /** Whether the arguments ask for them. */
    when(settings: S): boolean;
    /** The charts, in the order in which they are installed, after those that the add-on always has. */
    charts: ChartSource[];
    /** Their CRDs, in the form of the add-on's. */
    crds: Record<string, string[]>;
}

/** An object of a manifest. Its values may be Outputs. */
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

/** What writes the CA bundle into the webhook configurations of a chart. */
export const CaInjector = {
    /** The chart has no webhooks, or contains the CA bundle. */
    None: "none",
    /** The controller, after its start. Pulumi waits until it has. */
    Controller: "controller",
    /** cert-manager's CA injector. Pulumi waits until it has. */
    CertManager: "cert-manager",
} as const;
export type CaInjector = (typeof CaInjector)[keyof typeof CaInjector];

/** When an add-on is installed. */
export const InstallPhase = {
    /** As soon as what it requires is ready. */
    Normal: 0,
    /** After all normal ones: its webhooks refuse objects of others while they are not ready. */
    Late: 1,
    /** After all others: it validates their objects. */
    Last: 2,
} as const;
export type InstallPhase = (typeof InstallPhase)[keyof typeof InstallPhase];

/** What an add-on's definition can know about the platform. */
export interface Context {
    /** The namespace of this add-on. */
    namespace: string;
    /** Whether controllers have a second pod on standby. */
    highlyAvailable: boolean;
    /** Whether the footprint is small: minimal requests, short retention. */
    small: boolean;
    /** Whether the platform has this add-on, installed by it or existing. */
    has(addon: AddonName): boolean;
    /** The namespace of another add-on that the platform has. */
    namespaceOf(addon: AddonName): string;
    /** One of the `outputs` of another add-on that this one requires. */
    outputOf(addon: AddonName, output: string): string;
}

/**
 * The definition of an add-on: plain data and pure functions. The values of its charts and the objects that go with
 * them depend only on its arguments and on the platform.
 *
 * The functions are declared as methods, whose parameters TypeScript compares both ways: so that the definition of one
 * add-on can be used as that of any, by code that gives each only arguments that its own rules have passed.
 */
export interface Definition<S extends PlatformAddonArgs = PlatformAddonArgs> {
    /** The name that its project uses. */
    title: string;
    /** Its purpose, in one sentence. */
    purpose: string;
    /** The URL of its documentation. */
    homepage: string;
    /** The version of the software that the charts install, without a leading `v`. */
    version: string;
    /** The charts that it always has, in the order in which they are installed: charts of CRDs, then the main chart. */
    charts: ChartSource[];
    /** Its default namespace. */
    namespace: string;
    /** Whether some of its pods need more of a node than the baseline Pod Security Standard allows. */
    privileged?: boolean;
    /** The versions of Kubernetes that it supports, such as { min: "1.31", max: "1.36" }. */
    kubernetes: { min: string; max: string };
    /** The source of that range. */
    kubernetesSource: string;
    /** Its CRDs with their served versions, the storage version first. */
    crds?: Record<string, string[]>;
    /** What it has in addition with certain arguments. */
    optionalCharts?: OptionalCharts<S>[];
    /** The add-ons that it requires, which are added automatically. */
    requires?(settings: S): AddonName[];
    /** The add-ons that it is installed after, if the platform has them. */
    after?: AddonName[];
    /** The add-ons that it cannot be combined with, and why. One of the two definitions suffices. */
    excludes?(settings: S): Partial<Record<AddonName, string>>;
    /** Defaults to InstallPhase.Normal. */
    installPhase?: InstallPhase;
    /** Defaults to CaInjector.None. */
    caInjector?(settings: S, context: Context): CaInjector;
    /** The names of the webhook configurations to wait for, if its chart has more than two. */
    webhooks?: string[];
    /** How it is upgraded. */
    upgrades: {
        /** Whether minor versions must not be skipped. Source in `notes`. */
        oneMinorAtATime?: boolean;
        /** What users should know, a sentence each. */
        notes: string[];
    };
    /** What the hooks of the chart do, which never run, and what replaces them. */
    hooks?: string;
    /** The rules of its arguments, besides those that all add-ons have. */
    fields: RulesOf<Omit<S, keyof PlatformAddonArgs>>;
    /** Checks several arguments together. Paths are relative to the add-on's arguments. */
    check?(settings: S, problems: Problems): void;
    /** The values of its charts, by name. A chart without an entry has none. */
    values(settings: S, context: Context): Record<string, Values>;
    /** Objects that are created before the charts, in the namespace, which exists by then. */
    objectsBefore?(settings: S, context: Context): KubernetesObject[];
    /** Objects that are created when the charts are installed and their webhooks are ready. */
    objects?(settings: S, context: Context): KubernetesObject[];
    /**
     * URLs and names that workloads need, for example { url: "http://…" }. They must be valid with `existing` as well.
     */
    outputs?(settings: S, context: Context): Record<string, string>;
}

/** An add-on with the arguments that it is given. */
export interface ConfiguredAddon {
    definition: Definition;
    settings: PlatformAddonArgs;
}
