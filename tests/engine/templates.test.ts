/** The examples as templates of the real CLI: `pulumi new` creates a project from each, which is deployed unchanged. */
import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { parse } from "yaml";

import { backendUrl } from "../../local/stack";
import { savedEnvironment } from "../support/environment";
import { exampleConfig, exampleNames, linkPackages } from "../support/examples";
import { TestStack } from "../support/stack";

const root = path.join(__dirname, "..", "..");

describe("pulumi new", function () {
    this.timeout("2m");

    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "kubernetes-mlops-templates-"));
    after(() => fs.rmSync(directory, { recursive: true }));

    /** Creates a project from an example, without its packages: they are the checkout's. */
    function create(example: string): string {
        const project = path.join(directory, example);
        const state = path.join(directory, "state");
        fs.mkdirSync(state, { recursive: true });
        const template = path.join(root, "examples", example);
        const name = ["--name", `my-${example}`, "--description", "mine"];
        execFileSync("pulumi", ["new", template, ...name, "--dir", project, "--generate-only", "--offline", "--yes"], {
            env: { ...process.env, ...savedEnvironment().env, PULUMI_BACKEND_URL: backendUrl(state) },
            stdio: "pipe",
        });
        linkPackages(project);
        return project;
    }

    for (const example of exampleNames) {
        it(`creates a project from the example ${example}`, () => {
            const project = create(example);
            const { name, description, template } = parse(
                fs.readFileSync(path.join(project, "Pulumi.yaml"), "utf8"),
            ) as { name: string; description: string; template?: object };
            assert.deepEqual(
                { name, description, template },
                { name: `my-${example}`, description: "mine", template: undefined },
            );
            const files = fs
                .readdirSync(path.join(root, "examples", example))
                .filter((file) => file !== "node_modules");
            assert.deepEqual(fs.readdirSync(project).sort(), [...files, "node_modules"].sort());
        });
    }

    it("and its preview shows what it creates", async () => {
        const stack = await TestStack.ofProject("templates", path.join(directory, "quickstart"));
        try {
            await stack.configure(exampleConfig("my-quickstart", savedEnvironment()));
            const changes = (await stack.preview()).filter(({ type }) => !type.startsWith("pulumi:providers:"));
            assert.deepEqual(changes.map(({ op, name }) => `${op} ${name}`).sort(), [
                "create quickstart",
                "create wine",
                "create wine",
                "create wine-deployment",
                "create wine-image",
                "create wine-pdb",
                "create wine-service",
                "create wine-train",
                "create wine-train-job",
                "create wine-train-model",
                "create wine-train-record",
            ]);
        } finally {
            await stack.destroy();
        }
    });
});
