import type { AddonsArgs } from "./addon-catalog";
import type { Availability, Footprint, Profile } from "./catalog/profiles";
import type { MirrorArgs } from "./rendering/mirror-args";

/** The arguments of a Platform. */
export interface PlatformArgs {
    /** The profile: the add-ons that it has in addition to `addons`. Defaults to "none". */
    profile?: Profile;
    /**
     * The add-ons with their arguments; `{}` installs one with its defaults. What an add-on requires is installed as
     * well.
     */
    addons?: AddonsArgs;
    /** The availability of its controllers when a node fails. Defaults to "single". */
    availability?: Availability;
    /** The resources that the platform itself uses. Defaults to "standard". */
    footprint?: Footprint;
    /**
     * The mirror of charts and images in an air-gapped network. Defaults to the configuration
     * `kubernetes-mlops:mirror`; without it, they come from the internet.
     */
    mirror?: MirrorArgs;
    /**
     * Whether the cluster may have a newer Kubernetes version than the add-ons support. Defaults to false: a preview
     * then fails with the add-ons that do not support it.
     */
    untestedKubernetes?: boolean;
}

/** The status of an add-on of a platform. */
export interface AddonStatus {
    /** The namespace of the add-on. */
    namespace: string;
    /** The version of its software that this package was tested with. An existing add-on may have another one. */
    version: string;
    /** URLs and names that workloads need, as listed on the page of the add-on. */
    outputs: Record<string, string>;
}
