import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";

import {
    environmentNameProblem,
    Fields,
    list,
    map,
    matching,
    object,
    oneOf,
    failOutput,
    Problems,
    required,
    rule,
    secretText,
    text,
    validate,
} from "../validation";
import { Build, buildOf, BuildSource, missingPart, tagOf } from "./build";
import { pythonVersions } from "./python";

/** A Python program that has no Dockerfile of its own. */
export interface PythonArgs {
    /** The version of Python: "3.11", "3.12", "3.13" or "3.14". Defaults to "3.12". Not together with `base`. */
    version?: pulumi.Input<string>;
    /**
     * The image to start from, which must have `python` and `pip`, for example your own or a newer one. Defaults to
     * the official slim image of the version, by digest, so that it changes with the version of this package only.
     */
    base?: pulumi.Input<string>;
    /** The file in the context that lists what to install. Defaults to "requirements.txt". */
    requirements?: pulumi.Input<string>;
    /** What the image runs, one entry a word; arguments of the container follow it. Defaults to ["python"]. */
    entrypoint?: pulumi.Input<string>[];
}

/** How to sign in to a registry. */
export interface RegistryArgs {
    /** The registry's address. Defaults to the one that the repository begins with. */
    server?: pulumi.Input<string>;
    /** The user's name. */
    username: pulumi.Input<string>;
    /** The password or token. It is a secret whether it is given as one or not. */
    password: pulumi.Input<string>;
}

/** The arguments of an Image. */
export interface ImageArgs {
    /**
     * Where the image is pushed to, with the registry and without a tag, for example "ghcr.io/acme/fraud". Docker Hub
     * is "docker.io".
     */
    repository: pulumi.Input<string>;
    /** The directory whose files the build can use, but for those that its .dockerignore names. */
    context: pulumi.Input<string>;
    /** The Dockerfile. Defaults to "Dockerfile" in the context. Not together with `python`. */
    dockerfile?: pulumi.Input<string>;
    /**
     * Builds a Python program without a Dockerfile: dependencies in a layer of their own, the code at /app, run by
     * user 1000.
     */
    python?: PythonArgs;
    /** The values of the Dockerfile's ARGs. They can be read from the image: a secret Output is refused here. */
    buildArgs?: Record<string, pulumi.Input<string>>;
    /** The stage of the Dockerfile to build. Defaults to the last. */
    target?: pulumi.Input<string>;
    /**
     * The system and processor that the image is for. Defaults to "linux/amd64", whatever machine builds it: another
     * default on another machine would be a change.
     */
    platform?: pulumi.Input<string>;
    /** The network that the build's commands see, such as "host". Defaults to Docker's own default. */
    network?: pulumi.Input<string>;
    /** How to sign in to the registry. Defaults to what `docker login` has kept on the machine. */
    registry?: RegistryArgs;
}

const plainText = rule((value) => (typeof value === "string" ? undefined : "it must be a text"), {
    notSecret: "build arguments can be read from the image: leave it out, or mount it while building",
});

const fields: Fields = {
    repository: required(
        matching(
            // Docker takes a first part without a dot or a port for a user of Docker Hub, unless it is localhost.
            /^(?=localhost\/|[^/]*[.:])[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)+$/,
            'it must begin with the registry and have no tag, for example "ghcr.io/acme/fraud" or "docker.io/acme/fraud"',
        ),
        'say where it is pushed to, for example "ghcr.io/acme/fraud"',
    ),
    context: required(text, 'name the directory to build from, for example "./fraud"'),
    dockerfile: text,
    python: object({
        version: oneOf(pythonVersions),
        base: text,
        requirements: text,
        entrypoint: list(required(text, "leave the entry out or give a word")),
    }),
    buildArgs: map(environmentNameProblem, plainText),
    target: text,
    platform: matching(
        /^[a-z0-9]+\/[a-z0-9]+(\/[a-z0-9]+)?$/,
        'it must be system and processor, such as "linux/arm64"',
    ),
    network: text,
    registry: object({
        server: text,
        username: required(text, "give the user's name or leave registry out"),
        password: required(secretText, "give the password or leave registry out"),
    }),
};

function checkAcross(args: ImageArgs, problems: Problems): void {
    const { context, dockerfile, python } = args;
    if (python !== undefined && dockerfile !== undefined) {
        problems.add("dockerfile", "is given besides python, which brings its own; leave one of them out");
    }
    if (python?.version !== undefined && python.base !== undefined) {
        problems.add("python.version", "is given besides python.base, which has its own; leave one of them out");
    }
    const known = [dockerfile, python?.requirements].every((one) => one === undefined || isText(one));
    if (known && isText(context)) {
        const missing = missingPart(args as BuildSource);
        if (missing) {
            problems.add(missing.field, missing.problem);
        }
    }
}

function isText(value: unknown): boolean {
    return typeof value === "string" && value !== "";
}

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
            return buildOf(source);
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
