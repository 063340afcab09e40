import { strict as assert } from "node:assert";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { Provider } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import type * as mlops from "../../src";
import { pushChart } from "../controllers/support";
import { savedEnvironment } from "../support/environment";
import { killedUp } from "../support/killable";
import { createObjects, getObjects, kubectl } from "../support/kubectl";
import { unknownOutput } from "../support/mocks";
import { type Change, TestStack } from "../support/stack";
import { group, WidgetsController, type WidgetsVersion, writeWidgetCharts } from "../support/widgets";
import { namespace, program as program_, widgetsProgram } from "./programs/widgets";

const module_ = require.resolve("./programs/widgets");

interface Found {
    apiVersion: string;
    kind: string;
    metadata: { name: string; uid: string; annotations?: Record<string, string> };
}

interface Deployment {
    spec: {
        template: { spec: { initContainers: { image: string }[]; containers: { image: string; args: string[] }[] } };
    };
}

const v2 = `${group}/v2`;
const gadget = { apiVersion: `${group}/v1`, kind: "Gadget", spec: { size: 2 } };

const byName = (changes: Change[]): Change[] => changes.sort((a, b) => (a.name < b.name ? -1 : 1));

const configuration = (): Promise<{ data: Record<string, string> }> =>
    getObjects("configmap", "widgets", "--namespace", namespace);

/** Everything in the namespace of the kinds that the chart brings. */
async function uidsOf(): Promise<Record<string, string>> {
    // With the version, as kubectl caches the known ones for some minutes.
    const kinds = `widgets.v1.${group},gadgets.v1.${group}`;
    const { items } = await getObjects<{ items: Found[] }>(kinds, "--namespace", namespace);
    return Object.fromEntries(items.map(({ kind, metadata }) => [`${kind} ${metadata.name}`, metadata.uid]));
}

const stored = async (): Promise<string[]> => Object.keys(await uidsOf()).sort();

async function cleanUp(): Promise<void> {
    await kubectl("delete", "mutatingwebhookconfiguration", "widgets", "--ignore-not-found");
    await kubectl("delete", "crd", `widgets.${group}`, `gadgets.${group}`, "--ignore-not-found");
    await kubectl("delete", "namespace", namespace, "--ignore-not-found");
}

describe("an Addon, on a real API server", function () {
    this.timeout("5m");

    const charts = writeWidgetCharts();
    let controller: WidgetsController;
    let stack: TestStack;

    let mirror: mlops.MirrorArgs = { charts };

    const program =
        (version: WidgetsVersion, values = {}) =>
        () =>
            Promise.resolve(widgetsProgram({ version, values: { url: controller.url, ...values }, mirror }));

    before(async () => {
        controller = await WidgetsController.start(15_000);
        stack = await TestStack.create("addon", program("0.1.0"));
    });
    after(async () => {
        await stack.destroy();
        await cleanUp();
        await controller.stop();
    });

    it("is installed together with objects that need its webhook, though the CA bundle comes late", async () => {
        const start = Date.now();
        assert.deepEqual(await stack.up(), { namespace });
        assert.ok(Date.now() - start > 15_000);
        const widget = await getObjects<Found>(`widgets.v1.${group}`, "first", "--namespace", namespace);
        assert.equal(widget.metadata.annotations?.mutated, "yes");
        controller.delay = 1000;
    });

    it("creates objects that run pods after all others of its chart", () => {
        // The engine prints a line for each status of an object: the first one is where it starts.
        const lines = [...stack.log.matchAll(/^ *\+ +kubernetes:(\S+) +(widgets:widgets:\S+) creating/gm)];
        const started = [...new Set(lines.map(([, type, name]) => `${type} ${name}`))];
        const pods = "apps/v1:Deployment widgets:widgets:widgets-system/widgets";
        assert.deepEqual(
            started.filter((one) => one !== pods).sort(),
            [
                "admissionregistration.k8s.io/v1:MutatingWebhookConfiguration widgets:widgets:widgets",
                "apiextensions.k8s.io/v1:CustomResourceDefinition widgets:widgets:gadgets.widgets.example.com",
                "apiextensions.k8s.io/v1:CustomResourceDefinition widgets:widgets:widgets.widgets.example.com",
                "core/v1:ConfigMap widgets:widgets:widgets-system/widgets",
                "core/v1:Secret widgets:widgets:widgets-system/widgets",
            ],
            stack.log,
        );
        assert.equal(started.at(-1), pods, stack.log);
    });

    it("shows no change afterwards, nor does a refresh", async () => {
        assert.deepEqual(await stack.preview(), []);
        assert.deepEqual(await stack.refresh(), []);
        assert.deepEqual(await stack.preview(), []);
    });

    it("runs no hook", async () => {
        assert.equal(await kubectl("get", "jobs", "--namespace", namespace, "--output=name"), "");
    });

    it("upgrades its CRDs with a diff, and keeps stored objects", async () => {
        await createObjects({ ...gadget, metadata: { name: "old", namespace } });
        const before = await stored();
        assert.deepEqual(before, ["Gadget old", "Widget first"]);
        const uids = await uidsOf();
        assert.deepEqual(byName(await stack.preview(program("0.2.0"))), [
            {
                op: "update",
                type: "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition",
                name: "widgets:widgets:gadgets.widgets.example.com",
                diff: ["spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.colour"],
            },
            {
                op: "update",
                type: "kubernetes:core/v1:ConfigMap",
                name: "widgets:widgets:widgets-system/widgets",
                diff: ['metadata.labels["helm.sh/chart"]'],
            },
            {
                op: "update",
                type: "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition",
                name: "widgets:widgets:widgets.widgets.example.com",
                diff: ["spec.conversion", "spec.versions[0].storage", "spec.versions[1]"],
            },
        ]);
        await stack.up();
        assert.deepEqual(await uidsOf(), uids);
        assert.equal(
            (await getObjects<Found>(`widgets.v2.${group}`, "first", "--namespace", namespace)).apiVersion,
            v2,
        );
        assert.deepEqual(await stack.preview(), []);
        assert.deepEqual(await stack.refresh(), []);
    });

    it("inserts Outputs into rendered objects, secret and unknown ones as such", async () => {
        const password = pulumi.secret("open sesame");
        let motto: pulumi.Output<string> = pulumi.output("by an Output");
        const withOutputs = () => program("0.2.0", { password, motto })();
        await stack.up(withOutputs);
        const secret = await getObjects<{ data: Record<string, string> }>(
            "secret",
            "widgets",
            "--namespace",
            namespace,
        );
        assert.equal(Buffer.from(secret.data.password!, "base64").toString(), "open sesame");
        assert.equal((await configuration()).data.motto, "by an Output");
        assert.deepEqual(await stack.preview(), []);
        for (const written of ["open sesame", Buffer.from("open sesame").toString("base64")]) {
            assert.ok(!stack.stored().includes(written), `${written} is in the state`);
            assert.ok(!stack.log.includes(written), `${written} was printed`);
        }
        motto = unknownOutput();
        assert.deepEqual(await stack.preview(), [
            {
                op: "replace",
                type: "kubernetes:core/v1:ConfigMap",
                name: "widgets:widgets:widgets-system/widgets",
                diff: ["data.motto"],
            },
        ]);
    });

    it("keeps its CRDs, its namespace and the objects of others in them when it is removed", async () => {
        await stack.up(() => Promise.resolve({}));
        assert.deepEqual(await stored(), ["Gadget old"]);
        assert.equal(await kubectl("get", "deployments", "--namespace", namespace, "--output=name"), "");
        assert.equal(await kubectl("get", "mutatingwebhookconfigurations", "widgets", "--ignore-not-found"), "");
    });

    it("adopts what an earlier one has left", async () => {
        const uids = await uidsOf();
        await stack.up(program("0.2.0"));
        assert.deepEqual(await stored(), ["Gadget old", "Widget first"]);
        assert.equal((await uidsOf())["Gadget old"], uids["Gadget old"]);
        assert.deepEqual(await stack.preview(), []);
    });

    it("is the same from an OCI registry as from a directory", async () => {
        const registry = savedEnvironment().registry;
        await pushChart(path.join(charts, "widgets-0.2.0"), registry);
        mirror = { charts: `oci://${registry}/charts`, plainHttp: true };
        assert.deepEqual(await stack.preview(), []);
        mirror = { charts };
    });

    it("takes every image from the mirror", async () => {
        mirror = {
            charts,
            images: "registry.example.com/mirror",
            registries: { "quay.io": "registry.example.com/quay" },
        };
        await stack.up();
        const { spec } = await getObjects<Deployment>("deployment", "widgets", "--namespace", namespace);
        const [main] = spec.template.spec.containers;
        assert.deepEqual(
            [spec.template.spec.initContainers[0]!.image, main!.image, main!.args],
            [
                "registry.example.com/mirror/docker.io/library/busybox:1.37",
                "registry.example.com/quay/example/widgets:v1",
                ["--sidecar=registry.example.com/mirror/ghcr.io/a/b:v2"],
            ],
        );
        mirror = { charts };
    });
});

describe("an Addon with a provider of its own", function () {
    this.timeout("3m");

    it("passes it to all rendered objects, with default providers disabled", async () => {
        const charts = writeWidgetCharts();
        const controller = await WidgetsController.start(0);
        const stack = await TestStack.create("addon-provider", () => {
            const provider = new Provider("cluster", { kubeconfig: savedEnvironment().kubeconfig });
            const values = { url: controller.url };
            return Promise.resolve(widgetsProgram({ version: "0.1.0", values, mirror: { charts }, provider }));
        });
        try {
            await stack.disableDefaultProviders();
            await stack.up();
            assert.deepEqual(await stored(), ["Widget first"]);
            assert.deepEqual(await stack.preview(), []);
        } finally {
            await stack.destroy();
            await cleanUp();
            await controller.stop();
        }
    });
});

describe("an Addon whose update is killed", function () {
    this.timeout("5m");

    it("converges, whenever it is killed", async () => {
        const charts = writeWidgetCharts();
        const controller = await WidgetsController.start(3000);
        process.env.WIDGETS = JSON.stringify({ charts, url: controller.url });
        const stack = await TestStack.create("killed-addon", program_);
        try {
            let kills = 0;
            for (
                let seconds = 2;
                await killedUp(module_, stack, "killed-addon", sleep(seconds * 1000));
                seconds += 1.5
            ) {
                kills++;
            }
            assert.ok(kills >= 2, `only ${kills} of the updates were killed before they had finished`);
            await stack.up();
            assert.deepEqual(await stored(), ["Widget first"]);
            assert.deepEqual(await stack.preview(), []);
            assert.deepEqual(await stack.refresh(), []);
        } finally {
            await stack.destroy();
            await cleanUp();
            await controller.stop();
            delete process.env.WIDGETS;
        }
    });
});
