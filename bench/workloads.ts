/**
 * Compares copies of each component with the same objects without it: what one component adds.
 *
 * The objects are those that the components have created: an update that is not measured creates them, and the other
 * program reads them from its state. So handwritten objects cannot differ.
 */
import { writeFileSync } from "node:fs";
import * as path from "node:path";

import { sourceDir } from "../local/paths";
import { crdFiles } from "./charts";
import { call, deleteNamespaces, type Environment, say } from "./environment";
import { compareObjects } from "./objects";
import { workloads } from "./programs/workloads";
import { Project, steps } from "./project";
import type { CopiesCase, Round } from "./report";

export const workloadNames = Object.keys(workloads);

const namespaces = { components: "bench-workload", byHand: "bench-objects" };
const measuredSteps = ["first up", "no-op preview"];

type VariantName = keyof typeof namespaces;

/** Measures one component after the other, except those whose CRDs are not available. */
export async function measureWorkloads(
    environment: Environment,
    names: string[],
    { copies, rounds }: { copies: number; rounds: number },
    add: (measured: CopiesCase) => void,
): Promise<void> {
    const crds = await installCrds(environment, [...new Set(names.flatMap((name) => workloads[name]!.crds ?? []))]);
    try {
        for (const name of names) {
            const missing = (workloads[name]!.crds ?? []).filter((crd) => crds.missing.includes(crd));
            if (missing.length > 0) {
                say(`${name} is skipped: it needs ${missing.join(", ")}, which ../shared/upstream does not have`);
            } else {
                add(await measureCopies(environment, name, copies, rounds));
            }
        }
    } finally {
        if (crds.made.length > 0) {
            await call(environment, "delete", "crd", ...crds.made);
        }
    }
}

async function measureCopies(
    environment: Environment,
    name: string,
    copies: number,
    rounds: number,
): Promise<CopiesCase> {
    const title = `${copies} of ${workloads[name]!.title}`;
    const objects = path.join(environment.directory, "objects.json");
    const projects = {
        components: () =>
            new Project(environment, "workload", "workload", {
                workload: name,
                copies,
                namespace: namespaces.components,
            }),
        byHand: () => new Project(environment, "objects", "objects", { objects, namespace: namespaces.byHand }),
    };
    const measured: CopiesCase = { title, copies, objects: 0, resources: { components: 0, byHand: 0 }, rounds: [] };
    await deleteNamespaces(environment, Object.values(namespaces));
    try {
        await writeObjects(projects.components(), objects);
        for (let index = 0; index < rounds; index++) {
            await deleteNamespaces(environment, Object.values(namespaces));
            const names: VariantName[] = ["components", "byHand"];
            const order = index % 2 === 0 ? names : names.reverse();
            const made = { components: projects.components(), byHand: projects.byHand() };
            const prefix = `${title}, round ${index + 1} of ${rounds}`;
            measured.rounds.push(await measureRound(made, order, prefix));
            const types = { components: await made.components.types(), byHand: await made.byHand.types() };
            measured.resources = {
                components: ownResources(types.components),
                byHand: ownResources(types.byHand),
            };
            measured.objects = types.byHand.filter(isObject).length;
            await compareObjects(
                environment.kubectl,
                environment.kubeconfig,
                { namespace: namespaces.components, types: types.components },
                { namespace: namespaces.byHand, types: types.byHand },
            );
        }
    } finally {
        await deleteNamespaces(environment, Object.values(namespaces));
    }
    return measured;
}

/** The steps of both variants, in turns. */
async function measureRound(
    projects: Record<VariantName, Project>,
    order: VariantName[],
    prefix: string,
): Promise<Round> {
    const round: Round = { components: {}, byHand: {} };
    for (const variant of order) {
        await projects[variant].createStack();
    }
    for (const step of measuredSteps) {
        for (const variant of order) {
            const usage = await projects[variant].measure(steps[step]!);
            round[variant][step] = usage;
            const who = variant === "byHand" ? "by hand" : "components";
            say(`${prefix}: ${step}, ${who}: ${usage.seconds.toFixed(1)} s`);
        }
    }
    return round;
}

/**
 * Creates the components once, and writes the objects in the state to a file, with the namespace of the other variant.
 */
async function writeObjects(project: Project, file: string): Promise<void> {
    await project.createStack();
    await project.measure(steps["first up"]!);
    const objects = (await project.resources()).filter(({ type }) => isObject(type));
    writeFileSync(file, JSON.stringify(objects).replaceAll(namespaces.components, namespaces.byHand));
}

const isObject = (type: string): boolean => type.startsWith("kubernetes:") && !type.endsWith(":Namespace");

/** Number of resources besides those of every stack: the stack itself, the provider, the namespace. */
const ownResources = (types: string[]): number =>
    types.filter((type) => isObject(type) || type.startsWith("kubernetes-mlops:")).length;

/** Installs missing CRDs; returns those that it has installed, and those that are not available. */
async function installCrds(environment: Environment, names: string[]): Promise<{ made: string[]; missing: string[] }> {
    const present = (await call(environment, "get", "crd", "--output=name")).split("\n");
    const wanted = names.filter((name) => !present.includes(`customresourcedefinition.apiextensions.k8s.io/${name}`));
    const files = crdFiles(sourceDir("..", "shared", "upstream"));
    const made = wanted.filter((name) => files.has(name));
    for (const name of made) {
        await call(environment, "apply", "--server-side", "--filename", files.get(name)!);
        // kubectl fails when the object has no conditions at all yet, so these are awaited first.
        await call(environment, "wait", "--for=jsonpath={.status.conditions}", "--timeout=60s", `crd/${name}`);
        await call(environment, "wait", "--for=condition=Established", "--timeout=60s", `crd/${name}`);
    }
    return { made, missing: wanted.filter((name) => !files.has(name)) };
}
