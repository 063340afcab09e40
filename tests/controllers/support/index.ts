/**
 * Real controllers on this machine, mirrored as in a closed network: images in a registry that mirrors the public ones,
 * and charts in a directory and in the same registry.
 */
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import * as path from "node:path";

import { registryHost } from "../../../local/docker/registry";
import { loadSettings } from "../../../local/docker/settings";
import { withLock } from "../../../local/lock";
import { build, buildKey, moduleDirectory, timeZones } from "../../../local/offline/go-build";
import { cacheDir } from "../../../local/paths";
import type { Report } from "../../../local/progress";
import { placeChart, pushChart } from "./charts";
import { pushImage } from "./program-images";
import { ensurePackagedImage } from "./python-images";
import {
    type Controller,
    type ControllerChart,
    type ControllerImage,
    type ControllerName,
    controllerOf,
} from "./recipes";

export { pushChart } from "./charts";
export { type ControllerName, controllerNames } from "./recipes";

/** Where a stack finds the mirrored images and charts of a closed network. */
export interface ControllerMirror {
    /** The directory that holds the charts, each in `<name>-<version>`. */
    charts: string;
    /** The same charts in the registry, which uses plain HTTP: `oci://localhost:5001/charts`. */
    ociCharts: string;
    /** The prefix of the public name of every image: `localhost:5001`. */
    images: string;
}

/**
 * Builds the controllers, once per machine, and puts their images and charts into the local registry, which must be up.
 * Existing ones take well under a second each.
 */
export async function ensureControllers(names: ControllerName[], report: Report): Promise<ControllerMirror> {
    const settings = loadSettings();
    if (!settings) {
        throw new Error("There is no local registry for the controllers; run: npm run local -- up");
    }
    const registry = registryHost(settings);
    const charts = cacheDir("charts");
    await mkdir(charts, { recursive: true });
    const waiting = (pid: number) => report(`waiting for process ${pid}, which prepares controllers`);
    await withLock(path.join(charts, ".lock"), waiting, async () => {
        for (const name of names) {
            const controller = controllerOf(name);
            for (const image of controller.images) {
                await ensureImage(image, registry, report);
            }
            for (const image of controller.packaged) {
                await ensurePackagedImage(image, settings, report);
            }
            for (const chart of controller.charts) {
                await ensureChart(controller, chart, registry, report);
            }
        }
    });
    return { charts, ociCharts: `oci://${registry}/charts`, images: registry };
}

async function ensureImage(image: ControllerImage, registry: string, report: Report): Promise<void> {
    const { tool, repository, tag } = image;
    const program = await build(tool, report);
    report(`looking for ${repository}:${tag} in ${registry}`);
    const made = { program, key: `${tool.name}-${buildKey(tool)}`, timeZones: () => timeZones(tool) };
    if (await pushImage({ ...image, ...made }, registry)) {
        report(`${repository}:${tag} was pushed to ${registry}`);
    }
}

async function ensureChart(
    { module, images }: Controller,
    chart: ControllerChart,
    registry: string,
    report: Report,
): Promise<void> {
    const { name, version } = chart;
    report(`preparing the chart ${name} ${version}`);
    const place = cacheDir("charts", `${name}-${version}`);
    // Hidden from readers of the directory; what a killed run has left is replaced.
    const ready = cacheDir("charts", `.${name}-${version}`);
    if (existsSync(ready)) {
        await rm(ready, { recursive: true });
    }
    await chart.write(await moduleDirectory(images[0]!.tool, module), ready, report);
    await placeChart(ready, place);
    await pushChart(place, registry);
}
