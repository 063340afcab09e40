/** Properties of every component. */
import * as assert from "node:assert/strict";

import * as dockerBuild from "@pulumi/docker-build";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import * as mlops from "../../src";
import {
    fullAddonArgs,
    fullPlatformArgs,
    fullServerArgs,
    fullTrainingArgs,
    imageArgs,
    password,
    workload,
} from "../support/arguments";
import { fixtures } from "../support/components";
import { pushed, type Recording, run, type RunOptions } from "../support/mocks";

type Options = pulumi.ComponentResourceOptions;

/** Each component with every argument, and the number of its children. */
const components: Record<string, { make: (opts?: Options) => pulumi.ComponentResource; children: number }> = {
    ...Object.fromEntries(
        fixtures.map(({ component, full, children }) => [
            component.name,
            { make: (opts?: Options) => new component("fraud", full(), opts), children },
        ]),
    ),
    Addon: { make: (opts) => new mlops.Addon("fraud", fullAddonArgs(), opts), children: 6 },
    Platform: { make: (opts) => new mlops.Platform("fraud", fullPlatformArgs(), opts), children: 7 },
};

/** Pushes images, and compares the trials of a sweep. */
const endedWell: RunOptions["outputs"] = (type, inputs) =>
    type === "kubernetes:core/v1:Pod"
        ? { status: { containerStatuses: [{ state: { terminated: { exitCode: 0, message: bestTrial } } }] } }
        : type === "kubernetes:batch/v1:Job"
          ? { status: { completedIndexes: "0" } }
          : pushed(type, inputs);
const bestTrial = '{"trial": 0, "value": 0.9}';

/** Returns the resources that a component has created, itself or in a child component, without the components. */
function childrenOf({ resources }: Recording) {
    return resources.filter(({ type, parent }) => parent.startsWith("fraud") && !type.startsWith("kubernetes-mlops:"));
}

it("every component of the package is tested here", () => {
    const classes = Object.entries(mlops).filter(
        ([, value]) => typeof value === "function" && value.prototype instanceof pulumi.ComponentResource,
    );
    assert.deepEqual(classes.map(([name]) => name).sort(), Object.keys(components).sort());
});

for (const [kind, { make, children }] of Object.entries(components)) {
    describe(`every ${kind}`, () => {
        it("has its own type, and only children that are named after it", async () => {
            const { resources } = await run(() => make());
            assert.equal(resources.length, 1 + children);
            const [component, ...others] = resources;
            assert.equal(component!.type, `kubernetes-mlops:index:${kind}`);
            assert.ok(others.every(({ parent }) => parent === "fraud" || others.some(({ name }) => name === parent)));
            assert.ok(others.every(({ name }) => /^fraud[-:][a-z0-9:-]+$/.test(name)));
        });

        it("registers its properties as outputs, and no others", async () => {
            let component: object = {};
            const recording = await run(() => (component = make()), { outputs: endedWell });
            // Results are properties that are read lazily.
            const properties = Object.getOwnPropertyNames(component).filter((name) =>
                pulumi.Output.isInstance(component[name as keyof typeof component]),
            );
            assert.deepEqual(
                Object.keys(recording.resource("fraud").outputs!).sort(),
                properties.filter((name) => name !== "urn").sort(),
            );
        });

        it("stores none of its arguments in the state, as some are secret", async () => {
            assert.deepEqual((await run(() => make())).resource("fraud").inputs, {});
        });

        for (const preview of [false, true]) {
            it(`shows no secret in ${preview ? "a preview" : "an update"}`, async () => {
                const { plainText } = await run(() => make(), { preview });
                assert.ok(plainText.includes("fraud"));
                assert.ok(!plainText.includes(password));
                assert.ok(!plainText.includes(Buffer.from(password).toString("base64")));
            });
        }

        const ways: Record<string, (providers: pulumi.ProviderResource[]) => Options> = {
            "a list of providers": (providers) => ({ providers }),
            "providers by name": ([cluster, daemon]) => ({
                providers: { kubernetes: cluster!, "docker-build": daemon! },
            }),
            "its one provider": ([cluster, daemon]) => ({ provider: kind === "Image" ? daemon : cluster }),
            "its parent's providers": (providers) => ({
                parent: new pulumi.ComponentResource("test:index:Company", "company", {}, { providers }),
            }),
        };
        for (const [way, opts] of Object.entries(ways)) {
            it(`passes ${way} to every child`, async () => {
                const recording = await run(() => {
                    const cluster = new kubernetes.Provider("cluster", { kubeconfig: "{}" });
                    const daemon = new dockerBuild.Provider("daemon", { host: "tcp://daemon.example:2376" });
                    make(opts([cluster, daemon]));
                });
                assert.deepEqual(
                    childrenOf(recording).map(({ provider }) => provider),
                    childrenOf(recording).map(() => (kind === "Image" ? "daemon" : "cluster")),
                );
            });
        }

        it("can be created twice with different names", async () => {
            const { resources } = await run(() => {
                make();
                make({ parent: new pulumi.ComponentResource("test:index:Company", "company") });
            });
            assert.equal(resources.length, 2 * (1 + children) + 1);
        });
    });
}

describe("a stack of all components", () => {
    it("trains with the image, serves the result, and waits in that order", async () => {
        const recording = await run(() => {
            const image = new mlops.Image("fraud", imageArgs());
            const training = new mlops.TrainingJob("fraud-train", { ...workload, image: image.ref });
            new mlops.ModelServer("fraud-serve", { ...workload, image: image.ref, model: training.model });
        });
        const waits = recording.resources
            .filter(({ parent }) => parent !== "")
            .map(({ name, dependsOn }): [string, string[]] => [name, dependsOn]);
        assert.deepEqual(Object.fromEntries(waits), {
            "fraud-image": [],
            "fraud-train-model": [],
            "fraud-train-job": ["fraud-image", "fraud-train-model"],
            // Of the result that the record has, and not of the Job, which an edit of the training deletes.
            "fraud-serve-deployment": ["fraud-image", "fraud-serve-service", "fraud-train-model", "fraud-train-record"],
            "fraud-train-record": ["fraud-image", "fraud-train-model"],
            "fraud-serve-pdb": ["fraud-serve-deployment"],
            "fraud-serve-service": [],
        });
    });

    it("may give its components the same name", async () => {
        const { resources } = await run(() => {
            const image = new mlops.Image("fraud", imageArgs());
            const training = new mlops.TrainingJob("fraud", { ...fullTrainingArgs, image: image.ref });
            new mlops.ModelServer("fraud", { ...fullServerArgs, image: image.ref, model: training.model });
        });
        const objects = resources.map(({ type, inputs }) => {
            const { metadata } = inputs as { metadata?: { namespace: string; name: string } };
            return `${type} ${metadata?.namespace}/${metadata?.name}`;
        });
        assert.equal(objects.length, 1 + 1 + 1 + 4 + 1 + 5);
        assert.equal(new Set(objects).size, objects.length);
    });
});
