/**
 * Katib, which has no chart: its own manifests, with images of this machine. The database is Debian's, and the services
 * that suggest trials are built from the Python sources in Katib's Go module.
 */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import type { Output } from "@pulumi/pulumi";
import * as yaml from "yaml";

import { moduleDirectory } from "../../local/offline/go-build";
import { Image } from "../../src";
import type { ControllerMirror } from "../controllers/support";
import { controllerOf } from "../controllers/support/recipes";
import { savedEnvironment } from "./environment";
import { applyObjects, deleteObjects, kubectl } from "./kubectl";
import { TestStack } from "./stack";

const namespace = "kubeflow";
const recipes = path.join(__dirname, "..", "controllers", "katib");

/** The services that suggest trials, and what each is used for. */
const services = { hyperopt: "random", optuna: "grid" };

/** The security context of a container in a namespace that enforces the restricted standard. */
const restricted = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    runAsNonRoot: true,
    runAsUser: 1000,
    seccompProfile: { type: "RuntimeDefault" },
};

interface Manifest {
    kind: string;
    metadata: { name: string };
    data?: Record<string, string>;
}

/** Installs Katib, waits until it is ready, and returns a function that removes it. */
export async function installKatib(mirror: ControllerMirror): Promise<() => Promise<void>> {
    const { module, images } = controllerOf("katib");
    const source = await moduleDirectory(images[0]!.tool, module);
    const built = await builtImages(source);
    const manifests = await kubectl("kustomize", path.join(source, "manifests/v1beta1/installs/katib-standalone"));
    const objects = yaml
        .parseAllDocuments(manifests)
        .map((document) => document.toJS() as Manifest)
        // The user interface is a Node.js program, which the published module does not contain.
        .filter(({ metadata }) => metadata.name !== "katib-ui")
        .map((manifest) => adapted(manifest, mirror.images, built));
    // Its webhook handles every pod of its own namespace; until it answers, none is admitted.
    const isWebhook = ({ kind }: Manifest) => kind.endsWith("WebhookConfiguration");
    await applyObjects(...objects.filter((object) => !isWebhook(object)));
    await available("katib-mysql", "katib-db-manager");
    await applyObjects(...objects.filter(isWebhook));
    await available("katib-controller");
    await certified();
    return () => deleteObjects(...objects);
}

/** Builds the programs that are not Go programs, and returns the images by name. */
async function builtImages(source: string): Promise<Record<string, string>> {
    const work = fs.mkdtempSync(path.join(os.tmpdir(), "kubernetes-mlops-katib-"));
    const { registry, baseImage } = savedEnvironment();
    const image = (name: string, context: string, buildArgs: Record<string, string> = {}) => {
        const args = { BASE: baseImage!, ...buildArgs };
        return new Image(name, {
            repository: `${registry}/katib/${name}`,
            context,
            buildArgs: args,
            network: "host",
        }).ref;
    };
    const contexts = Object.keys(services).map((service) => serviceContext(source, service, path.join(work, service)));
    const stack = await TestStack.create("katib-images", () => {
        const mysql = image("mysql", path.join(recipes, "mysql"));
        const drawing = Object.keys(services).map((service, index) => [
            service,
            image(service, contexts[index]!, { SERVICE: service }),
        ]);
        return Promise.resolve({ mysql, ...(Object.fromEntries(drawing) as Record<string, Output<string>>) });
    });
    try {
        return (await stack.up()) as Record<string, string>;
    } finally {
        // Pushed images stay in the registry.
        await stack.destroy();
        fs.rmSync(work, { recursive: true });
    }
}

/** A directory with the build context of a service's image. */
function serviceContext(source: string, service: string, target: string): string {
    for (const directory of ["pkg", `cmd/suggestion/${service}/v1beta1`]) {
        fs.cpSync(path.join(source, directory), path.join(target, directory), {
            recursive: true,
            filter: (name) => fs.statSync(name).isDirectory() || /\.(py|txt)$/.test(name),
        });
    }
    fs.copyFileSync(path.join(recipes, "suggestion", "Dockerfile"), path.join(target, "Dockerfile"));
    return target;
}

/** An object of Katib's manifests, as it is installed here. */
function adapted(manifest: Manifest, mirror: string, built: Record<string, string>): Manifest {
    const text = JSON.stringify(manifest)
        .replaceAll('"image":"ghcr.io/', `"image":"${mirror}/ghcr.io/`)
        .replaceAll(/"image":"mysql:[^"]+"/g, `"image":"${built.mysql}"`)
        // A busy machine is no reason to restart a program.
        .replaceAll('"livenessProbe":{', '"livenessProbe":{"timeoutSeconds":15,');
    const object = JSON.parse(text) as Manifest;
    if (manifest.kind === "ConfigMap" && manifest.metadata.name === "katib-config") {
        const [[file, config]] = Object.entries(manifest.data!) as [[string, string]];
        return {
            ...object,
            data: { [file]: yaml.stringify(adaptedConfig(yaml.parse(config) as Config, mirror, built)) },
        };
    }
    return object;
}

interface Config {
    init: { controller: object };
    runtime: {
        metricsCollectors: { kind: string; image: string }[];
        suggestions: { algorithmName: string; image: string }[];
    };
}

/** Katib's configuration for namespaces that enforce the restricted standard, as docs/sweep.md documents it. */
function adaptedConfig({ init, runtime }: Config, mirror: string, built: Record<string, string>): object {
    const collectors = runtime.metricsCollectors.filter(({ kind }) => kind === "StdOut");
    return {
        init: { ...init, controller: { ...init.controller, injectSecurityContext: true } },
        runtime: {
            metricsCollectors: collectors.map((one) => ({ ...one, image: `${mirror}/${one.image}` })),
            suggestions: Object.entries(services).map(([service, algorithmName]) => ({
                algorithmName,
                image: built[service],
                securityContext: restricted,
            })),
        },
    };
}

async function available(...deployments: string[]): Promise<void> {
    for (const name of deployments) {
        await kubectl("rollout", "status", "--namespace", namespace, `deployment/${name}`, "--timeout=300s");
    }
}

/** Waits for the certificate that it generates for its webhooks. */
async function certified(): Promise<void> {
    for (const kind of ["validatingwebhookconfiguration", "mutatingwebhookconfiguration"]) {
        const certificate = "--for=jsonpath={.webhooks[0].clientConfig.caBundle}";
        await kubectl("wait", certificate, `${kind}/katib.kubeflow.org`, "--timeout=120s");
    }
}
