import * as path from "node:path";

import {
    hasUnknowns,
    isObject,
    plain,
    type Properties,
    secret,
    secretStrings,
    type Value,
    withSecretsOf,
} from "./values";

/** The only resource type of this provider. */
export const IMAGE_TYPE = "docker:index/image:Image";

/** The properties of `build`. */
export interface Build {
    /**
     * Directory of the files that the Dockerfile may use, relative to the working directory. Defaults to the working
     * directory.
     */
    context: string;
    /** The Dockerfile, relative to the working directory. Defaults to the one in the context. */
    dockerfile: string;
    args: Record<string, string>;
    /** The stage to build. Defaults to the last one. */
    target: string | undefined;
    /** `os/architecture`. Defaults to Linux on this machine's architecture. */
    platform: string | undefined;
    /** Images whose layers may be reused. */
    cacheFrom: string[];
    /** Network mode of the RUN instructions. */
    network: string | undefined;
    /** `host:ip` */
    addHosts: string[];
    builderVersion: "BuilderV1" | "BuilderBuildKit" | undefined;
}

/** The arguments of an image. */
export interface Image {
    /** `registry/repository:tag` */
    imageName: string;
    build: Build;
    registry: { server?: string; username?: string; password?: string };
    skipPush: boolean;
    buildOnPreview: boolean;
}

/** Name of the Dockerfile in the context, unless another one is named. */
export const DEFAULT_DOCKERFILE = "Dockerfile";

/** The arguments from checked inputs that are all known. */
export function parseImage(inputs: Properties): Image {
    const { imageName, build, registry, skipPush, buildOnPreview } = plain(inputs) as {
        imageName: string;
        build: Partial<Build> & { cacheFrom?: { images?: string[] } };
        registry?: Image["registry"];
        skipPush?: boolean;
        buildOnPreview?: boolean;
    };
    const context = build.context ?? ".";
    return {
        imageName,
        registry: registry ?? {},
        skipPush: skipPush ?? false,
        buildOnPreview: buildOnPreview ?? false,
        build: {
            context,
            dockerfile: build.dockerfile ?? path.join(context, DEFAULT_DOCKERFILE),
            args: build.args ?? {},
            target: build.target,
            platform: build.platform,
            cacheFrom: build.cacheFrom?.images ?? [],
            network: build.network,
            addHosts: build.addHosts ?? [],
            builderVersion: build.builderVersion,
        },
    };
}

/** The outputs that do not depend on the build. */
export function outputs(image: Image): Properties {
    return {
        baseImageName: image.imageName,
        context: image.build.context,
        dockerfile: path.relative(image.build.context, image.build.dockerfile),
        imageName: image.imageName,
        platform: image.build.platform ?? "",
        registryServer: image.registry.server ?? "",
    };
}

/** What is stored in the state: the outputs, and the inputs as a secret, since they contain secrets. */
export function state(inputs: Properties, known: Properties): Properties {
    return { ...withSecretsOf(known, inputs), __inputs: secret(plain(inputs)) };
}

/** What to hide in all output: the password, and build arguments that are secrets. */
export function hiddenStrings(inputs: Properties): string[] {
    const { registry, build } = inputs;
    const password = lookUp(plain(inputs) as Properties, "registry.password");
    return [...secretStrings(registry), ...secretStrings(build), ...(typeof password === "string" ? [password] : [])];
}

/** Whether a preview builds the image, and a message for the user if that was requested but is not possible. */
export function canPreview(inputs: Properties): { build: boolean; warning?: string } {
    const values = plain(inputs) as Properties;
    if (values.buildOnPreview !== true) {
        return { build: false };
    }
    const { build } = values;
    const unknown = hasUnknowns(values.imageName) || (isObject(build) ? hasUnknowns(build) : true);
    return unknown
        ? {
              build: false,
              warning:
                  "buildOnPreview is set, but imageName or build are not known yet: the preview does not build the image.",
          }
        : { build: true };
}

/** The value at a path of keys such as `build.context`; undefined if there is none. */
export function lookUp(inputs: Properties, name: string): Value | undefined {
    return name
        .split(".")
        .reduce<Value | undefined>((value, key) => (isObject(value) ? value[key] : undefined), inputs);
}
