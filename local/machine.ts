/** Checks whether this machine can run a cluster. */
export interface Machine {
    platform: NodeJS.Platform;
    /** User id; undefined where the system has none. */
    uid: number | undefined;
}

const thisMachine = (): Machine => ({ platform: process.platform, uid: process.getuid?.() });

/** Whether a node can run on this machine at all: it requires Linux and root. */
export function canRunCluster(machine = thisMachine()): boolean {
    return machine.platform === "linux" && machine.uid === 0;
}

/**
 * Throws unless this machine runs Linux and the user is root, as a node requires; the error explains how to use another
 * cluster instead.
 */
export function requireLinuxRoot(machine = thisMachine()): void {
    if (!canRunCluster(machine)) {
        const cause =
            machine.platform === "linux"
                ? "needs root (for cgroups, network interfaces and containers)"
                : `needs Linux, and this is ${machine.platform}`;
        throw new Error(
            `A cluster on this machine ${cause}: use a cluster of your own with --context NAME, for example ` +
                "`kind create cluster --name mlops` and then `npm run local -- up --context kind-mlops --registry HOST`",
        );
    }
}
