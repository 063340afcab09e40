/** No two components create the same object: the second one fails with a message that names both. */
import * as assert from "node:assert/strict";

import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import * as mlops from "../../src";
import { foreignOwner } from "../../src/pod/ownership";
import { workload } from "../support/arguments";
import { fixtures } from "../support/components";
import type { Component } from "../support/components/fixture";
import { type Registration, run } from "../support/mocks";

interface Variant {
    component: Component;
    args: object;
}

const route = { gateway: "public", hostnames: ["fraud.example.com"] };
const queue = { type: "redis", name: "fraud", address: "redis:6379", perPod: 10 };
const batch = { ...workload, inputUri: "pvc://data/in", outputUri: "pvc://data/out", shards: 2 };
const sweep = { ...workload, objective: { metric: "accuracy" }, grid: { depth: [1, 2] } };
const llm = { ...workload, model: "Qwen/Qwen3-8B", checkMemory: false };
const secretEnv = { TOKEN: "secret" };
const gpu = { deviceClass: "gpu.nvidia.com" };

/** Every workload with its required arguments, with all arguments, and with each option that adds objects. */
const variants: Record<string, Variant> = {
    ...Object.fromEntries(
        fixtures
            .filter(({ component }) => component.name !== "Image")
            .flatMap(({ component, valid, full }): [string, Variant][] => [
                [component.name, { component, args: valid() }],
                [`${component.name} with everything`, { component, args: full() }],
            ]),
    ),
    "TrainingJob of two nodes": {
        component: mlops.TrainingJob,
        args: {
            ...workload,
            nodes: 2,
            secretEnv,
            gpu,
            output: { accessMode: "ReadWriteMany" },
            checkpoint: { accessMode: "ReadWriteMany" },
        },
    },
    "TrainingJob as a TrainJob": {
        component: mlops.TrainingJob,
        args: { ...workload, backend: "TrainJob", secretEnv },
    },
    "Sweep on Katib": { component: mlops.Sweep, args: { ...sweep, backend: "Katib", secretEnv, gpu } },
    "BatchInference on a schedule": {
        component: mlops.BatchInference,
        args: { ...batch, schedule: "@daily", secretEnv, gpu },
    },
    "Schedule on Argo": {
        component: mlops.Schedule,
        args: { ...workload, schedule: "@daily", backend: "CronWorkflow", command: ["a"], secretEnv, gpu },
    },
    "ModelServer with a canary": {
        component: mlops.ModelServer,
        args: {
            ...workload,
            route,
            secretEnv,
            gpu,
            canary: { weight: 10, env: { A: "1" } },
            shadow: { env: { A: "2" } },
        },
    },
    "ModelServer on KServe": {
        component: mlops.ModelServer,
        args: { ...workload, backend: "KServe", route, secretEnv },
    },
    "ModelServer with KEDA": { component: mlops.ModelServer, args: { ...workload, autoscaling: { max: 3, queue } } },
    "LlmServer with a pool": {
        component: mlops.LlmServer,
        args: { ...llm, route, endpointPicker: { service: "epp" }, cache: {} },
    },
    "LlmServer on several nodes": {
        component: mlops.LlmServer,
        args: { ...llm, backend: "LeaderWorkerSet", nodes: 2, tensorParallelSize: 1 },
    },
    "LlmServer on KServe": { component: mlops.LlmServer, args: { ...llm, backend: "KServe" } },
};

/** Suffixes of names of objects: a workload whose name ends in one of them could create the objects of another. */
const suffixes = [
    "training",
    "notebook",
    "canary",
    "shadow",
    "predictor",
    "route",
    "schedule",
    "sweep",
    "batch",
    "server",
    "env",
    "model",
];
const names = ["fraud", ...suffixes.map((suffix) => `fraud-${suffix}`)];

const make = ({ component, args }: Variant, name: string, opts?: pulumi.ComponentResourceOptions) =>
    new component(name, { ...args }, opts);

/** Runs a program in a stack, as the engine does. With mocks alone there is no stack. */
const runInStack = (program: () => void) =>
    run(() => {
        void pulumi.runtime.runInPulumiStack(() => {
            program();
            return Promise.resolve({});
        });
    });

/** Returns the kind, namespace and name of a registered object. */
const objectOf = ({ type, inputs }: Registration): string | undefined => {
    const { metadata } = inputs as { metadata?: { namespace: string; name: string } };
    return metadata && `${type.replace(/^kubernetes:.*:/, "")} ${metadata.namespace}/${metadata.name}`;
};

async function objectsOf(variant: Variant, name: string): Promise<Set<string>> {
    const { resources } = await run(() => make(variant, name));
    return new Set(resources.map(objectOf).filter((object) => object !== undefined));
}

/** Returns the message with which a program fails, if it does. */
async function failureOf(program: () => void): Promise<string | undefined> {
    try {
        await runInStack(program);
        return undefined;
    } catch (error) {
        return (error as Error).message;
    }
}

describe("two components of a namespace", function () {
    this.timeout(300_000);
    const created = new Map<string, { variant: Variant; name: string; objects: Set<string> }>();

    before(async () => {
        for (const [kind, variant] of Object.entries(variants)) {
            for (const name of names) {
                created.set(`${kind} "${name}"`, { variant, name, objects: await objectsOf(variant, name) });
            }
        }
    });

    it("are all of the package's workloads, each with objects", () => {
        const components = new Set(Object.values(variants).map(({ component }) => component.name));
        const workloads = Object.entries(mlops).filter(
            ([name, value]) =>
                typeof value === "function" &&
                value.prototype instanceof pulumi.ComponentResource &&
                !["Image", "Addon", "Platform"].includes(name),
        );
        assert.deepEqual([...components].sort(), workloads.map(([name]) => name).sort());
        assert.ok([...created.values()].every(({ objects }) => objects.size > 0));
    });

    it("fail if they would create the same object", async () => {
        let failures = 0;
        const all = [...created.entries()];
        for (const [one, first] of all.filter(([, { name }]) => name === "fraud")) {
            for (const [other, second] of all) {
                const shared = [...first.objects].filter((object) => second.objects.has(object));
                const [kind, otherKind] = [first.variant.component.name, second.variant.component.name];
                const isSame = kind === otherKind && first.name === second.name;
                if (shared.length === 0 && !isSame) {
                    continue;
                }
                const opts = () => ({ parent: new pulumi.ComponentResource("test:index:Team", "team") });
                const message = await failureOf(() => {
                    make(first.variant, first.name);
                    make(second.variant, second.name, opts());
                });
                failures++;
                assert.ok(message !== undefined, `${one} and ${other} share ${shared.join(", ")}, and do not fail`);
                const [, object] = /the (\w+ [\w/-]+) already belongs to/.exec(message) ?? [];
                assert.equal(
                    message,
                    `${otherKind} "${second.name}": the ${object} already belongs to ${kind} "${first.name}"; give one ` +
                        "of them another name",
                );
            }
        }
        assert.ok(failures > 40, `only ${failures}`);
    });

    it("may have the same name, except for two servers or two schedules", async () => {
        assert.equal(
            await failureOf(() => {
                make(variants["TrainingJob of two nodes"]!, "fraud");
                make(variants["Sweep with everything"]!, "fraud");
                make(variants["BatchInference with everything"]!, "fraud");
                make(variants["Notebook with everything"]!, "fraud");
                make(variants["Schedule on Argo"]!, "fraud");
                make(variants["ModelServer with a canary"]!, "fraud");
            }),
            undefined,
        );
        assert.match(
            (await failureOf(() => {
                make(variants.ModelServer!, "fraud");
                make(variants.LlmServer!, "fraud");
            }))!,
            /^LlmServer "fraud": the Service ml\/fraud already belongs to ModelServer "fraud"; give one of them another name$/,
        );
    });

    it("may differ in name, namespace or cluster", async () => {
        const server = variants.ModelServer!;
        assert.equal(
            await failureOf(() => {
                const [east, west] = ["east", "west"].map(
                    (name) => new kubernetes.Provider(name, { kubeconfig: "{}" }),
                );
                const team = new pulumi.ComponentResource("test:index:Team", "team", {}, { provider: west });
                make(server, "fraud", { provider: east });
                make(server, "fraud", { parent: team });
                make({ ...server, args: { ...server.args, name: "fraud-risk" } }, "risk-fraud", { provider: east });
                make({ ...server, args: { ...server.args, workspace: { namespace: "risk" } } }, "fraud-of-risk", {
                    provider: east,
                });
            }),
            undefined,
        );
        assert.match(
            (await failureOf(() => {
                make(server, "fraud");
                make({ ...server, args: { ...server.args, name: "fraud" } }, "fraud-of-risk");
            }))!,
            /^ModelServer "fraud-of-risk": the ModelServer ml\/fraud already belongs to ModelServer "fraud"/,
        );
    });

    it("fail if their namespaces are the same Output or Outputs of the same value", async () => {
        const within = (namespace: pulumi.Input<string>): Variant => ({
            component: mlops.ModelServer,
            args: { ...workload, workspace: { namespace } },
        });
        const output = pulumi.output("ml");
        const line = /the \w+ (ml\/)?fraud already belongs to ModelServer "one"/;
        const named = (variant: Variant) => ({ ...variant, args: { ...variant.args, name: "fraud" } });
        for (const [first, second] of [
            [output, output],
            [pulumi.output("ml"), pulumi.output("ml")],
            ["ml", pulumi.output("ml")],
        ] as const) {
            assert.match(
                (await failureOf(() => {
                    make(named(within(first)), "one");
                    make(named(within(second)), "two");
                }))!,
                line,
            );
        }
    });
});

describe("the name of a workload", function () {
    this.timeout(120_000);

    it("names its objects, and nothing else depends on it", async () => {
        for (const [kind, { component, args }] of Object.entries(variants)) {
            const renamed = await run(() => make({ component, args: { ...args, name: "fraud" } }, "team-a-fraud"));
            const plain = await run(() => make({ component, args }, "fraud"));
            assert.deepEqual(renamed.resources.map(objectOf).sort(), plain.resources.map(objectOf).sort(), kind);
            assert.ok(
                renamed.resources.every(({ name }) => name.startsWith("team-a-fraud")),
                kind,
            );
        }
    });

    it("allows any name for the component", async () => {
        const { resources } = await run(() => new mlops.ModelServer("Team A: fraud", { ...workload, name: "fraud" }));
        assert.ok(resources.length > 1);
    });
});

describe("the other owner of an object that a stack is about to create", () => {
    const created = "2026-11-29T10:00:00Z";
    const later = "2026-11-29T11:00:00Z";
    const own = "pulumi/shop/prod";
    const metadata = (time: string, ...others: { manager: string; operation: string; subresource?: string }[]) => ({
        creationTimestamp: created,
        annotations: { "pulumi.com/patchFieldManager": own },
        managedFields: [{ manager: own, operation: "Apply", time }, ...others],
    });
    const apply = (manager: string) => ({ manager, operation: "Apply" });
    const update = (manager: string) => ({ manager, operation: "Update" });

    for (const [what, given, expected] of [
        ["does not exist if the object is new", metadata(created), undefined],
        ["does not exist if the metadata is empty", {}, undefined],
        [
            "is not asked for if the object is adopted",
            { ...metadata(later, apply("helm")), annotations: { "kubernetes-mlops/adopt": "true" } },
            undefined,
        ],
        [
            "does not exist if a killed update of the stack created the object",
            metadata(created, update("kubectl-edit")),
            undefined,
        ],
        [
            "does not exist if all other field managers are controllers",
            metadata(later, update("kube-controller-manager")),
            undefined,
        ],
        ["is another stack", metadata(later, apply("pulumi/shop/dev")), "belongs to the stack dev of the project shop"],
        [
            "is another Pulumi program",
            metadata(later, apply("pulumi-kubernetes-1a2b")),
            'belongs to "pulumi-kubernetes-1a2b"',
        ],
        ["is a person with kubectl", metadata(later, update("kubectl-create")), "was created with kubectl"],
        ["is a Helm release", metadata(later, update("helm")), 'belongs to "helm"'],
        [
            "is not a controller that writes the status",
            metadata(later, { ...apply("other"), subresource: "status" }),
            undefined,
        ],
    ] as const) {
        it(what, () => {
            assert.equal(foreignOwner(given as Parameters<typeof foreignOwner>[0]), expected);
        });
    }
});
