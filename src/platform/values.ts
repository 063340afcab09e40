import type { Values } from "./definition";

/** Lays values over others as Helm does: maps are merged, all else is replaced; null is left for Helm to remove with. */
export function mergedValues(base: Values, over: Values): Values {
    const result: Values = { ...base };
    for (const [key, value] of Object.entries(over)) {
        const before = result[key];
        result[key] = isMap(before) && isMap(value) ? mergedValues(before, value) : value;
    }
    return result;
}

function isMap(value: unknown): value is Values {
    return value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype;
}
