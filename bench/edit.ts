/**
 * Compares the time from an edit of the training code until the server answers with the new model: with `pulumi up`, and
 * by hand.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { type Environment as LocalEnvironment, savedEnvironment } from "../local/environment";
import type { ModelInfo } from "../local/predict";
import { destroy } from "../local/stack";
import { call, deleteNamespaces, type Environment, say } from "./environment";
import { deployByHand, type Deployment, editTraining, openQuickstart } from "./quickstart";
import type { EditRound } from "./report";

const namespaces = { components: "bench-edit", byHand: "bench-edit-by-hand" };

/** How often the server is asked for its model, in milliseconds. */
const interval = 200;

/** Returns the environment of `npm run local -- up --node`, in which images are built and pods run. */
export function requireNode(): LocalEnvironment {
    const local = savedEnvironment();
    if (local === undefined || !local.node || local.context !== undefined) {
        throw new Error("--edit needs the cluster on this machine with a node; run: npm run local -- up --node");
    }
    return local;
}

/** Edits the training code and deploys it, in turns with the components and by hand. */
export async function measureEdits(environment: Environment, rounds: number): Promise<EditRound[]> {
    const local = requireNode();
    await deleteNamespaces(environment, Object.values(namespaces));
    const components = await openQuickstart(environment, local, namespaces.components);
    try {
        say("deploying the quickstart with the components");
        await components.deploy();
        say("deploying it by hand");
        const byHand = await deployByHand(environment, local, components, namespaces.byHand);
        const deployments = { components, byHand };
        const names = ["components", "byHand"] as const;
        const measured: EditRound[] = [];
        for (let index = 0; index < rounds; index++) {
            const round: EditRound = { components: {}, byHand: {}, noOp: 0 };
            const title = `edit ${index + 1} of ${rounds}`;
            for (const name of index % 2 === 0 ? names : [...names].reverse()) {
                round[name] = await measureEdit(environment, deployments[name]);
                const times = Object.entries(round[name]).map(([step, seconds]) => `${step} ${seconds.toFixed(1)} s`);
                say(`${title}, ${name === "byHand" ? "by hand" : name}: ${times.join(", ")}`);
            }
            round.noOp = await secondsOf(components.up("--expect-no-changes"));
            say(`${title}: no-op up ${round.noOp.toFixed(1)} s`);
            measured.push(round);
        }
        return measured;
    } finally {
        await destroy(components.stack, () => undefined);
        await deleteNamespaces(environment, Object.values(namespaces));
    }
}

/** The seconds from one edit until the new model answers, and until everything is deployed. */
async function measureEdit(
    environment: Environment,
    { namespace, model, deploy }: Deployment,
): Promise<Record<string, number>> {
    const field = "jsonpath={.spec.clusterIP}:{.spec.ports[0].port}";
    const url = `http://${await call(environment, "get", "service/wine", "--namespace", namespace, "--output", field)}`;
    const before = await servedModel(url);
    editTraining(model);
    const stop = new AbortController();
    try {
        const [answered, deployed] = await Promise.all([
            secondsOf(answerOfAnother(url, before, stop.signal)),
            secondsOf(deploy()),
        ]);
        return { "first answer": answered, "all pods": deployed };
    } finally {
        stop.abort();
    }
}

/** Returns when the server answers with another model. */
async function answerOfAnother(url: string, model: string, stop: AbortSignal): Promise<void> {
    while (!stop.aborted && (await servedModel(url)) === model) {
        await sleep(interval);
    }
}

/** The URI of the model with which the server answers. */
async function servedModel(url: string): Promise<string> {
    const response = await fetch(`${url}/model`, { signal: AbortSignal.timeout(10_000) });
    return ((await response.json()) as ModelInfo).model;
}

async function secondsOf(work: Promise<unknown>): Promise<number> {
    const start = performance.now();
    await work;
    return (performance.now() - start) / 1000;
}
