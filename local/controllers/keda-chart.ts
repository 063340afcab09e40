/**
 * A stand-in for KEDA's chart. The published one is kept in a repository of its own and not in KEDA's Go module, so it
 * is not to be had without the internet. This one is made of the manifests in the module, and honours of the published
 * chart's values those that the tests of the platform set. It is for tests only.
 */
import { mkdir, writeFile } from "node:fs/promises";
import * as path from "node:path";

import * as yaml from "yaml";

interface Manifest {
    kind: string;
    metadata: { name: string };
}

interface Workload extends Manifest {
    spec: {
        replicas: unknown;
        template: {
            spec: { containers: { image: string; imagePullPolicy: string; args: string[]; resources: unknown }[] };
        };
    };
}

/** Under which keys of the values a Deployment has its image, its number of pods and its resources. */
interface Keys {
    image: string;
    replicas: string;
    resources: string;
}

const deployments: Record<string, Keys> = {
    "keda-operator": { image: "keda", replicas: "operator", resources: "operator" },
    "keda-metrics-apiserver": { image: "metricsApiServer", replicas: "metricsServer", resources: "metricServer" },
    "keda-admission": { image: "webhooks", replicas: "webhooks", resources: "webhooks" },
};

const resources = { limits: { cpu: 1, memory: "1000Mi" }, requests: { cpu: "100m", memory: "100Mi" } };

/** The values with the published chart's names and defaults. */
const values = {
    global: { image: { registry: null } },
    image: {
        keda: { registry: "ghcr.io", repository: "kedacore/keda", tag: "" },
        metricsApiServer: { registry: "ghcr.io", repository: "kedacore/keda-metrics-apiserver", tag: "" },
        webhooks: { registry: "ghcr.io", repository: "kedacore/keda-admission-webhooks", tag: "" },
        pullPolicy: "Always",
    },
    clusterDomain: "cluster.local",
    crds: { install: true },
    operator: { replicaCount: 1 },
    metricsServer: { replicaCount: 1 },
    webhooks: { replicaCount: 1 },
    resources: { operator: resources, metricServer: resources, webhooks: resources },
};

/**
 * Writes the chart into a directory.
 *
 * @param module the directory of KEDA's Go module
 * @param kubectl runs kubectl with these arguments
 */
export async function writeKedaChart(
    module: string,
    target: string,
    version: string,
    kubectl: (args: string[]) => Promise<string>,
): Promise<void> {
    const manifests = yaml
        .parseAllDocuments(await kubectl(["kustomize", path.join(module, "config", "default")]))
        .map((document) => document.toJS() as Manifest)
        .filter(({ kind }) => kind !== "Namespace");
    await mkdir(path.join(target, "templates"), { recursive: true });
    const metadata = { apiVersion: "v2", name: "keda", type: "application", version, appVersion: version };
    await writeFile(path.join(target, "Chart.yaml"), yaml.stringify(metadata));
    await writeFile(path.join(target, "values.yaml"), yaml.stringify(values));
    for (const manifest of manifests) {
        const file = `${manifest.kind}-${manifest.metadata.name}.yaml`.toLowerCase();
        await writeFile(path.join(target, "templates", file), template(manifest));
    }
}

/** The template of an object, from the object as KEDA's own manifests have it. */
export function template(manifest: Manifest): string {
    if (manifest.kind === "CustomResourceDefinition") {
        return `{{- if .Values.crds.install }}\n${literal(yaml.stringify(manifest, format))}{{- end }}\n`;
    }
    const object = yaml.parse(literal(JSON.stringify(manifest)), inReleaseNamespace) as Manifest;
    if (object.kind === "Deployment") {
        parametrise(object as Workload);
    }
    // What is no text must not stand in quotes.
    return yaml.stringify(object, format).replace(/["'](\{\{ toJson .*? \}\})["']/g, "$1");
}

const format = { lineWidth: 0, aliasDuplicateObjects: false };

/** A text that a chart's renderer leaves as it is. */
const literal = (text: string): string => text.replaceAll("{{", "{{ `{{` }}");

const inReleaseNamespace = (key: unknown, value: unknown): unknown =>
    key === "namespace" && value === "keda" ? "{{ .Release.Namespace }}" : value;

function parametrise({ metadata, spec }: Workload): void {
    const keys = deployments[metadata.name];
    const container = spec.template.spec.containers[0];
    if (!keys || !container) {
        throw new Error(
            `KEDA's manifests have a Deployment ${metadata.name}, of which the chart for tests knows nothing`,
        );
    }
    const image = `.Values.image.${keys.image}`;
    const registry = `{{ .Values.global.image.registry | default ${image}.registry }}`;
    container.image = `${registry}/{{ ${image}.repository }}:{{ ${image}.tag | default .Chart.AppVersion }}`;
    container.imagePullPolicy = "{{ .Values.image.pullPolicy }}";
    container.resources = `{{ toJson .Values.resources.${keys.resources} }}`;
    spec.replicas = `{{ toJson .Values.${keys.replicas}.replicaCount }}`;
    if (metadata.name === "keda-metrics-apiserver") {
        // By default it looks for the operator in the namespace `keda`.
        const operator = "keda-operator.{{ .Release.Namespace }}.svc.{{ .Values.clusterDomain }}:9666";
        container.args.push(`--metrics-service-address=${operator}`);
    }
}
