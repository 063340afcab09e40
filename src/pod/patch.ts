import * as pulumi from "@pulumi/pulumi";

import { mapInput } from "../arguments/inputs";

type Fields = Record<string, unknown>;

/**
 * Merges a patch into an object: objects are merged, lists of named objects (containers, volumes, environment
 * variables) are merged by name, anything else is replaced, and `null` removes a field.
 */
export function mergePatch<T>(base: T, patch: unknown): T {
    return merge(base, patch) as T;
}

function merge(base: unknown, patch: unknown): unknown {
    if (patch === undefined) {
        return base;
    }
    if (pulumi.Output.isInstance(base)) {
        return mapInput(base, (known) => merge(known, patch));
    }
    if (isMergeable(base) && pulumi.Output.isInstance(patch)) {
        return mapInput(patch, (known) => merge(base, known));
    }
    if (isObject(base) && isObject(patch)) {
        return mergeFields(base, patch);
    }
    if (isNamedList(base) && isNamedList(patch)) {
        return mergeByName(base, patch);
    }
    return patch;
}

function mergeFields(base: Fields, patch: Fields): Fields {
    const result: Fields = { ...base };
    for (const [key, value] of Object.entries(patch)) {
        if (value === null) {
            delete result[key];
        } else {
            result[key] = merge(base[key], value);
        }
    }
    return result;
}

function mergeByName(base: Fields[], patch: Fields[]): unknown[] {
    const patches = new Map(patch.map((entry) => [entry.name, entry]));
    const kept = base.map((entry) => merge(entry, patches.get(entry.name)));
    const names = new Set(base.map((entry) => entry.name));
    return [...kept, ...patch.filter((entry) => !names.has(entry.name))];
}

/** Returns whether a value is merged instead of replaced. */
function isMergeable(value: unknown): boolean {
    return isObject(value) || isNamedList(value);
}

function isObject(value: unknown): value is Fields {
    return value !== null && typeof value === "object" && !Array.isArray(value) && !pulumi.Output.isInstance(value);
}

function isNamedList(value: unknown): value is Fields[] {
    return Array.isArray(value) && value.every((entry) => isObject(entry) && typeof entry.name === "string");
}
