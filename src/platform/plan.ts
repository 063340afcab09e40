import { CaInjector, type ConfiguredAddon, type Context, type Definition, InstallPhase } from "./catalog/definition";
import { type AddonName, addonNames } from "./catalog/names";
import type { PlatformAddonArgs } from "./catalog/platform-addon-args";

/** An add-on that a platform has. */
export interface PlannedAddon extends ConfiguredAddon {
    name: AddonName;
    namespace: string;
    /** What must be ready before it is installed. */
    after: AddonName[];
}

export interface PlanArgs {
    addons: Partial<Record<AddonName, PlatformAddonArgs>>;
    /** What the profile brings. */
    profile: AddonName[];
    definitions: Record<AddonName, Definition>;
    /** Takes note of a mistake: where, and what is wrong with it. */
    problem: (path: string, problem: string) => void;
}

/**
 * Which add-ons a platform has: those that are asked for, those of its profile, and what these need. In the order in
 * which they are installed, each after what it needs; what would refuse the objects of others comes after those.
 */
export function plan({ addons, profile, definitions, problem }: PlanArgs): PlannedAddon[] {
    const isRefused = (name: AddonName): boolean => addons[name]?.enabled === false;
    const chosen = new Set<AddonName>();
    const choose = (name: AddonName, neededBy?: AddonName): void => {
        if (neededBy !== undefined && isRefused(name)) {
            problem(
                `addons.${name}.enabled`,
                `is false, but ${neededBy} needs it; leave it out, or disable ${neededBy}`,
            );
        }
        if (chosen.has(name) || isRefused(name)) {
            return;
        }
        chosen.add(name);
        const settings = addons[name] ?? {};
        if (!settings.existing) {
            definitions[name].requires?.(settings).forEach((needed) => choose(needed, name));
        }
    };
    const asked = addonNames.filter((name) => addons[name] !== undefined || profile.includes(name));
    asked.forEach((name) => choose(name));

    const names = addonNames.filter((name) => chosen.has(name));
    conflicts(names, addons, definitions, problem);
    return sorted(names, addons, definitions).map((name) => ({
        name,
        definition: definitions[name],
        settings: addons[name] ?? {},
        namespace: addons[name]?.namespace ?? definitions[name].namespace,
        after: predecessors(name, names, addons, definitions),
    }));
}

function conflicts(
    names: AddonName[],
    addons: PlanArgs["addons"],
    definitions: PlanArgs["definitions"],
    problem: PlanArgs["problem"],
): void {
    for (const name of names) {
        for (const [other, reason] of Object.entries(definitions[name].excludes?.(addons[name] ?? {}) ?? {})) {
            if (names.includes(other as AddonName)) {
                problem(
                    `addons.${name}`,
                    `cannot be there together with ${other}: ${reason}; disable one of them with enabled: false`,
                );
            }
        }
    }
}

/** What must be ready before an add-on: what it needs, and for one whose turn comes late, all with an earlier turn. */
function predecessors(
    name: AddonName,
    names: AddonName[],
    addons: PlanArgs["addons"],
    definitions: PlanArgs["definitions"],
): AddonName[] {
    const needed = [...needs(name, addons, definitions), ...(definitions[name].after ?? [])];
    const phase = installPhaseOf(name, addons, definitions);
    return names.filter(
        (other) => other !== name && (needed.includes(other) || installPhaseOf(other, addons, definitions) < phase),
    );
}

const needs = (name: AddonName, addons: PlanArgs["addons"], definitions: PlanArgs["definitions"]): AddonName[] =>
    definitions[name].requires?.(addons[name] ?? {}) ?? [];

/** An add-on's turn: not before that of what it needs. */
const installPhaseOf = (name: AddonName, addons: PlanArgs["addons"], definitions: PlanArgs["definitions"]): number =>
    Math.max(
        definitions[name].installPhase ?? InstallPhase.Normal,
        ...needs(name, addons, definitions).map((needed) => installPhaseOf(needed, addons, definitions)),
    );

function sorted(names: AddonName[], addons: PlanArgs["addons"], definitions: PlanArgs["definitions"]): AddonName[] {
    const done: AddonName[] = [];
    const visit = (name: AddonName, path: AddonName[]): void => {
        if (path.includes(name)) {
            throw new Error(`the add-ons ${[...path, name].join(" → ")} wait for each other`);
        }
        if (!done.includes(name)) {
            predecessors(name, names, addons, definitions).forEach((other) => visit(other, [...path, name]));
            done.push(name);
        }
    };
    names.forEach((name) => visit(name, []));
    return done;
}

/** What each add-on may know of the platform. */
export function contextOf(
    planned: PlannedAddon[],
    name: AddonName,
    { highlyAvailable, small }: Pick<Context, "highlyAvailable" | "small">,
): Context {
    const find = (other: AddonName): PlannedAddon | undefined => planned.find((one) => one.name === other);
    const get = (other: AddonName): PlannedAddon => {
        const found = find(other);
        if (found === undefined) {
            throw new Error(`${name} asks for ${other}, which the platform does not have`);
        }
        return found;
    };
    return {
        namespace: get(name).namespace,
        highlyAvailable,
        small,
        has: (other) => find(other) !== undefined,
        namespaceOf: (other) => get(other).namespace,
        outputsOf: (other) => {
            const { definition, settings } = get(other);
            return definition.outputs?.(settings, contextOf(planned, other, { highlyAvailable, small })) ?? {};
        },
    };
}

/** Who writes the certificate authority into the webhooks of an add-on. */
export const caInjectorOf = ({ definition, settings }: PlannedAddon, context: Context): CaInjector =>
    definition.caInjector?.(settings, context) ?? CaInjector.None;
