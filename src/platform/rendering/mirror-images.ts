import { isPlainObject, mapDeep } from "../../arguments/walk";
import type { MirrorArgs } from "./mirror-args";

/** The registries that are recognised in the middle of other texts, where no `image:` says what a text is. */
const knownRegistries = [
    "cr.fluentbit.io",
    "docker.io",
    "docker.n8n.io",
    "gcr.io",
    "ghcr.io",
    "mcr.microsoft.com",
    "nvcr.io",
    "public.ecr.aws",
    "quay.io",
    "reg.kyverno.io",
    "registry.k8s.io",
    "us-central1-docker.pkg.dev",
];

const inText = new RegExp(
    `(^|[\\s"'=,(])((?:${knownRegistries.map((host) => host.replaceAll(".", "\\.")).join("|")})/[\\w./-]+)`,
    "g",
);

/** The name of an image, from the mirror. What is there already stays as it is. */
export function mirrorImage(image: string, mirror: MirrorArgs): string {
    const first = image.split("/")[0]!;
    const hasRegistry = image.includes("/") && /[.:]|^localhost$/.test(first);
    const registry = hasRegistry ? first : "docker.io";
    const rest = hasRegistry ? image.slice(first.length + 1) : image.includes("/") ? image : `library/${image}`;
    const prefix = mirror.registries?.[registry] ?? (mirror.images && `${mirror.images}/${registry}`);
    const isMirrored = [mirror.images, ...Object.values(mirror.registries ?? {})].some(
        (known) => known !== undefined && image.startsWith(`${known}/`),
    );
    return prefix === undefined || isMirrored ? image : `${prefix}/${rest}`;
}

/**
 * An object with every image from the mirror: those of containers and init containers, in whatever kind of object they
 * stand, and those that arguments, variables and configuration name, which are recognised by their registry.
 */
export function mirrorImages<T>(object: T, mirror: MirrorArgs): T {
    if (mirror.images === undefined && mirror.registries === undefined) {
        return object;
    }
    // The copy has the shape of the object: only strings are replaced, by strings.
    return mapDeep(object, (value, path, parent) => {
        if (typeof value !== "string") {
            return value;
        }
        return path.at(-1) === "image" && !isPartOfImage(parent)
            ? mirrorImage(value, mirror)
            : value.replace(inText, (_all, before: string, image: string) => before + mirrorImage(image, mirror));
    }) as T;
}

/** Where an object has a `repository` or `registry` of its own, its `image` is the rest of a name. */
const isPartOfImage = (parent: unknown): boolean =>
    isPlainObject(parent) && ("repository" in parent || "registry" in parent);
