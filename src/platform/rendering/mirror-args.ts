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
