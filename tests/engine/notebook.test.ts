/** A notebook that was stopped because it was idle shows no change, and stays stopped until it is started. */
import { strict as assert } from "node:assert";

import * as core from "@pulumi/kubernetes/core/v1";

import { Notebook, type NotebookArgs } from "../../src";
import { image, otherImage } from "../support/arguments";
import { inOrder } from "../support/in-order";
import { getObjects, kubectl } from "../support/kubectl";
import { TestStack } from "../support/stack";
import { deletedAtOnce, skipAwait } from "../support/transforms";

const namespace = "notebook-stopped";

function program(args: Partial<NotebookArgs> = {}) {
    // eslint-disable-next-line @typescript-eslint/require-await -- the automation API takes async programs
    return async () => {
        const space = new core.Namespace("space", { metadata: { name: namespace } });
        const workspace = { namespace: space.metadata.name };
        const { token } = new Notebook(
            "lab",
            { workspace, image, ...args },
            { transforms: [skipAwait, deletedAtOnce] },
        );
        return { token };
    };
}

async function replicas(): Promise<number> {
    const { spec } = await getObjects<{ spec: { replicas: number } }>(
        "statefulset/lab-notebook",
        "--namespace",
        namespace,
    );
    return spec.replicas;
}

describe("a notebook on a real API server", function () {
    this.timeout("2m");
    inOrder();

    let stack: TestStack;
    let token: unknown;
    before(async () => (stack = await TestStack.create(namespace, program())));
    after(async () => stack?.destroy());

    it("has a generated token, which is only in its Secret", async () => {
        ({ token } = await stack.up());
        assert.match(String(token), /^[0-9a-f]{64}$/);
        const { items } = await getObjects<{ items: { metadata: { name: string; uid: string }; data?: object }[] }>(
            "secrets",
            "--namespace",
            namespace,
        );
        assert.deepEqual(
            items.map(({ metadata: { name }, data }) => [name.replace(/-[0-9a-f]{8}$/, ""), data]),
            [
                ["lab-notebook-env", { JUPYTER_TOKEN: Buffer.from(String(token)).toString("base64") }],
                ["lab-notebook-seed", undefined],
            ],
        );
        for (const text of [String(token), items[1]!.metadata.uid]) {
            assert.ok(!stack.stored().includes(text));
            assert.ok(!stack.log.includes(text));
        }
    });

    it("has one pod, may be stopped by anyone with that permission, and then shows no change", async () => {
        assert.equal(await replicas(), 1);
        const account = `system:serviceaccount:${namespace}:lab-notebook`;
        const scale = ["scale", "--namespace", namespace, "--replicas=0", "statefulset/lab-notebook"];
        // Patches it as the container in its pod does: kubectl would have to read it first.
        await kubectl(
            ...["patch", "statefulset/lab-notebook", "--namespace", namespace, "--subresource=scale", "--type=merge"],
            '--patch={"spec":{"replicas":0}}',
        );
        const may = (...what: string[]) =>
            kubectl("auth", "can-i", ...what, "--namespace", namespace, "--as", account).catch(() => "no");
        assert.equal(await may("patch", "statefulsets/lab-notebook", "--subresource=scale"), "yes");
        assert.equal(await may("patch", "statefulsets/other", "--subresource=scale"), "no");
        assert.equal(await may("patch", "statefulsets/lab-notebook"), "no");
        assert.equal(await may("get", "secrets"), "no");
        await assert.rejects(kubectl(...scale, "--as", account), /cannot get resource/);

        assert.equal(await replicas(), 0);
        assert.deepEqual(await stack.preview(), []);
        assert.deepEqual(await stack.refresh(), []);
        assert.deepEqual(await stack.preview(), []);
    });

    it("stays stopped when it is changed, with the same token", async () => {
        assert.deepEqual(await stack.up(program({ image: otherImage })), { token });
        assert.equal(await replicas(), 0);
        assert.deepEqual(await stack.preview(), []);
    });

    it("is started by a trigger, and shows no change when it was started by hand", async () => {
        assert.deepEqual(await stack.up(program({ image: otherImage, triggers: ["1"] })), { token });
        assert.equal(await replicas(), 1);
        await kubectl("scale", "--namespace", namespace, "--replicas=0", "statefulset/lab-notebook");
        await kubectl("scale", "--namespace", namespace, "--replicas=1", "statefulset/lab-notebook");
        assert.deepEqual(await stack.preview(), []);
        assert.deepEqual(await stack.refresh(), []);
    });
});
