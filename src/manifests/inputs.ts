import * as pulumi from "@pulumi/pulumi";

/**
 * Applies a function to a value that may not be known yet. What is known stays plain, so that a preview shows it and
 * only what really depends on an unknown value is shown as one.
 */
export function mapInput<T, U>(value: pulumi.Input<T>, convert: (value: T) => U): pulumi.Input<U> {
    return pulumi.Output.isInstance(value) || value instanceof Promise
        ? pulumi.output(value).apply((known) => convert(known as T))
        : convert(value);
}

/** The same of an object, any field of which, however deep, may not be known yet. */
export function mapInputs<T extends object, U>(
    values: T,
    convert: (values: pulumi.Unwrap<T>) => U,
): U | pulumi.Output<U> {
    return isKnown(values) ? convert(values as pulumi.Unwrap<T>) : pulumi.output(values).apply(convert);
}

/** Two lists, either of which may not be known yet, as one. */
export function joinInputs<T>(first: pulumi.Input<T[]>, second: pulumi.Input<T[]>): pulumi.Input<T[]> {
    return mapInput(first, (some) => mapInput(second, (more) => [...some, ...more]) as T[]);
}

function isKnown(value: unknown): boolean {
    if (pulumi.Output.isInstance(value) || value instanceof Promise) {
        return false;
    }
    return value === null || typeof value !== "object" || Object.values(value).every(isKnown);
}
