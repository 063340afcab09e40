/** Which objects components have in common: none, or the second component is refused in one line that names both. */
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

/** Every component as little and as much as it can be, and with each option that adds objects. */
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

/** The names that a component could be given and that another one's objects have. */
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

/** Runs a program in a stack, as the engine does; mocks alone have none. */
const runInStack = (program: () => void) =>
    run(() => {
        void pulumi.runtime.runInPulumiStack(() => {
            program();
            return Promise.resolve({});
        });
    });

const objectOf = ({ type, inputs }: Registration): string | undefined => {
    const { metadata } = inputs as { metadata?: { namespace: string; name: string } };
    return metadata && `${type.replace(/^kubernetes:.*:/, "")} ${metadata.namespace}/${metadata.name}`;
};

async function objectsOf(variant: Variant, name: string): Promise<Set<string>> {
    const { resources } = await run(() => make(variant, name));
    return new Set(resources.map(objectOf).filter((object) => object !== undefined));
}

/** What two programs say of components that want the same object. */
async function refusal(program: () => void): Promise<string | undefined> {
    try {
        await runInStack(program);
        return undefined;
    } catch (error) {
        return (error as Error).message;
    }
}

describe("two components of a namespace", function () {
    this.timeout(120_000);
    const made = new Map<string, { variant: Variant; name: string; objects: Set<string> }>();

    before(async () => {
        for (const [kind, variant] of Object.entries(variants)) {
            for (const name of names) {
                made.set(`${kind} "${name}"`, { variant, name, objects: await objectsOf(variant, name) });
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
        assert.ok([...made.values()].every(({ objects }) => objects.size > 0));
    });

    it("are refused where they would create the same object", async () => {
        let refused = 0;
        const all = [...made.entries()];
        for (const [one, first] of all.filter(([, { name }]) => name === "fraud")) {
            for (const [other, second] of all) {
                const shared = [...first.objects].filter((object) => second.objects.has(object));
                if (shared.length === 0 && first.name !== second.name) {
                    continue;
                }
                const opts = () => ({ parent: new pulumi.ComponentResource("test:index:Team", "team") });
                const said = await refusal(() => {
                    make(first.variant, first.name);
                    make(second.variant, second.name, opts());
                });
                const [kind, otherKind] = [first.variant.component.name, second.variant.component.name];
                if (shared.length > 0 || (kind === otherKind && first.name === second.name)) {
                    refused++;
                    assert.ok(
                        said !== undefined,
                        `${one} and ${other} share ${shared.join(", ")}, and are not refused`,
                    );
                    const [, object] = /the (\w+ [\w/-]+) belongs to/.exec(said) ?? [];
                    assert.equal(
                        said,
                        `${otherKind} "${second.name}": the ${object} belongs to ${kind} "${first.name}" already; give one ` +
                            "of them another name",
                    );
                }
            }
        }
        assert.ok(refused > 40, `only ${refused}`);
    });

    it("may all have one name, but for two servers and two schedules", async () => {
        assert.equal(
            await refusal(() => {
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
            (await refusal(() => {
                make(variants.ModelServer!, "fraud");
                make(variants.LlmServer!, "fraud");
            }))!,
            /^LlmServer "fraud": the Service ml\/fraud belongs to ModelServer "fraud" already; give one of them another name$/,
        );
    });

    it("are told apart by their names, namespaces and clusters", async () => {
        const server = variants.ModelServer!;
        assert.equal(
            await refusal(() => {
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
            (await refusal(() => {
                make(server, "fraud");
                make({ ...server, args: { ...server.args, name: "fraud" } }, "fraud-of-risk");
            }))!,
            /^ModelServer "fraud-of-risk": the ModelServer ml\/fraud belongs to ModelServer "fraud" already/,
        );
    });

    it("are refused where their namespace is an Output, known or not", async () => {
        const within = (namespace: pulumi.Input<string>): Variant => ({
            component: mlops.ModelServer,
            args: { ...workload, workspace: { namespace } },
        });
        const later = pulumi.output("ml");
        const line = /the \w+ (ml\/)?fraud belongs to ModelServer "one" already/;
        const named = (variant: Variant) => ({ ...variant, args: { ...variant.args, name: "fraud" } });
        for (const [first, second] of [
            [later, later],
            [pulumi.output("ml"), pulumi.output("ml")],
            ["ml", pulumi.output("ml")],
        ] as const) {
            assert.match(
                (await refusal(() => {
                    make(named(within(first)), "one");
                    make(named(within(second)), "two");
                }))!,
                line,
            );
        }
    });
});

describe("the name of a workload", () => {
    it("is that of its objects and no others", async () => {
        for (const [kind, { component, args }] of Object.entries(variants)) {
            const as = await run(() => make({ component, args: { ...args, name: "fraud" } }, "team-a-fraud"));
            const plain = await run(() => make({ component, args }, "fraud"));
            assert.deepEqual(as.resources.map(objectOf).sort(), plain.resources.map(objectOf).sort(), kind);
            assert.ok(
                as.resources.every(({ name }) => name.startsWith("team-a-fraud")),
                kind,
            );
        }
    });

    it("lets the component be called as a program likes", async () => {
        const { resources } = await run(() => new mlops.ModelServer("Team A: fraud", { ...workload, name: "fraud" }));
        assert.ok(resources.length > 1);
    });
});

describe("the owner of an object that is to be created", () => {
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
        ["is nobody where it is new", metadata(created), undefined],
        ["is nobody where the API server says nothing", {}, undefined],
        ["is the stack where its killed update made it", metadata(created, update("kubectl-edit")), undefined],
        [
            "is the stack where only controllers write besides",
            metadata(later, update("kube-controller-manager")),
            undefined,
        ],
        ["is another stack", metadata(later, apply("pulumi/shop/dev")), "belongs to the stack dev of the project shop"],
        [
            "is another Pulumi program",
            metadata(later, apply("pulumi-kubernetes-1a2b")),
            'belongs to "pulumi-kubernetes-1a2b"',
        ],
        ["is a person", metadata(later, update("kubectl-create")), "was created with kubectl"],
        ["is a chart's release", metadata(later, update("helm")), 'belongs to "helm"'],
        [
            "is no controller that writes a status",
            metadata(later, { ...apply("other"), subresource: "status" }),
            undefined,
        ],
    ] as const) {
        it(what, () => {
            assert.equal(foreignOwner(given as Parameters<typeof foreignOwner>[0]), expected);
        });
    }
});
