/**
 * Stand-ins for charts that their projects keep in separate repositories, not in the Go modules from which the
 * controllers are built, so that they are not available without the internet. A stand-in is created from the manifests
 * in the module, and supports only those values of the published chart that it names. It is for tests only.
 */
import { cp, mkdir, writeFile } from "node:fs/promises";
import * as path from "node:path";

import * as yaml from "yaml";

export interface StandIn {
    name: string;
    /** The version of the published chart that it replaces. */
    version: string;
    /** The version of the controller, which is the default tag of its images. */
    appVersion: string;
    /** The directories below the module that kustomize builds. */
    kustomizations: string[];
    /** The kinds of the objects that are included. Defaults to all. */
    kinds?: string[];
    /** A directory with our own templates, for what the module has no manifests of. */
    templates?: string;
    /** The namespace in the manifests. */
    namespace: string;
    /** The supported values, with the published chart's names and defaults. */
    values: object;
    /** Where the published chart has its CRDs: in `crds/`, or in templates that `crds.install` enables. */
    crds: "crds" | "templates";
    /** By name, what the Deployments take from the values. Defaults to none. */
    deployments?: Record<string, DeploymentTemplate>;
}

/** Templates for the fields of a Deployment with one container. */
export interface DeploymentTemplate {
    image: string;
    /** The key of the number of replicas, below the values. */
    replicas: string;
    /** The key of the container's resources, below the values. */
    resources: string;
    /** Further arguments. */
    args?: string[];
    /** The key of the image pull policy, below the values. Defaults to `image.pullPolicy`. */
    pullPolicy?: string;
    /** The key that enables it, below the values. Defaults to always enabled. */
    enabled?: string;
}

interface Manifest {
    kind: string;
    metadata: { name: string };
}

interface Deployment extends Manifest {
    spec: {
        replicas: unknown;
        template: { spec: { containers: Container[] } };
    };
}

interface Container {
    image: string;
    imagePullPolicy: string;
    args?: string[];
    resources: unknown;
}

/**
 * Writes a stand-in into a directory.
 *
 * @param module the directory of the controller's Go module
 * @param kubectl runs kubectl with these arguments
 */
export async function writeStandIn(
    standIn: StandIn,
    module: string,
    target: string,
    kubectl: (args: string[]) => Promise<string>,
): Promise<void> {
    const { name, version, appVersion, kustomizations, kinds, templates, values } = standIn;
    for (const directory of ["crds", "templates"]) {
        await mkdir(path.join(target, directory), { recursive: true });
    }
    const metadata = { apiVersion: "v2", name, type: "application", version, appVersion };
    await writeFile(path.join(target, "Chart.yaml"), yaml.stringify(metadata));
    await writeFile(path.join(target, "values.yaml"), yaml.stringify(values, format));
    const built = await Promise.all(
        kustomizations.map((directory) => kubectl(["kustomize", path.join(module, directory)])),
    );
    for (const document of built.flatMap((manifests) => yaml.parseAllDocuments(manifests))) {
        const manifest = document.toJS() as Manifest;
        if (manifest.kind !== "Namespace" && (kinds?.includes(manifest.kind) ?? true)) {
            const { directory, content } = chartFile(manifest, standIn);
            const file = `${manifest.kind}-${manifest.metadata.name}.yaml`.toLowerCase();
            await writeFile(path.join(target, directory, file), content);
        }
    }
    if (templates) {
        await cp(templates, path.join(target, "templates"), { recursive: true });
    }
}

/** The file of an object in the chart, from the object in the manifests. */
export function chartFile(manifest: Manifest, standIn: StandIn): { directory: string; content: string } {
    const directory = "templates";
    if (manifest.kind === "CustomResourceDefinition") {
        const content = yaml.stringify(manifest, format);
        return standIn.crds === "crds"
            ? { directory: "crds", content }
            : { directory, content: `{{- if .Values.crds.install }}\n${literal(content)}{{- end }}\n` };
    }
    const inReleaseNamespace = (key: unknown, value: unknown): unknown =>
        key === "namespace" && value === standIn.namespace ? "{{ .Release.Namespace }}" : value;
    const object = yaml.parse(literal(JSON.stringify(manifest)), inReleaseNamespace) as Manifest;
    const template = object.kind === "Deployment" ? fillIn(object as Deployment, standIn) : undefined;
    // Non-string values must not be quoted.
    const content = yaml.stringify(object, format).replace(/["'](\{\{ toJson .*? \}\})["']/g, "$1");
    return {
        directory,
        content: template?.enabled ? `{{- if .Values.${template.enabled} }}\n${content}{{- end }}\n` : content,
    };
}

const format = { lineWidth: 0, aliasDuplicateObjects: false };

/** A string that a chart's renderer leaves as it is. */
const literal = (text: string): string => text.replaceAll("{{", "{{ `{{` }}");

function fillIn({ metadata, spec }: Deployment, { name, deployments }: StandIn): DeploymentTemplate {
    const template = deployments?.[metadata.name];
    const container = spec.template.spec.containers[0];
    if (!template || !container) {
        throw new Error(
            `The manifests of ${name} have a Deployment ${metadata.name}, which the stand-in does not know`,
        );
    }
    container.image = template.image;
    container.imagePullPolicy = `{{ .Values.${template.pullPolicy ?? "image.pullPolicy"} }}`;
    container.resources = `{{ toJson .Values.${template.resources} }}`;
    container.args = [...(container.args ?? []), ...(template.args ?? [])];
    spec.replicas = `{{ toJson .Values.${template.replicas} }}`;
    return template;
}
