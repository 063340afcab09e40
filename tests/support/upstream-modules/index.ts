/**
 * What the Go modules of add-ons' projects contain of what the projects publish: charts and CRDs. The go.mod beside
 * this file pins the modules; Go downloads them once per machine, into its own cache, and verifies them by go.sum.
 */
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

import { requiredVersion } from "../../../local/offline/go-mod";
import { findExecutable } from "../../../local/toolchain/installed";
import { yamlFiles } from "../upstream-crds";

/** Where a module has charts and CRDs. A directory of CRDs stands for the files in it and below. */
interface Content {
    module: string;
    charts?: string[];
    crds?: string[];
}

/** By the project's folder name in ../shared/upstream. */
const contents: Record<string, Content> = {
    "cert-manager": {
        module: "github.com/cert-manager/cert-manager",
        charts: ["deploy/charts/cert-manager"],
        crds: ["deploy/crds"],
    },
    kyverno: { module: "github.com/kyverno/kyverno", charts: ["charts/kyverno"], crds: ["config/crds"] },
    "metrics-server": { module: "sigs.k8s.io/metrics-server", charts: ["charts/metrics-server"], crds: [] },
    // The chart is in a repository without a Go module.
    "kube-prometheus-stack": {
        module: "github.com/prometheus-operator/prometheus-operator",
        crds: ["example/prometheus-operator-crd"],
    },
    // The module of a release of Alloy contains the chart of the previous release.
    alloy: { module: "github.com/grafana/alloy", crds: ["operations/helm/charts/alloy/charts/crds/crds"] },
    "node-feature-discovery": {
        module: "sigs.k8s.io/node-feature-discovery",
        charts: ["deployment/helm/node-feature-discovery"],
        crds: ["deployment/base/nfd-crds", "deployment/base/noderesourcetopologies-crd"],
    },
    "dra-driver-nvidia-gpu": {
        module: "sigs.k8s.io/dra-driver-nvidia-gpu",
        charts: ["deployments/helm/dra-driver-nvidia-gpu"],
        crds: ["deployments/helm/dra-driver-nvidia-gpu/crds"],
    },
    kueue: { module: "sigs.k8s.io/kueue", charts: ["charts/kueue"], crds: ["config/components/crd/bases"] },
    volcano: {
        module: "volcano.sh/volcano",
        charts: ["installer/helm/chart/volcano"],
        crds: ["config/crd/volcano/bases", "config/crd/jobflow/bases"],
    },
    jobset: { module: "sigs.k8s.io/jobset", charts: ["charts/jobset"], crds: ["config/components/crd/bases"] },
    "kubeflow-trainer": {
        module: "github.com/kubeflow/trainer/v2",
        charts: ["charts/kubeflow-trainer"],
        crds: ["manifests/base/crds"],
    },
    // The chart is in a repository without a Go module.
    keda: { module: "github.com/kedacore/keda/v2", crds: ["config/crd/bases"] },
    "gateway-api": { module: "sigs.k8s.io/gateway-api", crds: ["config/crd/standard"] },
    "envoy-gateway": {
        module: "github.com/envoyproxy/gateway",
        charts: ["charts/gateway-helm", "charts/gateway-crds-helm"],
        crds: ["charts/gateway-helm/charts/crds/crds/generated"],
    },
    "gateway-api-inference-extension": {
        module: "sigs.k8s.io/gateway-api-inference-extension",
        crds: ["config/crd/bases"],
    },
    kserve: {
        module: "github.com/kserve/kserve",
        charts: [
            "charts/kserve-crd",
            "charts/kserve-runtime-configs",
            "charts/kserve-resources",
            "charts/kserve-llmisvc-crd",
            "charts/kserve-llmisvc-resources",
        ],
        crds: ["config/crd/full"],
    },
    katib: { module: "github.com/kubeflow/katib", crds: ["manifests/v1beta1/components/crd"] },
    // The chart is in a repository without a Go module.
    "cloudnative-pg": { module: "github.com/cloudnative-pg/cloudnative-pg", crds: ["config/crd/bases"] },
};

/** Projects whose module cannot be pinned at the published version. */
const notPinned: Record<string, string> = {
    lws: "the Go module proxy does not have sigs.k8s.io/lws v0.10.0",
    kuberay: "the Go module proxy does not have github.com/ray-project/kuberay/ray-operator v1.7.0",
    "argo-workflows": "the Go module proxy does not have github.com/argoproj/argo-workflows/v4 v4.0.6",
    "gpu-operator": "the Go module proxy does not have github.com/NVIDIA/gpu-operator",
    "nvidia-device-plugin": "the Go module proxy does not have github.com/NVIDIA/k8s-device-plugin",
    "kai-scheduler": "the Go module proxy does not have github.com/kai-scheduler/KAI-Scheduler",
    "llm-d-router": "the Go module proxy does not have github.com/llm-d/llm-d-router",
    // Tags of these projects are not versions of Go modules.
    "external-secrets": "the releases of external-secrets are not versions of its Go module",
    seaweedfs: "the releases of seaweedfs are not versions of its Go module",
    "dcgm-exporter": "the releases of dcgm-exporter are not versions of its Go module",
};

/** The module of a project, on this machine. */
export interface UpstreamModule {
    /** With its `v`. */
    version: string;
    /** The directories of its charts. */
    charts: string[];
    /** The files with its CRDs; undefined where the module does not have them. */
    crds?: string[];
}

const goMod = fs.readFileSync(path.join(__dirname, "go.mod"), "utf8");

/** The versions of the modules, each with its `v`. */
export const moduleVersions: Record<string, string> = Object.fromEntries(
    Object.values(contents).map(({ module }) => [module, `v${requiredVersion(goMod, module)}`]),
);

interface Download {
    Path: string;
    Dir?: string;
    Error?: string;
}

/** Downloads the modules that Go's cache lacks, or returns why it cannot. */
function download(): Map<string, Download> | string {
    const go = findExecutable("go", ["/usr/local/go/bin", "/usr/lib/go/bin"]);
    if (go === undefined) {
        return "there is no go on PATH";
    }
    const cached = goModDownload(go, { GOPROXY: "off" });
    if (typeof cached !== "string" && [...cached.values()].every(({ Dir }) => Dir !== undefined)) {
        return cached;
    }
    console.log("downloading the Go modules that carry charts and CRDs of add-ons, once per machine");
    return goModDownload(go, {});
}

function goModDownload(go: string, env: Record<string, string>): Map<string, Download> | string {
    const modules = Object.entries(moduleVersions).map(([module, version]) => `${module}@${version}`);
    const { stdout, stderr, error } = spawnSync(go, ["mod", "download", "-json", ...modules], {
        cwd: __dirname,
        encoding: "utf8",
        env: { ...process.env, GOWORK: "off", GO111MODULE: "on", ...env },
        maxBuffer: 16 * 1024 * 1024,
    });
    if (stderr?.includes("checksum mismatch") || stdout?.includes("checksum mismatch")) {
        throw new Error(
            `A Go module is not the one that tests/support/upstream-modules/go.sum pins:\n${stderr}${stdout}`,
        );
    }
    // One JSON object after the other.
    const found = stdout?.trim() ? (JSON.parse(`[${stdout.replace(/^\}\n\{/gm, "},{")}]`) as Download[]) : [];
    return found.length > 0
        ? new Map(found.map((one) => [one.Path, one]))
        : (error?.message ?? stderr.trim().split("\n")[0]!);
}

let downloaded: Map<string, Download> | string | undefined;

/** The content of a project's module, or why it is not available. */
export function moduleOf(folder: string): UpstreamModule | string {
    const content = contents[folder];
    if (content === undefined) {
        return notPinned[folder] ?? `no Go module contains what ${folder} publishes`;
    }
    downloaded ??= download();
    if (typeof downloaded === "string") {
        return `Go modules are not available (${downloaded})`;
    }
    const { Dir: directory, Error: failure } = downloaded.get(content.module)!;
    if (directory === undefined) {
        return `the Go module ${content.module} is not available (${failure?.split("\n")[0]})`;
    }
    const below = (place: string): string => path.join(directory, place);
    return {
        version: moduleVersions[content.module]!,
        charts: (content.charts ?? []).map(below),
        crds: content.crds?.flatMap((place) => yamlFiles(below(place))),
    };
}

export const moduleFolders = Object.keys(contents);
