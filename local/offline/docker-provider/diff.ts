import { isEqual, isObject, plain, type Properties } from "./values";

/** How a property differs; the numbers are those of the protocol's `PropertyDiff.Kind`. */
export const ADD = 0;
export const DELETE = 2;
export const UPDATE = 4;

/**
 * The inputs that differ from those in the state. Every change is an update, never a replacement: an image is built and
 * pushed again under its name. Changed credentials of the registry need no build.
 */
export function diff(oldState: Properties, oldInputs: Properties, news: Properties): Record<string, number> {
    const state = plain(oldState) as Properties;
    const before = isObject(state.__inputs) ? state.__inputs : (plain(oldInputs) as Properties);
    const after = plain(news) as Properties;
    const changes: Record<string, number> = {};
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
        if (before[key] === undefined) {
            changes[key] = ADD;
        } else if (after[key] === undefined) {
            changes[key] = DELETE;
        } else if (!isEqual(before[key], after[key]) && !(key === "registry" && sameServer(before, after))) {
            changes[key] = UPDATE;
        }
    }
    return changes;
}

function sameServer(before: Properties, after: Properties): boolean {
    return (
        isObject(before.registry) && isObject(after.registry) && isEqual(before.registry.server, after.registry.server)
    );
}
