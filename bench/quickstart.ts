/**
 * The example examples/quickstart, deployed with the components, and by hand with docker and kubectl.
 *
 * The manifests of the second are the objects that the components have created, and its image is built with the same
 * Dockerfile and arguments, so that the two cannot differ.
 */
import { appendFileSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";

import type { Stack } from "@pulumi/pulumi/automation";

import { findDockerClient } from "../local/docker/cli";
import type { Environment as LocalEnvironment } from "../local/environment";
import { sourceDir } from "../local/paths";
import { run } from "../local/run";
import { openStack, stackEnv } from "../local/stack";
import { call, type Environment } from "./environment";
import { clusterFields } from "./objects";

/** A deployment of the example. */
export interface Deployment {
    namespace: string;
    /** The directory of the training and the server. */
    model: string;
    /** Deploys what is in that directory; returns when it is deployed. */
    deploy: () => Promise<unknown>;
}

const program = path.join("examples", "quickstart");

/** Opens a stack of the example in a namespace. */
export async function openQuickstart(
    environment: Environment,
    local: LocalEnvironment,
    namespace: string,
): Promise<Deployment & { stack: Stack; up: (...options: string[]) => Promise<unknown> }> {
    const project = path.join(environment.directory, "quickstart");
    cpSync(sourceDir(program), project, { recursive: true });
    const index = path.join(project, "index.ts");
    writeFileSync(index, readFileSync(index, "utf8").replace('name: "quickstart"', `name: "${namespace}"`));
    const model = path.join(project, "model");
    // Otherwise the registry may have the image of an earlier deployment, and the stack builds none.
    editTraining(model);
    const stateDir = path.join(environment.directory, "quickstart-state");
    const stack = await openStack({
        name: "bench",
        workDir: project,
        stateDir,
        env: local.env,
        config: {
            registry: local.registry,
            "kubernetes-mlops:pythonBaseImage": local.baseImage,
            "kubernetes-mlops:buildNetwork": "host",
        },
    });
    const log = path.join(environment.directory, "quickstart.log");
    const up = (...options: string[]) =>
        run("pulumi", ["up", "--yes", "--skip-preview", "--non-interactive", "--stack", "bench", ...options], {
            cwd: project,
            env: stackEnv({ stateDir, env: local.env }),
            log,
        });
    return { namespace, model, deploy: () => up(), stack, up };
}

/** Edits the training code; it is never the same twice, even in another run of the benchmark. */
export function editTraining(model: string): void {
    appendFileSync(path.join(model, "train.py"), `# Edited at ${new Date().toISOString()}\n`);
}

interface Manifest {
    apiVersion: string;
    kind: string;
    metadata: { name: string; labels?: Record<string, string>; namespace: string };
    spec: Record<string, unknown>;
}

/** Deploys the example by hand in another namespace, with the manifests and the build of a stack that is deployed. */
export async function deployByHand(
    environment: Environment,
    local: LocalEnvironment,
    { stack, model }: { stack: Stack; model: string },
    namespace: string,
): Promise<Deployment> {
    const directory = path.join(environment.directory, "by-hand");
    cpSync(model, path.join(directory, "model"), { recursive: true });
    const { build, outputs } = await readStack(stack);
    const objects = await readManifests(environment, outputs.namespace!, namespace);
    const kubectl = (...args: string[]) => call(environment, "--namespace", namespace, ...args);
    const apply = (kinds: string[], values: Record<string, string> = {}) => {
        const items = objects.filter(({ kind }) => kinds.includes(kind));
        const text = Object.entries(values).reduce(
            (content, [from, to]) => content.replaceAll(from, to),
            JSON.stringify({ apiVersion: "v1", kind: "List", items }),
        );
        const file = path.join(directory, "manifest.json");
        writeFileSync(file, text);
        return kubectl("apply", "--filename", file);
    };
    // The names that are another one for each run.
    const [first, uid] = outputs.model!.split("/").slice(-2) as [string, string];
    const { command } = await findDockerClient();
    const docker = (...args: string[]) => run(command, args, { env: { ...local.env, DOCKER_BUILDKIT: "1" } });
    let runs = 0;
    const deploy = async () => {
        const name = `${first}-${++runs}`;
        const image = `${local.registry}/wine:${namespace}-${Date.now()}`;
        await docker("build", ...build, "--tag", image, path.join(directory, "model"));
        await docker("push", image);
        await apply(["Job"], { [outputs.imageRef!]: image, [first]: name });
        await kubectl("wait", "--for=condition=complete", "--timeout=10m", `job/${name}`);
        const execution = await kubectl("get", `job/${name}`, "--output=jsonpath={.metadata.uid}");
        await apply(["Deployment"], { [outputs.imageRef!]: image, [first]: name, [uid]: execution });
        await kubectl("rollout", "status", "deployment/wine", "--timeout=10m");
    };
    await call(environment, "create", "namespace", namespace);
    await apply(["PersistentVolumeClaim", "Service", "PodDisruptionBudget"]);
    await deploy();
    return { namespace, model: path.join(directory, "model"), deploy };
}

/** Returns the options of `docker build` with which the stack's image is built, and the outputs of the stack. */
async function readStack(stack: Stack): Promise<{ build: string[]; outputs: Record<string, string> }> {
    const { deployment } = (await stack.exportStack()) as {
        deployment: { resources: { type: string; inputs: unknown }[] };
    };
    const { inputs } = deployment.resources.find(({ type }) => type === "docker-build:index:Image")!;
    const { buildArgs, network, platforms } = inputs as {
        buildArgs: Record<string, string>;
        network: string;
        platforms: string[];
    };
    const build = [
        "--file",
        sourceDir("dockerfiles", "python.Dockerfile"),
        "--network",
        network,
        "--platform",
        platforms.join(","),
        ...Object.entries(buildArgs).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]),
    ];
    const outputs = Object.entries(await stack.outputs()).map(([name, { value }]) => [name, value as string]);
    return { build, outputs: Object.fromEntries(outputs) as Record<string, string> };
}

/** Returns the namespaced objects of the example as they are written by hand, for another namespace. */
async function readManifests(environment: Environment, from: string, namespace: string): Promise<Manifest[]> {
    const kinds = "persistentvolumeclaim,service,poddisruptionbudget,job,deployment";
    const found = await call(environment, "get", kinds, "--namespace", from, "--output=json");
    const { items } = JSON.parse(found, (key, value: unknown) => (clusterFields.has(key) ? undefined : value)) as {
        items: Manifest[];
    };
    return items.map(({ apiVersion, kind, metadata: { name, labels }, spec }) => ({
        apiVersion,
        kind,
        metadata: { name, namespace, labels },
        // The selector of a Job is set by the cluster.
        spec: kind === "Job" ? { ...spec, selector: undefined } : spec,
    }));
}
