/**
 * The part of the OCI distribution protocol that a push needs, for a registry without TLS or credentials, such as the
 * one on this machine.
 */
import { createHash } from "node:crypto";

/** A descriptor of content in a manifest. */
export interface Descriptor {
    mediaType: string;
    digest: string;
    size: number;
}

/** The manifest of a tag in the registry. */
export interface Manifest {
    config: Descriptor;
    layers: Descriptor[];
    annotations?: Record<string, string>;
}

const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";

export const digestOf = (content: Buffer): string => `sha256:${createHash("sha256").update(content).digest("hex")}`;

/** The manifest of a tag; undefined without the tag. */
export async function pulledManifest(registry: string, repository: string, tag: string): Promise<Manifest | undefined> {
    const url = `http://${registry}/v2/${repository}/manifests/${tag}`;
    const response = await fetch(url, { headers: { Accept: MANIFEST_TYPE } });
    if (response.status === 404) {
        return undefined;
    }
    return (await succeeded(response, `reading ${url}`).json()) as Manifest;
}

/** Uploads content, unless the repository has it, and returns its descriptor for a manifest. */
export async function pushBlob(
    registry: string,
    repository: string,
    mediaType: string,
    content: Buffer,
): Promise<Descriptor> {
    const descriptor = { mediaType, digest: digestOf(content), size: content.length };
    const blobs = `http://${registry}/v2/${repository}/blobs`;
    if ((await fetch(`${blobs}/${descriptor.digest}`, { method: "HEAD" })).ok) {
        return descriptor;
    }
    const begun = succeeded(await fetch(`${blobs}/uploads/`, { method: "POST" }), `uploading to ${blobs}`);
    const target = new URL(begun.headers.get("location")!, blobs);
    target.searchParams.set("digest", descriptor.digest);
    const headers = { "Content-Type": "application/octet-stream" };
    succeeded(await fetch(target, { method: "PUT", headers, body: new Uint8Array(content) }), `uploading to ${blobs}`);
    return descriptor;
}

/** Puts a manifest under a tag, and replaces the previous one. */
export async function pushManifest(
    registry: string,
    repository: string,
    tag: string,
    manifest: Manifest,
): Promise<void> {
    const url = `http://${registry}/v2/${repository}/manifests/${tag}`;
    const body = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST_TYPE, ...manifest });
    succeeded(await fetch(url, { method: "PUT", headers: { "Content-Type": MANIFEST_TYPE }, body }), `writing ${url}`);
}

function succeeded(response: Response, what: string): Response {
    if (!response.ok) {
        throw new Error(`${what} failed: the registry answered ${response.status} ${response.statusText}`);
    }
    return response;
}
