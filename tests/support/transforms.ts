import type * as pulumi from "@pulumi/pulumi";

interface Annotated {
    metadata?: { annotations?: Record<string, unknown> };
}

/** Adds an annotation to every object except namespaces. */
function annotated(name: string, value: string): pulumi.ResourceTransform {
    return ({ type, props, opts }) => {
        if (!type.startsWith("kubernetes:") || type.endsWith(":Namespace")) {
            return undefined;
        }
        const { metadata } = props as Annotated;
        const annotations = { ...metadata?.annotations, [name]: value };
        return { props: { ...props, metadata: { ...metadata, annotations } }, opts };
    };
}

/** Does not wait for what needs a node to become ready, for tests on an API server without one. */
export const skipAwait = annotated("pulumi.com/skipAwait", "true");

/**
 * Deletes an object immediately and its pods afterwards. An object whose deletion is not awaited must be deleted like
 * this when another of the same name replaces it, which would otherwise be deleted with it.
 */
export const deletedAtOnce = annotated("pulumi.com/deletionPropagationPolicy", "background");

/** Gives a Job no pods to run, so that it completes at once, also where there is no node. */
export const completedAtOnce: pulumi.ResourceTransform = ({ type, props, opts }) => {
    const { spec } = props as { spec?: object };
    return type === "kubernetes:batch/v1:Job"
        ? { props: { ...props, spec: { ...spec, completions: 0, parallelism: 0 } }, opts }
        : undefined;
};
