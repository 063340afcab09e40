import * as pulumi from "@pulumi/pulumi";

/**
 * Applies a function to a value that may not be known yet. What is known stays plain, so that a preview shows it and
 * only what really depends on an unknown value is shown as one.
 */
export function mapInput<T, U>(value: pulumi.Input<T>, convert: (value: T) => U): pulumi.Input<U> {
    return isEventual(value) ? outputOf(value).apply((known) => convert(known)) : convert(value);
}

/**
 * The same of an object, any field of which, however deep, may not be known yet. Pulumi's own `output` would make an
 * Output of each object and list on the way, which of a pod are dozens; here there is one for each that is there already.
 */
export function mapInputs<T extends object, U>(values: T, convert: (values: pulumi.Unwrap<T>) => U): pulumi.Input<U> {
    const found = new Set<Eventual>();
    replaceEventual(values, (one) => found.add(one));
    const eventual = [...found];
    if (eventual.length === 0) {
        return convert(values as pulumi.Unwrap<T>);
    }
    const replaced = (known: unknown[]): U =>
        convert(replaceEventual(values, (one) => known[eventual.indexOf(one)]) as pulumi.Unwrap<T>);
    return eventual.length === 1
        ? (pulumi.output(eventual[0]) as pulumi.Output<unknown>).apply((known) => replaced([known]))
        : pulumi.all(eventual).apply(replaced);
}

/** Two lists, either of which may not be known yet, as one. */
export function joinInputs<T>(first: pulumi.Input<T[]>, second: pulumi.Input<T[]>): pulumi.Input<T[]> {
    return mapInput(first, (some) => mapInput(second, (more) => [...some, ...more]) as T[]);
}

/** A copy in which something else stands in the place of each value that may not be known yet. */
function replaceEventual(value: unknown, replace: (eventual: Eventual) => unknown): unknown {
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

/**
 * Fails for an Output that turned out to be wrong, in these words and no others: to an error of an Output which several
 * resources take, Pulumi would add words for each of them.
 *
 * In a preview the error is logged, which fails it, and the value is unknown. So all mistakes are told at once there,
 * too, and a preview by the Automation API comes to its end: it waits for ever for what depends on an Output that has
 * thrown (seen with @pulumi/pulumi 3.248).
 */
export function failOutput<T>(message: string): T {
    if (pulumi.runtime.isDryRun()) {
        void pulumi.log.error(message);
        if (isRunByHost()) {
            process.exitCode = toldExitCode;
        }
        return pulumi.unknown as T;
    }
    throw Object.defineProperty(new pulumi.RunError(message), "message", { get: () => message, set: () => undefined });
}

/**
 * The exit code by which a program tells the language host that the user knows of its errors. Without it the CLI prints
 * the error and ends with 0.
 */
const toldExitCode = 32;

/** Whether the process is the language host's, and not one that runs a program by the Automation API. */
const isRunByHost = (): boolean => /@pulumi[\\/]pulumi[\\/]cmd[\\/]run([\\/]|$)/.test(process.argv[1] ?? "");

/** A value that may not be known yet. */
export type Eventual = pulumi.Output<unknown> | Promise<unknown>;

/** Whether it is such a value. */
export function isEventual(value: unknown): value is Eventual {
    return pulumi.Output.isInstance(value) || value instanceof Promise;
}

/** The same as an Output. Pulumi's own `output` would make another one of each that there is. */
export function outputOf<T>(value: pulumi.Input<T>): pulumi.Output<T> {
    return pulumi.Output.isInstance<T>(value) ? value : (pulumi.output(value) as pulumi.Output<T>);
}
