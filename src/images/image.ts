import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";

import { configured } from "../arguments/config";
import { failOutput } from "../arguments/inputs";
import { validate } from "../arguments/validate";
import type { ImageArgs } from "./args";
import { type Build, resolveBuild, type BuildSource, findMissingFile, buildTag } from "./build";
import { checkAcross, fields } from "./rules";

/**
 * Builds an image from a directory and pushes it to a registry.
 *
 * The tag is a hash of the content: the files that .dockerignore does not exclude, the Dockerfile, build arguments, target
 * and platform. The image is built only when the content changes. A preview does not build; it shows the new tag, and
 * `ref` as unknown. Pushed images stay in the registry when the component is removed.
 *
 * Needs a Docker daemon, at DOCKER_HOST or that of a docker Provider in `providers`.
 */
export class Image extends pulumi.ComponentResource {
    /** The image reference for workloads, `repository@sha256:…`. It changes only when the image changes. */
    public readonly ref: pulumi.Output<string>;
    /** The tag of the pushed image. */
    public readonly tag: pulumi.Output<string>;

    constructor(name: string, args: ImageArgs, opts?: pulumi.ComponentResourceOptions) {
        const checked = validate("Image", name, args, fields, checkAcross);
        super("kubernetes-mlops:index:Image", name, {}, opts);

        const { repository, registry } = checked;
        const build = resolveKnownBuild(name, checked);
        const tag = build.apply(buildTag);
        const image = new docker.Image(
            `${name}-image`,
            {
                imageName: pulumi.interpolate`${repository}:${tag}`,
                build,
                registry: registry && {
                    ...registry,
                    server: registry.server ?? pulumi.output(repository).apply((known) => known.split("/")[0]!),
                    password: pulumi.secret(registry.password),
                },
            },
            { parent: this },
        );

        this.tag = tag;
        this.ref = pulumi.all([repository, image.repoDigest]).apply(([known, digest]) => buildRef(name, known, digest));
        this.registerOutputs({ ref: this.ref, tag: this.tag });
    }
}

/** Returns the arguments with the defaults of the package's configuration. */
function withDefaults(source: BuildSource): BuildSource {
    const { python, network = configured("buildNetwork") } = source;
    const baseImage = python?.baseImage ?? (python?.version === undefined ? configured("pythonBaseImage") : undefined);
    return { ...source, python: python && { ...python, baseImage }, network };
}

/** Returns the inputs of the build. With Outputs among the arguments, a missing file fails here. */
function resolveKnownBuild(name: string, args: ImageArgs): pulumi.Output<Build> {
    const { context, dockerfile, python, buildArgs, target, platform, network } = args;
    return pulumi
        .output({ context, dockerfile, python, buildArgs, target, platform, network })
        .apply((source: BuildSource): Build => {
            const missing = findMissingFile(source);
            if (missing) {
                return failOutput(`Image "${name}": ${missing.field} ${missing.problem}`);
            }
            return resolveBuild(withDefaults(source));
        });
}

/**
 * Returns the image reference from the digest of the pushed image. If the same image is in several repositories, the
 * provider may return the name of another one.
 */
function buildRef(name: string, repository: string, repoDigest: string): string {
    const digest = /@(sha256:[0-9a-f]{64})$/.exec(repoDigest)?.[1];
    if (digest === undefined) {
        return failOutput(
            `Image "${name}": the registry returned the digest "${repoDigest}"; it must end with @sha256:…: use a registry ` +
                "that implements the OCI distribution API",
        );
    }
    return `${repository}@${digest}`;
}
