/**
 * Everything that a stack needs around it: the tool chain, a cluster, and a registry with a docker daemon that can push
 * to it.
 */
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import * as path from "node:path";

import { clusterDown, clusterUp } from "./cluster";
import { checkContext } from "./context";
import type { Stage } from "./display";
import { dockerDown, dockerUp } from "./docker";
import { withLock } from "./lock";
import { canRunCluster, requireLinuxRoot } from "./machine";
import { cacheDir, stateDir } from "./paths";
import type { Report } from "./progress";
import { engineEnv } from "./toolchain";

export interface Environment {
    /** The kubeconfig's path; with a cluster of the user's it may be a list, as in `KUBECONFIG`. */
    kubeconfig: string;
    /** The kubeconfig's context, when the cluster is the user's. */
    context?: string;
    /** `host:port` that images are pushed to and pulled from. */
    registry: string;
    /** The docker daemon's address; undefined when it is the user's daemon. */
    dockerHost?: string;
    /** An image with Python in the registry to build on; undefined when public images are used. */
    baseImage?: string;
    /** The storage class for volumes; undefined when it is the cluster's default. */
    storageClass?: string;
    /** Whether pods can run. */
    node: boolean;
    /**
     * Variables, added to the environment of a process, with which `pulumi` finds its plugins, the cluster and docker.
     */
    env: Record<string, string>;
}

export interface UpOptions {
    /** Whether the cluster on this machine gets a node, on which pods run. */
    node: boolean;
    /** A context of the user's kubeconfig: that cluster is used, and none is started. */
    context?: string;
    /** The registry's host and port, to use with the user's cluster. */
    registry?: string;
    /** Receives every progress line. Defaults to ignoring them. */
    report?: Report;
    /** Runs each part of the work. Defaults to running it with `report`. */
    stage?: Stage;
}

const environmentFile = () => stateDir("environment.json");

/** The environment of the last `up`; undefined without one, or when it has not completed. */
export function savedEnvironment(): Environment | undefined {
    return existsSync(environmentFile())
        ? (JSON.parse(readFileSync(environmentFile(), "utf8")) as Environment)
        : undefined;
}

/** Starts what is missing and saves the result. Called again, even after it was killed, it resumes from what exists. */
export async function up(options: UpOptions): Promise<Environment> {
    const { node, context, registry, report = () => undefined } = options;
    const stage: Stage = options.stage ?? ((_, work) => work(report));
    requirePair(context, registry);
    if (context === undefined) {
        requireLinuxRoot();
    }
    return exclusively(report, async () => {
        const env = await stage("Tool chain", engineEnv);
        const environment =
            context !== undefined && registry !== undefined
                ? await useContext(context, registry, env, stage)
                : await startHere(node, env, stage);
        await save(environment);
        return environment;
    });
}

function requirePair(context: string | undefined, registry: string | undefined): void {
    if (context !== undefined && registry === undefined) {
        throw new Error(
            `--context ${context} needs --registry HOST: a registry that this machine can push to and the cluster ` +
                "can pull from, such as localhost:5001 or registry.example.com",
        );
    }
    if (context === undefined && registry !== undefined) {
        throw new Error(
            `--registry ${registry} is for a cluster of your own, named with --context NAME: the cluster on this ` +
                "machine brings its registry",
        );
    }
}

async function startHere(node: boolean, env: Record<string, string>, stage: Stage): Promise<Environment> {
    const cluster = await stage(node ? "Cluster with a node" : "Cluster without a node", (report) =>
        clusterUp({ node, report }),
    );
    const docker = await stage("Docker, registry and base image", dockerUp);
    return { ...cluster, ...docker, env: { ...env, KUBECONFIG: cluster.kubeconfig, DOCKER_HOST: docker.dockerHost } };
}

async function useContext(
    context: string,
    registry: string,
    env: Record<string, string>,
    stage: Stage,
): Promise<Environment> {
    const kubeconfig = process.env.KUBECONFIG || path.join(homedir(), ".kube", "config");
    await stage(`Context ${context}`, (report) => checkContext({ kubeconfig, context }, report));
    return { kubeconfig, context, registry, node: true, env: { ...env, KUBECONFIG: kubeconfig } };
}

/** Written aside and renamed, so that the file is complete or does not exist. */
async function save(environment: Environment): Promise<void> {
    await mkdir(stateDir(), { recursive: true });
    await writeFile(`${environmentFile()}.new`, JSON.stringify(environment, undefined, 4), { mode: 0o600 });
    await rename(`${environmentFile()}.new`, environmentFile());
}

/**
 * Takes down what runs on this machine and removes its state; a cluster of the user's is left alone. What was built or
 * downloaded stays in the cache.
 */
export async function down(report: Report): Promise<void> {
    await exclusively(report, async () => {
        await rm(environmentFile(), { force: true });
        if (canRunCluster()) {
            await clusterDown(report);
            await dockerDown(report);
        }
        await rm(stateDir(), { recursive: true, force: true });
    });
}

function exclusively<T>(report: Report, work: () => Promise<T>): Promise<T> {
    const waiting = (pid: number) =>
        report(`waiting for process ${pid}, which brings the environment up or takes it down`);
    return withLock(cacheDir("environment.lock"), waiting, work);
}
