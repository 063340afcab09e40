import type * as pulumi from "@pulumi/pulumi";

interface Annotated {
    metadata?: { annotations?: Record<string, unknown> };
}

/** Adds an annotation to every object but namespaces. */
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

/** Does not wait for what needs a node to be ready, for tests on an API server that has none. */
export const skipAwait = annotated("pulumi.com/skipAwait", "true");

/**
 * Has an object gone as soon as it is deleted, its pods after it. Whose end is not waited for must go like this where
 * another of the same name takes its place, which would otherwise go with it.
 */
export const deletedAtOnce = annotated("pulumi.com/deletionPropagationPolicy", "background");
