/**
 * The examples of the workloads, which are the programs of their pages, on a real node: each is a separate project, and
 * all are deployed at the same time. Each file in `workloads/` is one example, with tests of the result.
 *
 * WORKLOADS=notebook,sweep runs only those.
 */
import { strict as assert } from "node:assert";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { savedEnvironment } from "../support/environment";
import { copyExample, editor, exampleConfig } from "../support/examples";
import { inOrder } from "../support/in-order";
import { TestStack } from "../support/stack";
import type { Workload } from "./workloads/workload";

const only = process.env.WORKLOADS?.split(",");
const directory = path.join(__dirname, "workloads");
const workloads = fs
    .readdirSync(directory)
    .filter((file) => file.endsWith(".ts") && file !== "workload.ts")
    .sort()
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the files are only known at run time.
    .map((file) => (require(path.join(directory, file)) as { workload: Workload }).workload)
    .filter(({ example }) => !only || only.includes(example));

describe("the examples of the workloads, on a real node", function () {
    this.timeout("15m");
    inOrder();

    const projects = fs.mkdtempSync(path.join(os.tmpdir(), "kubernetes-mlops-examples-"));
    const stacks: TestStack[] = [];
    const outputs: Record<string, Record<string, unknown>> = {};

    before(async () => {
        for (const { example, edit } of workloads) {
            const project = path.join(projects, example);
            copyExample(example, project);
            edit?.(editor(project));
            const stack = await TestStack.ofProject(example, project);
            stacks.push(stack);
            await stack.configure(exampleConfig(example, savedEnvironment()));
        }
    });
    after(async () => {
        await Promise.all(stacks.map((stack) => stack.destroy()));
        fs.rmSync(projects, { recursive: true });
    });

    it("are deployed in one update each", async () => {
        const disturbances = workloads.map(({ during }) => during?.());
        const updates = workloads.map(async ({ example }, index) => (outputs[example] = await stacks[index]!.up()));
        await Promise.all([...updates, ...disturbances]);
    });

    for (const { example, checks } of workloads) {
        describe(`the example ${example}`, () => checks(() => outputs[example]!));
    }

    describe("afterwards", () => {
        it("a preview and a refresh show no change", async () => {
            const changes = stacks.map(async (stack) => [await stack.preview(), await stack.refresh()]);
            assert.deepEqual(
                await Promise.all(changes),
                stacks.map(() => [[], []]),
            );
        });
    });
});
