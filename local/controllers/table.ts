/**
 * The controllers that can be built here, from which a closed network is made for the tests: what their projects
 * publish as images and charts.
 */
import { readFileSync } from "node:fs";

import { sourceDir } from "../paths";
import type { Report } from "../progress";
import { run } from "../run";
import { ensureTools } from "../toolchain";
import { STRIPPED, type Tool } from "../toolchain/tools";
import { requiredVersion } from "../toolchain/versions";
import { releaseChart } from "./charts";
import { writeKedaChart } from "./keda-chart";

export const controllerNames = ["kueue", "jobset", "keda"] as const;
export type ControllerName = (typeof controllerNames)[number];

/** A controller, with what its project publishes. */
export interface Controller {
    /** Its Go module. */
    module: string;
    images: ControllerImage[];
    charts: ControllerChart[];
}

/** An image that holds one program. */
export interface ControllerImage {
    tool: Tool;
    /** As the project publishes it: `registry.k8s.io/kueue/kueue`. */
    repository: string;
    tag: string;
    /** Where the project's own image has the program, which is what the chart runs. */
    path: string;
}

export interface ControllerChart {
    name: string;
    version: string;
    /**
     * Writes the chart into a directory that does not exist yet.
     *
     * @param module the directory of the controller's Go module
     */
    write: (module: string, target: string, report: Report) => Promise<void>;
}

/** The controller with the version that its Go module in local/go requires. */
export function controllerOf(name: ControllerName): Controller {
    switch (name) {
        case "kueue": {
            const module = "sigs.k8s.io/kueue";
            const { tool, version } = toolsOf(name, module);
            const image = { repository: "registry.k8s.io/kueue/kueue", tag: `v${version}` };
            return {
                module,
                images: [{ ...image, tool: tool(name, `${module}/cmd/kueue`), path: "/manager" }],
                charts: [
                    copied("kueue", version, "charts/kueue", {
                        "controllerManager.manager.image": { ...image, pullPolicy: "IfNotPresent" },
                    }),
                ],
            };
        }
        case "jobset": {
            const module = "sigs.k8s.io/jobset";
            const { tool, version } = toolsOf(name, module);
            const image = { repository: "registry.k8s.io/jobset/jobset", tag: `v${version}` };
            return {
                module,
                images: [{ ...image, tool: tool(name, module), path: "/manager" }],
                charts: [
                    copied("jobset", version, "charts/jobset", {
                        "image.repository": image.repository,
                        "image.tag": image.tag,
                        "image.pullPolicy": "IfNotPresent",
                    }),
                ],
            };
        }
        case "keda": {
            const module = "github.com/kedacore/keda/v2";
            const { tool, version } = toolsOf(name, module);
            const image = (command: string, program: string, repository: string): ControllerImage => ({
                tool: tool(`keda-${command}`, `${module}/cmd/${command}`),
                repository: `ghcr.io/kedacore/${repository}`,
                tag: version,
                path: `/${program}`,
            });
            return {
                module,
                images: [
                    image("operator", "keda", "keda"),
                    image("adapter", "keda-adapter", "keda-metrics-apiserver"),
                    image("webhooks", "keda-admission-webhooks", "keda-admission-webhooks"),
                ],
                charts: [
                    {
                        name: "keda",
                        version,
                        write: (directory, target, report) =>
                            writeKedaChart(directory, target, version, kubectl(report)),
                    },
                ],
            };
        }
    }
}

/** How the programs of a module are built. */
function toolsOf(name: ControllerName, module: string) {
    const directory = sourceDir("local", "go", name);
    const version = requiredVersion(readFileSync(sourceDir("local", "go", name, "go.mod"), "utf8"), module);
    const tool = (program: string, mainPackage: string): Tool => ({
        name: program,
        version,
        module: directory,
        package: mainPackage,
        ldflags: STRIPPED,
    });
    return { version, tool };
}

/** A chart that the module has, with what the project's release scripts change in it. */
const copied = (
    name: string,
    version: string,
    directory: string,
    values: Record<string, unknown>,
): ControllerChart => ({
    name,
    version,
    write: (module, target) => releaseChart(`${module}/${directory}`, target, { version, values }),
});

const kubectl =
    (report: Report) =>
    async (args: string[]): Promise<string> => {
        const { kubernetes } = await ensureTools(["kubernetes"], report);
        return run(kubernetes, ["kubectl", ...args]);
    };
