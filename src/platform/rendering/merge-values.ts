import { isPlainObject } from "../../arguments/walk";
import type { Values } from "../catalog/definition";

/**
 * Merges values as Helm does: maps are merged, everything else is replaced. Null stays, with which Helm removes a
 * value.
 */
export function mergeValues(base: Values, over: Values): Values {
    const result: Values = { ...base };
    for (const [key, value] of Object.entries(over)) {
        const before = result[key];
        result[key] = isPlainObject(before) && isPlainObject(value) ? mergeValues(before, value) : value;
    }
    return result;
}
