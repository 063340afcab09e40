/** The parts of an image name such as `registry.example.com:5000/team/app:1.0`. */
export interface Reference {
    /** The registry's host with its port; undefined when the name does not include it. */
    registry: string | undefined;
    /** The name without the tag, as Docker shows it: without `docker.io/` and its `library/`. */
    repository: string;
    tag: string | undefined;
}

const COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const NAME = new RegExp(
    `^(?:([A-Za-z0-9.-]+(?::[0-9]+)?|\\[[0-9a-fA-F:]+\\](?::[0-9]+)?)/)?(${COMPONENT}(?:/${COMPONENT})*)$`,
);
const TAG = /^[\w][\w.-]{0,127}$/;
const DOCKER_HUB = ["docker.io", "index.docker.io", "registry-1.docker.io"];

/** Parses an image reference `[registry/]repository[:tag]`; undefined when it is invalid. */
export function parseReference(image: string): Reference | undefined {
    const slash = image.lastIndexOf("/");
    const colon = image.indexOf(":", slash + 1);
    const [name, tag] = colon < 0 ? [image, undefined] : [image.slice(0, colon), image.slice(colon + 1)];
    const match = NAME.exec(name);
    if (!match || (tag !== undefined && !TAG.test(tag))) {
        return undefined;
    }
    const [, first, rest = ""] = match;
    // Docker's rule: the first part is a host unless it could be a user's name on Docker Hub.
    if (first === undefined || !(/[.:]/.test(first) || first === "localhost")) {
        const repository = first === undefined ? rest : `${first}/${rest}`;
        return { registry: undefined, repository, tag };
    }
    const repository = DOCKER_HUB.includes(first) ? rest.replace(/^library\//, "") : `${first}/${rest}`;
    return { registry: first, repository, tag };
}

/**
 * The server whose credentials apply, without scheme and path; undefined for Docker Hub, docker's default when no
 * server is named.
 */
export function credentialServer(server: string | undefined, image: string): string | undefined {
    const host = server ? server.replace(/^[a-z]+:\/\//, "").split("/")[0] : parseReference(image)?.registry;
    return host && !DOCKER_HUB.includes(host) ? host : undefined;
}
