/** Every wrong argument of every component, and the exact line that tells of it. */
import * as assert from "node:assert/strict";
import * as path from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { Image, ModelServer, TrainingJob } from "../../src";
import { image, imageArgs, password, workload } from "../support/arguments";
import { directoryWith } from "../support/directories";
import { run } from "../support/mocks";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what is wrong has types of all kinds.
type Args = any;

interface Component {
    new (name: string, args: Args, opts?: pulumi.ComponentResourceOptions): pulumi.ComponentResource;
}

/** Valid arguments of each component. */
const valid = new Map<Component, () => object>([
    [Image, () => ({ ...imageArgs(), registry: { username: "ci", password } })],
    [TrainingJob, () => workload],
    [ModelServer, () => workload],
]);

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

const text = "it must be a text that is not empty";
const aText = "it must be a text";
const list = "it must be a list (its entries may be Outputs)";
const object = "must be an object (its fields may be Outputs)";
const digestRef = "it must be repository@sha256:<64 hexadecimal digits>, such as the ref of an Image";
const label = "it must be at most 63 lower-case letters, digits and hyphens, with a letter or digit at both ends";
const subdomain = "it must be lower-case letters, digits, hyphens and dots, with a letter or digit at both ends";
const cpu = 'it must be an amount of CPU above zero, in cores or thousandths, for example "2", "0.5" or "500m"';
const bytes = 'it must be an amount of bytes above zero as Kubernetes writes it, for example "512Mi" or "16Gi"';
const length = 'it must be a length of time in days, hours, minutes and seconds, for example "90m", "6h" or "1h30m"';
const httpPath = "it must be a path that starts with a slash";
const word = "leave the entry out or give a word";
const variable =
    "is no name of an environment variable; use letters, digits and underscores, not starting with a digit";
const repository =
    'it must begin with the registry and have no tag, for example "ghcr.io/acme/fraud" or "docker.io/acme/fraud"';
const model =
    'it must be an address such as the model of a TrainingJob, "pvc://<claim>/<directory>" or "s3://<bucket>/<key>"';

/** One place, the wrong values that may stand there, and what is said of each after the value. */
type Row = [place: string, values: unknown[], allowed: string];

const workloadScalars: Row[] = [
    ["workspace.namespace", ["ML", "", "a.b", "-a", "a".repeat(64), 5], label],
    ["workspace.queue", ["Team", "a_b", "", 5], subdomain],
    ["workspace.serviceAccount", ["Trainer", ".a"], subdomain],
    ["workspace.imagePullSecrets[0]", ["Pull"], subdomain],
    ["image", ["", "fraud", "fraud:latest", "fraud@sha256:abc", `fraud@sha256:${"A".repeat(64)}`, 5], digestRef],
    ["resources.cpu", ["0", "0m", "2Gi", "1.5m", "0.0001", "-1", "two", "", 2], cpu],
    ["resources.memory", ["0", "16GB", "16gi", "512m", "-1Gi", "", 16], bytes],
    ["resources.gpus", [-1, 0.5, 1025, "1", NaN], "it must be a whole number from 0 to 1024"],
    ["runAsUser", [0, -1, 1.5, "1000", 2 ** 31], "it must be a whole number from 1 to 2147483647"],
    ["readOnlyRootFilesystem", ["yes", 1], "it must be true or false"],
];

const scalars = new Map<Component, Row[]>([
    [
        Image,
        [
            [
                "repository",
                [
                    "",
                    "fraud",
                    "acme/fraud",
                    "ghcr.io",
                    "ghcr.io/acme/fraud:1",
                    "ghcr.io/Acme/fraud",
                    "https://ghcr.io/a",
                    5,
                ],
                repository,
            ],
            ["context", ["", 5], text],
            ["dockerfile", ["", 5], text],
            ["python.version", ["3", "3.9", "3.12.1", 3.12], "it must be one of 3.11, 3.12, 3.13"],
            ["python.base", ["", 5], text],
            ["python.requirements", ["", 5], text],
            ["python.entrypoint[0]", ["", 5], text],
            ["target", ["", 5], text],
            [
                "platform",
                ["linux", "amd64", "linux/", "Linux/AMD64", 5],
                'it must be system and processor, such as "linux/arm64"',
            ],
            ["network", ["", 5], text],
            ["registry.server", ["", 5], text],
            ["registry.username", ["", 5], text],
        ],
    ],
    [
        TrainingJob,
        [
            ...workloadScalars,
            ["output.claim", ["Models", "a_b", ""], subdomain],
            ["output.size", ["10GB", "0", "10m", 10], bytes],
            ["output.storageClass", ["Fast"], subdomain],
            [
                "output.accessMode",
                ["RWO", "ReadOnlyMany", 1],
                "it must be one of ReadWriteOnce, ReadWriteOncePod, ReadWriteMany",
            ],
            [
                "output.uri",
                ["models", "s3://", "s3://models/", "s3://models/a b", "S3://models", 5],
                'it must be an address such as "s3://models/fraud"',
            ],
            ["retries", [-1, 1.5, 1001, "2", Infinity], "it must be a whole number from 0 to 1000"],
            ["timeout", ["", "6", "6 h", "0h", "1m1h", "h", "-1h", "1.5h", "6H", 6], length],
        ],
    ],
    [
        ModelServer,
        [
            ...workloadScalars,
            [
                "model",
                [
                    "",
                    "model.joblib",
                    "pvc://claim",
                    "pvc://Claim/a",
                    "pvc://claim/a/../b",
                    "pvc://claim/..",
                    "s3://",
                    5,
                ],
                model,
            ],
            ["port", [0, -1, 65536, 80.5, "8080"], "it must be a whole number from 1 to 65535"],
            ["replicas", [-1, 1.5, 10001, "2"], "it must be a whole number from 0 to 10000"],
            ["autoscaling.max", [0, 1.5, 10001, "8"], "it must be a whole number from 1 to 10000"],
            ["healthPath", ["", "healthz", "http://a/b", "/a b", 5], httpPath],
            ["readyPath", ["ready"], httpPath],
            ["startupTimeout", ["5"], length],
            ["shutdownTimeout", ["30"], length],
        ],
    ],
]);

/** What is shown of a wrong value. */
function shown(value: unknown): string {
    return typeof value === "string" ? JSON.stringify(value) : String(value);
}

for (const [component, rows] of scalars) {
    describe(`a wrong argument of ${component.name}`, () => {
        for (const [place, values, allowed] of rows) {
            it(`${place}: ${values.map(shown).join(", ")}`, async () => {
                for (const value of values) {
                    assert.deepEqual(await linesOf(component, withValue(valid.get(component)!(), place, value)), [
                        `${component.name} "fraud": ${place} is ${shown(value)}; ${allowed}`,
                    ]);
                }
            });

            // A server has no use for its workspace's queue.
            if (component === ModelServer && place === "workspace.queue") {
                continue;
            }

            it(`${place}, as an Output, fails with the same words`, async () => {
                const [value] = values;
                const args = withValue(valid.get(component)!(), place, pulumi.output(value));
                await assert.rejects(
                    run(() => new component("fraud", args)),
                    { message: `${component.name} "fraud": ${place} is ${shown(value)}; ${allowed}` },
                );
            });

            it(`${place}, as a secret Output, fails without its value`, async () => {
                const args = withValue(valid.get(component)!(), place, pulumi.secret(values[0]));
                await assert.rejects(
                    run(() => new component("fraud", args)),
                    {
                        message: `${component.name} "fraud": ${place} is a secret, whose value is not shown; ${allowed}`,
                    },
                );
            });
        }
    });
}

/** Wrong shapes and wrong plain values: the argument, and what is said of it. */
type Case = [args: Args, ...problems: string[]];

const workloadCases: Case[] = [
    [{ workspace: undefined }, 'workspace is missing; say where it runs, for example { namespace: "fraud" }'],
    [{ workspace: "ml" }, `workspace ${object}`],
    [{ workspace: ["ml"] }, `workspace ${object}`],
    [{ workspace: pulumi.output({ namespace: "ml" }) }, `workspace ${object}`],
    [{ workspace: {} }, "workspace.namespace is missing; name the namespace it runs in"],
    [{ workspace: { namespace: null } }, "workspace.namespace is missing; name the namespace it runs in"],
    [{ workspace: { namespace: "ml", imagePullSecrets: "pull" } }, `workspace.imagePullSecrets is "pull"; ${list}`],
    [
        { workspace: { namespace: "ml", imagePullSecrets: [undefined] } },
        "workspace.imagePullSecrets[0] is missing; name a Secret or leave the entry out",
    ],
    [{ image: undefined }, "image is missing; give repository@sha256:…, such as the ref of an Image"],
    [{ image: null }, "image is missing; give repository@sha256:…, such as the ref of an Image"],
    [{ image: { ref: image } }, `image is an object; ${digestRef}`],
    [{ command: "python train.py" }, `command is "python train.py"; ${list}`],
    [{ command: pulumi.output(["python"]) }, `command is an Output; ${list}`],
    [{ command: ["python", "", 5] }, `command[1] is ""; ${text}`, `command[2] is 5; ${text}`],
    [{ command: [undefined] }, `command[0] is missing; ${word}`],
    [{ args: "--fast" }, `args is "--fast"; ${list}`],
    [{ args: [1, null] }, `args[0] is 1; ${aText}`, `args[1] is missing; ${word}`],
    [{ env: "LEVEL=debug" }, "env must be an object (its values may be Outputs)"],
    [{ env: [{ name: "LEVEL", value: "debug" }] }, "env must be an object (its values may be Outputs)"],
    [{ env: { LEVEL: 5 } }, `env.LEVEL is 5; ${aText}`],
    [{ env: { LEVEL: undefined } }, "env.LEVEL is missing; leave the name out or give a value"],
    [{ env: { "1ST": "a", "A-B": "b" } }, `env.1ST ${variable}`, `env.A-B ${variable}`],
    [{ secretEnv: "TOKEN=hunter2" }, "secretEnv must be an object (its values may be Outputs)"],
    [{ secretEnv: { TOKEN: 5 } }, `secretEnv.TOKEN is a secret, whose value is not shown; ${text}`],
    [{ secretEnv: { TOKEN: "" } }, `secretEnv.TOKEN is a secret, whose value is not shown; ${text}`],
    [{ secretEnv: { "a.b": "hunter2" } }, `secretEnv.a.b ${variable}`],
    [
        { env: { A: "1", B: "2" }, secretEnv: { A: "3", C: "4" } },
        "env.A stands under secretEnv as well; leave one of them out",
    ],
    [{ env: "A=1", secretEnv: { A: "2" } }, "env must be an object (its values may be Outputs)"],
    [{ resources: "2 CPUs" }, `resources ${object}`],
    [{ podSpec: "nodeSelector" }, `podSpec ${object}`],
    [{ podSpec: [] }, `podSpec ${object}`],
];

const cases = new Map<Component, Case[]>([
    [
        Image,
        [
            [
                { repository: undefined },
                'repository is missing; say where it is pushed to, for example "ghcr.io/acme/fraud"',
            ],
            [{ context: undefined }, 'context is missing; name the directory to build from, for example "./fraud"'],
            [{ context: "/nowhere" }, 'context is "/nowhere"; it must be a directory that exists'],
            [{ context: __filename }, `context is "${__filename}"; it must be a directory that exists`],
            [
                { dockerfile: "No.Dockerfile" },
                'dockerfile is "No.Dockerfile", which is no file; write it, or describe a Python program under python',
            ],
            [
                { dockerfile: "Dockerfile", python: {} },
                "dockerfile is given besides python, which brings its own; leave one of them out",
            ],
            [{ python: "3.12" }, `python ${object}`],
            [{ python: { entrypoint: "app.py" } }, `python.entrypoint is "app.py"; ${list}`],
            [{ buildArgs: ["A=1"] }, "buildArgs must be an object (its values may be Outputs)"],
            [{ buildArgs: { A: 1 } }, `buildArgs.A is 1; ${aText}`],
            [{ buildArgs: { "A B": "1" } }, `buildArgs.A B ${variable}`],
            [{ registry: "ci:hunter2" }, `registry ${object}`],
            [
                { registry: {} },
                "registry.username is missing; give the user's name or leave registry out",
                "registry.password is missing; give the password or leave registry out",
            ],
            [
                { registry: { username: "ci", password: 12345 } },
                `registry.password is a secret, whose value is not shown; ${text}`,
            ],
        ],
    ],
    [
        TrainingJob,
        [
            ...workloadCases,
            [{ output: "models" }, `output ${object}`],
            [{ output: { retain: "yes" } }, 'output.retain is "yes"; it must be true or false, and no Output'],
            [{ triggers: "today" }, `triggers is "today"; ${list}`],
            [{ triggers: [1] }, `triggers[0] is 1; ${text}`],
            [{ triggers: [undefined] }, "triggers[0] is missing; leave the entry out or give a text"],
            [
                { output: { claim: "models", uri: "s3://models" } },
                "output names both a claim and a uri; leave one of them out",
            ],
            ...["size", "storageClass", "accessMode", "retain"].flatMap((field): Case[] =>
                [{ claim: "models" }, { uri: "s3://models" }].map((place): Case => {
                    const value = { size: "1Gi", storageClass: "fast", accessMode: "ReadWriteMany", retain: false }[
                        field
                    ];
                    const problem =
                        "output describes a new claim besides an existing claim or a uri; leave one of them out";
                    return [{ output: { ...place, [field]: value } }, problem];
                }),
            ),
        ],
    ],
    [
        ModelServer,
        [
            ...workloadCases,
            [{ autoscaling: true }, `autoscaling ${object}`],
            [{ autoscaling: {} }, "autoscaling.max is missing; say up to how many pods it may grow"],
            [{ autoscaling: { min: 0, max: 2 } }, "autoscaling.min is 0; it must be a whole number from 1 to 10000"],
            [
                { autoscaling: { max: 2, targetCpuUtilization: 0 } },
                "autoscaling.targetCpuUtilization is 0; it must be a whole number from 1 to 1000",
            ],
            [
                { autoscaling: { min: 3, max: 2 } },
                "autoscaling.min is 3; it must be at most autoscaling.max, which is 2",
            ],
            [
                { replicas: 2, autoscaling: { max: 2 } },
                "replicas is given besides autoscaling, which owns the number; leave one of them out",
            ],
        ],
    ],
]);

for (const [component, rows] of cases) {
    describe(`what ${component.name} says`, () => {
        for (const [args, ...problems] of rows) {
            it(problems.join("; "), async () => {
                assert.deepEqual(
                    await linesOf(component, { ...valid.get(component)!(), ...args }),
                    problems.map((problem) => `${component.name} "fraud": ${problem}`),
                );
            });
        }
    });
}

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
                `dockerfile is "${path.join(context, "Dockerfile")}", which is no file; write it, or describe a Python program under python`,
        ],
        [
            "no requirements.txt",
            { "main.py": "" },
            {},
            (context) =>
                `python.requirements is "requirements.txt"; it must be a file in "${context}", empty if nothing is required`,
        ],
        [
            "a directory in the place of requirements",
            { "deploy/main.py": "" },
            { requirements: "deploy" },
            (context) =>
                `python.requirements is "deploy"; it must be a file in "${context}", empty if nothing is required`,
        ],
        [
            "a version besides a base",
            { "requirements.txt": "" },
            { version: "3.12", base: "python:3.12" },
            () => "python.version is given besides python.base, which has its own; leave one of them out",
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
                message: `Image "fraud": dockerfile is "${path.join(context, "Dockerfile")}", which is no file; write it, or describe a Python program under python`,
            },
        );
    });
});

describe("a secret where all can read it", () => {
    const onCommandLine = "the command line of a pod is no place for it: put it under secretEnv";
    const places: [Component, string, string][] = [
        ...[TrainingJob, ModelServer].flatMap((component): [Component, string, string][] => [
            [component, "env.TOKEN", "put it under secretEnv, which keeps it in a Kubernetes Secret"],
            [component, "command[0]", onCommandLine],
            [component, "args[0]", onCommandLine],
        ]),
        [TrainingJob, "triggers[0]", "triggers can be read in the Job: give what tells its versions apart"],
        [
            Image,
            "buildArgs.TOKEN",
            "build arguments can be read from the image: leave it out, or mount it while building",
        ],
    ];
    for (const [component, place, mend] of places) {
        it(`${component.name} ${place}`, async () => {
            const args = withValue(valid.get(component)!(), place, pulumi.secret("hunter2"));
            await assert.rejects(
                run(() => new component("fraud", args)),
                { message: `${component.name} "fraud": ${place} is a secret; ${mend}` },
            );
        });
    }
});

describe("a required argument that is an Output of nothing", () => {
    const places: [Component, string, string][] = [
        [TrainingJob, "workspace.namespace", "name the namespace it runs in"],
        [ModelServer, "image", "give repository@sha256:…, such as the ref of an Image"],
        [ModelServer, "secretEnv.TOKEN", "leave the name out or give a value"],
        [Image, "repository", 'say where it is pushed to, for example "ghcr.io/acme/fraud"'],
    ];
    for (const [component, place, mend] of places) {
        it(`${component.name} ${place}`, async () => {
            const args = withValue(valid.get(component)!(), place, pulumi.output(undefined));
            await assert.rejects(
                run(() => new component("fraud", args)),
                { message: `${component.name} "fraud": ${place} is missing; ${mend}` },
            );
        });
    }
});

describe("a misspelt argument", () => {
    const workloadNames =
        "workspace, image, command, args, env, secretEnv, resources, runAsUser, readOnlyRootFilesystem, podSpec";
    const misspelt: [Component, place: string, allowed: string][] = [
        [Image, "repo", "repository, context, dockerfile, python, buildArgs, target, platform, network, registry"],
        [Image, "python.requirement", "version, base, requirements, entrypoint"],
        [Image, "registry.user", "server, username, password"],
        [TrainingJob, "retry", `${workloadNames}, output, retries, timeout, triggers`],
        [TrainingJob, "output.path", "claim, size, storageClass, accessMode, retain, uri"],
        [TrainingJob, "workspace.ns", "namespace, queue, serviceAccount, imagePullSecrets"],
        [TrainingJob, "resources.gpu", "cpu, memory, gpus"],
        [
            ModelServer,
            "replica",
            `${workloadNames}, model, port, replicas, autoscaling, healthPath, readyPath, startupTimeout, shutdownTimeout`,
        ],
        [ModelServer, "autoscaling.maximum", "min, max, targetCpuUtilization"],
    ];
    for (const [component, place, allowed] of misspelt) {
        it(`${component.name} ${place}`, async () => {
            const lines = await linesOf(component, withValue(valid.get(component)!(), place, "1"));
            assert.equal(lines[0], `${component.name} "fraud": ${place} does not exist; allowed here: ${allowed}`);
        });
    }

    it("is none where its value is undefined, as a spread leaves it", async () => {
        await run(() => new TrainingJob("fraud", { ...workload, ...{ retry: undefined } }));
    });
});

describe("the name of a component", () => {
    for (const component of valid.keys()) {
        it(`of ${component.name} becomes names of Kubernetes`, async () => {
            for (const name of ["", "Fraud", "fraud_model", "1fraud", "fraud-", "fraud.model", "f".repeat(51)]) {
                assert.deepEqual(await linesOf(component, valid.get(component)!(), name), [
                    `${component.name} "${name}": the name is "${name}"; it must be at most 50 lower-case letters, ` +
                        'digits and hyphens, with a letter at the start and no hyphen at the end, for example "fraud-model"',
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
            helthPath: "/",
        };
        assert.deepEqual(await linesOf(ModelServer, args, "Fraud"), [
            'ModelServer "Fraud": the name is "Fraud"; it must be at most 50 lower-case letters, digits and hyphens, ' +
                'with a letter at the start and no hyphen at the end, for example "fraud-model"',
            'ModelServer "Fraud": helthPath does not exist; allowed here: workspace, image, command, args, env, ' +
                "secretEnv, resources, runAsUser, readOnlyRootFilesystem, podSpec, model, port, replicas, autoscaling, " +
                "healthPath, readyPath, startupTimeout, shutdownTimeout",
            'ModelServer "Fraud": workspace.namespace is missing; name the namespace it runs in',
            `ModelServer "Fraud": workspace.queue is "Team"; ${subdomain}`,
            `ModelServer "Fraud": image is "fraud:latest"; ${digestRef}`,
            `ModelServer "Fraud": resources.memory is "512m"; ${bytes}`,
            'ModelServer "Fraud": replicas is given besides autoscaling, which owns the number; leave one of them out',
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

describe("values at the edge of what is allowed", () => {
    const allowed: [Component, place: string, values: unknown[]][] = [
        [
            Image,
            "repository",
            [
                "localhost/fraud",
                "localhost:5001/fraud",
                "registry:5000/a",
                "ghcr.io/a/b-c/d_e",
                "docker.io/library/python",
            ],
        ],
        [Image, "platform", ["linux/amd64", "linux/arm/v7"]],
        [Image, "buildArgs.EMPTY", [""]],
        [TrainingJob, "workspace.namespace", ["a", "1", "a".repeat(63)]],
        [TrainingJob, "workspace.queue", ["team.a-1"]],
        [TrainingJob, "image", [`localhost:5001/a/b@sha256:${"0".repeat(64)}`, `fraud:1@sha256:${"f".repeat(64)}`]],
        [TrainingJob, "resources.cpu", ["1", "0.5", "1.125", "1m", "64"]],
        [TrainingJob, "resources.memory", ["1", "0.5Gi", ".5Gi", "128974848", "1e9", "100M", "1Ti"]],
        [TrainingJob, "resources.gpus", [0, 8]],
        [TrainingJob, "args[0]", [""]],
        [TrainingJob, "env.EMPTY", [""]],
        [TrainingJob, "timeout", ["1s", "90m", "1h30m", "2d", "1d2h3m4s", "10h"]],
        [TrainingJob, "retries", [0, 1000]],
        [TrainingJob, "output.uri", ["s3://models", "gs://models/a/b", "file+x://ab"]],
        [TrainingJob, "workspace.serviceAccount", [null, undefined]],
        [TrainingJob, "output", [null, undefined, {}]],
        [ModelServer, "model", ["pvc://a/b/c", "pvc://a.b/c", "s3://bucket/key", "hf://org/model", null]],
        [ModelServer, "port", [1, 65535]],
        [ModelServer, "replicas", [0]],
        [ModelServer, "autoscaling", [{ min: 2, max: 2 }]],
        [ModelServer, "healthPath", ["/", "/v1/health?full=1"]],
    ];
    for (const [component, place, values] of allowed) {
        it(`${component.name} ${place}: ${values.map(shown).join(", ")}`, async () => {
            for (const value of values) {
                await run(() => new component("fraud", withValue(valid.get(component)!(), place, value)));
            }
        });
    }
});
