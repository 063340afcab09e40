import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { run } from "../../../local/run";

/** A tar of the content of a directory, below `top`: the same content always gives the same bytes. */
export async function tarOf(directory: string, top = "."): Promise<Buffer> {
    const file = path.join(tmpdir(), `kubernetes-mlops-${process.pid}-${Date.now()}.tar`);
    const sameAlways = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--format=gnu"];
    try {
        await run("tar", [
            "--create",
            ...sameAlways,
            `--transform=s,^\\.,${top},`,
            "--file",
            file,
            "--directory",
            directory,
            ".",
        ]);
        return await readFile(file);
    } finally {
        await rm(file, { force: true });
    }
}
