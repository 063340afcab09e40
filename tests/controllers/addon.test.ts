/** The program of docs/addon.md: a chart that is not an add-on of the Platform, with its real controller. */
import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";

import { controllers, deleteLeftovers, mirrorOf } from "../support/controllers";
import { savedEnvironment } from "../support/environment";
import { runExample } from "../support/examples";
import { inOrder } from "../support/in-order";
import { createObjects, kubectl } from "../support/kubectl";
import { TestStack } from "../support/stack";

describe("an Addon with a real controller", function () {
    this.timeout("15m");
    inOrder();

    let stack: TestStack;
    before(async function () {
        this.timeout("60m");
        const mirror = await controllers(["gatekeeper"]);
        stack = await TestStack.create("addon-example", () => Promise.resolve(runExample("addon")));
        await stack.configure({ "kubernetes-mlops:mirror": JSON.stringify(mirrorOf(mirror)) });
        await createObjects({ apiVersion: "v1", kind: "Namespace", metadata: { name: "team" } });
    });
    after(async () => {
        await stack?.destroy();
        await deleteLeftovers(["gatekeeper.sh"], ["gatekeeper-system", "team"]);
    });

    it("is installed in one update, with a rule whose kind its controller creates", async () => {
        await stack.up();
    });

    it("enforces the rule", async () => {
        const job = (labels: Record<string, string>) => {
            const containers = [{ name: "main", image: savedEnvironment().baseImage! }];
            return {
                apiVersion: "batch/v1",
                kind: "Job",
                metadata: { generateName: "job-", namespace: "team", labels },
                spec: { suspend: true, template: { spec: { restartPolicy: "Never", containers } } },
            };
        };
        // Its webhook reads new rules a moment after it has created their kind.
        const deadline = Date.now() + 60_000;
        const refused = () =>
            createObjects(job({})).then(
                () => undefined,
                (error: Error) => error.message,
            );
        let message = await refused();
        for (; message === undefined && Date.now() < deadline; message = await refused()) {
            await sleep(1000);
        }
        assert.match(message ?? "", /must have the label kueue\.x-k8s\.io\/queue-name/);
        await createObjects(job({ "kueue.x-k8s.io/queue-name": "team" }));
    });

    it("shows no change afterwards, nor does a refresh", async () => {
        assert.deepEqual(await stack.preview(), []);
        assert.deepEqual(await stack.refresh(), []);
    });

    it("removes its webhooks with it, and keeps its CRDs", async () => {
        await stack.up(() => Promise.resolve({}));
        const crd = "customresourcedefinition/constrainttemplates.templates.gatekeeper.sh";
        assert.match(await kubectl("get", crd, "--output=name"), /constrainttemplates/);
        const webhooks = ["get", "validatingwebhookconfigurations,mutatingwebhookconfigurations", "--output=name"];
        assert.doesNotMatch(await kubectl(...webhooks), /gatekeeper/);
    });
});
