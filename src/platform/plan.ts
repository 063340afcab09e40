import { CaInjector, type ConfiguredAddon, type Context, type Definition, InstallPhase } from "./catalog/definition";
import { type AddonName, addonNames } from "./catalog/names";
import type { PlatformAddonArgs } from "./catalog/platform-addon-args";

/** An add-on of a platform. */
export interface PlannedAddon extends ConfiguredAddon {
    name: AddonName;
    namespace: string;
    /** The add-ons that must be ready before it is installed. */
    after: AddonName[];
}

export interface PlanArgs {
    addons: Partial<Record<AddonName, PlatformAddonArgs>>;
    /** The add-ons of the profile. */
    profile: AddonName[];
    definitions: Record<AddonName, Definition>;
    /** Reports a problem: its path, and what is wrong. */
    problem: (path: string, problem: string) => void;
}

/**
 * Returns the add-ons of a platform: the requested ones, those of its profile, and what they require. They are in the
 * order of installation: each after what it requires, and those whose webhooks refuse the objects of others after
 * these.
 */
export function plan({ addons, profile, definitions, problem }: PlanArgs): PlannedAddon[] {
    const isRefused = (name: AddonName): boolean => addons[name]?.enabled === false;
    const chosen = new Set<AddonName>();
    const choose = (name: AddonName, neededBy?: AddonName): void => {
        if (neededBy !== undefined && isRefused(name)) {
            problem(
                `addons.${name}.enabled`,
                `is false, but ${neededBy} requires it; remove it, or disable ${neededBy}`,
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
        const excluded = definitions[name].excludes?.(addons[name] ?? {}) ?? {};
        for (const other of names) {
            const reason = excluded[other];
            if (reason !== undefined) {
                problem(
                    `addons.${name}`,
                    `cannot be combined with ${other}: ${reason}; disable one of them with enabled: false`,
                );
            }
        }
    }
}

/** Returns what must be ready before an add-on: what it requires, and all add-ons of an earlier phase. */
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

/** Returns the phase of an add-on, which is not before the phase of what it requires. */
const installPhaseOf = (name: AddonName, addons: PlanArgs["addons"], definitions: PlanArgs["definitions"]): number =>
    Math.max(
        definitions[name].installPhase ?? InstallPhase.Normal,
        ...needs(name, addons, definitions).map((needed) => installPhaseOf(needed, addons, definitions)),
    );

function sorted(names: AddonName[], addons: PlanArgs["addons"], definitions: PlanArgs["definitions"]): AddonName[] {
    const done: AddonName[] = [];
    const visit = (name: AddonName, path: AddonName[]): void => {
        if (path.includes(name)) {
            throw new Error(`the add-ons ${[...path, name].join(" → ")} require each other`);
        }
        if (!done.includes(name)) {
            predecessors(name, names, addons, definitions).forEach((other) => visit(other, [...path, name]));
            done.push(name);
        }
    };
    names.forEach((name) => visit(name, []));
    return done;
}

/** Returns what the definition of an add-on can know about the platform. */
export function contextOf(
    planned: PlannedAddon[],
    name: AddonName,
    { highlyAvailable, small }: Pick<Context, "highlyAvailable" | "small">,
): Context {
    const find = (other: AddonName): PlannedAddon | undefined => planned.find((one) => one.name === other);
    const get = (other: AddonName): PlannedAddon => {
        const found = find(other);
        if (found === undefined) {
            throw new Error(`${name} uses ${other}, which the platform does not have`);
        }
        return found;
    };
    return {
        namespace: get(name).namespace,
        highlyAvailable,
        small,
        has: (other) => find(other) !== undefined,
        namespaceOf: (other) => get(other).namespace,
        outputOf: (other, output) => {
            const { definition, settings } = get(other);
            const outputs = definition.outputs?.(settings, contextOf(planned, other, { highlyAvailable, small })) ?? {};
            const value = outputs[output];
            if (value === undefined) {
                throw new Error(`${name} uses the output ${output}, which ${other} does not have`);
            }
            return value;
        },
    };
}

/** Returns what writes the CA bundle into the webhook configurations of an add-on. */
export const caInjectorOf = ({ definition, settings }: PlannedAddon, context: Context): CaInjector =>
    definition.caInjector?.(settings, context) ?? CaInjector.None;
