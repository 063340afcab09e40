import { type AddonsArgs, catalog } from "./addon-catalog";
import type { AddonName } from "./catalog/names";
import type { PlatformAddonArgs } from "./catalog/platform-addon-args";
import { Profile, profiles } from "./catalog/profiles";
import { plan, type PlannedAddon } from "./plan";
import type { PlatformArgs } from "./platform-args";

/** The settings, by name: for code that treats all add-ons alike. */
export function addonArgsByName(addons: AddonsArgs = {}): Partial<Record<AddonName, PlatformAddonArgs>> {
    return addons;
}

/** The add-ons that a platform has with these arguments. */
export function planPlatform(args: PlatformArgs, problem: (path: string, problem: string) => void): PlannedAddon[] {
    return plan({
        addons: addonArgsByName(args.addons),
        // One that does not exist has been told of by then.
        profile: profiles[args.profile ?? Profile.None] ?? [],
        definitions: catalog,
        problem,
    });
}
