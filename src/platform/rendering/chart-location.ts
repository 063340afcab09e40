import * as fs from "node:fs";
import * as path from "node:path";

import type { ChartSource } from "../catalog/definition";
import type { AddonChartArgs } from "./chart-args";
import type { MirrorArgs } from "./mirror-args";

/** Whether the charts of a mirror are in a directory. */
const isDirectory = (charts: string): boolean => !charts.startsWith("oci://");

/** The location of a chart in the form of `helm.v4.Chart`, or of the manifest file in place of one. */
export interface ChartLocation {
    chart: string;
    /** The path or URL of the manifest file. */
    manifest?: string;
    version?: string;
    repositoryOpts?: { repo: string };
    plainHttp?: boolean;
}

/** Returns the location of a chart, or a string that says what is missing in the directory of the mirror. */
export function locateChart(source: ChartSource, mirror: MirrorArgs = {}): ChartLocation | string {
    const { name, version, repository } = source;
    const plainHttp = mirror.plainHttp ? { plainHttp: true } : {};
    if (source.manifest !== undefined) {
        return locateManifest(source, source.manifest, mirror);
    }
    if (mirror.charts !== undefined && isDirectory(mirror.charts)) {
        const found = inDirectory(mirror.charts, source);
        return found === undefined ? missing(mirror.charts, source) : { chart: found };
    }
    if (mirror.charts !== undefined) {
        return { chart: `${mirror.charts.replace(/\/$/, "")}/${name}`, version, ...plainHttp };
    }
    return repository.startsWith("oci://")
        ? { chart: `${repository}/${name}`, version, ...plainHttp }
        : { chart: name, version, repositoryOpts: { repo: repository } };
}

/** Does the same for a chart of an Addon, which may have no repository. */
export function locateAddonChart(given: AddonChartArgs, mirror: MirrorArgs = {}): ChartLocation | string {
    const { chart, version = "", repository, manifest } = given;
    return repository === undefined
        ? { chart, manifest, ...(mirror.plainHttp && { plainHttp: true }) }
        : locateChart({ name: chart, version, repository, manifest }, mirror);
}

function locateManifest(
    { name, version }: ChartSource,
    manifest: string,
    { charts }: MirrorArgs,
): ChartLocation | string {
    if (charts === undefined) {
        return { chart: name, manifest };
    }
    const file = `${name}-${version}.yaml`;
    if (!isDirectory(charts)) {
        return (
            `is a registry, which cannot contain ${file}, as it is not a chart; use a directory, or install it from ` +
            `${manifest} and set existing: true`
        );
    }
    return fs.existsSync(path.join(charts, file))
        ? { chart: name, manifest: path.join(charts, file) }
        : `does not contain ${file}; download it: curl --location --output ${path.join(charts, file)} ${manifest}`;
}

function inDirectory(directory: string, { name, version }: ChartSource): string | undefined {
    const versions = [version, version.replace(/^v/, ""), `v${version.replace(/^v/, "")}`];
    return versions
        .flatMap((one) => [`${name}-${one}.tgz`, `${name}-${one}`])
        .map((file) => path.join(directory, file))
        .find((file) => fs.existsSync(file));
}

function missing(directory: string, { name, version, repository }: ChartSource): string {
    const pull = repository.startsWith("oci://")
        ? `helm pull ${repository}/${name} --version ${version}`
        : `helm pull ${name} --repo ${repository} --version ${version}`;
    return `does not contain ${name}-${version}.tgz; download it: ${pull} --destination ${directory}`;
}
