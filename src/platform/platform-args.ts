import type { AddonsArgs } from "./addon-catalog";
import type { Availability, Footprint, Profile } from "./catalog/profiles";
import type { MirrorArgs } from "./rendering/mirror-args";

/** The arguments of a Platform. */
export interface PlatformArgs {
    /** What it has besides what `addons` asks for. Defaults to "none". */
    profile?: Profile;
    /** The add-ons, each with its settings; `{}` takes one as it is. What one needs comes by itself. */
    addons?: AddonsArgs;
    /** How its controllers bear the loss of a node. Defaults to "single". */
    availability?: Availability;
    /** How much it takes of the cluster for itself. Defaults to "standard". */
    footprint?: Footprint;
    /** Where a closed network has the charts and images. Defaults to the internet. */
    mirror?: MirrorArgs;
    /**
     * Whether the cluster may be newer than what the add-ons are known to work with. Defaults to false: a preview then
     * names the add-ons that are not.
     */
    untestedKubernetes?: boolean;
}

/** What a platform tells of an add-on that it has. */
export interface AddonStatus {
    /** The namespace it is in. */
    namespace: string;
    /** The version of its software that this package was tested with; of an existing one that may be another. */
    version: string;
    /** Addresses and names that workloads need, as the page of the add-on lists them. */
    outputs: Record<string, string>;
}
