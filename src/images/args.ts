import * as pulumi from "@pulumi/pulumi";

/** A Python program that has no Dockerfile of its own. */
export interface PythonArgs {
    /** The version of Python: "3.11", "3.12", "3.13" or "3.14". Defaults to "3.12". Not together with `base`. */
    version?: pulumi.Input<string>;
    /**
     * The image to start from, which must have `python` and `pip`, for example your own or a newer one. Defaults to
     * the configuration `kubernetes-mlops:pythonBaseImage` where no version is given, else to the official slim image
     * of the version, by digest, so that it changes with the version of this package only.
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
    /**
     * The network that the build's commands see, such as "host". Defaults to the configuration
     * `kubernetes-mlops:buildNetwork`, else to Docker's own default.
     */
    network?: pulumi.Input<string>;
    /** How to sign in to the registry. Defaults to what `docker login` has kept on the machine. */
    registry?: RegistryArgs;
}
