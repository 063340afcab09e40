/** A profile of the Platform. */
import * as pulumi from "@pulumi/pulumi";

import * as mlops from "kubernetes-mlops";

const config = new pulumi.Config();

/**
 * Does not wait for what needs a node or a controller: Jobs, and custom resources that become ready. It only processes
 * what the program itself registers, not what charts render, so its cost is negligible.
 */
const skipAwait: pulumi.ResourceTransformation = ({ type, props, opts }) => {
    const isObject = type.startsWith("kubernetes:") && !/^kubernetes:(helm|yaml|core)/.test(type);
    if (!isObject) {
        return undefined;
    }
    const { metadata } = props as { metadata?: { annotations?: object } };
    const annotations = { ...metadata?.annotations, "pulumi.com/skipAwait": "true" };
    return { props: { ...props, metadata: { ...metadata, annotations } }, opts };
};

new mlops.Platform(
    "platform",
    { profile: config.require<mlops.Profile>("profile"), mirror: { charts: config.require("charts") } },
    { transformations: [skipAwait] },
);
