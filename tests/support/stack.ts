import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import {
    type EngineEvent,
    LocalWorkspace,
    type LocalWorkspaceOptions,
    PulumiCommand,
    type PulumiFn,
    type Stack,
} from "@pulumi/pulumi/automation";

import { backendUrl } from "../../local/stack";
import { savedEnvironment } from "./environment";

/** One resource that an operation changes or would change: the operation, the kind, the name, and the namespace. */
export interface Change {
    op: string;
    type: string;
    name: string;
    /** The properties that differ, sorted. */
    diff: string[];
}

/** An object of Kubernetes in a stack's state. */
export interface StackObject {
    apiVersion: string;
    kind: string;
}

/** A stack of a test, with a program that can be changed between operations. */
export class TestStack {
    private constructor(
        private readonly stack: Stack,
        readonly directory: string,
    ) {}

    /** A stack without resources, whose state is in a temporary directory or in the given one. */
    static async create(name: string, program: PulumiFn, directory = newDirectory(name)): Promise<TestStack> {
        return TestStack.open(directory, (options) =>
            LocalWorkspace.createOrSelectStack({ stackName: name, projectName: "tests", program }, options),
        );
    }

    /** A stack without resources of the project in a directory. */
    static async ofProject(name: string, workDir: string): Promise<TestStack> {
        return TestStack.open(newDirectory(name), (options) =>
            LocalWorkspace.createOrSelectStack({ stackName: name, workDir }, options),
        );
    }

    private static async open(
        directory: string,
        stackOf: (options: LocalWorkspaceOptions) => Promise<Stack>,
    ): Promise<TestStack> {
        const envVars: Record<string, string> = {
            ...savedEnvironment().env,
            PULUMI_CONFIG_PASSPHRASE: "test",
            PULUMI_BACKEND_URL: backendUrl(directory),
        };
        process.env.PATH = envVars.PATH ?? process.env.PATH;
        // An inline program runs in this process, and reads the cluster from here; the provider has the variables above.
        process.env.KUBECONFIG = envVars.KUBECONFIG ?? process.env.KUBECONFIG;
        const stack = await stackOf({ envVars, pulumiCommand: await PulumiCommand.get() });
        // The automation API calls the CLI after each operation, for a summary that no test reads: half a second.
        stack.info = () => Promise.resolve(undefined);
        return new TestStack(stack, directory);
    }

    /** Runs the stack's program, or from now on another one. */
    async up(program?: PulumiFn): Promise<Record<string, unknown>> {
        this.use(program);
        const { outputs } = await this.stack.up({ onOutput: this.onOutput });
        return Object.fromEntries(Object.entries(outputs).map(([key, { value }]) => [key, value as unknown]));
    }

    /** What `up` would do. */
    async preview(program?: PulumiFn): Promise<Change[]> {
        this.use(program);
        return this.changes((onEvent) => this.stack.preview({ onEvent, onOutput: this.onOutput }));
    }

    /** What has changed in the cluster since the last operation. */
    async refresh(): Promise<Change[]> {
        return this.changes((onEvent) => this.stack.refresh({ onEvent, onOutput: this.onOutput }));
    }

    /** Sets configuration, each by its full key. */
    async configure(values: Record<string, string>): Promise<void> {
        await this.stack.setAllConfig(
            Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { value }])),
        );
    }

    /** From now on every resource needs an explicit provider. */
    async disableDefaultProviders(): Promise<void> {
        await this.stack.setConfig("pulumi:disable-default-providers", { value: '["*"]' });
    }

    /** Removes the lock of an update that was killed, as a user would. */
    async cancel(): Promise<void> {
        await this.stack.cancel();
    }

    /** The objects of the stack, as they are sent to the API server; secrets are left out. */
    async objects(): Promise<StackObject[]> {
        const exported = (await this.stack.exportStack()).deployment as { resources?: { inputs?: StackObject }[] };
        const { resources = [] } = exported;
        return resources.flatMap(({ inputs }) => (inputs?.apiVersion && inputs.kind ? [inputs] : []));
    }

    /** Everything that the backend stores of this stack, its history included. */
    stored(): string {
        return fs
            .readdirSync(this.directory, { recursive: true, encoding: "utf8" })
            .map((name) => path.join(this.directory, name))
            .filter((file) => fs.statSync(file).isFile())
            .map((file) => fs.readFileSync(file, "utf8"))
            .join("\n");
    }

    /** Everything that the engine has printed so far. */
    log = "";

    /** Deletes the remaining resources, and the stack. */
    async destroy(): Promise<void> {
        await this.stack.destroy({ onOutput: this.onOutput });
        fs.rmSync(this.directory, { recursive: true });
    }

    private readonly onOutput = (text: string): void => {
        this.log += text;
    };

    private use(program: PulumiFn | undefined): void {
        if (program) {
            this.stack.workspace.program = program;
        }
    }

    private async changes(operation: (onEvent: (event: EngineEvent) => void) => Promise<unknown>): Promise<Change[]> {
        const changes: Change[] = [];
        await operation((event) => {
            const metadata = event.resourcePreEvent?.metadata ?? event.resOutputsEvent?.metadata;
            // A replacement is reported in three steps; the one that names both halves stands for all.
            const isStep =
                metadata && !["same", "refresh", "create-replacement", "delete-replaced"].includes(metadata.op);
            if (isStep && metadata.type !== "pulumi:pulumi:Stack") {
                const name = metadata.urn.slice(metadata.urn.lastIndexOf("::") + 2);
                const diff = Object.keys(metadata.detailedDiff ?? {}).sort();
                if (!changes.some((other) => other.name === name && other.type === metadata.type)) {
                    changes.push({ op: metadata.op, type: metadata.type, name, diff });
                }
            }
        });
        return changes;
    }
}

function newDirectory(name: string): string {
    return fs.mkdtempSync(path.join(os.tmpdir(), `kubernetes-mlops-${name}-`));
}
