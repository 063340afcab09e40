/**
 * The examples of the workloads, which are the programs of their pages, on a real node: all in one stack, so that they
 * wait for their pods at the same time. Each file in `workloads/` is one example, with what must be so afterwards.
 *
 * WORKLOADS=notebook,sweep takes those alone.
 */
import { strict as assert } from "node:assert";
import * as fs from "node:fs";
import * as path from "node:path";

import type * as pulumi from "@pulumi/pulumi";

import { savedEnvironment } from "../support/environment";
import { runExample } from "../support/examples";
import { inOrder } from "../support/in-order";
import { TestStack } from "../support/stack";
import type { Workload } from "./workloads/workload";

const only = process.env.WORKLOADS?.split(",");
const directory = path.join(__dirname, "workloads");
const workloads = fs
    .readdirSync(directory)
    .filter((file) => file.endsWith(".ts") && file !== "workload.ts")
    .sort()
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- which files there are is known only now.
    .map((file) => (require(path.join(directory, file)) as { workload: Workload }).workload)
    .filter(({ example }) => !only || only.includes(example));

/** All examples; what one exports is an output by its name. */
function program(): Promise<Record<string, pulumi.Output<unknown>>> {
    const outputs: Record<string, pulumi.Output<unknown>> = {};
    for (const { example } of workloads) {
        for (const [name, value] of Object.entries(runExample<Record<string, pulumi.Output<unknown>>>(example))) {
            outputs[`${example}.${name}`] = value;
        }
    }
    return Promise.resolve(outputs);
}

describe("the examples of the workloads, on a real node", function () {
    this.timeout("15m");
    inOrder();

    let stack: TestStack;
    let outputs: Record<string, unknown> = {};

    before(async () => {
        const { registry, baseImage, storageClass } = savedEnvironment();
        const shared = { registry, baseImage: baseImage!, storageClass: storageClass!, buildNetwork: "host" };
        const config = Object.assign({}, shared, ...workloads.map((one) => one.config)) as Record<string, string>;
        stack = await TestStack.create("workloads", program);
        await stack.configure(
            Object.fromEntries(Object.entries(config).map(([key, value]) => [`tests:${key}`, value])),
        );
    });
    after(async () => stack?.destroy());

    it("come up in one update", async () => {
        const disturbances = workloads.map(({ during }) => during?.());
        [outputs] = await Promise.all([stack.up(), ...disturbances]);
    });

    for (const { example, checks } of workloads) {
        describe(`the example ${example}`, () => {
            checks(() => {
                const own = Object.entries(outputs).filter(([name]) => name.startsWith(`${example}.`));
                return Object.fromEntries(own.map(([name, value]) => [name.slice(example.length + 1), value]));
            });
        });
    }

    describe("afterwards", () => {
        it("a preview and a refresh show no change", async () => {
            assert.deepEqual(await stack.preview(), []);
            assert.deepEqual(await stack.refresh(), []);
        });
    });
});
