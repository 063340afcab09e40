import * as pulumi from "@pulumi/pulumi";

/**
 * A Python program without a Dockerfile. Its dependencies are those of `requirements` if that is set, else of the first of
 * these files in the context: uv.lock (installed by uv), poetry.lock (by Poetry), requirements.txt (by pip). A lock must be
 * up to date with the pyproject.toml beside it. It is an error if there are locks of both tools, or a pyproject.toml
 * without a lock or a requirements.txt, because each build would install other versions.
 */
export interface PythonArgs {
    /**
     * The version of Python: "3.11", "3.12", "3.13" or "3.14". Cannot be combined with `baseImage`. Defaults to "3.12".
     */
    version?: pulumi.Input<string>;
    /**
     * The base image, which must contain `python` and `pip`. Defaults to the configuration
     * `kubernetes-mlops:pythonBaseImage` if no version is set, else to the official slim image of the version, by digest,
     * so that it changes only with the version of this package.
     */
    baseImage?: pulumi.Input<string>;
    /**
     * Debian packages to install before the dependencies, for example ["libgomp1"], in a layer of their own. Their version
     * can be given as in "libgomp1=12.2.0-14". The base image must have `apt-get`. Defaults to none.
     */
    systemPackages?: pulumi.Input<string>[];
    /**
     * The requirements file for pip, relative to the context. It is used even if the context has a lock. Defaults to the
     * lock of uv or Poetry in the context, else to "requirements.txt".
     */
    requirements?: pulumi.Input<string>;
    /** The entrypoint of the image, to which the container's arguments are appended. Defaults to ["python"]. */
    entrypoint?: pulumi.Input<string>[];
}

/** Credentials for a registry. */
export interface RegistryArgs {
    /** The address of the registry. Defaults to the registry of the repository. */
    server?: pulumi.Input<string>;
    /** The username. */
    username: pulumi.Input<string>;
    /** The password or token. It is treated as a secret even if it is not passed as one. */
    password: pulumi.Input<string>;
}

/** The arguments of an Image. */
export interface ImageArgs {
    /**
     * The repository to push to, with the registry and without a tag, for example "ghcr.io/acme/fraud". For Docker Hub,
     * the registry is "docker.io".
     */
    repository: pulumi.Input<string>;
    /**
     * The build context: the directory whose files the build can use, except those that .dockerignore excludes and those
     * that are left out by default, such as `.git`, `.env` and `__pycache__`. Required unless `copyFrom` is set.
     */
    context?: pulumi.Input<string>;
    /**
     * The path of the Dockerfile, relative to the working directory; it may be outside of the context. Cannot be combined
     * with `python`. Defaults to "Dockerfile" in the context.
     */
    dockerfile?: pulumi.Input<string>;
    /**
     * Builds a Python program without a Dockerfile: the dependencies (uv.lock, poetry.lock or requirements.txt) in a layer
     * of their own, the code in /app, run as UID 1000. Defaults to none: the Dockerfile is built.
     */
    python?: PythonArgs;
    /** Build arguments. They can be read from the image, so a secret Output is an error. Defaults to none. */
    buildArgs?: Record<string, pulumi.Input<string>>;
    /**
     * Secrets of the build, such as the password of a private package index. With `python`, each key is an environment
     * variable of the steps in which pip, uv or Poetry installs something, for example `PIP_EXTRA_INDEX_URL`. With a
     * Dockerfile, RUN instructions mount a secret by its key: `RUN --mount=type=secret,id=<key>`. Secrets are not part of
     * the image, and encrypted in the state. Other secrets alone are no new build. Defaults to none.
     */
    secrets?: Record<string, pulumi.Input<string>>;
    /** The stage of the Dockerfile to build. Defaults to the last one. */
    target?: pulumi.Input<string>;
    /**
     * The platforms of the image, each as `<os>/<architecture>`. Defaults to ["linux/amd64"] on every machine, because a
     * default that depends on the machine would show a diff on another one.
     */
    platforms?: pulumi.Input<string>[];
    /**
     * The image reference under which the layers of builds are kept in a registry, for example "ghcr.io/acme/fraud:cache".
     * A build on another machine reuses them. Defaults to none: only the builder's own cache is used.
     */
    cache?: pulumi.Input<string>;
    /**
     * The network mode of RUN instructions during the build: "default", "host" or "none". Defaults to the configuration
     * `kubernetes-mlops:buildNetwork`, else to "default".
     */
    network?: pulumi.Input<string>;
    /**
     * Copies an image from another repository instead of building one: its reference with a digest, for example
     * "ghcr.io/acme/fraud@sha256:…". The copy has the same digest. Cannot be combined with arguments of a build. Defaults
     * to none.
     */
    copyFrom?: pulumi.Input<string>;
    /**
     * The credentials for the registry of `repository`. Other credentials are no new build. Defaults to those that
     * `docker login` has stored on the machine.
     */
    registry?: pulumi.Input<RegistryArgs>;
}
