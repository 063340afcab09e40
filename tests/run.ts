/**
 * Runs the levels of tests that are named on the command line, each in the environment that it needs, and ends with one
 * line: N passed, N failed.
 */
import { execFileSync, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { savedEnvironment } from "../local/environment";
import { holderOf, withLock } from "../local/lock";
import { cacheDir } from "../local/paths";

const root = path.join(__dirname, "..");

/**
 * Held while tests run in a cluster that they started: what a killed run leaves behind then belongs to no other run.
 */
const running = cacheDir("tests.lock");

/** What a level runs, and what must be up for it. */
interface Level {
    /** The files, in stages: the groups of a stage run at the same time, and the stages one after the other. */
    stages: string[][][];
    /** The flags of `npm run local -- up`; undefined where no cluster is needed. */
    environment?: string[];
    /** Whether it is skipped when a cluster was up before. */
    ownCluster?: boolean;
}

/** Tests that share kinds and nodes of the cluster: they run one after the other. */
const sharing = ["workloads", "gpus", "addons", "platform", "notebook", "route", "ownership-addons", "previews"];
/** Tests that hardly use the cluster. */
const images = ["docker-build-provider", "image", "image-checkouts", "image-registries", "python-image", "scans"];
/** Tests that use separate kinds and namespaces. */
const besides = ["addon", "operations", "ownership"];

const named = (level: string, files: string[]) => files.map((file) => `tests/${level}/${file}.test.ts`);

const levels: Record<string, Level> = {
    unit: { stages: [[["tests/unit/**/*.test.ts"]]] },
    engine: {
        stages: [
            [
                [`tests/engine/!(${[...sharing, ...images, ...besides].join("|")}).test.ts`],
                named("engine", sharing),
                named("engine", images),
                named("engine", besides),
            ],
        ],
        environment: [],
    },
    cluster: {
        // A platform that is being installed refuses the Jobs of others for a while, so it runs alone.
        stages: [
            // These tests mostly wait for pods: more groups than processors.
            [
                ["tests/cluster/!(failing-runs|platform|runs|training|workloads).test.ts"],
                ...["workloads", "runs", "training", "failing-runs"].map((file) => named("cluster", [file])),
            ],
            [named("cluster", ["platform"])],
        ],
        environment: ["--node"],
    },
    /** Real controllers of more add-ons: too slow for every run. */
    controllers: { stages: [[["tests/controllers/**/*.test.ts"]]], environment: ["--node"] },
    /**
     * Takes the cluster down and brings it up again, empty: after all other levels, and never with a cluster in use.
     */
    lifecycle: { stages: [[["tests/lifecycle/**/*.test.ts"]]], ownCluster: true },
};

interface Counts {
    passed: number;
    failed: number;
    skipped: number;
}

function say(line: string): void {
    console.log(`\n== ${line} (${new Date().toISOString().slice(11, 19)})`);
}

/** Runs a Node.js program; with `quiet`, its output is shown when it has ended. */
async function run(args: string[], env: NodeJS.ProcessEnv = {}, quiet = false): Promise<number> {
    const output: Buffer[] = [];
    const child = spawn(process.execPath, args, {
        cwd: root,
        stdio: quiet ? ["ignore", "pipe", "pipe"] : "inherit",
        env: { ...process.env, ...env },
    });
    child.stdout?.on("data", (part: Buffer) => output.push(part));
    child.stderr?.on("data", (part: Buffer) => output.push(part));
    const code = await new Promise<number>((resolve) => child.on("close", (status) => resolve(status ?? 1)));
    process.stdout.write(Buffer.concat(output));
    return code;
}

const tsx = require.resolve("tsx/cli");
const local = (...args: string[]) => run([tsx, "local/cli.ts", ...args]);

async function mocha(files: string[], quiet: boolean): Promise<Counts> {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "kubernetes-mlops-tests-")), "counts.json");
    const code = await run([require.resolve("mocha/bin/mocha.js"), ...files], { MOCHA_COUNTS: file }, quiet);
    const counts = fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, "utf8")) as Counts) : undefined;
    fs.rmSync(path.dirname(file), { recursive: true });
    if (counts === undefined || (code !== 0 && counts.failed === 0)) {
        return { passed: counts?.passed ?? 0, failed: 1, skipped: counts?.skipped ?? 0 };
    }
    return counts;
}

async function runLevel(name: string, wasUp: boolean): Promise<Counts> {
    const level = levels[name]!;
    if (level.ownCluster && wasUp) {
        say(`${name}: skipped, because the running cluster would lose its content; take it down first`);
        return { passed: 0, failed: 0, skipped: 1 };
    }
    if (level.environment) {
        say(`${name}: environment`);
        if ((await local("up", ...level.environment)) !== 0) {
            return { passed: 0, failed: 1, skipped: 0 };
        }
    }
    say(`${name}: tests`);
    let sum: Counts = { passed: 0, failed: 0, skipped: 0 };
    for (const groups of level.stages) {
        const counts = await Promise.all(groups.map((files) => mocha(files, groups.length > 1)));
        sum = [sum, ...counts].reduce(plus);
    }
    return sum;
}

const plus = (one: Counts, other: Counts): Counts => ({
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
});

async function main(names: string[]): Promise<void> {
    const wrong = names.filter((name) => !(name in levels));
    if (names.length === 0 || wrong.length > 0) {
        throw new Error(
            `name some of these levels: ${Object.keys(levels).join(", ")}${wrong.map((name) => `; not ${name}`).join("")}`,
        );
    }
    await takeDownLeftOvers();
    const wasUp = savedEnvironment() !== undefined;
    const alone = !wasUp && names.some((name) => name !== "unit");
    const work = () => runLevels(names, wasUp, alone);
    const sum = alone ? await withLock(running, () => say("waiting for another test run"), work) : await work();
    console.log(`\n${sum.passed} passed, ${sum.failed} failed${sum.skipped ? `, ${sum.skipped} skipped` : ""}`);
    process.exitCode = sum.failed > 0 || sum.passed === 0 ? 1 : 0;
}

/** The stacks of this run would adopt what a killed run has left in its cluster, possibly incomplete. */
async function takeDownLeftOvers(): Promise<void> {
    if (fs.existsSync(running) && holderOf(running) === undefined) {
        say("taking down the environment of a test run that did not complete");
        await local("down");
        fs.rmSync(running, { force: true });
    }
}

/** @param alone whether a cluster that is up at the end belongs to this run, and no other run needs it. */
async function runLevels(names: string[], wasUp: boolean, alone: boolean): Promise<Counts> {
    say("build");
    try {
        execFileSync("npm", ["run", "--silent", "build"], { cwd: root, stdio: "inherit" });
    } catch {
        throw new Error("0 passed, 1 failed");
    }
    let sum: Counts = { passed: 0, failed: 0, skipped: 0 };
    for (const name of names) {
        sum = plus(sum, await runLevel(name, wasUp));
    }
    if (alone && savedEnvironment() !== undefined) {
        say("taking the environment down");
        await local("down");
    }
    return sum;
}

main(process.argv.slice(2)).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
});
