import * as assert from "node:assert/strict";

import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { Schedule, ScheduleArgs, ScheduleBackend, ScheduleConcurrency } from "../../src";
import { image, otherImage, password, workload } from "../support/arguments";
import { fullScheduleArgs } from "../support/components/schedule";
import { Recording, run, RunOptions, Secret, unknownOutput, unknownPaths } from "../support/mocks";
import { keepsOwner, ownerAnnotations } from "../support/ownership";
import { type PodSpec, violations } from "../support/pod-security";

const least = { ...workload, schedule: "0 3 * * 1-5" };

function schedule(args: Partial<ScheduleArgs> = {}, options?: RunOptions): Promise<Recording> {
    return run(() => new Schedule("fraud", { ...least, ...args }), options);
}

/** A Schedule that is a CronWorkflow. */
function workflow(args: Partial<ScheduleArgs> = {}, options?: RunOptions): Promise<Recording> {
    return schedule({ command: ["train"], backend: ScheduleBackend.CronWorkflow, ...args }, options);
}

function cronJobOf(recording: Recording): types.output.batch.v1.CronJob {
    return recording.resource("fraud-cronjob").inputs as types.output.batch.v1.CronJob;
}

const podOf = (recording: Recording) => cronJobOf(recording).spec.jobTemplate.spec.template.spec;

/** The spec of a CronWorkflow, as far as the tests read it. */
interface CronWorkflowSpec {
    concurrencyPolicy: string;
    workflowSpec: {
        podMetadata: { labels: object };
        nodeSelector?: object;
        imagePullSecrets?: object[];
        serviceAccountName: string;
        securityContext: PodSpec["securityContext"];
        volumes: PodSpec["volumes"];
        podSpecPatch: string;
        templates: { container: PodSpec["containers"][0]; sidecars?: object[]; initContainers?: object[] }[];
    };
}

const workflowOf = (recording: Recording): CronWorkflowSpec =>
    (recording.resource("fraud-cronworkflow").inputs as { spec: CronWorkflowSpec }).spec;
const nameOf = (recording: Recording, resource: string): string =>
    (recording.resource(resource).inputs as { metadata: { name: string } }).metadata.name;
const names = ({ resources }: Recording): string[] => resources.map(({ name }) => name);

const podLabels = { "app.kubernetes.io/component": "schedule", "app.kubernetes.io/name": "fraud" };
const labels = { ...podLabels, "app.kubernetes.io/managed-by": "pulumi" };
const annotations = { ...ownerAnnotations, "pulumi.com/patchForce": "true" };
const claimName = "fraud-schedule-model-57e9d5f1";

const container = {
    name: "main",
    image,
    env: [
        {
            name: "RUN_NAME",
            valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-name']" } },
        },
        { name: "HOME", value: "/tmp" },
        { name: "MODEL_URI", value: `pvc://${claimName}/$(RUN_NAME)` },
        { name: "MODEL_DIR", value: "/model" },
    ],
    resources: { requests: { cpu: "500m", memory: "1Gi" }, limits: { memory: "1Gi" } },
    securityContext: {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
        readOnlyRootFilesystem: true,
    },
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: [
        { name: "tmp", mountPath: "/tmp" },
        { name: "model", mountPath: "/model", subPathExpr: "$(RUN_NAME)" },
    ],
};
const securityContext = {
    runAsNonRoot: true,
    fsGroup: 1000,
    fsGroupChangePolicy: "OnRootMismatch",
    seccompProfile: { type: "RuntimeDefault" },
};
const volumes = [
    { name: "tmp", emptyDir: {} },
    { name: "model", persistentVolumeClaim: { claimName } },
];

/** The patch of the containers that Argo adds, so that the pod meets the restricted standard. */
const ofArgo = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] }, runAsUser: 8737 };
const patched = {
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    initContainers: [{ name: "init", securityContext: ofArgo }],
    containers: [{ name: "wait", securityContext: ofArgo }],
};

describe("a Schedule", () => {
    it("with its required arguments is a CronJob and the claim to which its runs write", async () => {
        const recording = await schedule();
        assert.deepEqual(names(recording), ["fraud", "fraud-cronjob", "fraud-model", "fraud-record"]);
        assert.deepEqual(recording.resource("fraud").outputs, {
            scheduleName: "fraud",
            outputUri: `pvc://${claimName}`,
        });
        assert.deepEqual(recording.resource("fraud-model").options, { retainOnDelete: true, ...keepsOwner });
        assert.equal(nameOf(recording, "fraud-model"), claimName);
        assert.deepEqual(recording.resource("fraud-cronjob"), {
            type: "kubernetes:batch/v1:CronJob",
            name: "fraud-cronjob",
            parent: "fraud",
            provider: "",
            dependsOn: ["fraud-model", "fraud-record"],
            propertiesFrom: ["fraud-model"],
            options: keepsOwner,
            inputs: {
                apiVersion: "batch/v1",
                kind: "CronJob",
                metadata: { name: "fraud", namespace: "ml", labels, annotations },
                spec: {
                    schedule: "0 3 * * 1-5",
                    timeZone: "Etc/UTC",
                    concurrencyPolicy: "Forbid",
                    startingDeadlineSeconds: 3600,
                    suspend: false,
                    successfulJobsHistoryLimit: 3,
                    failedJobsHistoryLimit: 3,
                    jobTemplate: {
                        metadata: { labels: podLabels },
                        spec: {
                            backoffLimit: 2,
                            activeDeadlineSeconds: 86400,
                            podFailurePolicy: {
                                rules: [
                                    {
                                        action: "Ignore",
                                        onPodConditions: [{ type: "DisruptionTarget", status: "True" }],
                                    },
                                ],
                            },
                            template: {
                                metadata: { labels: podLabels },
                                spec: {
                                    restartPolicy: "Never",
                                    automountServiceAccountToken: false,
                                    enableServiceLinks: false,
                                    securityContext,
                                    containers: [container],
                                    volumes,
                                },
                            },
                        },
                    },
                },
            },
        });
    });

    it("passes on every argument", async () => {
        const { spec } = cronJobOf(await schedule(fullScheduleArgs));
        const { jobTemplate, ...others } = spec;
        assert.deepEqual(others, {
            schedule: "30 3 * * 1-5",
            timeZone: "Europe/Berlin",
            concurrencyPolicy: "Replace",
            startingDeadlineSeconds: 1800,
            suspend: true,
            successfulJobsHistoryLimit: 5,
            failedJobsHistoryLimit: 2,
        });
        assert.deepEqual(jobTemplate.metadata.labels, {
            ...podLabels,
            "example.com/team": "fraud",
            "kueue.x-k8s.io/queue-name": "team-queue",
            "kueue.x-k8s.io/priority-class": "high",
        });
        const { backoffLimit, activeDeadlineSeconds, template } = jobTemplate.spec;
        assert.deepEqual([backoffLimit, activeDeadlineSeconds], [5, 6 * 3600]);
        assert.deepEqual(
            template.spec.tolerations.map(({ key }) => key),
            ["nvidia.com/gpu", "cloud.google.com/gke-spot", "kubernetes.azure.com/scalesetpriority"],
        );
    });

    it("lets runs upload to a URI", async () => {
        const recording = await schedule({ output: { uri: "s3://models/fraud" } });
        assert.deepEqual(names(recording), ["fraud", "fraud-cronjob", "fraud-record"]);
        assert.equal(recording.resource("fraud").outputs!.outputUri, "s3://models/fraud");
        const { containers, volumes: own } = podOf(recording);
        assert.equal(containers[0]!.env[2]!.value, "s3://models/fraud/$(RUN_NAME)");
        assert.deepEqual(own[1], { name: "model", emptyDir: {} });
        assert.deepEqual(containers[0]!.volumeMounts[1], { name: "model", mountPath: "/model" });
    });

    it("writes to an existing claim, and creates none", async () => {
        const recording = await schedule({ output: { claim: "models" } });
        assert.deepEqual(names(recording), ["fraud", "fraud-cronjob", "fraud-record"]);
        assert.equal(recording.resource("fraud").outputs!.outputUri, "pvc://models");
    });

    it("keeps secret variables in a Secret, which runs in progress find under the same name", async () => {
        const recording = await schedule({ secretEnv: { TOKEN: password } });
        const { inputs, options } = recording.resource("fraud-env");
        assert.equal(nameOf(recording, "fraud-env"), "fraud-schedule-env");
        assert.deepEqual(inputs.stringData, new Secret({ TOKEN: password }));
        assert.deepEqual(options, {
            deleteBeforeReplace: true,
            additionalSecretOutputs: ["data", "stringData"],
            ...keepsOwner,
        });
        assert.deepEqual(recording.resource("fraud-cronjob").dependsOn, ["fraud-env", "fraud-model", "fraud-record"]);
        assert.deepEqual(recording.resource("fraud-cronjob").propertiesFrom, ["fraud-model"]);
    });

    it("meets the restricted standard with any arguments", async () => {
        for (const args of [{}, fullScheduleArgs, { gpu: { deviceClass: "gpu.nvidia.com" } }]) {
            assert.deepEqual(violations(podOf(await schedule(args))), []);
        }
    });
});

describe("a Schedule of Argo Workflows", () => {
    it("is a CronWorkflow of one step, and the permission of its pods to report results", async () => {
        const recording = await workflow();
        assert.deepEqual(names(recording), [
            "fraud",
            "fraud-account",
            "fraud-binding",
            "fraud-cronworkflow",
            "fraud-model",
            "fraud-record",
            "fraud-role",
        ]);
        assert.deepEqual(recording.resource("fraud-role").inputs.rules, [
            { apiGroups: ["argoproj.io"], resources: ["workflowtaskresults"], verbs: ["create", "patch"] },
        ]);
        assert.deepEqual(recording.resource("fraud-cronworkflow").dependsOn, [
            "fraud-account",
            "fraud-binding",
            "fraud-model",
            "fraud-record",
        ]);
        const [, home, ...env] = container.env;
        assert.deepEqual(recording.resource("fraud-cronworkflow").inputs, {
            apiVersion: "argoproj.io/v1alpha1",
            kind: "CronWorkflow",
            metadata: { name: "fraud", namespace: "ml", labels, annotations },
            spec: {
                schedules: ["0 3 * * 1-5"],
                timezone: "Etc/UTC",
                concurrencyPolicy: "Forbid",
                startingDeadlineSeconds: 3600,
                suspend: false,
                successfulJobsHistoryLimit: 3,
                failedJobsHistoryLimit: 3,
                workflowMetadata: { labels: podLabels },
                workflowSpec: {
                    entrypoint: "main",
                    activeDeadlineSeconds: 86400,
                    podMetadata: { labels: podLabels },
                    serviceAccountName: "fraud-schedule",
                    securityContext,
                    volumes,
                    podSpecPatch: JSON.stringify(patched),
                    templates: [
                        {
                            name: "main",
                            container: {
                                ...container,
                                command: ["train"],
                                env: [home, { name: "RUN_NAME", value: "{{workflow.name}}" }, ...env],
                                volumeMounts: container.volumeMounts.map(({ subPathExpr, ...mount }) => ({
                                    ...mount,
                                    ...(subPathExpr && { subPath: "{{workflow.name}}" }),
                                })),
                            },
                            retryStrategy: { limit: "2", retryPolicy: "Always" },
                        },
                    ],
                },
            },
        });
    });

    it("passes on every argument", async () => {
        const args = { ...fullScheduleArgs, retry: undefined, backend: ScheduleBackend.CronWorkflow };
        const recording = await schedule(args);
        const spec = workflowOf(recording);
        assert.deepEqual(spec.workflowSpec.podMetadata.labels, {
            ...podLabels,
            "azure.workload.identity/use": "true",
            "kueue.x-k8s.io/queue-name": "team-queue",
            "kueue.x-k8s.io/priority-class": "high",
        });
        assert.deepEqual(spec.workflowSpec.nodeSelector, { disk: "fast" });
        assert.deepEqual(spec.workflowSpec.imagePullSecrets, [{ name: "pull" }]);
        assert.equal(spec.workflowSpec.serviceAccountName, "trainer");
        assert.equal(spec.concurrencyPolicy, ScheduleConcurrency.Replace);
        assert.deepEqual(recording.resource("fraud-binding").inputs.subjects, [
            { kind: "ServiceAccount", name: "trainer", namespace: "ml" },
        ]);
    });

    it("keeps what podSpec adds, in the fields where Argo expects it", async () => {
        const podSpec = {
            containers: [{ name: "proxy", image: otherImage }],
            initContainers: [{ name: "first", image: otherImage }],
            priorityClassName: "low",
        };
        const { workflowSpec } = workflowOf(await workflow({ podSpec }));
        const template = workflowSpec.templates[0]!;
        assert.deepEqual(template.sidecars, podSpec.containers);
        assert.deepEqual(template.initContainers, podSpec.initContainers);
        assert.deepEqual(JSON.parse(workflowSpec.podSpecPatch), {
            ...patched,
            priorityClassName: "low",
        });
    });

    it("meets the restricted standard with any arguments", async () => {
        for (const args of [{}, { ...fullScheduleArgs, retry: undefined, backend: ScheduleBackend.CronWorkflow }]) {
            const { workflowSpec } = workflowOf(await workflow(args));
            const { securityContext: ofPod, templates, volumes: own } = workflowSpec;
            const pod = { securityContext: ofPod, volumes: own, containers: [templates[0]!.container] };
            assert.deepEqual(violations(pod as PodSpec), []);
        }
    });
});

describe("a preview of a Schedule", () => {
    it("is complete if its arguments are known", async () => {
        for (const make of [schedule, workflow]) {
            const { resources } = await make({}, { preview: true });
            assert.deepEqual(resources.flatMap(unknownPaths), []);
            assert.deepEqual(resources, (await make()).resources);
        }
    });

    it("shows everything that does not depend on an image that is not built yet", async () => {
        const unknown = async (make: typeof schedule, name: string) =>
            unknownPaths((await make({ image: unknownOutput() }, { preview: true })).resource(name));
        assert.deepEqual(await unknown(schedule, "fraud-cronjob"), [
            "inputs.spec.jobTemplate.spec.template.spec.containers[0].image",
        ]);
        assert.deepEqual(await unknown(workflow, "fraud-cronworkflow"), [
            "inputs.spec.workflowSpec.templates[0].container.image",
        ]);
    });

    it("is the same with Outputs in the place of values", async () => {
        const given = {
            schedule: pulumi.output(least.schedule),
            timeZone: pulumi.output("UTC"),
            image: pulumi.output(image),
        };
        assert.deepEqual(cronJobOf(await schedule(given)), cronJobOf(await schedule({ timeZone: "UTC" })));
    });
});
