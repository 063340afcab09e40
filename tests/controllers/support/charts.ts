/**
 * Helm charts without Helm: made ready in a directory, packed, and pushed to a registry.
 */
import { existsSync } from "node:fs";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { gzipSync } from "node:zlib";

import * as yaml from "yaml";

import { run } from "../../../local/run";
import { tarOf } from "./archive";
import { pushBlob, pushManifest } from "./oci";

/** What makes a chart of a module's own what its project publishes. */
export interface Release {
    version: string;
    appVersion?: string;
    /** The file that values.yaml is made of, where the module has none. */
    template?: string;
    /** What the project's release scripts write into values.yaml: a path with dots, and what stands there. */
    values?: Record<string, unknown>;
    /** Charts that it depends on and that are not to be had. */
    without?: string[];
}

interface ChartMetadata {
    name: string;
    version: string;
}

/** Copies a chart and gives it the version and values with which it is published. */
export async function releaseChart(source: string, target: string, release: Release): Promise<void> {
    // Go's module cache is read-only, and the copy must not be.
    await run("cp", ["-r", "--no-preserve=mode", source, target]);
    if (release.template) {
        await rename(path.join(target, release.template), path.join(target, "values.yaml"));
    }
    await edit(path.join(target, "Chart.yaml"), (document) => {
        document.set("version", release.version);
        if (release.appVersion) {
            document.set("appVersion", release.appVersion);
        }
        const dependencies = document.get("dependencies") as yaml.YAMLSeq<yaml.YAMLMap> | undefined;
        if (dependencies && release.without) {
            dependencies.items = dependencies.items.filter(
                (dependency) => !release.without!.includes(dependency.get("name") as string),
            );
        }
    });
    await edit(path.join(target, "values.yaml"), (document) => {
        for (const [place, value] of Object.entries(release.values ?? {})) {
            document.setIn(place.split("."), value);
        }
    });
}

async function edit(file: string, change: (document: yaml.Document.Parsed) => void): Promise<void> {
    if (existsSync(file)) {
        const document = yaml.parseDocument(await readFile(file, "utf8"));
        change(document);
        await writeFile(file, document.toString({ lineWidth: 0 }));
    }
}

/** Puts a chart that was made ready into its place; one of the same content that is there already is not touched. */
export async function placeChart(ready: string, place: string): Promise<void> {
    if (existsSync(place)) {
        if ((await packed(ready)).equals(await packed(place))) {
            await rm(ready, { recursive: true });
            return;
        }
        await rm(place, { recursive: true });
    }
    await rename(ready, place);
}

/**
 * Pushes a chart's directory to `charts/<name>` of a registry, with the chart's version as its tag, and gives the
 * reference without `oci://`: `localhost:5001/charts/kueue:0.19.2`.
 */
export async function pushChart(directory: string, registry: string): Promise<string> {
    const metadata = await metadataOf(directory);
    const { name, version } = metadata;
    const repository = `charts/${name}`;
    // A tag may hold no plus sign: Helm asks for the version with an underscore.
    const tag = version.replaceAll("+", "_");
    const configuration = Buffer.from(JSON.stringify(metadata));
    const content = await packed(directory);
    const contentType = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
    await pushManifest(registry, repository, tag, {
        config: await pushBlob(registry, repository, "application/vnd.cncf.helm.config.v1+json", configuration),
        layers: [await pushBlob(registry, repository, contentType, content)],
    });
    return `${registry}/${repository}:${tag}`;
}

const metadataOf = async (directory: string): Promise<ChartMetadata> =>
    yaml.parse(await readFile(path.join(directory, "Chart.yaml"), "utf8")) as ChartMetadata;

/** The archive that `helm package` would make. */
async function packed(directory: string): Promise<Buffer> {
    return gzipSync(await tarOf(directory, (await metadataOf(directory)).name));
}
