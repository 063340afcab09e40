import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";

import { configured } from "../arguments/config";
import { failOutput } from "../arguments/inputs";
import { validate } from "../arguments/validate";
import type { ImageArgs } from "./args";
import { type Build, buildOf, type BuildSource, missingPart, tagOf } from "./build";
import { checkAcross, fields } from "./rules";

/**
 * An image that is built from a directory and pushed to a registry.
 *
 * It is built when something that it is made of has changed, which its tag stands for: the files that .dockerignore
 * lets through, the Dockerfile, build arguments, target and platform. A preview never builds; it shows the new tag,
 * and `ref` as not yet known. What was pushed stays in the registry when the component is removed.
 *
 * Needs a Docker daemon, found as the docker command finds it (DOCKER_HOST, or a docker Provider in `providers`).
 */
export class Image extends pulumi.ComponentResource {
    /** The image by its content: `repository@sha256:…`. It changes when the image does, and is what workloads take. */
    public readonly ref: pulumi.Output<string>;
    /** The tag under which it was pushed. */
    public readonly tag: pulumi.Output<string>;

    constructor(name: string, args: ImageArgs, opts?: pulumi.ComponentResourceOptions) {
        const checked = validate("Image", name, args, fields, checkAcross);
        super("kubernetes-mlops:index:Image", name, {}, opts);

        const { repository, registry } = checked;
        const build = knownBuild(name, checked);
        const tag = build.apply(tagOf);
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
        this.ref = pulumi
            .all([repository, image.repoDigest])
            .apply(([known, digest]) => digestRef(name, known, digest));
        this.registerOutputs({ ref: this.ref, tag: this.tag });
    }
}

/** What the configuration of the package says where the arguments do not. */
function withDefaults(source: BuildSource): BuildSource {
    const { python, network = configured("buildNetwork") } = source;
    const base = python?.base ?? (python?.version === undefined ? configured("pythonBaseImage") : undefined);
    return { ...source, python: python && { ...python, base }, network };
}

/** The build, once all that it depends on is known; a file that is missing then fails as it would have at once. */
function knownBuild(name: string, args: ImageArgs): pulumi.Output<Build> {
    const { context, dockerfile, python, buildArgs, target, platform, network } = args;
    return pulumi
        .output({ context, dockerfile, python, buildArgs, target, platform, network })
        .apply((source: BuildSource): Build => {
            const missing = missingPart(source);
            if (missing) {
                return failOutput(`Image "${name}": ${missing.field} ${missing.problem}`);
            }
            return buildOf(withDefaults(source));
        });
}

/**
 * The repository with the digest that the push gave. Where one image was pushed to several repositories, the provider
 * may answer with the name of another one.
 */
function digestRef(name: string, repository: string, repoDigest: string): string {
    const digest = /@(sha256:[0-9a-f]{64})$/.exec(repoDigest)?.[1];
    if (digest === undefined) {
        return failOutput(
            `Image "${name}": the registry gave "${repoDigest}" for its digest; it must end in @sha256:…, as registries give it that keep the v2 API`,
        );
    }
    return `${repository}@${digest}`;
}
