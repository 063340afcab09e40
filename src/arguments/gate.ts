/**
 * Keeps an update from changing anything where an argument is known to be wrong. A preview fails then, but an update does
 * not need one: `pulumi up --skip-preview` has none, nor has `stack.up()` of the Automation API.
 *
 * The value of an Output that depends on no resource is known in the same turn of the event loop in which the component
 * is created. So the components register their objects one turn later, and not at all if a check has failed by then.
 */
import { setImmediate as nextTurn } from "node:timers/promises";

import * as pulumi from "@pulumi/pulumi";

/** The first error of each stack: programs of the Automation API may run in the same process. */
const errors = new WeakMap<object, pulumi.RunError>();

/** Records an error in an argument of a component, and returns it. */
export function recorded(error: pulumi.RunError): pulumi.RunError {
    const stack = pulumi.runtime.getStackResource();
    if (stack !== undefined && !errors.has(stack)) {
        errors.set(stack, error);
    }
    return error;
}

/**
 * Returns the options of a component with which its children are registered only if no check fails. For a failed check,
 * Pulumi receives the same error once more, which it does not print again.
 */
export function afterChecks(opts?: pulumi.ComponentResourceOptions): pulumi.ComponentResourceOptions {
    const stack = pulumi.runtime.getStackResource();
    if (stack === undefined || pulumi.runtime.isDryRun()) {
        return opts ?? {};
    }
    const checks = nextTurn().then(() => {
        const error = errors.get(stack);
        if (error !== undefined) {
            throw error;
        }
    });
    // It is reported where the check has failed.
    checks.catch(() => undefined);
    const wait: pulumi.ResourceTransformation = ({ type, props, opts: given }) => {
        // What has no package of a provider is another component, whose children wait.
        if (!/^(kubernetes|docker(-build)?):/.test(type)) {
            return undefined;
        }
        // A promise of no resource is no dependency, but Pulumi waits for it. It is the first one, because Pulumi waits for
        // them one after the other, and never stops waiting for a resource that is not registered.
        const dependsOn = checks as Promise<unknown> as Promise<pulumi.Resource>;
        return { props, opts: pulumi.mergeOptions({ dependsOn }, given) };
    };
    return pulumi.mergeOptions(opts, { transformations: [wait] });
}
