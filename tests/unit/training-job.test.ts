import * as assert from "node:assert/strict";

import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { AccessMode, ModelServer, TrainingJob, TrainingJobArgs } from "../../src";
import { image, otherImage, password, workload } from "../support/arguments";
import { Recording, run, RunOptions, Secret, unknownOutput, unknownPaths } from "../support/mocks";
import { jobOptions, keepsOwner, ownerAnnotations, runAnnotations } from "../support/ownership";

function train(args: Partial<TrainingJobArgs> = {}, options?: RunOptions): Promise<Recording> {
    return run(() => new TrainingJob("fraud", { ...workload, ...args }), options);
}

function jobOf(recording: Recording): types.output.batch.v1.Job {
    return recording.resource("fraud-job").inputs as types.output.batch.v1.Job;
}

function claimOf(recording: Recording): types.output.core.v1.PersistentVolumeClaim {
    return recording.resource("fraud-model").inputs as types.output.core.v1.PersistentVolumeClaim;
}

/** Returns the names of all resources. */
function names({ resources }: Recording): string[] {
    return resources.map(({ name }) => name);
}

const labels = {
    "app.kubernetes.io/component": "training",
    "app.kubernetes.io/managed-by": "pulumi",
    "app.kubernetes.io/name": "fraud",
};
const podLabels = { "app.kubernetes.io/component": "training", "app.kubernetes.io/name": "fraud" };
const annotations = ownerAnnotations;

/** The first variable of a run, to which others refer. */
const runUid = {
    name: "RUN_UID",
    valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/controller-uid']" } },
};

/** Default names of the claim and the run. Another hash of the content would run all trainings of all users again. */
const claimName = "fraud-training-model-57e9d5f1";
const content = "b6b43745";
const runName = "fraud-0c8aacc3";
const model = `pvc://${claimName}/${runName}/uid`;
/** Hashes of the arguments that are content, with their defaults. */
const contentFields = {
    readOnlyRootFilesystem: "b5be",
    nodes: "6b86",
    backend: "f32f",
    framework: "b88e",
    image: "2e13",
    resources: "3636",
    output: "6e22",
};

describe("a TrainingJob", () => {
    it("with its required arguments is a Job, the claim to which it writes, and the record of its runs", async () => {
        const recording = await train();
        assert.deepEqual(recording.resources, [
            {
                type: "kubernetes-mlops:index:TrainingJob",
                name: "fraud",
                parent: "",
                provider: "",
                dependsOn: [],
                propertiesFrom: [],
                options: {},
                inputs: {},
                outputs: { model, jobName: runName },
            },
            {
                type: "kubernetes:batch/v1:Job",
                name: "fraud-job",
                parent: "fraud",
                provider: "",
                dependsOn: ["fraud-model"],
                propertiesFrom: ["fraud-model"],
                options: jobOptions,
                inputs: {
                    apiVersion: "batch/v1",
                    kind: "Job",
                    metadata: { name: runName, namespace: "ml", labels, annotations: runAnnotations },
                    spec: {
                        backoffLimit: 2,
                        activeDeadlineSeconds: 86400,
                        podFailurePolicy: {
                            rules: [
                                { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
                            ],
                        },
                        template: {
                            metadata: { labels: podLabels },
                            spec: {
                                restartPolicy: "Never",
                                automountServiceAccountToken: false,
                                enableServiceLinks: false,
                                securityContext: {
                                    runAsNonRoot: true,
                                    fsGroup: 1000,
                                    fsGroupChangePolicy: "OnRootMismatch",
                                    seccompProfile: { type: "RuntimeDefault" },
                                },
                                containers: [
                                    {
                                        name: "main",
                                        image,
                                        env: [
                                            runUid,
                                            { name: "HOME", value: "/tmp" },
                                            { name: "MODEL_URI", value: `pvc://${claimName}/${runName}/$(RUN_UID)` },
                                            { name: "MODEL_DIR", value: "/model" },
                                        ],
                                        resources: {
                                            requests: { cpu: "500m", memory: "1Gi" },
                                            limits: { memory: "1Gi" },
                                        },
                                        securityContext: {
                                            allowPrivilegeEscalation: false,
                                            capabilities: { drop: ["ALL"] },
                                            readOnlyRootFilesystem: true,
                                        },
                                        terminationMessagePolicy: "FallbackToLogsOnError",
                                        volumeMounts: [
                                            { name: "tmp", mountPath: "/tmp" },
                                            {
                                                name: "model",
                                                mountPath: "/model",
                                                subPathExpr: `${runName}/$(RUN_UID)`,
                                            },
                                        ],
                                    },
                                ],
                                volumes: [
                                    { name: "tmp", emptyDir: {} },
                                    { name: "model", persistentVolumeClaim: { claimName } },
                                ],
                            },
                        },
                    },
                },
            },
            {
                type: "kubernetes:core/v1:PersistentVolumeClaim",
                name: "fraud-model",
                parent: "fraud",
                provider: "",
                dependsOn: [],
                propertiesFrom: [],
                options: { retainOnDelete: true, ...keepsOwner },
                inputs: {
                    apiVersion: "v1",
                    kind: "PersistentVolumeClaim",
                    metadata: {
                        name: claimName,
                        namespace: "ml",
                        labels,
                        annotations: { ...annotations, "pulumi.com/skipAwait": "true" },
                    },
                    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "10Gi" } } },
                },
            },
            {
                type: "kubernetes:core/v1:ConfigMap",
                name: "fraud-record",
                parent: "fraud",
                provider: "",
                // Not the Job, with which it would be replaced.
                dependsOn: ["fraud-model"],
                propertiesFrom: ["fraud-model"],
                options: keepsOwner,
                inputs: {
                    apiVersion: "v1",
                    kind: "ConfigMap",
                    metadata: {
                        name: "fraud-training",
                        namespace: "ml",
                        labels,
                        annotations: {
                            ...annotations,
                            "kubernetes-mlops/result": model,
                            "kubernetes-mlops/runs": JSON.stringify({
                                completed: [
                                    { content, run: runName, uid: "uid", result: model, fields: contentFields },
                                ],
                            }),
                        },
                    },
                },
            },
        ]);
    });

    it("passes on the fields of its claim, and deletes it with the component if retain is false", async () => {
        const output = { size: "50Gi", storageClass: "fast", accessMode: AccessMode.ReadWriteMany, retain: false };
        const recording = await train({ output });
        assert.deepEqual(recording.resource("fraud-model").options, keepsOwner);
        assert.deepEqual(claimOf(recording).spec, {
            accessModes: ["ReadWriteMany"],
            storageClassName: "fast",
            resources: { requests: { storage: "50Gi" } },
        });
    });

    it("creates a new claim only if an immutable field changes", async () => {
        const nameWith = async (output: TrainingJobArgs["output"]) => claimOf(await train({ output })).metadata.name;
        assert.equal(await nameWith({ size: "50Gi", retain: false }), claimName);
        assert.notEqual(await nameWith({ storageClass: "fast" }), claimName);
        assert.notEqual(await nameWith({ accessMode: AccessMode.ReadWriteMany }), claimName);
    });

    it("writes to an existing claim, and creates none", async () => {
        const recording = await train({ output: { claim: "models" } });
        assert.deepEqual(names(recording), ["fraud", "fraud-job", "fraud-record"]);
        const { name } = jobOf(recording).metadata;
        assert.deepEqual(recording.resource("fraud").outputs, { jobName: name, model: `pvc://models/${name}/uid` });
    });

    it("lets the program upload to a URI", async () => {
        const recording = await train({ output: { uri: "s3://models/fraud" } });
        assert.deepEqual(names(recording), ["fraud", "fraud-job", "fraud-record"]);
        const { metadata, spec } = jobOf(recording);
        const uri = `s3://models/fraud/${metadata.name}`;
        assert.deepEqual(spec.template.spec.containers[0]!.env, [
            runUid,
            { name: "HOME", value: "/tmp" },
            { name: "MODEL_URI", value: `${uri}/$(RUN_UID)` },
            { name: "MODEL_DIR", value: "/model" },
        ]);
        assert.deepEqual(spec.template.spec.volumes, [
            { name: "tmp", emptyDir: {} },
            { name: "model", emptyDir: {} },
        ]);
        assert.deepEqual(recording.resource("fraud").outputs, { jobName: metadata.name, model: `${uri}/uid` });
    });

    it("keeps secret variables in a Secret, and a new value starts no new run", async () => {
        const recording = await train({ secretEnv: { TOKEN: password } });
        assert.deepEqual(names(recording), ["fraud", "fraud-env", "fraud-job", "fraud-model", "fraud-record"]);
        assert.deepEqual(recording.resource("fraud-env"), {
            type: "kubernetes:core/v1:Secret",
            name: "fraud-env",
            parent: "fraud",
            provider: "",
            dependsOn: [],
            propertiesFrom: [],
            options: { deleteBeforeReplace: true, additionalSecretOutputs: ["data", "stringData"], ...keepsOwner },
            inputs: {
                apiVersion: "v1",
                kind: "Secret",
                metadata: { name: "fraud-training-env", namespace: "ml", labels, annotations },
                stringData: new Secret({ TOKEN: password }),
            },
        });
        // The Job waits for the Secret, but is not replaced with it.
        const job = recording.resource("fraud-job");
        assert.deepEqual(job.dependsOn, ["fraud-env", "fraud-model"]);
        assert.deepEqual(job.propertiesFrom, ["fraud-model"]);
    });

    it("has no Secret without secret variables", async () => {
        assert.deepEqual(names(await train({ secretEnv: {} })), ["fraud", "fraud-job", "fraud-model", "fraud-record"]);
    });

    const fields: [what: string, args: Partial<TrainingJobArgs>, at: string, expected: unknown][] = [
        ["retries", { retries: 0 }, "spec.backoffLimit", 0],
        ["a timeout", { timeout: "1h30m" }, "spec.activeDeadlineSeconds", 5400],
        [
            "the exit codes that decide about a retry",
            { retry: { never: [3, 2], always: [42] } },
            "spec.podFailurePolicy.rules",
            [
                { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
                { action: "FailJob", onExitCodes: { containerName: "main", operator: "In", values: [2, 3] } },
                { action: "Ignore", onExitCodes: { containerName: "main", operator: "In", values: [42] } },
            ],
        ],
        [
            "a queue",
            { workspace: { namespace: "ml", queue: "team" } },
            "metadata.labels",
            { ...labels, "kueue.x-k8s.io/queue-name": "team" },
        ],
        [
            "triggers, so that a preview shows what has changed",
            { triggers: ["2024-06-01", "v2"] },
            "metadata.annotations",
            { ...runAnnotations, "kubernetes-mlops/triggers": "2024-06-01, v2" },
        ],
    ];
    for (const [what, args, at, expected] of fields) {
        it(`has ${what}`, async () => {
            const { inputs } = (await train(args)).resource("fraud-job");
            const value = at
                .split(".")
                .reduce<unknown>((fields, key) => (fields as Record<string, unknown>)[key], inputs);
            assert.deepEqual(value, expected);
        });
    }
});

describe("the run of a TrainingJob", () => {
    async function run(args: Partial<TrainingJobArgs>): Promise<string> {
        return jobOf(await train(args)).metadata.name;
    }

    const base: Partial<TrainingJobArgs> = { env: { A: "1", B: "2" }, secretEnv: { TOKEN: password } };

    const same: [what: string, args: Partial<TrainingJobArgs>][] = [
        ["nothing", {}],
        ["Outputs in the place of values", { image: pulumi.output(image), env: { A: pulumi.output("1"), B: "2" } }],
        ["explicit defaults", { resources: { cpu: "500m", memory: "1Gi" }, readOnlyRootFilesystem: true }],
        ["retries", { retries: 7 }],
        ["the timeout", { timeout: "1h" }],
        ["the value of a secret", { secretEnv: { TOKEN: "another" } }],
        ["the size of the claim", { output: { size: "20Gi" } }],
        ["retention of the claim", { output: { retain: false } }],
        ["startTimeout", { startTimeout: "1h" }],
        ["wait", { wait: "never" }],
        ["allowFailure", { allowFailure: true }],
    ];
    for (const [what, args] of same) {
        it(`is the same with another ${what}`, async () => {
            assert.equal(await run({ ...base, ...args }), await run(base));
        });
    }

    const different: [what: string, args: Partial<TrainingJobArgs>][] = [
        ["image", { image: otherImage }],
        ["command", { command: ["python", "train.py"] }],
        ["argument", { args: ["--fast"] }],
        ["variable", { env: { A: "1", B: "3" } }],
        ["name of a secret variable", { secretEnv: { KEY: password } }],
        ["amount of CPU", { resources: { cpu: "1" } }],
        ["number of GPUs", { gpu: {} }],
        ["user", { runAsUser: 1234 }],
        ["file system", { readOnlyRootFilesystem: false }],
        ["patch", { podSpec: { nodeSelector: { disk: "fast" } } }],
        // Only until it has completed; see content.test.ts.
        ["queue", { workspace: { namespace: "ml", queue: "team" } }],
        ["service account", { workspace: { namespace: "ml", serviceAccount: "trainer" } }],
        ["pull secret", { workspace: { namespace: "ml", imagePullSecrets: ["pull"] } }],
        ["trigger", { triggers: ["1"] }],
        ["claim", { output: { claim: "models" } }],
        ["storage class", { output: { storageClass: "fast" } }],
        ["uri", { output: { uri: "s3://models" } }],
    ];
    for (const [what, args] of different) {
        it(`differs with another ${what}`, async () => {
            assert.notEqual(await run({ ...base, ...args }), await run(base));
        });
    }
});

describe("a preview of a TrainingJob", () => {
    /** What is unknown of a Job if it is not known whether its run has completed before. */
    const ofUnknownRun = [
        "inputs.metadata.annotations.kubernetes-mlops/completed-before",
        "inputs.metadata.name",
        "inputs.spec.completions",
        "inputs.spec.parallelism",
    ];
    const ofUnknownRecord = [
        "inputs.metadata.annotations.kubernetes-mlops/result",
        "inputs.metadata.annotations.kubernetes-mlops/runs",
    ];

    it("is complete if its arguments are known", async () => {
        const { resources } = await train({}, { preview: true });
        assert.deepEqual(resources.flatMap(unknownPaths), []);
        // In an update, the record depends on the value that the Job has led to, and not on the Job itself.
        const withoutJob = resources.map(({ dependsOn, propertiesFrom, ...rest }) => ({
            ...rest,
            dependsOn: rest.name === "fraud-record" ? dependsOn.filter((name) => name !== "fraud-job") : dependsOn,
            propertiesFrom:
                rest.name === "fraud-record" ? propertiesFrom.filter((name) => name !== "fraud-job") : propertiesFrom,
        }));
        assert.deepEqual(withoutJob, (await train()).resources);
    });

    const previews: [what: string, args: () => Partial<TrainingJobArgs>, unknown: Record<string, string[]>][] = [
        [
            "an image that is not built yet",
            () => ({ image: unknownOutput() }),
            {
                fraud: ["outputs.jobName", "outputs.model"],
                "fraud-job": [
                    ...ofUnknownRun,
                    "inputs.spec.template.spec.containers[0].env[2].value",
                    "inputs.spec.template.spec.containers[0].image",
                    "inputs.spec.template.spec.containers[0].volumeMounts[1].subPathExpr",
                    "inputs.spec.template.spec.initContainers",
                ],
                "fraud-model": [],
                "fraud-record": ofUnknownRecord,
            },
        ],
        [
            "a namespace whose name is not known yet",
            () => ({ workspace: { namespace: unknownOutput<string>() } }),
            // Whether the run has completed there before is not known either.
            {
                fraud: ["outputs.jobName", "outputs.model"],
                "fraud-job": [
                    ...ofUnknownRun.slice(0, 2),
                    "inputs.metadata.namespace",
                    ...ofUnknownRun.slice(2),
                    "inputs.spec.template.spec.containers[0].env[2].value",
                    "inputs.spec.template.spec.containers[0].volumeMounts[1].subPathExpr",
                    "inputs.spec.template.spec.initContainers",
                ],
                "fraud-model": ["inputs.metadata.namespace"],
                "fraud-record": [...ofUnknownRecord, "inputs.metadata.namespace"],
            },
        ],
        [
            "a secret that is not known yet",
            () => ({ secretEnv: { TOKEN: pulumi.secret(unknownOutput<string>()) } }),
            { fraud: [], "fraud-env": ["inputs.stringData"], "fraud-job": [], "fraud-model": [], "fraud-record": [] },
        ],
        [
            "a timeout that is not known yet",
            () => ({ timeout: unknownOutput() }),
            {
                fraud: [],
                "fraud-job": ["inputs.spec.activeDeadlineSeconds"],
                "fraud-model": [],
                "fraud-record": [],
            },
        ],
    ];
    for (const [what, args, expected] of previews) {
        it(`shows everything that does not depend on ${what}`, async () => {
            const { resources } = await train(args(), { preview: true });
            assert.deepEqual(
                Object.fromEntries(resources.map((resource) => [resource.name, unknownPaths(resource)])),
                expected,
            );
        });
    }

    it("of a server shows the volume of a model that is not known yet, except for its directory", async () => {
        const recording = await run(
            () => {
                const { model } = new TrainingJob("fraud", { ...workload, image: unknownOutput() });
                new ModelServer("server", { ...workload, model });
            },
            { preview: true },
        );
        const server = recording.resource("server-deployment");
        assert.deepEqual(unknownPaths(server), [
            "inputs.spec.template.spec.containers[0].env[2].value",
            "inputs.spec.template.spec.containers[0].volumeMounts[1].subPath",
        ]);
        const { containers, volumes } = (server.inputs as types.output.apps.v1.Deployment).spec.template.spec;
        assert.equal(containers[0]!.env[2]!.name, "MODEL_URI");
        assert.deepEqual(volumes[1], { name: "model", persistentVolumeClaim: { claimName, readOnly: true } });
    });

    it("of a server shows no volume of a model whose URI is not known yet", async () => {
        const server = (
            await run(() => new ModelServer("server", { ...workload, model: unknownOutput() }), { preview: true })
        ).resource("server-deployment");
        assert.deepEqual(unknownPaths(server), [
            "inputs.spec.template.spec.containers[0].env[2].value",
            "inputs.spec.template.spec.containers[0].volumeMounts",
            "inputs.spec.template.spec.volumes",
        ]);
    });
});
