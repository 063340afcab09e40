import { isPlainObject, mapDeep } from "../../arguments/walk";
import type { MirrorArgs } from "./mirror-args";

/** The registries that are recognized inside other strings than those of a field `image`. */
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

/** Returns the name of an image in the mirror. An image that is in the mirror already is not changed. */
export function mirrorImage(image: string, mirror: MirrorArgs): string {
    const host = /^(localhost|[^/]*[.:][^/]*)\//.exec(image)?.[1];
    const registry = host ?? "docker.io";
    const rest = host ? image.slice(host.length + 1) : image.includes("/") ? image : `library/${image}`;
    const prefix = mirror.registries?.[registry] ?? (mirror.images && `${mirror.images}/${registry}`);
    const isMirrored = [mirror.images, ...Object.values(mirror.registries ?? {})].some(
        (known) => known !== undefined && image.startsWith(`${known}/`),
    );
    return prefix === undefined || isMirrored ? image : `${prefix}/${rest}`;
}

/**
 * Returns an object with all images from the mirror: those of fields `image`, in any kind of object, and those in
 * arguments, variables and configuration, which are recognized by their registry.
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

/** Whether `image` is only a part of a name, because the object also has a `repository` or `registry`. */
const isPartOfImage = (parent: unknown): boolean =>
    isPlainObject(parent) && ("repository" in parent || "registry" in parent);
