import type { Context } from "../../catalog/definition";

/** How many pods a controller has of which one works and the others stand by. */
export function controllerReplicas({ highlyAvailable }: Context): number {
    return highlyAvailable ? 2 : 1;
}
