import { existsSync } from "node:fs";
import * as path from "node:path";

import { contextDigest } from "./context";
import { DEFAULT_DOCKERFILE, lookUp } from "./image";
import { parseReference } from "./reference";
import { hasUnknowns, isObject, plain, type Properties, secret, type Value, withSecretsOf } from "./values";

export interface CheckFailure {
    property: string;
    reason: string;
}

export interface CheckResult {
    inputs: Properties;
    failures: CheckFailure[];
    /** What the user should know about the defaults. */
    notes: string[];
}

/**
 * Adds the defaults and the digest of the build context to the inputs, and returns what is wrong with them. Values that
 * are not known yet are not checked.
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

/** Sets the defaults and the digest of the context; returns the failure if the digest cannot be computed. */
async function completeBuild(build: Properties): Promise<{ failure?: CheckFailure; note?: string }> {
    let note: string | undefined;
    if (build.platform === undefined) {
        build.platform = hostPlatform();
        note =
            `Building for ${build.platform}, the platform of this machine: ` +
            "set build.platform if the image is for another one.";
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

/** The reference of a pushed image must name its registry, unless `registry.server` does. */
function checkName(inputs: Properties): CheckFailure | undefined {
    const { imageName } = inputs;
    if (typeof imageName !== "string" || hasUnknowns(imageName)) {
        return undefined;
    }
    const reference = parseReference(imageName);
    if (!reference) {
        const form = "[registry/]repository[:tag], in lowercase";
        return { property: "imageName", reason: `${JSON.stringify(imageName)} is not an image reference: ${form}` };
    }
    const server = isObject(inputs.registry) ? inputs.registry.server : undefined;
    if (!reference.registry && !server && inputs.skipPush !== true) {
        const reason =
            `${imageName} does not name the registry that it is pushed to; ` +
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

/** The properties of the wrong type. Unknown values have the type that they should have. */
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
        const reason = `${JSON.stringify(builder)} is not a builder: it must be ${BUILDERS.join(" or ")}`;
        failures.push({ property: "build.builderVersion", reason });
    }
    return failures;
}

const BUILDERS = ["BuilderV1", "BuilderBuildKit"];

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
