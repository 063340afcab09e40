/**
 * Images that contain one executable, created without a docker daemon: a layer, a configuration and a manifest.
 */
import { chmod, copyFile, link, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { rootCertificates } from "node:tls";

import { machineCertificates } from "../../../local/offline/base-image/certificates";
import { cacheDir } from "../../../local/paths";
import { tarOf } from "./archive";
import { digestOf, pulledManifest, pushBlob, pushManifest } from "./oci";

/** The user that images without a distribution run as by convention. */
const NONROOT = 65532;
const ZONES = "/usr/share/zoneinfo.zip";

/**
 * The annotation of a manifest with the key of its content, so that an image is pushed again only when that has
 * changed.
 */
const KEY = "kubernetes-mlops.local/key";
/** Changes with what an image contains besides the program. */
const RECIPE = 2;

export interface ProgramImage {
    /** As its project publishes it, without the registry's own name: `registry.k8s.io/kueue/kueue`. */
    repository: string;
    tag: string;
    /** The executable on this machine. */
    program: string;
    /** Changes with the executable. */
    key: string;
    /** Where the executable is in the image: `/manager`. */
    path: string;
    /** Returns the archive of time zones that Go programs read. */
    timeZones: () => Promise<string>;
}

/** Pushes the image to the registry, unless it exists there; returns whether it was pushed. */
export async function pushImage(image: ProgramImage, registry: string): Promise<boolean> {
    const { repository, tag } = image;
    const key = `${image.key}-${RECIPE}`;
    const pushed = await pulledManifest(registry, repository, tag);
    if (pushed?.annotations?.[KEY] === key) {
        return false;
    }
    const layer = await layerOf(image);
    const configuration = Buffer.from(imageConfiguration(image.path, digestOf(layer)));
    await pushManifest(registry, repository, tag, {
        // Not compressed: it does not leave this machine.
        layers: [await pushBlob(registry, repository, "application/vnd.oci.image.layer.v1.tar", layer)],
        config: await pushBlob(registry, repository, "application/vnd.oci.image.config.v1+json", configuration),
        annotations: { [KEY]: key },
    });
    return true;
}

/** The image's configuration, as the OCI image specification defines it. */
export function imageConfiguration(program: string, layerDigest: string): string {
    return JSON.stringify({
        architecture: { x64: "amd64" }[process.arch as string] ?? process.arch,
        os: "linux",
        config: {
            Entrypoint: [program],
            Env: [`ZONEINFO=${ZONES}`],
            User: `${NONROOT}:${NONROOT}`,
            WorkingDir: "/",
        },
        rootfs: { type: "layers", diff_ids: [layerDigest] },
    });
}

/** The executable with the few files that a program expects of a system. */
async function layerOf({ program, path: place, timeZones }: ProgramImage): Promise<Buffer> {
    // In the cache, where the executable can be linked instead of copied.
    const root = await mkdtemp(cacheDir("tools", "image-"));
    const below = (...names: string[]): string => path.join(root, ...names);
    try {
        await mkdir(below("etc", "ssl", "certs"), { recursive: true });
        await writeFile(below("etc", "ssl", "certs", "ca-certificates.crt"), certificates());
        await writeFile(below("etc", "passwd"), `nonroot:x:${NONROOT}:${NONROOT}:nonroot:/:/sbin/nologin\n`);
        await mkdir(path.dirname(below(ZONES)), { recursive: true });
        await copyFile(await timeZones(), below(ZONES));
        await mkdir(below("tmp"));
        await chmod(below("tmp"), 0o1777);
        await mkdir(path.dirname(below(place)), { recursive: true });
        await link(program, below(place));
        await chmod(root, 0o755);
        return await tarOf(root);
    } finally {
        await rm(root, { recursive: true });
    }
}

const certificates = (): string => [...rootCertificates, ...machineCertificates()].join("\n");
