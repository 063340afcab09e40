import * as dockerBuild from "@pulumi/docker-build";
import * as pulumi from "@pulumi/pulumi";

import type { ImageArgs } from "./args";
import { registryInput } from "./build-resource";

/**
 * Registers the copy of an image, which needs no builder, and returns its digest and its tag.
 *
 * The tag keeps the copy from a clean-up of the registry. For an image of one platform it may be an index that contains
 * the image: the image itself has the digest of the original in every case.
 */
export function copyImage(
    name: string,
    args: ImageArgs,
    source: pulumi.Input<string>,
    parent: pulumi.Resource,
): { digest: pulumi.Output<string>; tag: pulumi.Output<string> } {
    const { repository, registry } = args;
    const digest = pulumi.output(source).apply((known) => known.slice(known.indexOf("@") + 1));
    const tag = digest.apply((known) => `copy-${known.slice("sha256:".length, "sha256:".length + 16)}`);
    const index = new dockerBuild.Index(
        `${name}-copy`,
        {
            sources: [source],
            tag: pulumi.interpolate`${repository}:${tag}`,
            push: true,
            ...(registry && { registry: registryInput(repository, registry) }),
        },
        // Other stacks may have copied the same image, and workloads need it.
        { parent, retainOnDelete: true, protect: false },
    );
    // Known in a preview; by the URN, what uses the copy waits for it.
    return { digest: pulumi.all([digest, index.urn]).apply(([known]) => known), tag };
}
