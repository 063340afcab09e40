/**
 * Compares workloads created with the components to the same objects written by hand: `npm run bench`.
 *
 * The variants take turns, and the first one changes with each round, so that other load on the machine affects all of
 * them. Other options compare one component each, the Platform with its charts, and an edit with docker and kubectl.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir, totalmem } from "node:os";
import * as path from "node:path";

import { Command, InvalidArgumentError } from "commander";

import { clusterDown, clusterStatus } from "../local/cluster";
import { canRunCluster } from "../local/machine";
import { sourceDir } from "../local/paths";
import type { Profile } from "../src/platform/catalog/profiles";
import { measureEdits, requireNode } from "./edit";
import { deleteNamespaces, type Environment, prepare, say } from "./environment";
import { measureLoad } from "./measure";
import { compareObjects } from "./objects";
import { measureProfile, profileNames } from "./platform";
import { Project, steps } from "./project";
import {
    type Addition,
    additionsText,
    type Case,
    caseText,
    compare,
    compareCopies,
    compareEdits,
    type Comparison,
    type CopiesCase,
    copiesText,
    type EditRound,
    editsText,
    loadText,
    type Round,
} from "./report";
import { measureWorkloads, workloadNames } from "./workloads";

/** Each variant's program, the namespace it fills, and its name on the terminal. */
const variants = {
    components: { program: "components", namespace: "bench-components", title: "components" },
    byHand: { program: "by-hand", namespace: "bench-by-hand", title: "by hand" },
    bare: { program: "by-hand", namespace: "bench-bare", title: "by hand in bare components" },
};
type VariantName = keyof typeof variants;
const namespaces = Object.values(variants).map(({ namespace }) => namespace);

/** All steps of each variant, from nothing to no-op; returns the measurements and the number of objects. */
async function measureRound(
    environment: Environment,
    workloads: number,
    order: VariantName[],
    title: string,
): Promise<{ round: Round; objects: number }> {
    const round: Round = { components: {}, byHand: {} };
    const projectOf = (name: VariantName): Project => {
        const { program, namespace } = variants[name];
        return new Project(environment, name, program, { workloads, namespace, bare: name === "bare" });
    };
    const projects = new Map(order.map((name) => [name, projectOf(name)]));
    await deleteNamespaces(environment, namespaces);
    try {
        for (const project of projects.values()) {
            await project.createStack();
        }
        for (const [step, args] of Object.entries(steps)) {
            for (const [name, project] of projects) {
                const usage = await project.measure(args);
                (round[name] ??= {})[step] = usage;
                say(`${title}: ${step}, ${variants[name].title}: ${usage.seconds.toFixed(1)} s`);
            }
        }
        const made = async (name: VariantName) => ({
            namespace: variants[name].namespace,
            types: await projects.get(name)!.types(),
        });
        const byHand = await made("byHand");
        let objects = 0;
        for (const name of order.filter((other) => other !== "byHand")) {
            objects = await compareObjects(environment.kubectl, environment.kubeconfig, await made(name), byHand);
        }
        return { round, objects };
    } finally {
        await deleteNamespaces(environment, namespaces);
    }
}

async function measureCase(
    environment: Environment,
    names: VariantName[],
    workloads: number,
    rounds: number,
): Promise<Case> {
    const measured: Case = { title: `${workloads} workloads`, objects: 0, rounds: [] };
    for (let index = 0; index < rounds; index++) {
        const order = index % 2 === 0 ? names : [...names].reverse();
        const title = `${workloads} workloads, round ${index + 1} of ${rounds}`;
        const { round, objects } = await measureRound(environment, workloads, order, title);
        measured.rounds.push(round);
        measured.objects = objects;
    }
    return measured;
}

interface Options {
    large: boolean;
    bare: boolean;
    edit: boolean;
    platform?: Profile[] | true;
    workloads?: string[] | true;
    copies: number;
    sizes?: number[];
    rounds?: number;
}

async function bench(options: Options): Promise<void> {
    const names: VariantName[] = ["components", "byHand", ...(options.bare ? (["bare"] as const) : [])];
    const sizes = options.sizes ?? [10, 100, ...(options.large ? [1000] : [])];
    const directory = mkdtempSync(path.join(tmpdir(), "kubernetes-mlops-bench-"));
    const environment = await prepare(directory);
    const machine = {
        cpus: cpus().map(({ model }) => model),
        memoryBytes: totalmem(),
        node: process.version,
        load: loadavg(),
    };
    say(`${machine.cpus.length} CPUs, with a load of ${machine.load[0]!.toFixed(1)} before anything is measured`);
    const date = new Date().toISOString();
    const loadTimes = await measureLoad(directory, 15);
    console.log(`\n${loadText(loadTimes)}\n`);
    const cases: (Case & { comparisons: Comparison[] })[] = [];
    const add = (measured: Case): void => {
        const comparisons = compare(measured);
        cases.push({ ...measured, comparisons });
        console.log(`\n${caseText(measured, comparisons)}\n`);
    };
    for (const profile of options.platform === true ? profileNames : (options.platform ?? [])) {
        add(await measureProfile(environment, profile, options.rounds ?? 3));
    }
    const components: (CopiesCase & { comparisons: Addition[] })[] = [];
    if (options.workloads) {
        const chosen = options.workloads === true ? workloadNames : options.workloads;
        const { copies, rounds = 3 } = options;
        await measureWorkloads(environment, chosen, { copies, rounds }, (measured) => {
            const comparisons = compareCopies(measured);
            components.push({ ...measured, comparisons });
            console.log(`\n${copiesText(measured, comparisons)}\n`);
        });
        console.log(`What each copy adds, and the ratio of all:\n\n${additionsText(components)}\n`);
    }
    let edits: { rounds: EditRound[]; comparisons: Comparison[] } | undefined;
    if (options.edit) {
        const rounds = await measureEdits(environment, options.rounds ?? 3);
        edits = { rounds, comparisons: compareEdits(rounds) };
        console.log(`\n${editsText(edits.rounds, edits.comparisons)}\n`);
    }
    for (const workloads of options.platform || options.workloads || options.edit ? [] : sizes) {
        const rounds = options.rounds ?? (workloads <= 10 ? 7 : workloads <= 100 ? 5 : 1);
        add(await measureCase(environment, names, workloads, rounds));
    }

    const file = sourceDir("bench", "results", `${date.replaceAll(":", "-")}.json`);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(
        file,
        `${JSON.stringify({ date, machine, loadTimes, cases: [...cases, ...components], edits }, undefined, 4)}\n`,
    );
    rmSync(directory, { recursive: true });
    if (cases.length + components.length > 0 && !options.platform) {
        console.log("All variants created the same objects in the API server.");
    }
    console.log(`All figures: ${path.relative("", file)}`);
}

/** Runs the benchmarks, and leaves the machine as it was: a cluster that they started is taken down. */
async function main(options: Options): Promise<void> {
    if (!canRunCluster()) {
        throw new Error("npm run bench starts an API server here and reads /proc: run it on Linux, as root");
    }
    if (options.edit) {
        requireNode();
    }
    const { exists } = await clusterStatus();
    try {
        await bench(options);
    } finally {
        if (!exists) {
            await clusterDown(say);
        }
    }
}

function positive(text: string): number {
    const number = Number(text);
    if (!Number.isInteger(number) || number < 1) {
        throw new InvalidArgumentError("It must be an integer greater than 0.");
    }
    return number;
}

/** A comma-separated list of some of these names. */
const namesOf =
    <T extends string>(all: T[]) =>
    (text: string): T[] => {
        const unknown = text.split(",").find((name) => !all.includes(name as T));
        if (unknown !== undefined) {
            throw new InvalidArgumentError(`${unknown} does not exist; it must be one of ${all.join(", ")}.`);
        }
        return text.split(",") as T[];
    };

function even(text: string): number {
    const number = positive(text);
    if (number % 2 !== 0) {
        throw new InvalidArgumentError("It must be even: half of the workloads are trainings, half are servers.");
    }
    return number;
}

new Command("npm run bench --")
    .description("compare workloads created with the components to the same objects written by hand")
    .option("--large", "also compare 1000 workloads, which takes hours", false)
    .option("--bare", "also compare components that do nothing: what Pulumi itself takes for any component", false)
    .option(
        "--platform [profiles]",
        `compare profiles of the Platform, separated by commas, with their charts alone instead (default: ${profileNames.join(",")})`,
        namesOf(profileNames),
    )
    .option(
        "--workloads [names]",
        `compare each component, or these, separated by commas, with its objects alone instead (${workloadNames.join(",")})`,
        namesOf(workloadNames),
    )
    .option(
        "--edit",
        "compare the time from an edit of the training code to its model being served with docker and kubectl instead",
        false,
    )
    .option("--copies <number>", "of each component of --workloads", positive, 20)
    .option(
        "--rounds <number>",
        "how often each comparison is repeated (default: 7, 5 and 1 times; 3 times the others)",
        positive,
    )
    .option("--sizes <numbers>", "other numbers of workloads, separated by commas (default: 10,100)", (text) =>
        text.split(",").map(even),
    )
    .action(main)
    .parseAsync()
    .catch((error: unknown) => {
        console.error(error instanceof Error ? error.message : String(error));
        process.exitCode = 1;
    });
