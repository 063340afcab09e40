/**
 * The example llm-server, which is the program of its page. It needs a GPU, so the tests check what a real API server
 * returns for it, and its preview; its pods are not awaited.
 */
import { strict as assert } from "node:assert";

import * as pulumi from "@pulumi/pulumi";

import { image, password } from "../support/arguments";
import { runExample } from "../support/examples";
import { inOrder } from "../support/in-order";
import { getObjects } from "../support/kubectl";
import { TestStack } from "../support/stack";
import { skipAwait } from "../support/transforms";

const namespace = "llm-server";

/** The example, whose pods are not awaited. */
function program(): Promise<Record<string, unknown>> {
    pulumi.runtime.registerStackTransformation(({ type, props, opts }) => {
        const changed = skipAwait({ type, props, opts } as pulumi.ResourceTransformArgs);
        return changed as pulumi.ResourceTransformationResult | undefined;
    });
    return Promise.resolve(runExample("llm-server"));
}

describe("the example llm-server, on a real API server", function () {
    this.timeout("3m");
    inOrder();

    let stack: TestStack;
    before(async () => {
        stack = await TestStack.create("llm-server", program);
        await stack.configure({
            "tests:vllmImage": image,
            "tests:huggingFaceToken": password,
            "tests:apiKey": password,
        });
    });
    after(async () => stack?.destroy());

    it("is accepted, and outputs its address and how the model fits", async () => {
        assert.deepEqual(await stack.up(), {
            url: "http://llm-server.llm-server.svc.cluster.local:8000/v1",
            model: "meta-llama/Llama-3.1-8B-Instruct",
            memory: { weightsGiB: 15, kvCacheGiB: 55.2, kvCacheTokens: 904816, concurrentRequests: 27.6 },
        });
    });

    it("asks for one GPU of the product, with the tokens in a Secret", async () => {
        interface Deployment {
            spec: { template: { spec: { containers: { args: string[]; resources: { limits: object } }[] } } };
        }
        const { spec } = await getObjects<Deployment>("deployment/llm-server", "--namespace", namespace);
        const [container] = spec.template.spec.containers;
        assert.deepEqual(container!.resources.limits, { memory: "24Gi", "nvidia.com/gpu": "1" });
        assert.ok(container!.args.includes("--kv-cache-dtype=fp8"));
        assert.ok(!JSON.stringify(spec).includes(password));
    });

    it("a preview and a refresh show no change", async () => {
        assert.deepEqual(await stack.preview(), []);
        assert.deepEqual(await stack.refresh(), []);
    });
});
