import { existsSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";

import { Command } from "commander";

import { shellQuote } from "../src/arguments/shell";
import { clusterStatus } from "./cluster";
import { stage } from "./display";
import { down, type Environment, savedEnvironment, up } from "./environment";
import { cacheDir, stateDir } from "./paths";
import { type Kubectl, type ModelInfo, predict, type Prediction, withPortForward } from "./predict";
import { formatDuration, type Report } from "./progress";
import { destroy, forget, InterruptedError, openStack, stackEnv, type StackOptions, update } from "./stack";
import { type Change, summary } from "./stack-events";
import { ensureTools } from "./toolchain";
import { findExecutable } from "./toolchain/installed";

interface Options {
    context?: string;
    registry?: string;
    down?: boolean;
}

/** Brings the environment up, deploys the project in the root, and calls the deployed server. */
async function deploy(options: Options, interrupt: AbortSignal): Promise<void> {
    const { context, registry } = options;
    const environment = await unlessInterrupted(interrupt, up({ node: true, context, registry, stage }));
    const target = stackOf(environment);
    const { changes, outputs } = await steps(`Stack ${target.name}`, async (report) => {
        const stack = await openStack(target);
        writeEnvFile(target);
        return update(stack, report, interrupt);
    });
    const output = (name: string) => String(outputs[name]?.value);
    const { model, answer } = await unlessInterrupted(
        interrupt,
        stage("Prediction", async (report) => {
            const [namespace, service] = [output("namespace"), output("service")];
            const kubectl = await kubectlOf(environment, report);
            report(`calling service ${service} of namespace ${namespace} through a port-forward`);
            return withPortForward(kubectl, namespace, service, Number(new URL(output("url")).port), predict);
        }),
    );
    say(
        "",
        ...changeLines(changes),
        "",
        `image    ${output("imageRef")}`,
        `model    ${output("model")}`,
        `server   ${output("url")}`,
        "",
        ...resultLines(model, answer),
        "",
        ...nextLines(envFile(target), options),
    );
}

/** Destroys the stack, and then the cluster unless it is the user's. */
async function remove({ context, registry }: Options, interrupt: AbortSignal): Promise<void> {
    const saved = savedEnvironment();
    const environment =
        context === undefined || context === saved?.context
            ? saved
            : await unlessInterrupted(interrupt, up({ node: true, context, registry, stage }));
    const target = environment && stackOf(environment);
    if (target && existsSync(target.stateDir)) {
        await steps(`Stack ${target.name}`, async (report) => {
            const stack = await openStack(target);
            if (await isUp(environment)) {
                report(summary(await destroy(stack, report, interrupt)));
            } else {
                report("the cluster does not run: the stack's resources are removed with it");
                await forget(stack);
            }
        });
        rmSync(target.stateDir, { recursive: true });
    } else {
        say("No quickstart is deployed.");
    }
    if (environment?.context === undefined) {
        await unlessInterrupted(interrupt, stage("Cluster, registry and docker", down));
    }
}

/**
 * The stack of an environment. Its state lives as long as the cluster: with the cluster on this machine, or in the
 * cache for a cluster of the user's.
 */
function stackOf(environment: Environment): StackOptions {
    const { context, registry, baseImage, env } = environment;
    if (context === undefined) {
        const config = {
            registry,
            "kubernetes-mlops:pythonBaseImage": baseImage,
            "kubernetes-mlops:buildNetwork": "host",
        };
        return { name: "quickstart", stateDir: stateDir("stacks"), env, config };
    }
    return {
        // Names of contexts may contain characters that are not allowed in names of stacks and directories.
        name: `quickstart-${context.replace(/[^\w.-]/g, "-")}`,
        stateDir: cacheDir("stacks", encodeURIComponent(context)),
        env,
        config: { registry, "kubernetes:context": context },
    };
}

/** Whether there is a cluster to delete from. After a reboot, for example, the one on this machine does not run. */
async function isUp({ context }: Environment): Promise<boolean> {
    const { daemons } = await clusterStatus();
    return context !== undefined || daemons.some(({ name, running }) => name === "kube-apiserver" && running);
}

async function kubectlOf({ context, env }: Environment, report: Report): Promise<Kubectl> {
    const args = context === undefined ? [] : ["--context", context];
    const own = context === undefined ? undefined : findExecutable("kubectl");
    if (own) {
        return { command: own, args, env };
    }
    const { kubernetes } = await ensureTools(["kubernetes"], report);
    return { command: kubernetes, args: ["kubectl", ...args], env };
}

/** A shell file with the environment variables with which `pulumi`, run by hand, works on the stack. */
function envFile(target: StackOptions): string {
    return path.join(target.stateDir, "quickstart.env");
}

function writeEnvFile(target: StackOptions): void {
    const variables = { ...stackEnv(target), PULUMI_STACK: target.name };
    const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${shellQuote(value)}\n`);
    writeFileSync(envFile(target), lines.join(""));
}

function changeLines(changes: Change[]): string[] {
    if (changes.length === 0) {
        return ["Nothing changed: everything is up to date."];
    }
    return [
        `Changed: ${summary(changes)}.`,
        ...changes.map(({ component, resource, kind }) => {
            return `  ${kind.padEnd(8)} ${component ? `${component}: ` : ""}${resource}`;
        }),
    ];
}

function resultLines(model: ModelInfo, answer: Prediction): string[] {
    const { grower } = model.example;
    const right = answer.grower === grower ? "which is right" : `but it is ${grower}`;
    return [
        `The model has an accuracy of ${(100 * model.accuracy).toFixed(1)}% on ${model.held_out} held-out wines.`,
        `Asked about one of them, the server answers ${answer.grower} (probability ${answer.probability}), ${right}.`,
    ];
}

function nextLines(variables: string, { context, registry }: Options): string[] {
    const cluster = Object.entries({ context, registry }).flatMap(([name, value]) =>
        value ? [`--${name}`, value] : [],
    );
    const command = (...args: string[]) =>
        ["npm run quickstart", ...(args.length > 0 ? ["--"] : []), ...args].join(" ");
    return [
        "What next:",
        `  train another model    set TREES = 100 in examples/quickstart/model/train.py, then \`${command(...cluster)}\``,
        `  use pulumi yourself    \`. ${variables}\`, then \`pulumi preview\``,
        `  remove everything      \`${command("--down", ...cluster)}\``,
    ];
}

/** Runs a stage under its title with a line for each report, all of which stay visible. */
async function steps<T>(title: string, work: (report: Report) => Promise<T>): Promise<T> {
    const start = Date.now();
    say(title);
    const result = await work((line) => say(`  ${line}`));
    say(`${title}: done in ${formatDuration(Date.now() - start)}`);
    return result;
}

/** For work that may be interrupted at any point, because the next run resumes from there. */
function unlessInterrupted<T>(interrupt: AbortSignal, work: Promise<T>): Promise<T> {
    const interrupted = new Promise<never>((_, reject) => {
        const stop = () => reject(new InterruptedError());
        interrupt.addEventListener("abort", stop, { once: true });
    });
    return Promise.race([work, interrupted]);
}

function say(...lines: string[]): void {
    process.stdout.write(lines.map((line) => `${line}\n`).join(""));
}

async function main(): Promise<void> {
    const options = new Command("npm run quickstart --")
        .description("Trains a model and serves it on Kubernetes: from an empty machine to a prediction")
        .option("--context <name>", "use this context of the kubeconfig instead of a cluster on this machine")
        .option("--registry <host>", "push to this registry, from which the cluster can pull")
        .option("--down", "remove the stack and the cluster on this machine")
        .parse()
        .opts<Options>();
    const interrupt = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
        process.on(signal, () => interrupt.abort());
    }
    try {
        await (options.down ? remove(options, interrupt.signal) : deploy(options, interrupt.signal));
    } catch (error) {
        process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
        // Interrupted work may still keep the process alive.
        process.exit(error instanceof InterruptedError ? 130 : 1);
    }
}

void main();
