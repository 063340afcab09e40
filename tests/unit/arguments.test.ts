/** Every invalid argument of every component, and the exact message. */
import * as assert from "node:assert/strict";
import * as path from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { AccessMode, Image, LlmServer, ModelServer, Notebook, Sweep, TrainingJob } from "../../src";
import { workload } from "../support/arguments";
import { fixtures } from "../support/components";
import {
    type Args,
    bytes,
    type Component,
    digestRef,
    invalidNames,
    objectName,
    subdomain,
} from "../support/components/fixture";
import { directoryWith } from "../support/directories";
import { run } from "../support/mocks";

/** Returns the arguments with another value at one place, such as `command[0]` or `resources.cpu`. */
function withValue(args: unknown, place: string, value: unknown): object {
    const [, key, rest] = /^\[?([^.[\]]+)\]?\.?(.*)$/.exec(place)!;
    const isList = rest!.startsWith("[");
    const fields = (args ?? {}) as Record<string, unknown>;
    const inner = rest === "" ? value : withValue(fields[key!] ?? (isList ? [] : {}), rest!, value);
    return Array.isArray(args)
        ? Object.assign([...(args as unknown[])], { [key!]: inner })
        : { ...fields, [key!]: inner };
}

/** Returns the lines of the error that a component throws before it registers anything. */
async function linesOf(component: Component, args: Args, name = "fraud"): Promise<string[]> {
    let error: unknown;
    const { resources } = await run(() => {
        try {
            new component(name, args);
        } catch (thrown) {
            error = thrown;
        }
    });
    assert.ok(error instanceof pulumi.RunError, "no error of the kind that Pulumi shows without a stack trace");
    assert.deepEqual(resources, []);
    return error.message.split("\n");
}

/** Returns how a message shows an invalid value. */
function shown(value: unknown): string {
    if (typeof value === "string") {
        return JSON.stringify(value);
    }
    return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

for (const { component, valid, ...known } of fixtures) {
    const { name } = component;
    const create = (place: string, value: unknown) =>
        run(() => new component("fraud", withValue(valid(), place, value)));

    describe(`an invalid argument of ${name}`, () => {
        for (const [place, values, allowed] of [...known.scalars, ...(known.plain ?? [])]) {
            it(`${place}: ${values.map(shown).join(", ")}`, async () => {
                for (const value of values) {
                    const lines = await linesOf(component, withValue(valid(), place, value));
                    assert.equal(lines[0], `${name} "fraud": ${place} is ${shown(value)}; ${allowed}`);
                }
            });
        }

        for (const [place, values, allowed] of known.scalars.filter(([at]) => !known.unused?.includes(at))) {
            it(`${place}, as an Output, fails with the same message`, async () => {
                await assert.rejects(create(place, pulumi.output(values[0])), {
                    message: `${name} "fraud": ${place} is ${shown(values[0])}; ${allowed}`,
                });
            });

            it(`${place}, as a secret Output, fails without its value`, async () => {
                await assert.rejects(create(place, pulumi.secret(values[0])), {
                    message: `${name} "fraud": ${place} is a secret, whose value is not shown; ${allowed}`,
                });
            });
        }
    });

    describe(`the messages of ${name}`, () => {
        for (const [args, ...problems] of known.cases) {
            it(problems.join("; "), async () => {
                assert.deepEqual(
                    await linesOf(component, { ...valid(), ...args }),
                    problems.map((problem) => `${name} "fraud": ${problem}`),
                );
            });
        }
    });

    describe(`special arguments of ${name}`, () => {
        for (const [place, fix] of known.secrets ?? []) {
            it(`a secret at ${place}, which is stored in plain text`, async () => {
                await assert.rejects(create(place, pulumi.secret("hunter2")), {
                    message: `${name} "fraud": ${place} is a secret; ${fix}`,
                });
            });
        }

        for (const [place, fix] of known.missing) {
            it(`${place} as an Output of undefined`, async () => {
                await assert.rejects(create(place, pulumi.output(undefined)), {
                    message: `${name} "fraud": ${place} is missing; ${fix}`,
                });
            });
        }

        for (const [place, allowed] of known.misspelt) {
            it(`${place}, which is misspelled`, async () => {
                const lines = await linesOf(component, withValue(valid(), place, "1"));
                const line = `${name} "fraud": ${place} does not exist; allowed here: ${allowed}`;
                assert.ok(lines.includes(line), lines.join("\n"));
            });
        }

        for (const [place, values] of known.allowed) {
            it(`${place}, valid edge cases: ${values.map(shown).join(", ")}`, async () => {
                for (const value of values) {
                    await create(place, value);
                }
            });
        }
    });
}

it("an unknown argument is ignored if its value is undefined, as after a spread", async () => {
    await run(() => new TrainingJob("fraud", { ...workload, ...{ retry: undefined } }));
});

describe("files that a build needs", () => {
    const missing: [
        what: string,
        files: Record<string, string>,
        python: object | undefined,
        problem: (context: string) => string,
    ][] = [
        [
            "no Dockerfile",
            { "main.py": "" },
            undefined,
            (context) =>
                `dockerfile is "${path.join(context, "Dockerfile")}"; it must be an existing file: create it, or set python to build a Python program`,
        ],
        [
            "no requirements.txt",
            { "main.py": "" },
            {},
            (context) =>
                `context is "${context}"; for python it must have uv.lock, poetry.lock or requirements.txt (which may be empty); add one of them`,
        ],
        [
            "a pyproject.toml without a lock",
            { "pyproject.toml": "" },
            {},
            (context) =>
                `context is "${context}"; it must have a lock beside pyproject.toml, so that every build installs the same versions; create it with "uv lock" or "poetry lock"`,
        ],
        [
            "a directory in place of the requirements file",
            { "deploy/main.py": "" },
            { requirements: "deploy" },
            (context) =>
                `python.requirements is "deploy"; it must be an existing file in "${context}" (it may be empty)`,
        ],
        [
            "a version together with a base image",
            { "requirements.txt": "" },
            { version: "3.12", baseImage: "python:3.12" },
            () =>
                "python.version cannot be combined with python.baseImage, which has its own Python; remove one of them",
        ],
    ];
    for (const [what, files, python, problem] of missing) {
        it(what, async () => {
            const context = directoryWith(files);
            assert.deepEqual(await linesOf(Image, { repository: "ghcr.io/acme/fraud", context, python }), [
                `Image "fraud": ${problem(context)}`,
            ]);
        });
    }

    it("fail with the same message if the context is an Output", async () => {
        const context = directoryWith({});
        await assert.rejects(
            run(() => new Image("fraud", { repository: "ghcr.io/acme/fraud", context: pulumi.output(context) })),
            {
                message: `Image "fraud": dockerfile is "${path.join(context, "Dockerfile")}"; it must be an existing file: create it, or set python to build a Python program`,
            },
        );
    });
});

describe("the name of a component", () => {
    for (const { component, valid } of fixtures) {
        it(`of ${component.name} must be valid in names of Kubernetes objects`, async () => {
            for (const name of invalidNames) {
                assert.deepEqual(await linesOf(component, valid(), name), [
                    `${component.name} "${name}": the name is "${name}"; ${objectName}`,
                ]);
            }
        });
    }

    for (const { component, valid } of fixtures.filter(({ component }) => component !== Image)) {
        it(`of ${component.name} may be any with the argument name`, async () => {
            for (const name of invalidNames.filter((one) => one !== "")) {
                await run(() => new component(name, { ...valid(), name: "fraud" }));
            }
            assert.deepEqual(await linesOf(component, { ...valid(), name: null }, "Fraud"), [
                `${component.name} "Fraud": the name is "Fraud"; ${objectName}`,
            ]);
        });
    }

    const several = { ...workload, nodes: 2, output: { accessMode: AccessMode.ReadWriteMany } };
    const trials = { objective: { metric: "accuracy" }, grid: { depth: [1, 2] } };
    const lengths: [component: Component, args: object, longest: number, where: string][] = [
        [Notebook, { ...workload, token: "hunter2" }, 43, "for a Notebook"],
        [TrainingJob, { ...several, backend: "JobSet" }, 40, 'with backend "JobSet"'],
        [TrainingJob, { ...several, backend: "TrainJob" }, 40, 'with backend "TrainJob"'],
        [TrainingJob, { ...several, backend: "RayJob", command: ["python", "train.py"] }, 38, 'with backend "RayJob"'],
        [Sweep, { ...workload, ...trials, backend: "Katib" }, 31, 'with backend "Katib"'],
        [
            LlmServer,
            {
                ...workload,
                model: "Qwen/Qwen3-8B",
                checkMemory: false,
                backend: "LeaderWorkerSet",
                nodes: 2,
                tensorParallelSize: 1,
            },
            46,
            'with backend "LeaderWorkerSet"',
        ],
    ];
    for (const [component, args, longest, where] of lengths) {
        it(`has at most ${longest} characters ${where}`, async () => {
            await run(() => new component("f".repeat(longest), args));
            await run(() => new component("fraud", { ...args, name: "f".repeat(longest) }));
            const long = "f".repeat(longest + 1);
            const problem = `is "${long}"; it must be at most ${longest} characters ${where}`;
            assert.deepEqual(await linesOf(component, args, long), [
                `${component.name} "${long}": the name ${problem}`,
            ]);
            assert.deepEqual(await linesOf(component, { ...args, name: long }), [
                `${component.name} "fraud": name ${problem}`,
            ]);
        });
    }
});

describe("several mistakes", () => {
    it("are reported together, each on a line of its own", async () => {
        const args = {
            workspace: { queue: "Team" },
            image: "fraud:latest",
            resources: { memory: "512m" },
            replicas: 2,
            autoscaling: { min: 5, max: 3 },
            livenesPath: "/",
        };
        assert.deepEqual(await linesOf(ModelServer, args, "Fraud"), [
            `ModelServer "Fraud": the name is "Fraud"; ${objectName}`,
            'ModelServer "Fraud": livenesPath does not exist; allowed here: name, workspace, image, command, args, env, ' +
                "secretEnv, envFrom, resources, gpu, mounts, runAsUser, readOnlyRootFilesystem, podSpec, labels, annotations, podLabels, podAnnotations, " +
                "model, port, replicas, autoscaling, " +
                "livenessPath, readinessPath, startupTimeout, shutdownTimeout, warmupPath, metrics, cache, route, canary, shadow, backend",
            'ModelServer "Fraud": workspace.namespace is missing; set the namespace',
            `ModelServer "Fraud": workspace.queue is "Team"; ${subdomain}`,
            `ModelServer "Fraud": image is "fraud:latest"; ${digestRef}`,
            `ModelServer "Fraud": resources.memory is "512m"; ${bytes}`,
            'ModelServer "Fraud": replicas cannot be combined with autoscaling, which sets the number of pods; remove one of them',
            'ModelServer "Fraud": autoscaling.min is 5; it must be at most autoscaling.max, which is 3',
        ]);
    });

    it("are reported if there are no arguments at all", async () => {
        for (const args of [undefined, null, {}]) {
            assert.deepEqual(await linesOf(TrainingJob, args), [
                'TrainingJob "fraud": workspace is missing; set it, for example to { namespace: "fraud" }',
                'TrainingJob "fraud": image is missing; set it to repository@sha256:…, such as the ref of an Image',
            ]);
        }
    });
});

describe("an invalid value in a message", () => {
    const values: [what: string, value: () => unknown, shown: string][] = [
        ["the start of a long string", () => "x".repeat(100), `"${"x".repeat(77)}..."`],
        ["a string on one line", () => "a\nb", '"a\\nb"'],
        ["an object without its fields", () => ({ password: "hunter2" }), "an object"],
        ["a list without its entries", () => ["hunter2"], "a list"],
        ["a function without its code", () => () => "hunter2", "a function"],
        ["a resource instead of its output", () => new pulumi.ComponentResource("a:index:B", "b"), "a resource"],
        ["a number that JSON does not support", () => 5n, "5"],
    ];
    for (const [what, value, expected] of values) {
        it(what, async () => {
            await assert.rejects(
                run(() => new TrainingJob("fraud", withValue(workload, "image", value()) as typeof workload)),
                { message: `TrainingJob "fraud": image is ${expected}; ${digestRef}` },
            );
        });
    }
});
