import { type AddonsArgs, catalog } from "./addon-catalog";
import type { AddonName } from "./catalog/names";
import type { PlatformAddonArgs } from "./catalog/platform-addon-args";
import { Profile, profiles } from "./catalog/profiles";
import { plan, type PlannedAddon } from "./plan";
import type { PlatformArgs } from "./platform-args";

/** Returns the arguments of the add-ons by name, for code that treats all add-ons alike. */
export function addonArgsByName(addons: AddonsArgs = {}): Partial<Record<AddonName, PlatformAddonArgs>> {
    return addons;
}

/** Returns the add-ons that a platform has with these arguments. */
export function planPlatform(args: PlatformArgs, problem: (path: string, problem: string) => void): PlannedAddon[] {
    return plan({
        addons: addonArgsByName(args.addons),
        // A profile that does not exist has been reported already.
        profile: profiles[args.profile ?? Profile.None] ?? [],
        definitions: catalog,
        problem,
    });
}
