import * as pulumi from "@pulumi/pulumi";

import { isEventual } from "../validation";

/**
 * Applies a function to a value that may not be known yet. What is known stays plain, so that a preview shows it and
 * only what really depends on an unknown value is shown as one.
 */
export function mapInput<T, U>(value: pulumi.Input<T>, convert: (value: T) => U): pulumi.Input<U> {
    return isEventual(value) ? pulumi.output(value).apply((known) => convert(known as T)) : convert(value);
}

/**
 * The same of an object, any field of which, however deep, may not be known yet. Pulumi's own `output` would make an
 * Output of each object and list on the way, which of a pod are dozens; here there is one for each that is there already.
 */
export function mapInputs<T extends object, U>(values: T, convert: (values: pulumi.Unwrap<T>) => U): pulumi.Input<U> {
    const eventual: unknown[] = [];
    const found = (value: unknown): unknown => eventual.push(value);
    replaceEventual(values, found);
    if (eventual.length === 0) {
        return convert(values as pulumi.Unwrap<T>);
    }
    return pulumi.all(eventual).apply((known) => {
        const rest = known.values();
        return convert(replaceEventual(values, () => rest.next().value) as pulumi.Unwrap<T>);
    });
}

/** Two lists, either of which may not be known yet, as one. */
export function joinInputs<T>(first: pulumi.Input<T[]>, second: pulumi.Input<T[]>): pulumi.Input<T[]> {
    return mapInput(first, (some) => mapInput(second, (more) => [...some, ...more]) as T[]);
}

/** A copy in which something else stands in the place of each Output and promise, which are always met in one order. */
function replaceEventual(value: unknown, replace: (eventual: unknown) => unknown): unknown {
    if (isEventual(value)) {
        return replace(value);
    }
    if (Array.isArray(value)) {
        return value.map((item) => replaceEventual(item, replace));
    }
    return value === null || typeof value !== "object"
        ? value
        : Object.fromEntries(Object.entries(value).map(([key, field]) => [key, replaceEventual(field, replace)]));
}
