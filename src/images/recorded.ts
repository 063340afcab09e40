import * as pulumi from "@pulumi/pulumi";

import { stackId } from "../arguments/monitor";

/** What the stack's state has of a build. */
export interface Recorded {
    /** The tags under which the image was pushed, with the repository. */
    tags: string[];
    /** The path from which it was built. */
    context?: string;
}

/** The resources in the state, by URN. */
type Resources = Record<string, { outputs?: { tags?: string[]; context?: { location?: string } } }>;

const statesOfRuns = new WeakMap<object, Promise<Resources | undefined>>();

/**
 * Returns what the stack's state has of a build, null if it has none, and undefined if the state cannot be read, as in
 * unit tests with mocks.
 */
export async function findRecorded(urn: string): Promise<Recorded | null | undefined> {
    const resources = await stateOfRun();
    if (resources === undefined) {
        return undefined;
    }
    const outputs = resources[urn]?.outputs;
    return outputs ? { tags: [outputs.tags ?? []].flat(), context: outputs.context?.location } : null;
}

/** Reads the state once for all builds of a program. */
function stateOfRun(): Promise<Resources | undefined> {
    const run = pulumi.runtime.getMonitor() as object;
    let state = statesOfRuns.get(run);
    if (state === undefined) {
        state = readState();
        statesOfRuns.set(run, state);
    }
    return state;
}

/**
 * Reads the resources of this stack as the last update has left them. The function is the engine's own, and the one that
 * policies and tools use for stack references.
 * Source: https://github.com/pulumi/pulumi/blob/v3.259.0/pkg/resource/deploy/builtins.go
 */
async function readState(): Promise<Resources | undefined> {
    const fullName = () => `${pulumi.getOrganization()}/${stackId()}`;
    // Old backends in a bucket or a directory, which have no projects, know the stack by its own name.
    for (const nameOf of [fullName, pulumi.getStack]) {
        try {
            const args = { stackName: nameOf() };
            const result: unknown = await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", args);
            return (result as { outputs?: Resources } | undefined)?.outputs;
        } catch {
            // The other name, or else what `findRecorded` returns for a state that cannot be read.
        }
    }
    return undefined;
}
