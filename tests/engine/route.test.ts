/** A route is ready when its Gateway reports so; this test does it in place of a controller. */
import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";

import * as core from "@pulumi/kubernetes/core/v1";
import type * as pulumi from "@pulumi/pulumi";

import { ModelServer } from "../../src";
import { image } from "../support/arguments";
import { installCrds, whyCrdsMissing } from "../support/crds";
import { getObjects, kubectl } from "../support/kubectl";
import { TestStack } from "../support/stack";
import { skipAwait } from "../support/transforms";
import { unchecked } from "../support/unchecked";

const namespace = "route-test";

/** Awaits routes, and nothing that needs a node. */
const onlyRoutes: pulumi.ResourceTransform = (args) => (args.type.endsWith(":HTTPRoute") ? undefined : skipAwait(args));

function program(): Promise<Record<string, never>> {
    const space = new core.Namespace("namespace", { metadata: { name: namespace } });
    const workspace = { namespace: space.metadata.name };
    new ModelServer("fraud", { workspace, image, route: { gateway: "public" } }, { transforms: [onlyRoutes] });
    return Promise.resolve({});
}

type Status = "True" | "False";

/** Sets whether the route is accepted, and whether its backends are resolved. */
async function answer(accepted: Status, resolved: Status): Promise<void> {
    const conditions = Object.entries({ Accepted: accepted, ResolvedRefs: resolved }).map(([type, status]) => ({
        type,
        status,
        reason: "Test",
        message: "",
        lastTransitionTime: new Date(),
    }));
    const parents = [{ parentRef: { name: "public" }, controllerName: "example.com/test", conditions }];
    const patch = JSON.stringify({ status: { parents } });
    const route = ["httproute/fraud", "--namespace", namespace];
    await kubectl("patch", ...route, "--subresource=status", "--type=merge", "--patch", patch);
}

describe("the route of a workload, on a real API server", function () {
    this.timeout("2m");

    const kinds = ["gateway.networking.k8s.io/HTTPRoute"];
    const missing = whyCrdsMissing(kinds);
    if (missing) {
        unchecked(missing, "is awaited until the Gateway has accepted it and resolved its backends");
        return;
    }

    let stack: TestStack;
    before(async () => {
        await installCrds(kinds);
        stack = await TestStack.create("route", program);
    });
    after(async () => stack?.destroy());

    it("is awaited until the Gateway has accepted it and resolved its backends", async () => {
        let through = false;
        const up = stack.up().then(() => (through = true));
        const isThere = () => getObjects("httproute", "fraud", "--namespace", namespace).catch(() => undefined);
        while ((await isThere()) === undefined) {
            await sleep(200);
        }
        for (const [accepted, resolved] of [
            ["False", "True"],
            ["True", "False"],
        ] as const) {
            await answer(accepted, resolved);
            await sleep(2000);
            assert.ok(!through, `Accepted ${accepted}, ResolvedRefs ${resolved}: not the awaited status`);
        }
        await answer("True", "True");
        await up;
        assert.deepEqual(await stack.preview(), []);
        assert.deepEqual(await stack.refresh(), []);
    });
});
