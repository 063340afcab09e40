import { isPlainObject } from "../../arguments/walk";
import type { Values } from "../catalog/definition";

/** Lays values over others as Helm does: maps are merged, all else is replaced; null is left for Helm to remove with. */
export function mergeValues(base: Values, over: Values): Values {
    const result: Values = { ...base };
    for (const [key, value] of Object.entries(over)) {
        const before = result[key];
        result[key] = isPlainObject(before) && isPlainObject(value) ? mergeValues(before, value) : value;
    }
    return result;
}
