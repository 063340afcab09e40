import { configured } from "../../arguments/config";

/** The mirror of what charts download from the internet. */
export interface MirrorArgs {
    /**
     * The location of the charts: an OCI registry (`oci://<host>/<path>`, to which `/<chart>` is appended), or a
     * directory with `<chart>-<version>.tgz` as `helm pull` writes it, packed or unpacked, and with
     * `<name>-<version>.yaml` for what is published as a manifest file. Defaults to the charts' own repositories.
     */
    charts?: string;
    /**
     * The prefix of all images, for example "registry.example.com/mirror": `quay.io/a/b:v1` becomes
     * `registry.example.com/mirror/quay.io/a/b:v1`. Images of Docker Hub get their full names: `nginx` becomes
     * `docker.io/library/nginx`. Defaults to the images' own registries.
     */
    images?: string;
    /**
     * The prefixes that replace single registries, for example { "docker.io": "registry.example.com/hub" }, as for the
     * proxy caches of Harbor. Takes precedence over `images`.
     */
    registries?: Record<string, string>;
    /**
     * Whether to connect to the registry of the charts over plain HTTP, for example on localhost. Defaults to false.
     */
    plainHttp?: boolean;
}

/** Returns the mirror of the arguments, or of the package's configuration. */
export const effectiveMirror = (mirror?: MirrorArgs): MirrorArgs => mirror ?? configured<MirrorArgs>("mirror") ?? {};
