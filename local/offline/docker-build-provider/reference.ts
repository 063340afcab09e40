const DOCKER_HUB = ["docker.io", "index.docker.io", "registry-1.docker.io"];

/** The parts of an image reference such as `registry.example.com:5000/team/app:1.0`, or with a digest. */
export function splitReference(image: string): { registry: string; name: string; reference: string } {
    const match = /^([^/]+)\/([^@:]+)(?::([^@/]+))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(image);
    if (!match) {
        throw new Error(`${JSON.stringify(image)} is not an image reference with a registry, such as registry/app:1.0`);
    }
    const [, registry = "", name = "", tag, digest] = match;
    return { registry, name, reference: digest ?? tag ?? "latest" };
}

/** The server whose credentials apply, without scheme and path; undefined for Docker Hub, docker's default. */
export function credentialServer(address: string): string | undefined {
    const host = address.replace(/^[a-z]+:\/\//, "").split("/")[0]!;
    return DOCKER_HUB.includes(host) ? undefined : host;
}
