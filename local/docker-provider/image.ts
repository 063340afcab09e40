import { existsSync } from "node:fs";
import * as path from "node:path";

import { contextDigest } from "./context";
import { parseReference } from "./reference";
import {
    hasUnknowns,
    isEqual,
    isObject,
    plain,
    type Properties,
    secret,
    secretStrings,
    type Value,
    withSecretsOf,
} from "./values";

/** The only type of resource that this provider knows. */
export const IMAGE_TYPE = "docker:index/image:Image";

/** What `build` may say. */
export interface Build {
    /** Directory of the files that the Dockerfile may use, relative to the working directory. Defaults to it. */
    context: string;
    /** The Dockerfile, relative to the working directory. Defaults to the one in the context. */
    dockerfile: string;
    args: Record<string, string>;
    /** The stage to build. Defaults to the last one. */
    target: string | undefined;
    /** `os/architecture`. Defaults to Linux on this machine's architecture. */
    platform: string | undefined;
    /** Images whose layers may be taken over. */
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

export interface CheckFailure {
    property: string;
    reason: string;
}

export interface CheckResult {
    inputs: Properties;
    failures: CheckFailure[];
    /** What the user should know of the defaults. */
    notes: string[];
}

const DEFAULT_DOCKERFILE = "Dockerfile";

/**
 * Completes the inputs with their defaults and the digest of the build context, and says what is wrong with them.
 * Nothing is said of what is unknown yet.
 */
export async function check(news: Properties): Promise<CheckResult> {
    const inputs = plain(news) as Properties;
    const failures = typeFailures(inputs);
    if (failures.length > 0) {
        return { inputs: news, failures, notes: [] };
    }
    const notes: string[] = [];
    inputs.buildOnPreview = inputs.buildOnPreview === true;
    if (inputs.build === undefined) {
        inputs.build = {};
    }
    if (isObject(inputs.build)) {
        const { failure, note } = await completeBuild(inputs.build);
        failures.push(...(failure ? [failure] : []));
        notes.push(...(note ? [note] : []));
    }
    const nameFailure = checkName(inputs);
    if (nameFailure) {
        failures.push(nameFailure);
    }
    if (isObject(inputs.registry) && inputs.registry.password !== undefined) {
        inputs.registry.password = secret(inputs.registry.password);
    }
    return { inputs: withSecretsOf(inputs, news), failures, notes };
}

/** Sets the defaults and the digest of the context; the failure is the one that keeps the digest from being made. */
async function completeBuild(build: Properties): Promise<{ failure?: CheckFailure; note?: string }> {
    let note: string | undefined;
    if (build.platform === undefined) {
        build.platform = hostPlatform();
        note =
            `Building for ${build.platform}, the platform of this machine: ` +
            "set build.platform to say for which one the image is.";
    }
    if (hasUnknowns(build.context) || hasUnknowns(build.dockerfile)) {
        return { note };
    }
    const context = (build.context ??= ".") as string;
    const dockerfile = (build.dockerfile ??= path.join(context, DEFAULT_DOCKERFILE)) as string;
    if (!existsSync(context)) {
        return { note, failure: { property: "build.context", reason: `the build context ${context} does not exist` } };
    }
    if (!existsSync(dockerfile)) {
        return { note, failure: { property: "build.dockerfile", reason: missingDockerfile(context, dockerfile) } };
    }
    try {
        build.contextDigest = await contextDigest(context, dockerfile);
    } catch (error) {
        const reason = `the build context ${context} cannot be read: ${(error as Error).message}`;
        return { note, failure: { property: "build.context", reason } };
    }
    return { note };
}

function missingDockerfile(context: string, dockerfile: string): string {
    const missing = `could not open dockerfile at ${path.isAbsolute(dockerfile) ? "absolute" : "relative"} path`;
    const inContext = path.join(context, dockerfile);
    return !path.isAbsolute(dockerfile) && existsSync(inContext)
        ? `${missing} ${dockerfile}: it is relative to the working directory; try setting build.dockerfile to ${inContext}`
        : `${missing} ${dockerfile}: no such file`;
}

function hostPlatform(): string {
    const architecture = { x64: "amd64", ia32: "386" }[process.arch as string] ?? process.arch;
    return `linux/${architecture}`;
}

/** A pushed image's name must say its registry, unless `registry.server` does. */
function checkName(inputs: Properties): CheckFailure | undefined {
    const { imageName } = inputs;
    if (typeof imageName !== "string" || hasUnknowns(imageName)) {
        return undefined;
    }
    const reference = parseReference(imageName);
    if (!reference) {
        const form = "[registry/]repository[:tag], in small letters";
        return { property: "imageName", reason: `${JSON.stringify(imageName)} is no image name: ${form}` };
    }
    const server = isObject(inputs.registry) ? inputs.registry.server : undefined;
    if (!reference.registry && !server && inputs.skipPush !== true) {
        const reason =
            `${imageName} does not say to which registry it is pushed; ` +
            `write it in full, for example docker.io/${imageName}, or set skipPush`;
        return { property: "imageName", reason };
    }
    return undefined;
}

type Kind = "string" | "boolean" | "strings" | "map";

const KINDS: Record<string, Kind> = {
    imageName: "string",
    skipPush: "boolean",
    buildOnPreview: "boolean",
    "registry.server": "string",
    "registry.username": "string",
    "registry.password": "string",
    "build.context": "string",
    "build.dockerfile": "string",
    "build.args": "map",
    "build.target": "string",
    "build.platform": "string",
    "build.network": "string",
    "build.addHosts": "strings",
    "build.cacheFrom.images": "strings",
    "build.builderVersion": "string",
};

/** What has the wrong type. Unknown values have the type that they should have. */
function typeFailures(inputs: Properties): CheckFailure[] {
    const failures: CheckFailure[] = [];
    if (inputs.imageName === undefined) {
        failures.push({ property: "imageName", reason: "is missing: set the name under which the image is pushed" });
    }
    for (const name of ["build", "build.cacheFrom", "registry"]) {
        const value = lookUp(inputs, name);
        if (value !== undefined && !hasUnknowns(value) && !isObject(value)) {
            failures.push({ property: name, reason: "must be an object" });
        }
    }
    for (const [name, kind] of Object.entries(KINDS)) {
        const value = lookUp(inputs, name);
        if (value !== undefined && !hasUnknowns(value) && !isKind(value, kind)) {
            const what = { string: "a string", boolean: "true or false", strings: "a list of strings" };
            const reason = kind === "map" ? "must be a map of strings" : `must be ${what[kind]}`;
            failures.push({ property: name, reason });
        }
    }
    const builder = lookUp(inputs, "build.builderVersion");
    if (typeof builder === "string" && !hasUnknowns(builder) && !BUILDERS.includes(builder)) {
        const reason = `${JSON.stringify(builder)} is no builder: ${BUILDERS.join(" or ")}`;
        failures.push({ property: "build.builderVersion", reason });
    }
    return failures;
}

const BUILDERS = ["BuilderV1", "BuilderBuildKit"];

function lookUp(inputs: Properties, name: string): Value | undefined {
    return name
        .split(".")
        .reduce<Value | undefined>((value, key) => (isObject(value) ? value[key] : undefined), inputs);
}

function isKind(value: Value, kind: Kind): boolean {
    switch (kind) {
        case "strings":
            return Array.isArray(value) && value.every((element) => typeof element === "string");
        case "map":
            return isObject(value) && Object.values(value).every((element) => typeof element === "string");
        default:
            return typeof value === kind;
    }
}

/** The arguments out of checked inputs that are all known. */
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

/** What is kept in the state: the outputs, and the inputs as a secret, since they contain secrets. */
export function state(inputs: Properties, known: Properties): Properties {
    return { ...withSecretsOf(known, inputs), __inputs: secret(plain(inputs)) };
}

/** What is not to be seen in any output: the password, and build arguments that are secrets. */
export function hiddenStrings(inputs: Properties): string[] {
    const { registry, build } = inputs;
    const password = lookUp(plain(inputs) as Properties, "registry.password");
    return [...secretStrings(registry), ...secretStrings(build), ...(typeof password === "string" ? [password] : [])];
}

/** How a property differs; the numbers are those of the protocol's `PropertyDiff.Kind`. */
export const ADD = 0;
export const DELETE = 2;
export const UPDATE = 4;

/**
 * The inputs that differ from those of the state. Every change is an update, none a replacement: an image is built and
 * pushed again under its name. The registry's user and password may change without a build.
 */
export function diff(oldState: Properties, oldInputs: Properties, news: Properties): Record<string, number> {
    const state = plain(oldState) as Properties;
    const before = isObject(state.__inputs) ? state.__inputs : (plain(oldInputs) as Properties);
    const after = plain(news) as Properties;
    const changes: Record<string, number> = {};
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
        if (before[key] === undefined) {
            changes[key] = ADD;
        } else if (after[key] === undefined) {
            changes[key] = DELETE;
        } else if (!isEqual(before[key], after[key]) && !(key === "registry" && sameServer(before, after))) {
            changes[key] = UPDATE;
        }
    }
    return changes;
}

function sameServer(before: Properties, after: Properties): boolean {
    return (
        isObject(before.registry) && isObject(after.registry) && isEqual(before.registry.server, after.registry.server)
    );
}

/** Whether a preview shall build the image, and what the user should know if it was asked to and cannot. */
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
              warning: "buildOnPreview is set, but imageName or build are not known yet: the image is not built now.",
          }
        : { build: true };
}
