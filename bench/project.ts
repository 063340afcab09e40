/**
 * The projects that are measured: each is like a user's, with the package and its dependencies installed.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { pathToFileURL } from "node:url";

import { ModuleKind, ScriptTarget, transpileModule } from "typescript";
import { stringify } from "yaml";

import { sourceDir } from "../local/paths";
import { run } from "../local/run";
import type { Environment } from "./environment";
import { measure, type Usage } from "./measure";

/** The name of each project's one stack. */
const stackName = "bench";

/** The steps that are measured for each project, in order. */
export const steps: Record<string, string[]> = {
    "first preview": ["preview"],
    "first up": ["up", "--skip-preview", "--yes"],
    "no-op preview": ["preview", "--expect-no-changes"],
    "no-op up": ["up", "--skip-preview", "--yes", "--expect-no-changes"],
};

/** Builds the package, copies it into the directory's node_modules, and links its dependencies beside it. */
export async function installPackage(directory: string): Promise<void> {
    const modules = path.join(directory, "node_modules");
    const installed = path.join(modules, "kubernetes-mlops");
    mkdirSync(installed, { recursive: true });
    await run("npm", ["run", "build"], { cwd: sourceDir() });
    for (const name of ["package.json", "dist", "dockerfiles", "charts"]) {
        cpSync(sourceDir(name), path.join(installed, name), { recursive: true });
    }
    const { dependencies, peerDependencies } = JSON.parse(readFileSync(sourceDir("package.json"), "utf8")) as {
        dependencies: Record<string, string>;
        peerDependencies: Record<string, string>;
    };
    for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
        mkdirSync(path.dirname(path.join(modules, name)), { recursive: true });
        symlinkSync(sourceDir("node_modules", name), path.join(modules, name));
    }
}

/**
 * Writes a project that runs one of the programs. The programs are compiled beforehand: the compiler, which Pulumi
 * otherwise runs inside the program's process, costs both variants the same and would hide the difference.
 */
function writeProject(directory: string, program: string, config: Record<string, string | number | boolean>): void {
    mkdirSync(directory, { recursive: true });
    const sources = sourceDir("bench", "programs");
    for (const file of readdirSync(sources)) {
        const { outputText } = transpileModule(readFileSync(path.join(sources, file), "utf8"), {
            compilerOptions: { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022, esModuleInterop: true },
        });
        writeFileSync(path.join(directory, file.replace(/\.ts$/, ".js")), outputText);
    }
    const project = {
        name: stackName,
        runtime: { name: "nodejs", options: { typescript: false } },
        main: `${program}.js`,
    };
    const settings = Object.entries(config).map(([key, value]) => [`${stackName}:${key}`, String(value)]);
    writeFileSync(path.join(directory, "package.json"), JSON.stringify({ name: stackName, main: `${program}.js` }));
    writeFileSync(path.join(directory, "Pulumi.yaml"), stringify(project));
    writeFileSync(
        path.join(directory, `Pulumi.${stackName}.yaml`),
        stringify({ config: Object.fromEntries(settings) as Record<string, string> }),
    );
}

/** A project with an empty state. */
export class Project {
    private readonly directory: string;
    private readonly env: Record<string, string | undefined>;

    constructor(
        environment: Environment,
        name: string,
        program: string,
        config: Record<string, string | number | boolean>,
    ) {
        this.directory = path.join(environment.directory, name);
        const state = path.join(this.directory, "state");
        rmSync(this.directory, { recursive: true, force: true });
        mkdirSync(state, { recursive: true });
        writeProject(this.directory, program, config);
        this.env = {
            ...process.env,
            ...environment.engine,
            KUBECONFIG: environment.kubeconfig,
            PULUMI_BACKEND_URL: pathToFileURL(state).href,
            PULUMI_CONFIG_PASSPHRASE: "bench",
        };
    }

    async createStack(): Promise<void> {
        await this.pulumi("stack", "init", stackName);
    }

    measure(args: string[]): Promise<Usage> {
        const log = path.join(this.directory, "pulumi.log");
        return measure("pulumi", [...args, "--non-interactive", "--stack", stackName], {
            cwd: this.directory,
            env: this.env,
            log,
        });
    }

    /** All resources in the state, secrets in plain text. */
    async resources(): Promise<{ type: string }[]> {
        const file = path.join(this.directory, "export.json");
        // The state of a whole platform is too large for a pipe.
        await this.pulumi("stack", "export", "--show-secrets", "--stack", stackName, "--file", file);
        const { deployment } = JSON.parse(readFileSync(file, "utf8")) as {
            deployment: { resources: { type: string }[] };
        };
        return deployment.resources;
    }

    /** The types of all resources in the state. */
    async types(): Promise<string[]> {
        return (await this.resources()).map(({ type }) => type);
    }

    async destroy(): Promise<void> {
        await this.pulumi("destroy", "--yes", "--skip-preview", "--non-interactive", "--stack", stackName);
    }

    private pulumi(...args: string[]): Promise<string> {
        return run("pulumi", args, { cwd: this.directory, env: this.env });
    }
}
