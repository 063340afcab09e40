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
