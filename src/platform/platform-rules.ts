import { mirrorRule } from "../arguments/config";
import { dnsLabel, oneOf, boolean } from "../arguments/formats";
import { anyObject, type Fields, object, type Problems, rule, type Rule, type RulesOf } from "../arguments/rules";
import { catalog } from "./addon-catalog";
import { known } from "./addon-rules";
import { type AddonName, addonNames } from "./catalog/names";
import type { PlatformAddonArgs } from "./catalog/platform-addon-args";
import { Availability, Footprint, Profile } from "./catalog/profiles";
import type { PlatformArgs } from "./platform-args";
import { addonArgsByName, planPlatform } from "./platform-plan";
import { locateChart } from "./rendering/chart-location";
import { chartSources } from "./rendering/charts";
import { effectiveMirror } from "./rendering/mirror-args";

/** The version of an add-on's main chart. It must be exact, as another one would be installed without notice. */
const exactVersion = rule((value) =>
    typeof value === "string" && /^v?\d+\.\d+\.\d+([-+].*)?$/.test(value)
        ? undefined
        : 'it must be an exact version, for example "1.2.3"',
);

const allKnown = (rules: Fields): Fields =>
    Object.fromEntries(Object.entries(rules).map(([field, rule]) => [field, known(rule)]));

/** The rules of each add-on's arguments: the common ones, and its own. */
const addonFields: Fields = Object.fromEntries(
    addonNames.map((name): [string, Rule] => [
        name,
        object({
            enabled: known(boolean),
            existing: known(boolean),
            namespace: known(dnsLabel),
            version: known(exactVersion),
            values: anyObject,
            ...allKnown(catalog[name].fields),
        }),
    ]),
);

/** The rules of the arguments of a Platform. */
export const platformRules = {
    profile: known(oneOf(Object.values(Profile))),
    addons: object(addonFields),
    availability: known(oneOf(Object.values(Availability))),
    footprint: known(oneOf(Object.values(Footprint))),
    mirror: known(mirrorRule),
    untestedKubernetes: known(boolean),
} satisfies RulesOf<PlatformArgs>;

/** Checks several arguments together. */
export function checkPlatform(args: PlatformArgs, problems: Problems): void {
    for (const [name, settings] of Object.entries(addonArgsByName(args.addons)) as [AddonName, PlatformAddonArgs][]) {
        catalog[name].check?.(settings, {
            line: (field, problem) => problems.line(`addons.${name}.${field}`, problem),
            add: (field, problem) => problems.add(`addons.${name}.${field}`, problem),
        });
    }
    const mirror = effectiveMirror(args.mirror);
    const planned = planPlatform(args, (where, problem) => problems.add(where, problem));
    const missing = planned
        .filter(({ settings }) => !settings.existing)
        .flatMap((one) => chartSources(one).map((source) => locateChart(source, mirror)))
        .filter((location) => typeof location === "string");
    missing.forEach((problem) => problems.add("mirror.charts", problem));
}
