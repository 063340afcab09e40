/**
 * The image of the process that holds a pod's namespaces open, built from Debian's static busybox: it needs no
 * registry.
 */
import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";

import { run } from "../run";

export const pauseImage = "localhost/kubernetes-mlops/pause:1";

/** The image's configuration, as the OCI image specification defines it. */
export const pauseConfig = (architecture: string, layerDigest: string): string =>
    JSON.stringify({
        architecture: { x64: "amd64" }[architecture] ?? architecture,
        os: "linux",
        config: { Entrypoint: ["/busybox", "sleep", "2147483647"], User: "65535:65535" },
        rootfs: { type: "layers", diff_ids: [`sha256:${layerDigest}`] },
    });

/**
 * Writes the image as an archive that `docker load` and `ctr images import` read.
 *
 * @param busybox the path of a static busybox
 */
export async function writePauseImage(archive: string, busybox = "/bin/busybox"): Promise<void> {
    const directory = mkdtempSync(`${archive}-`);
    try {
        const file = (name: string): string => path.join(directory, name);
        copyFileSync(busybox, file("busybox"));
        const tar = (output: string, ...names: string[]): Promise<string> =>
            run("tar", ["--create", "--owner=0", "--group=0", "--mtime=@0", "-f", output, "-C", directory, ...names]);
        await tar(file("layer.tar"), "busybox");
        const digest = createHash("sha256")
            .update(readFileSync(file("layer.tar")))
            .digest("hex");
        writeFileSync(file("config.json"), pauseConfig(process.arch, digest));
        const manifest = [{ Config: "config.json", RepoTags: [pauseImage], Layers: ["layer.tar"] }];
        writeFileSync(file("manifest.json"), JSON.stringify(manifest));
        await tar(archive, "manifest.json", "config.json", "layer.tar");
    } finally {
        rmSync(directory, { recursive: true, force: true });
    }
}
