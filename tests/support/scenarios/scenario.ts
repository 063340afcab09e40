/**
 * What happens to a component as its arguments are edited, on a real API server. Each file beside this one has some
 * scenarios; `tests/engine/workloads.test.ts` runs them all together, in one stack.
 */
import type * as pulumi from "@pulumi/pulumi";

export interface Scenario {
    /** The name of the component in the stack; no other scenario's name begins with it. */
    name: string;
    /** The CRDs that its objects need, each as `<group>/<Kind>`. */
    crds?: string[];
    /** Creates the component in this namespace, with the edits so far merged into its arguments. */
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
    /** The changed arguments; undefined removes one. */
    edit: Record<string, unknown>;
    /** What a preview shows for each resource that changes: operation, name without the component's, differing fields. */
    preview: string[];
}

/** The fields that differ in each object when a label and an annotation are added to all objects of a component. */
const added = ["metadata.annotations.contact", "metadata.labels.team"];

/**
 * An edit that adds a label and an annotation to the objects and to the pods, and more arguments.
 *
 * @param objects - What else differs in each object, by operation and name, such as "update deployment".
 */
export const metadataEdit = (objects: Record<string, string[]>, more: object = {}): ScenarioEdit => ({
    what: "labels and annotations of its objects and pods",
    edit: {
        labels: { team: "fraud" },
        annotations: { contact: "fraud" },
        podLabels: { identity: "true" },
        podAnnotations: { mesh: "off" },
        ...more,
    },
    preview: Object.entries(objects).map(([object, fields]) => [object, ...[...added, ...fields].sort()].join(" ")),
});
