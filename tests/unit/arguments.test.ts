/** Every wrong argument of every component, and the exact line that tells of it. */
import * as assert from "node:assert/strict";
import * as path from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { Image, ModelServer, TrainingJob } from "../../src";
import { workload } from "../support/arguments";
import { fixtures } from "../support/components";
import { type Args, bytes, type Component, digestRef, subdomain } from "../support/components/fixture";
import { directoryWith } from "../support/directories";
import { run } from "../support/mocks";

/** The arguments with another value at one place, such as `command[0]` or `resources.cpu`. */
function withValue(args: unknown, place: string, value: unknown): object {
    const [, key, rest] = /^\[?([^.[\]]+)\]?\.?(.*)$/.exec(place)!;
    const isList = rest!.startsWith("[");
    const fields = (args ?? {}) as Record<string, unknown>;
    const inner = rest === "" ? value : withValue(fields[key!] ?? (isList ? [] : {}), rest!, value);
    return Array.isArray(args)
        ? Object.assign([...(args as unknown[])], { [key!]: inner })
        : { ...fields, [key!]: inner };
}

/** The lines of the error that a component throws, with what was registered before: nothing. */
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

/** What is shown of a wrong value. */
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

    describe(`a wrong argument of ${name}`, () => {
        for (const [place, values, allowed] of [...known.scalars, ...(known.plain ?? [])]) {
            it(`${place}: ${values.map(shown).join(", ")}`, async () => {
                for (const value of values) {
                    const lines = await linesOf(component, withValue(valid(), place, value));
                    assert.equal(lines[0], `${name} "fraud": ${place} is ${shown(value)}; ${allowed}`);
                }
            });
        }

        for (const [place, values, allowed] of known.scalars.filter(([at]) => !known.unused?.includes(at))) {
            it(`${place}, as an Output, fails with the same words`, async () => {
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

    describe(`what ${name} says`, () => {
        for (const [args, ...problems] of known.cases) {
            it(problems.join("; "), async () => {
                assert.deepEqual(
                    await linesOf(component, { ...valid(), ...args }),
                    problems.map((problem) => `${name} "fraud": ${problem}`),
                );
            });
        }
    });

    describe(`what is special in ${name}`, () => {
        for (const [place, mend] of known.secrets ?? []) {
            it(`a secret at ${place}, where all can read it`, async () => {
                await assert.rejects(create(place, pulumi.secret("hunter2")), {
                    message: `${name} "fraud": ${place} is a secret; ${mend}`,
                });
            });
        }

        for (const [place, mend] of known.missing) {
            it(`${place} that is an Output of nothing`, async () => {
                await assert.rejects(create(place, pulumi.output(undefined)), {
                    message: `${name} "fraud": ${place} is missing; ${mend}`,
                });
            });
        }

        for (const [place, allowed] of known.misspelt) {
            it(`${place}, which is misspelt`, async () => {
                const lines = await linesOf(component, withValue(valid(), place, "1"));
                const line = `${name} "fraud": ${place} does not exist; allowed here: ${allowed}`;
                assert.ok(lines.includes(line), lines.join("\n"));
            });
        }

        for (const [place, values] of known.allowed) {
            it(`${place} at the edge of what is allowed: ${values.map(shown).join(", ")}`, async () => {
                for (const value of values) {
                    await create(place, value);
                }
            });
        }
    });
}

it("a misspelt argument is none where its value is undefined, as a spread leaves it", async () => {
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
                `python.requirements is "requirements.txt"; it must be an existing file in "${context}" (it may be empty)`,
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
            { version: "3.12", base: "python:3.12" },
            () => "python.version cannot be combined with python.base, which has its own Python; remove one of them",
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

    it("fail with the same words where the context is an Output", async () => {
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
        it(`of ${component.name} becomes names of Kubernetes`, async () => {
            for (const name of ["", "Fraud", "fraud_model", "1fraud", "fraud-", "fraud.model", "f".repeat(51)]) {
                assert.deepEqual(await linesOf(component, valid(), name), [
                    `${component.name} "${name}": the name is "${name}"; it must be at most 50 lowercase letters, ` +
                        'digits and hyphens, start with a letter and not end with a hyphen, for example "fraud-model"',
                ]);
            }
        });
    }
});

describe("several mistakes", () => {
    it("are told at once, each on a line of its own", async () => {
        const args = {
            workspace: { queue: "Team" },
            image: "fraud:latest",
            resources: { memory: "512m" },
            replicas: 2,
            autoscaling: { min: 5, max: 3 },
            livenesPath: "/",
        };
        assert.deepEqual(await linesOf(ModelServer, args, "Fraud"), [
            'ModelServer "Fraud": the name is "Fraud"; it must be at most 50 lowercase letters, digits and hyphens, ' +
                'start with a letter and not end with a hyphen, for example "fraud-model"',
            'ModelServer "Fraud": livenesPath does not exist; allowed here: workspace, image, command, args, env, ' +
                "secretEnv, resources, gpu, mounts, runAsUser, readOnlyRootFilesystem, podSpec, model, port, replicas, autoscaling, " +
                "livenessPath, readinessPath, startupTimeout, shutdownTimeout, warmupPath, metrics, cache, route, canary, shadow, backend",
            'ModelServer "Fraud": workspace.namespace is missing; name the namespace it runs in',
            `ModelServer "Fraud": workspace.queue is "Team"; ${subdomain}`,
            `ModelServer "Fraud": image is "fraud:latest"; ${digestRef}`,
            `ModelServer "Fraud": resources.memory is "512m"; ${bytes}`,
            'ModelServer "Fraud": replicas cannot be combined with autoscaling, which sets the number of pods; remove one of them',
            'ModelServer "Fraud": autoscaling.min is 5; it must be at most autoscaling.max, which is 3',
        ]);
    });

    it("are told where there are no arguments at all", async () => {
        for (const args of [undefined, null, {}]) {
            assert.deepEqual(await linesOf(TrainingJob, args), [
                'TrainingJob "fraud": workspace is missing; say where it runs, for example { namespace: "fraud" }',
                'TrainingJob "fraud": image is missing; give repository@sha256:…, such as the ref of an Image',
            ]);
        }
    });
});

describe("what is shown of a wrong value", () => {
    const values: [what: string, value: () => unknown, shown: string][] = [
        ["the start of a long text", () => "x".repeat(100), `"${"x".repeat(77)}..."`],
        ["a text on one line", () => "a\nb", '"a\\nb"'],
        ["not what is in an object", () => ({ password: "hunter2" }), "an object"],
        ["not what is in a list", () => ["hunter2"], "a list"],
        ["not what is in a function", () => () => "hunter2", "a function"],
        ["a resource in the place of its output", () => new pulumi.ComponentResource("a:index:B", "b"), "a resource"],
        ["a number that JSON does not know", () => 5n, "5"],
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
