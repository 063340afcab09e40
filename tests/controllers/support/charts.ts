/**
 * Helm charts without Helm: prepared in a directory, packaged, and pushed to a registry.
 */
import { existsSync } from "node:fs";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { gzipSync } from "node:zlib";

import * as yaml from "yaml";

import { run } from "../../../local/run";
import { tarOf } from "./archive";
import { pushBlob, pushManifest } from "./oci";

/** What turns the chart in a module into the one that its project publishes. */
export interface Release {
    version: string;
    appVersion?: string;
    /** The template of values.yaml, where the module has no values.yaml. */
    template?: string;
    /** What the project's release scripts write into values.yaml: values by dotted path. */
    values?: Record<string, unknown>;
    /** Sub-charts that are not available. */
    without?: string[];
}

interface ChartMetadata {
    name: string;
    version: string;
}

/** Copies a chart and sets the version and values with which it is published. */
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

/** Moves a prepared chart into its place, unless the same content is there already. */
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
 * Pushes a chart's directory to `charts/<name>` of a registry, with the chart's version as its tag, and returns the
 * reference without `oci://`: `localhost:5001/charts/kueue:0.19.2`.
 */
export async function pushChart(directory: string, registry: string): Promise<string> {
    const metadata = await metadataOf(directory);
    const { name, version } = metadata;
    const repository = `charts/${name}`;
    // A tag may not contain a plus sign: Helm replaces it with an underscore.
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

/** The archive that `helm package` would create. */
async function packed(directory: string): Promise<Buffer> {
    return gzipSync(await tarOf(directory, (await metadataOf(directory)).name));
}
