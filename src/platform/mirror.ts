import * as fs from "node:fs";
import * as path from "node:path";

import { configured } from "../arguments/config";
import type { ChartSource } from "./definition";

/** Where a closed network has what the charts take from the internet. */
export interface MirrorArgs {
    /**
     * Where the charts are: another OCI registry (`oci://<host>/<path>`, to which `/<chart>` is added), or a directory
     * that holds `<chart>-<version>.tgz` or the same unpacked, as `helm pull` writes them, and `<name>-<version>.yaml`
     * of what is published as a file of manifests. Defaults to the charts' own repositories.
     */
    charts?: string;
    /**
     * What is put before every image's name, for example "registry.example.com/mirror": `quay.io/a/b:v1` becomes
     * `registry.example.com/mirror/quay.io/a/b:v1`. Images of Docker Hub are written out: `nginx` becomes
     * `docker.io/library/nginx`. Defaults to the images' own registries.
     */
    images?: string;
    /**
     * What stands in the place of single registries, for example { "docker.io": "registry.example.com/hub" }, as for
     * the proxy caches of Harbor. Takes precedence over `images`.
     */
    registries?: Record<string, string>;
    /** Whether the registry of the charts is asked over plain HTTP, such as one on localhost. Defaults to false. */
    plainHttp?: boolean;
}

/** The mirror of the arguments, or of the package's configuration. */
export const effectiveMirror = (mirror?: MirrorArgs): MirrorArgs => mirror ?? configured<MirrorArgs>("mirror") ?? {};

/** Whether the charts of a mirror are in a directory. */
const isDirectory = (charts: string): boolean => !charts.startsWith("oci://");

/** Where a chart is, as `helm.v4.Chart` takes it; or the file of manifests that stands for one. */
export interface ChartLocation {
    chart: string;
    /** The path or address of the file. */
    manifest?: string;
    version?: string;
    repositoryOpts?: { repo: string };
    plainHttp?: boolean;
}

/** Where a chart is had from; a text that says what is missing where a directory does not have it. */
export function locate(source: ChartSource, mirror: MirrorArgs = {}): ChartLocation | string {
    const { name, version, repository } = source;
    const plainHttp = mirror.plainHttp ? { plainHttp: true } : {};
    if (source.manifest !== undefined) {
        return locateManifest(source, source.manifest, mirror);
    }
    if (mirror.charts !== undefined && isDirectory(mirror.charts)) {
        const found = inDirectory(mirror.charts, source);
        return found === undefined ? missing(mirror.charts, source) : { chart: found };
    }
    if (mirror.charts !== undefined) {
        return { chart: `${mirror.charts.replace(/\/$/, "")}/${name}`, version, ...plainHttp };
    }
    return repository.startsWith("oci://")
        ? { chart: `${repository}/${name}`, version, ...plainHttp }
        : { chart: name, version, repositoryOpts: { repo: repository } };
}

function locateManifest(
    { name, version }: ChartSource,
    manifest: string,
    { charts }: MirrorArgs,
): ChartLocation | string {
    if (charts === undefined) {
        return { chart: name, manifest };
    }
    const file = `${name}-${version}.yaml`;
    if (!isDirectory(charts)) {
        return (
            `is a registry, from which ${file} cannot be had, as it is no chart; take a directory, or install it from ` +
            `${manifest} and declare it with existing: true`
        );
    }
    return fs.existsSync(path.join(charts, file))
        ? { chart: name, manifest: path.join(charts, file) }
        : `has no ${file}; put it there: curl --location --output ${path.join(charts, file)} ${manifest}`;
}

function inDirectory(directory: string, { name, version }: ChartSource): string | undefined {
    const versions = [version, version.replace(/^v/, ""), `v${version.replace(/^v/, "")}`];
    return versions
        .flatMap((one) => [`${name}-${one}.tgz`, `${name}-${one}`])
        .map((file) => path.join(directory, file))
        .find((file) => fs.existsSync(file));
}

function missing(directory: string, { name, version, repository }: ChartSource): string {
    const pull = repository.startsWith("oci://")
        ? `helm pull ${repository}/${name} --version ${version}`
        : `helm pull ${name} --repo ${repository} --version ${version}`;
    return `has no ${name}-${version}.tgz; put it there: ${pull} --destination ${directory}`;
}

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
export function mirroredImage(image: string, mirror: MirrorArgs): string {
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
export function mirrored<T>(object: T, mirror: MirrorArgs): T {
    if (mirror.images === undefined && mirror.registries === undefined) {
        return object;
    }
    return changed(object, mirror) as T;
}

function changed(value: unknown, mirror: MirrorArgs): unknown {
    if (typeof value === "string") {
        return value.replace(inText, (_all, before: string, image: string) => before + mirroredImage(image, mirror));
    }
    if (Array.isArray(value)) {
        return value.map((entry) => changed(entry, mirror));
    }
    if (value === null || typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) {
        return value;
    }
    const fields = value as Record<string, unknown>;
    return Object.fromEntries(
        Object.entries(fields).map(([key, field]) => [
            key,
            // Where an object has a `repository` or `registry` of its own, `image` is the rest of a name.
            key === "image" && typeof field === "string" && !isPart(fields)
                ? mirroredImage(field, mirror)
                : changed(field, mirror),
        ]),
    );
}

const isPart = (fields: Record<string, unknown>): boolean => "repository" in fields || "registry" in fields;
