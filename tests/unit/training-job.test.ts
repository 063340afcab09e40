import * as assert from "node:assert/strict";

import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { AccessMode, TrainingJob, TrainingJobArgs } from "../../src";
import { image, otherImage, password, workload } from "../support/arguments";
import { Recording, run, RunOptions, Secret, unknownOutput, unknownPaths } from "../support/mocks";
import { keepsOwner, ownerAnnotations } from "../support/ownership";

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

/** Default names of the claim and the run. Another hash in `runName` would run all trainings of all users again. */
const claimName = "fraud-training-model-57e9d5f1";
const runName = "fraud-e40a4a8d";

describe("a TrainingJob", () => {
    it("with its required arguments is a Job and the claim to which it writes", async () => {
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
                outputs: { model: `pvc://${claimName}/${runName}`, jobName: runName },
            },
            {
                type: "kubernetes:batch/v1:Job",
                name: "fraud-job",
                parent: "fraud",
                provider: "",
                dependsOn: ["fraud-model"],
                propertiesFrom: ["fraud-model"],
                options: keepsOwner,
                inputs: {
                    apiVersion: "batch/v1",
                    kind: "Job",
                    metadata: {
                        name: runName,
                        namespace: "ml",
                        labels,
                        annotations: { ...annotations, "pulumi.com/timeoutSeconds": "86700" },
                    },
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
                                            { name: "HOME", value: "/tmp" },
                                            { name: "MODEL_URI", value: `pvc://${claimName}/${runName}` },
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
                                            { name: "model", mountPath: "/model", subPath: runName },
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
        assert.deepEqual(names(recording), ["fraud", "fraud-job"]);
        const { name } = jobOf(recording).metadata;
        assert.deepEqual(recording.resource("fraud").outputs, { jobName: name, model: `pvc://models/${name}` });
    });

    it("lets the program upload to a URI", async () => {
        const recording = await train({ output: { uri: "s3://models/fraud" } });
        assert.deepEqual(names(recording), ["fraud", "fraud-job"]);
        const { metadata, spec } = jobOf(recording);
        const model = `s3://models/fraud/${metadata.name}`;
        assert.deepEqual(spec.template.spec.containers[0]!.env, [
            { name: "HOME", value: "/tmp" },
            { name: "MODEL_URI", value: model },
            { name: "MODEL_DIR", value: "/model" },
        ]);
        assert.deepEqual(spec.template.spec.volumes, [
            { name: "tmp", emptyDir: {} },
            { name: "model", emptyDir: {} },
        ]);
        assert.deepEqual(recording.resource("fraud").outputs, { jobName: metadata.name, model });
    });

    it("keeps secret variables in a Secret, and a new value starts no new run", async () => {
        const recording = await train({ secretEnv: { TOKEN: password } });
        assert.deepEqual(names(recording), ["fraud", "fraud-env", "fraud-job", "fraud-model"]);
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
        assert.deepEqual(names(await train({ secretEnv: {} })), ["fraud", "fraud-job", "fraud-model"]);
    });

    const fields: [what: string, args: Partial<TrainingJobArgs>, at: string, expected: unknown][] = [
        ["retries", { retries: 0 }, "spec.backoffLimit", 0],
        ["a timeout", { timeout: "1h30m" }, "spec.activeDeadlineSeconds", 5400],
        [
            "a wait that is longer than the timeout",
            { timeout: "1h30m" },
            "metadata.annotations",
            { ...annotations, "pulumi.com/timeoutSeconds": "5700" },
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
            {
                ...annotations,
                "pulumi.com/timeoutSeconds": "86700",
                "kubernetes-mlops/triggers": "2024-06-01, v2",
            },
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
        ["the queue", { workspace: { namespace: "ml", queue: "team" } }],
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
    it("is complete if its arguments are known", async () => {
        const { resources } = await train({}, { preview: true });
        assert.deepEqual(resources.flatMap(unknownPaths), []);
        assert.deepEqual(resources, (await train()).resources);
    });

    const previews: [what: string, args: () => Partial<TrainingJobArgs>, unknown: Record<string, string[]>][] = [
        [
            "an image that is not built yet",
            () => ({ image: unknownOutput() }),
            {
                fraud: ["outputs.jobName", "outputs.model"],
                "fraud-job": [
                    "inputs.metadata.name",
                    "inputs.spec.template.spec.containers[0].env[1].value",
                    "inputs.spec.template.spec.containers[0].image",
                    "inputs.spec.template.spec.containers[0].volumeMounts[1].subPath",
                ],
                "fraud-model": [],
            },
        ],
        [
            "a namespace whose name is not known yet",
            () => ({ workspace: { namespace: unknownOutput<string>() } }),
            {
                fraud: [],
                "fraud-job": ["inputs.metadata.namespace"],
                "fraud-model": ["inputs.metadata.namespace"],
            },
        ],
        [
            "a secret that is not known yet",
            () => ({ secretEnv: { TOKEN: pulumi.secret(unknownOutput<string>()) } }),
            { fraud: [], "fraud-env": ["inputs.stringData"], "fraud-job": [], "fraud-model": [] },
        ],
        [
            "a timeout that is not known yet",
            () => ({ timeout: unknownOutput() }),
            {
                fraud: [],
                "fraud-job": [
                    "inputs.metadata.annotations.pulumi.com/timeoutSeconds",
                    "inputs.spec.activeDeadlineSeconds",
                ],
                "fraud-model": [],
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
});
