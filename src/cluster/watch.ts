/** Looking at an object again and again, until it has reached an end. */
import { setTimeout as pause } from "node:timers/promises";

import { type Cluster, ClusterError } from "./client";

export interface WatchOptions {
    /** Whether to look once, without waiting. */
    once?: boolean;
    /** Receives what the object does or waits for whenever that changes, as the predicate of a sentence about it. */
    say?: (why: string) => void;
    /** Waits this number of milliseconds. */
    sleep?: (milliseconds: number) => Promise<unknown>;
}

/** What a look has found; the reason is the predicate of a sentence about the object. */
type Outcome = { state: "running"; why: string } | { state: string };

/** How often the object is read, in milliseconds. */
const interval = 2000;

/** How long the API server may be unreachable, in milliseconds: an upgrade of the control plane takes minutes. */
const longestOutage = 300_000;

/**
 * Looks at an object until its state is not "running". Throws a ClusterError if it cannot be read at first, may not be
 * read any more, or if later the API server cannot be reached for five minutes.
 */
export async function watch<T extends Outcome>(
    cluster: Cluster,
    look: () => Promise<T>,
    { once = false, say = () => undefined, sleep = pause }: WatchOptions,
): Promise<T> {
    let said: string | undefined;
    const tell = (why: string): void => {
        if (why !== said) {
            said = why;
            say(why);
        }
    };
    for (let reached: number | undefined; ; await sleep(interval)) {
        try {
            const outcome = await look();
            if (!("why" in outcome) || once) {
                return outcome;
            }
            reached = cluster.now();
            tell(outcome.why);
        } catch (error) {
            const isOutage = error instanceof ClusterError && error.isTransient && reached !== undefined;
            if (!isOutage || cluster.now() - reached! > longestOutage) {
                throw error;
            }
            tell(`cannot be followed at the moment: ${error.message}`);
        }
    }
}
