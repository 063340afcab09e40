import type { Context } from "../../catalog/definition";

/** Returns the number of pods of a controller with leader election: one works, the others stand by. */
export function controllerReplicas({ highlyAvailable }: Context): number {
    return highlyAvailable ? 2 : 1;
}
