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
