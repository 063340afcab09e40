import * as pulumi from "@pulumi/pulumi";

import { recorded } from "./gate";
import { hostEntry } from "./host";

/**
 * Applies a function to an Input. The result of a plain value stays plain, so that a preview shows as unknown only what
 * depends on an unknown value.
 */
export function mapInput<T, U>(value: pulumi.Input<T>, convert: (value: T) => U): pulumi.Input<U> {
    return isEventual(value) ? outputOf(value).apply((known) => convert(known)) : convert(value);
}

/**
 * Applies a function to an object, any field of which, at any depth, may be an Output. Pulumi's own `output` creates an
 * Output for each nested object and list, which for a pod are dozens; this waits only for the Outputs that exist.
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

/** Concatenates two lists, either of which may be an Output. */
export function joinInputs<T>(first: pulumi.Input<T[]>, second: pulumi.Input<T[]>): pulumi.Input<T[]> {
    return mapInput(first, (some) => mapInput(second, (more) => [...some, ...more]) as T[]);
}

/**
 * Returns a copy in which each Output and Promise is replaced. This is not `mapDeep`, which does not look into instances
 * of classes, where Pulumi resolves Outputs, too. It also runs for every pod, and without paths it takes less time.
 */
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
 * Returns an error of the user's, which the CLI prints as exactly this message.
 *
 * It has no stack, which would only lead into this package. Pulumi would also pass it to Node's `util.inspect`, even
 * though it does not print it for a RunError, and Node 20 and 22 loop forever at a line such as
 * `node_modules/@pulumi/output.ts:404`, which Pulumi's source maps produce. And its message cannot be changed: Pulumi
 * would put "error serializing property" before it, once for each resource that depends on the Output.
 */
export function userError(message: string): pulumi.RunError {
    return Object.defineProperties(new pulumi.RunError(message), {
        message: { get: () => message, set: () => undefined },
        stack: { value: "" },
    });
}

/**
 * Fails because an Output has an invalid value.
 *
 * In a preview the error is logged, which fails the preview, and the value is unknown. This way a preview reports all
 * mistakes at once, and ends when run by the Automation API, which otherwise waits forever for whatever depends on an
 * Output that has thrown (seen with @pulumi/pulumi 3.248).
 */
export function failOutput<T>(message: string, record = (error: pulumi.RunError) => error): T {
    if (pulumi.runtime.isDryRun()) {
        failProgram(message);
        return pulumi.unknown as T;
    }
    throw record(userError(message));
}

/** The same for an argument, because of which an update has nothing to change yet. */
export function failArgument<T>(message: string): T {
    return failOutput(message, recorded);
}

/** Reports an error and makes the program fail in the end, without disturbing what it has registered or will register. */
export function failProgram(message: string): void {
    void pulumi.log.error(message);
    if (hostEntry() === "run") {
        process.exitCode = toldExitCode;
    }
}

/**
 * Returns an Output without the resources on which it depends. An update passes it the value when that is known; a
 * preview passes the Output itself.
 *
 * A resource that is deleted before it is replaced takes with it whatever would have to be replaced if all of the
 * properties that depend on it changed: for a run, the Deployment of the server of its result.
 */
export function withoutDependencies<T>(output: pulumi.Output<T>): pulumi.Output<T> {
    return pulumi.runtime.isDryRun()
        ? output
        : (pulumi.output(new Promise<T>((resolve) => output.apply(resolve as (value: T) => void))) as pulumi.Output<T>);
}

/**
 * The exit code by which a program tells the language host that the user knows of its errors. Without it the CLI prints
 * the error and ends with 0.
 */
const toldExitCode = 32;

/** A value that may not be known yet. */
export type Eventual = pulumi.Output<unknown> | Promise<unknown>;

/** Returns whether a value is an Output or a Promise. */
export function isEventual(value: unknown): value is Eventual {
    return pulumi.Output.isInstance(value) || value instanceof Promise;
}

/** Returns an Input as an Output. Pulumi's own `output` would wrap an Output in another one. */
export function outputOf<T>(value: pulumi.Input<T>): pulumi.Output<T> {
    return pulumi.Output.isInstance<T>(value) ? value : (pulumi.output(value) as pulumi.Output<T>);
}

/** The Output that was given for each one that a rule has checked. */
const given = new WeakMap<object, pulumi.Output<unknown>>();

/** Marks an Output as the checked form of another one. */
export function checkedFrom<T>(output: pulumi.Output<unknown>, checked: pulumi.Output<T>): pulumi.Output<T> {
    given.set(checked, output);
    return checked;
}

/** Returns the value that was given as an argument, before its rule has checked it. */
export const givenOf = (value: unknown): unknown => (typeof value === "object" && given.get(value!)) || value;

/**
 * Returns whether an Output is known, which in a preview it may not be. A function that is given to `apply` does not run
 * for an unknown value, and so cannot find out.
 */
export function isKnown(value: pulumi.Output<unknown>): Promise<boolean> {
    return (value as unknown as { isKnown: Promise<boolean> }).isKnown;
}
