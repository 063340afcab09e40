import type { Context } from "./definition";

/** How many pods a controller has of which one works and the others stand by. */
export function replicas({ highlyAvailable }: Context): number {
    return highlyAvailable ? 2 : 1;
}
