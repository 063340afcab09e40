import * as pulumi from "@pulumi/pulumi";

/**
 * Whether what registers the program's resources can call the program back, as transforms and resource hooks need. The
 * engine can. Pulumi's mocks, under which unit tests run, cannot, and the SDK fails for what asks them to.
 *
 * Mocks are recognized by what they lack, and not by their class: a program may have several copies of
 * `@pulumi/pulumi`, each with a class of its own, which share one monitor. Nor can they be asked: they say that they
 * support every feature.
 */
export const supportsCallbacks = (): boolean =>
    typeof pulumi.runtime.getMonitor()?.registerStackTransform === "function";

/** Whether the program runs under mocks, in a unit test of its user's: there is no cluster, and nothing is created. */
export const isMocked = (): boolean => !supportsCallbacks();

/** Returns the name of the stack with its project, which is unique in a backend and an organization. */
export const stackId = (): string => `${pulumi.getProject()}/${pulumi.getStack()}`;
