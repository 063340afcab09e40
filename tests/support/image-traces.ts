/** Everything that an Image leaves behind, in which a secret must not be. */
import { strict as assert } from "node:assert";
import * as fs from "node:fs";
import * as path from "node:path";

import { docker } from "../../local/docker/daemon";
import type { CliProject } from "./cli-project";
import { savedEnvironment } from "./environment";

/** An image that a project's stack has built. */
export interface BuiltImage {
    ref: string;
    /** A line of a file that the build copies. It must be found, or else nothing else would be either. */
    line: string;
    project: CliProject;
    stack: string;
}

/** Checks that a secret is neither in an image, nor in the state of the stack, nor in the copy of the context. */
export async function assertNoTrace(secret: string, { ref, line, project, stack }: BuiltImage): Promise<void> {
    const host = savedEnvironment().dockerHost!;
    const archive = path.join(project.directory, "image.tar");
    await docker(host, ["save", "--output", archive, ref]);
    const copies = path.join(project.directory, ".kubernetes-mlops");
    const everywhere: Record<string, string> = {
        history: await docker(host, ["history", "--no-trunc", ref]),
        configuration: await docker(host, ["inspect", ref]),
        layers: fs.readFileSync(archive, "latin1"),
        state: await project.succeed(["stack", "export", "--stack", stack]),
        stored: project.stored(),
        copy: fs
            .readdirSync(copies, { recursive: true, encoding: "utf8" })
            .map((name) => path.join(copies, name))
            .filter((file) => fs.statSync(file).isFile())
            .map((file) => fs.readFileSync(file, "utf8"))
            .join(),
    };
    fs.rmSync(archive);
    assert.ok(everywhere.layers!.includes(line) && everywhere.copy!.includes(line), line);
    for (const [where, content] of Object.entries(everywhere)) {
        assert.ok(content.length > 0, where);
        assert.ok(!content.includes(secret), where);
        assert.ok(!content.includes(Buffer.from(secret).toString("base64")), where);
    }
}
