/**
 * Copies images between registries, and joins those of several platforms, with the API of registries.
 * Source: https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
import { createHash } from "node:crypto";

import type { Registry } from "./image";
import { splitReference } from "./reference";

const INDEX = "application/vnd.docker.distribution.manifest.list.v2+json";
const MANIFESTS = [
    INDEX,
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
].join(", ");

interface Descriptor {
    mediaType: string;
    digest: string;
    size: number;
    platform?: { os: string; architecture: string; variant?: string };
}

interface Manifest {
    mediaType?: string;
    config?: Descriptor;
    layers?: Descriptor[];
    manifests?: Descriptor[];
}

/** Copies an image with everything that belongs to it. Returns its digest. */
export async function copyImage(source: string, target: string, credentials: Registry[]): Promise<string> {
    const [from, to] = [splitReference(source), splitReference(target)];
    const manifest = await getManifest(from, from.reference, credentials);
    await copyParts(manifest.content, from, to, credentials);
    await putManifest(to, to.reference, manifest.bytes, manifest.mediaType, credentials);
    return manifest.digest;
}

/** Pushes an index of the images of several platforms, which are in the same repository. Returns its digest. */
export async function joinPlatforms(
    images: { platform: string; reference: string }[],
    target: string,
    credentials: Registry[],
): Promise<string> {
    const to = splitReference(target);
    const manifests: Descriptor[] = [];
    for (const { platform, reference } of images) {
        const { digest, mediaType, bytes } = await getManifest(to, splitReference(reference).reference, credentials);
        const [os = "", architecture = "", variant] = platform.split("/");
        manifests.push({
            mediaType,
            digest,
            size: bytes.length,
            platform: { os, architecture, ...(variant !== undefined && { variant }) },
        });
    }
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
    await putManifest(to, to.reference, bytes, INDEX, credentials);
    return digestOf(bytes);
}

/** The digest of an image; undefined if the registry does not have it. */
export async function findDigest(reference: string, credentials: Registry[]): Promise<string | undefined> {
    const at = splitReference(reference);
    const response = await send(at, `manifests/${at.reference}`, { headers: { Accept: MANIFESTS } }, credentials);
    return response.ok ? digestOf(Buffer.from(await response.arrayBuffer())) : undefined;
}

type Place = ReturnType<typeof splitReference>;

async function copyParts(manifest: Manifest, from: Place, to: Place, credentials: Registry[]): Promise<void> {
    for (const part of manifest.manifests ?? []) {
        const { content, bytes, mediaType } = await getManifest(from, part.digest, credentials);
        await copyParts(content, from, to, credentials);
        await putManifest(to, part.digest, bytes, mediaType, credentials);
    }
    for (const blob of [...(manifest.config ? [manifest.config] : []), ...(manifest.layers ?? [])]) {
        await copyBlob(blob.digest, from, to, credentials);
    }
}

async function copyBlob(digest: string, from: Place, to: Place, credentials: Registry[]): Promise<void> {
    if ((await send(to, `blobs/${digest}`, { method: "HEAD" }, credentials)).ok) {
        return;
    }
    const blob = await (await expectOk(send(from, `blobs/${digest}`, {}, credentials), "get a layer")).arrayBuffer();
    const started = await expectOk(send(to, "blobs/uploads/", { method: "POST" }, credentials), "push a layer");
    const url = new URL(started.headers.get("location") ?? "", started.url);
    url.searchParams.set("digest", digest);
    const headers = { "Content-Type": "application/octet-stream", ...authorization(to.registry, credentials) };
    await expectOk(fetch(url, { method: "PUT", headers, body: blob }), "push a layer");
}

async function getManifest(at: Place, reference: string, credentials: Registry[]) {
    const headers = { Accept: MANIFESTS };
    const response = await expectOk(send(at, `manifests/${reference}`, { headers }, credentials), "get the image");
    const bytes = Buffer.from(await response.arrayBuffer());
    const content = JSON.parse(bytes.toString()) as Manifest;
    return { bytes, content, mediaType: response.headers.get("content-type") ?? "", digest: digestOf(bytes) };
}

async function putManifest(at: Place, reference: string, body: Buffer, mediaType: string, credentials: Registry[]) {
    const init = { method: "PUT", body: new Uint8Array(body), headers: { "Content-Type": mediaType } };
    await expectOk(send(at, `manifests/${reference}`, init, credentials), "push the image");
}

function send(at: Place, what: string, init: RequestInit, credentials: Registry[]): Promise<Response> {
    const isLocal = /^(localhost|127\.[\d.]+)(:\d+)?$/.test(at.registry);
    const url = `${isLocal ? "http" : "https"}://${at.registry}/v2/${at.name}/${what}`;
    return fetch(url, { ...init, headers: { ...init.headers, ...authorization(at.registry, credentials) } });
}

function authorization(registry: string, credentials: Registry[]): Record<string, string> {
    const found = credentials.find(({ address }) => address.replace(/^https?:\/\//, "").split("/")[0] === registry);
    const pair = Buffer.from(`${found?.username}:${found?.password}`).toString("base64");
    return found ? { Authorization: `Basic ${pair}` } : {};
}

async function expectOk(sent: Promise<Response>, what: string): Promise<Response> {
    const response = await sent.catch((error: Error) => {
        throw new Error(`The registry cannot be reached to ${what}: ${error.message}`);
    });
    if (!response.ok) {
        throw new Error(`The registry refused to ${what}: ${response.url} answered ${response.status}`);
    }
    return response;
}

const digestOf = (bytes: Buffer): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
