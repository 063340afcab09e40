import type * as pulumi from "@pulumi/pulumi";

interface Annotated {
    metadata?: { annotations?: Record<string, unknown> };
}

/** Does not wait for what needs a node to be ready, for tests on an API server that has none. */
export const skipAwait: pulumi.ResourceTransform = ({ type, props, opts }) => {
    if (!type.startsWith("kubernetes:") || type.endsWith(":Namespace")) {
        return undefined;
    }
    const { metadata } = props as Annotated;
    const annotations = { ...metadata?.annotations, "pulumi.com/skipAwait": "true" };
    return { props: { ...props, metadata: { ...metadata, annotations } }, opts };
};

/**
 * Has an object gone as soon as it is deleted, its pods after it. Whose end is not waited for must go like this where
 * another of the same name takes its place, which would otherwise go with it.
 */
export const deletedAtOnce: pulumi.ResourceTransform = ({ props, opts }) => {
    const { metadata } = props as Annotated;
    const annotations = { ...metadata?.annotations, "pulumi.com/deletionPropagationPolicy": "background" };
    return { props: { ...props, metadata: { ...metadata, annotations } }, opts };
};
