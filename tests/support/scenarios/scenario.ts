/**
 * What becomes of a component as its arguments are edited, on a real API server. Each file beside this one has some
 * scenarios; `tests/engine/workloads.test.ts` runs them all together, in one stack.
 */
import type * as pulumi from "@pulumi/pulumi";

export interface Scenario {
    /** The name of the component in the stack; no other scenario's name begins with it. */
    name: string;
    /** The CRDs that its objects need, each as `<group>/<Kind>`. */
    crds?: string[];
    /** Makes the component in this namespace. The edits so far are laid over its arguments. */
    create: (
        workspace: { namespace: pulumi.Input<string> },
        edits: Record<string, unknown>,
        opts: pulumi.ComponentResourceOptions,
    ) => pulumi.ComponentResource;
    edits: ScenarioEdit[];
}

/** One edit, on top of those before it. */
export interface ScenarioEdit {
    what: string;
    /** The arguments that are given other values; undefined takes one away. */
    edit: Record<string, unknown>;
    /** What a preview says of each resource that changes: operation, name without the component's, differing fields. */
    preview: string[];
}
