import * as pulumi from "@pulumi/pulumi";

import { afterChecks } from "../arguments/gate";
import { failOutput } from "../arguments/inputs";
import { validate } from "../arguments/validate";
import type { ImageArgs } from "./args";
import { copyImage } from "./copy";
import { publish } from "./publish";
import { checkAcross, fields } from "./rules";
import { readSource } from "./source";

/**
 * Builds an image from a directory and pushes it to a registry, or copies one from another repository.
 *
 * The tag is a hash of the content: the files that .dockerignore does not exclude, the Dockerfile, build arguments, target
 * and platforms. The image is built only if neither the stack's state nor the registry has this content: a checkout on
 * another machine, another stack or a revert takes the digest that the registry has. A preview does not build; it shows the
 * new tag, and `ref` as unknown. Pushed images stay in the registry when the component is removed.
 *
 * A build needs Docker or another BuildKit builder: at DOCKER_HOST, the current one of `docker buildx`, or that of a
 * docker-build Provider in `providers`.
 */
export class Image extends pulumi.ComponentResource {
    /** The image reference for workloads, `repository@sha256:…`. It changes only when the image changes. */
    public readonly ref: pulumi.Output<string>;
    /** The tag of the pushed image. */
    public readonly tag: pulumi.Output<string>;

    constructor(name: string, args: ImageArgs, opts?: pulumi.ComponentResourceOptions) {
        const checked = validate("Image", name, args, fields, checkAcross);
        super("kubernetes-mlops:index:Image", name, {}, afterChecks(opts));

        const { digest, tag } =
            checked.copyFrom === undefined
                ? buildImage(name, checked, this)
                : copyImage(name, checked, checked.copyFrom, this);
        this.tag = tag;
        this.ref = pulumi
            .all([checked.repository, digest])
            .apply(([repository, known]) => `${repository}@${checkDigest(name, known)}`);
        this.registerOutputs({ ref: this.ref, tag: this.tag });
    }
}

function buildImage(
    name: string,
    args: ImageArgs,
    component: pulumi.ComponentResource,
): { digest: pulumi.Output<string>; tag: pulumi.Output<string> } {
    const source = readSource(name, args);
    return { digest: publish(name, args, source, component), tag: source.apply((known) => known.tag) };
}

function checkDigest(name: string, digest: string): string {
    return /^sha256:[0-9a-f]{64}$/.test(digest)
        ? digest
        : failOutput(
              `Image "${name}": the registry returned the digest "${digest}"; it must be sha256:…: use a registry that ` +
                  "implements the OCI distribution API",
          );
}
