import { isObject, plain, type Properties, secret, secretStrings, type Value } from "./values";

/** The resource types of this provider. */
export const IMAGE_TYPE = "docker-build:index:Image";
export const INDEX_TYPE = "docker-build:index:Index";

/** Credentials for a registry. */
export interface Registry {
    address: string;
    username?: string;
    password?: string;
}

/** The arguments of an image that this provider supports. */
export interface Image {
    addHosts?: string[];
    buildArgs?: Record<string, string>;
    buildOnPreview?: boolean;
    cacheFrom?: { registry: { ref: string } }[];
    cacheTo?: { registry: { ref: string; mode?: string; imageManifest?: boolean; ociMediaTypes?: boolean } }[];
    context: { location: string };
    dockerfile: { location: string };
    labels?: Record<string, string>;
    network?: string;
    platforms?: string[];
    push?: boolean;
    registries?: Registry[];
    secrets?: Record<string, string>;
    tags: string[];
    target?: string;
}

/** The names of the supported arguments. */
export const SUPPORTED = [
    "addHosts",
    "buildArgs",
    "buildOnPreview",
    "cacheFrom",
    "cacheTo",
    "context",
    "dockerfile",
    "labels",
    "network",
    "platforms",
    "push",
    "registries",
    "secrets",
    "tags",
    "target",
] satisfies (keyof Image)[];

/** The arguments of an index. */
export interface Index {
    tag: string;
    sources: string[];
    push?: boolean;
    registry?: Registry;
}

/** Inputs without markers of secrets. */
export function parse<Args>(inputs: Properties): Args {
    return plain(inputs) as unknown as Args;
}

/** The inputs with everything marked as secret that is one: secrets of builds, and passwords. */
export function withSecrets(inputs: Properties): Properties {
    const { secrets, registries } = inputs;
    return {
        ...inputs,
        ...(secrets && { secrets: secret(plain(secrets)) }),
        ...(Array.isArray(registries) && { registries: registries.map(withSecretPassword) }),
    };
}

function withSecretPassword(registry: Value): Value {
    return isObject(registry) && registry.password
        ? { ...registry, password: secret(plain(registry.password)) }
        : registry;
}

/** What to hide in all output: secrets, passwords, and everything that is marked as secret. */
export function hiddenStrings(inputs: Properties): string[] {
    const { secrets = {}, registries = [], registry } = parse<Partial<Image & { registry?: Registry }>>(inputs);
    const passwords = [...registries, ...(registry ? [registry] : [])].map(({ password }) => password ?? "");
    return [...Object.values(secrets), ...passwords, ...secretStrings(inputs)].filter((text) => text !== "");
}
