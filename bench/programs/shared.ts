/** The start of every program with workloads, so that they only differ in how the workloads are written. */
import { Namespace } from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();

interface ObjectArgs {
    metadata: { annotations?: Record<string, pulumi.Input<string>> };
}

// Nothing is awaited: no node has the GPUs that the pods request, if there is a node at all.
pulumi.runtime.registerStackTransformation(({ type, props, opts }) => {
    if (!type.startsWith("kubernetes:")) {
        return undefined;
    }
    const { metadata, ...rest } = props as ObjectArgs;
    const annotations = { ...metadata.annotations, "pulumi.com/skipAwait": "true" };
    return { props: { ...rest, metadata: { ...metadata, annotations } }, opts };
});

export const namespace = new Namespace("namespace", { metadata: { name: config.require("namespace") } }).metadata.name;

/** An Output, like the ref of an Image. */
export const image = pulumi.output(`registry.example.com/fraud@sha256:${"0123456789abcdef".repeat(4)}`);
