/** A project in a directory of its own, worked on as its users do: with the Pulumi CLI, whose exit code decides. */
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { backendUrl } from "../../local/stack";
import { build } from "./built";
import { savedEnvironment } from "./environment";
import { linkPackages } from "./examples";

/** What a command has printed, and how it ended. */
export interface Ended {
    code: number | null;
    output: string;
}

export class CliProject {
    private readonly root = fs.mkdtempSync(path.join(os.tmpdir(), "kubernetes-mlops-project-"));
    readonly directory: string;

    /**
     * The project's state is in a directory of its own, or in that of another project.
     *
     * @param below - Where the project is in its repository, which has the installed packages. Defaults to its root.
     * @param install - Gives the repository its packages. By default it has those of the checkout.
     */
    constructor(name: string, program: string, state?: CliProject, { below = "", install = linkPackages } = {}) {
        build();
        this.directory = path.join(this.root, below);
        fs.mkdirSync(this.directory, { recursive: true });
        this.rename(name);
        fs.writeFileSync(path.join(this.directory, "index.js"), program);
        fs.writeFileSync(path.join(this.directory, "package.json"), JSON.stringify({ private: true }));
        install(this.root);
        this.state = state?.state ?? path.join(this.root, "state");
        fs.mkdirSync(this.state, { recursive: true });
    }

    private readonly state: string;

    /** Gives the project another name, which is all that its Pulumi.yaml holds besides the runtime. */
    rename(name: string): void {
        fs.writeFileSync(path.join(this.directory, "Pulumi.yaml"), `name: ${name}\nruntime: nodejs\n`);
    }

    /** Starts a command of the CLI in a process group of its own. */
    start(args: string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
        return spawn("pulumi", [...args, "--non-interactive", "--color=never"], {
            cwd: this.directory,
            detached: true,
            env: {
                ...process.env,
                ...savedEnvironment().env,
                PULUMI_CONFIG_PASSPHRASE: "test",
                PULUMI_BACKEND_URL: backendUrl(this.state),
                ...env,
            },
        });
    }

    /** Runs a command of the CLI to its end. */
    async run(args: string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
        const child = this.start(args, env);
        let output = "";
        for (const stream of [child.stdout!, child.stderr!]) {
            stream.setEncoding("utf8").on("data", (part: string) => (output += part));
        }
        const code = await new Promise<number | null>((resolve, reject) => {
            child.once("error", reject);
            child.once("close", resolve);
        });
        return { code, output };
    }

    /** Runs a command that must succeed, and returns what it has printed. */
    async succeed(args: string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
        const { code, output } = await this.run(args, env);
        if (code !== 0) {
            throw new Error(`pulumi ${args.join(" ")} ended with ${code}:\n${output}`);
        }
        return output;
    }

    /** Everything that the backend stores, as a string. */
    stored(): string {
        return fs
            .readdirSync(this.state, { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile())
            .map((entry) => fs.readFileSync(path.join(entry.parentPath, entry.name), "utf8"))
            .join("\n");
    }

    /** Forgets the project; what its stacks have created must be deleted before. */
    remove(): void {
        fs.rmSync(this.root, { recursive: true });
    }
}
