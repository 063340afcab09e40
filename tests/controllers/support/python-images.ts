/**
 * Images of programs that are not Go programs, but are available as a Python package: installed on the base image.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as path from "node:path";

import { docker } from "../../../local/docker/daemon";
import { registryHost, responds } from "../../../local/docker/registry";
import { dockerDir, ownDockerHost, type Settings } from "../../../local/docker/settings";
import { savedEnvironment } from "../../../local/environment";
import type { Report } from "../../../local/progress";

export interface PackagedImage {
    /** The package with its exact version, as pip takes it. */
    package: string;
    /** The executable in the installed package. */
    program: string;
    /** The name under which the program's project publishes it: `docker.io/envoyproxy/envoy`. */
    repository: string;
    tag: string;
}

const recipe = path.join(__dirname, "python-image");

/** Builds and pushes the image, unless the registry has the same one. */
export async function ensurePackagedImage(image: PackagedImage, settings: Settings, report: Report): Promise<void> {
    const { repository, tag } = image;
    const base = savedEnvironment()?.baseImage;
    if (!base) {
        throw new Error(`There is no base image for ${repository}; run: npm run local -- up --node`);
    }
    const built = `built-${recipeKey(image, base)}`;
    if (await responds(settings.registryPort, `/v2/${repository}/manifests/${built}`)) {
        return;
    }
    const registry = registryHost(settings);
    const names = [tag, built].map((name) => `${registry}/${repository}:${name}`);
    const host = settings.usersDaemon ?? ownDockerHost();
    report(`building ${repository}:${tag} from the Python package ${image.package}`);
    const values = { BASE: base, PACKAGE: image.package, PROGRAM: image.program };
    const args = Object.entries(values).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]);
    const tags = names.flatMap((name) => ["--tag", name]);
    // The daemon's own network may not reach the sources of packages that the machine reaches.
    await docker(host, ["build", "--network", "host", ...args, ...tags, recipe], {
        env: { DOCKER_BUILDKIT: "0" },
        log: dockerDir("packaged-image.log"),
    });
    report(`pushing ${repository}:${tag} to ${registry}`);
    // The tag that the next run looks for comes last.
    for (const name of names) {
        await docker(host, ["push", "--quiet", name]);
    }
}

/** Changes with everything that the image depends on. */
function recipeKey({ package: name, program }: PackagedImage, base: string): string {
    const parts = [readFileSync(path.join(recipe, "Dockerfile"), "utf8"), name, program, base];
    return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 12);
}
