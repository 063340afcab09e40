/** Trainings of several pods, as a Job and as the custom resources of operators. */
/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-argument,
   @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call -- custom resources have no types. */
import * as assert from "node:assert/strict";

import { AccessMode, TrainingBackend, TrainingFramework, TrainingJob, type TrainingJobArgs } from "../../src";
import { failureOf } from "../../src/runs/status";
import { otherImage, workload } from "../support/arguments";
import { type Properties, type Recording, run, type RunOptions, unknownOutput, unknownPaths } from "../support/mocks";
import { keepsOwner, operatorRunOptions, runAnnotations } from "../support/ownership";
import { type PodSpec, violations } from "../support/pod-security";

const shared = { accessMode: AccessMode.ReadWriteMany };
const several: Partial<TrainingJobArgs> = { nodes: 2, output: shared, command: ["torchrun", "train.py"] };

const train = (args: Partial<TrainingJobArgs> = {}, options?: RunOptions): Promise<Recording> =>
    run(() => new TrainingJob("fraud", { ...workload, ...several, ...args }), options);

const job = async (args: Partial<TrainingJobArgs> = {}): Promise<Properties> =>
    (await train(args)).resource("fraud-job").inputs;

/** Returns the hash of the content of the run. */
function contentOf(recording: Recording): string {
    const { annotations } = recording.resource("fraud-record").inputs.metadata;
    const runs = (JSON.parse(annotations["kubernetes-mlops/runs"] as string) as { completed: { content: string }[] })
        .completed;
    return runs[0]!.content;
}

/** Returns the variables of a pod's container, by name. */
function variables(pod: PodSpec): Record<string, string | undefined> {
    return Object.fromEntries(pod.containers[0]!.env.map(({ name, value }) => [name, value]));
}

describe("a training of several nodes", () => {
    it("is an indexed Job whose pods find each other through a headless Service", async () => {
        const recording = await train();
        const { metadata, spec } = recording.resource("fraud-job").inputs;
        assert.deepEqual([spec.completionMode, spec.completions, spec.parallelism], ["Indexed", 2, 2]);
        assert.equal(spec.template.spec.subdomain, "fraud-training");
        assert.deepEqual(recording.resource("fraud-job").dependsOn, ["fraud-model", "fraud-nodes"]);
        assert.deepEqual(recording.resource("fraud-nodes").inputs.spec, {
            clusterIP: "None",
            selector: { "app.kubernetes.io/name": "fraud", "app.kubernetes.io/component": "training" },
            publishNotReadyAddresses: true,
            ports: [{ name: "rendezvous", port: 29500, targetPort: 29500 }],
        });
        const first = `${metadata.name}-0.fraud-training`;
        assert.deepEqual(spec.template.spec.containers[0].env, [
            {
                name: "NODE_RANK",
                valueFrom: {
                    fieldRef: { fieldPath: "metadata.annotations['batch.kubernetes.io/job-completion-index']" },
                },
            },
            {
                name: "RUN_UID",
                valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/controller-uid']" } },
            },
            { name: "HOME", value: "/tmp" },
            { name: "MODEL_URI", value: `${claim(spec)}/${metadata.name}/$(RUN_UID)` },
            { name: "MODEL_DIR", value: "/model" },
            { name: "MASTER_ADDR", value: first },
            { name: "MASTER_PORT", value: "29500" },
            { name: "NODE_COUNT", value: "2" },
            { name: "PET_NNODES", value: "2" },
            { name: "PET_NODE_RANK", value: "$(NODE_RANK)" },
            { name: "PET_NPROC_PER_NODE", value: "1" },
            { name: "PET_MASTER_ADDR", value: first },
            { name: "PET_MASTER_PORT", value: "29500" },
        ]);
    });

    it("has the variables of JAX with JAX", async () => {
        const { metadata, spec } = await job({ framework: TrainingFramework.Jax });
        const { JAX_COORDINATOR_ADDRESS, JAX_NUM_PROCESSES, JAX_PROCESS_ID, PET_NNODES } = variables(
            spec.template.spec,
        );
        assert.equal(JAX_COORDINATOR_ADDRESS, `${metadata.name}-0.fraud-training:29500`);
        assert.deepEqual([JAX_NUM_PROCESSES, JAX_PROCESS_ID, PET_NNODES], ["2", "$(NODE_RANK)", undefined]);
    });

    const processes: [what: string, args: Partial<TrainingJobArgs>, expected: string][] = [
        ["one without GPUs", {}, "1"],
        ["one for each GPU", { gpu: { count: 8 } }, "8"],
        ["one with a GPU by default", { gpu: {} }, "1"],
        ["processesPerNode", { gpu: { count: 8 }, processesPerNode: 4 }, "4"],
    ];
    for (const [what, args, expected] of processes) {
        it(`runs this many processes in each pod: ${what}`, async () => {
            const { spec } = await job(args);
            assert.equal(variables(spec.template.spec).PET_NPROC_PER_NODE, expected);
        });
    }

    it("allows as many failed pods as its retries have pods", async () => {
        assert.equal((await job({ retries: 3, nodes: 4 })).spec.backoffLimit, 12);
    });

    it("does not override the user's variables", async () => {
        const { spec } = await job({ env: { MASTER_ADDR: "mine", NODE_RANK: "0" } });
        const names = spec.template.spec.containers[0].env.map(({ name }: { name: string }) => name);
        assert.equal(variables(spec.template.spec).MASTER_ADDR, "mine");
        assert.equal(names.filter((name: string) => name === "NODE_RANK").length, 1);
    });

    it("resumes from its own directory in the claim of the checkpoints", async () => {
        const recording = await train({ checkpoint: { ...shared, retain: false } });
        const { metadata, spec } = recording.resource("fraud-job").inputs;
        const { metadata: claimed } = recording.resource("fraud-checkpoint").inputs;
        const { volumes, containers } = spec.template.spec;
        assert.equal(variables(spec.template.spec).CHECKPOINT_DIR, "/checkpoint");
        assert.deepEqual(volumes[2], { name: "checkpoint", persistentVolumeClaim: { claimName: claimed.name } });
        assert.deepEqual(containers[0].volumeMounts[2], {
            name: "checkpoint",
            mountPath: "/checkpoint",
            // Of the same content, whatever the run is called.
            subPath: contentOf(recording),
        });
        assert.notEqual(contentOf(recording), metadata.name);
        assert.match(claimed.name, /^fraud-training-checkpoint-[0-9a-f]{8}$/);
        assert.deepEqual(recording.resource("fraud-checkpoint").options, keepsOwner);
    });

    it("tolerates the taints of spot nodes if it may run on them", async () => {
        const { spec } = await job({ spot: true, gpu: {} });
        assert.deepEqual(
            spec.template.spec.tolerations.map(({ key }: { key: string }) => key),
            ["nvidia.com/gpu", "cloud.google.com/gke-spot", "kubernetes.azure.com/scalesetpriority"],
        );
        assert.equal((await job({ spot: false })).spec.template.spec.tolerations, undefined);
    });

    it("has the pods of a run near each other", async () => {
        const { metadata, spec } = await job({ topology: { required: "rack", preferred: "host" } });
        const near = (topologyKey: string) => ({
            labelSelector: { matchLabels: { "kubernetes-mlops/run": metadata.name } },
            topologyKey,
        });
        assert.equal(spec.template.metadata.labels["kubernetes-mlops/run"], metadata.name);
        assert.deepEqual(spec.template.spec.affinity, {
            podAffinity: {
                requiredDuringSchedulingIgnoredDuringExecution: [near("rack")],
                preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: near("host") }],
            },
        });
    });

    it("leaves the placement to the queue if there is one", async () => {
        const { spec } = await job({
            workspace: { namespace: "ml", queue: "team" },
            topology: { required: "rack", preferred: "host" },
        });
        assert.deepEqual(spec.template.metadata.annotations, {
            "kueue.x-k8s.io/podset-required-topology": "rack",
            "kueue.x-k8s.io/podset-preferred-topology": "host",
        });
        assert.equal(spec.template.spec.affinity, undefined);
    });
});

/** Returns the URI of the claim to which a pod writes. */
function claim(spec: Properties): string {
    return `pvc://${spec.template.spec.volumes[1].persistentVolumeClaim.claimName}`;
}

/** Returns all pod templates in the object of a run. */
function podsIn(value: unknown): PodSpec[] {
    if (value === null || typeof value !== "object") {
        return [];
    }
    return "containers" in value ? [value as PodSpec] : Object.values(value).flatMap(podsIn);
}

const operators: [TrainingBackend, Partial<TrainingJobArgs>, pods: number][] = [
    [TrainingBackend.JobSet, {}, 1],
    [TrainingBackend.TrainJob, {}, 1],
    [TrainingBackend.TrainJob, { framework: TrainingFramework.Jax }, 1],
    [TrainingBackend.TrainJob, { framework: TrainingFramework.Mpi }, 2],
    [TrainingBackend.RayJob, {}, 2],
    [TrainingBackend.RayJob, { nodes: 1 }, 1],
];

for (const [backend, args, pods] of operators) {
    describe(`a ${backend}${args.framework ? ` with ${args.framework}` : ""} of ${args.nodes ?? 2} nodes`, () => {
        const made = (more: Partial<TrainingJobArgs> = {}, options?: RunOptions) =>
            train({ backend, ...args, ...more }, options);

        it("meets the restricted Pod Security Standard in every pod", async () => {
            const { resources } = await made();
            const found = resources.flatMap(({ inputs }) => podsIn(inputs));
            assert.equal(found.length, pods);
            assert.deepEqual(found.flatMap(violations), []);
        });

        it("is followed by the component, never changes, and has the workspace's queue and its priority", async () => {
            const queued = { workspace: { namespace: "ml", queue: "team" }, queuePriority: "high" };
            const { inputs, options } = (await made(queued)).resource("fraud-job");
            assert.deepEqual(inputs.metadata.annotations, runAnnotations);
            assert.equal(inputs.metadata.labels["kueue.x-k8s.io/queue-name"], "team");
            assert.equal(inputs.metadata.labels["kueue.x-k8s.io/priority-class"], "high");
            assert.deepEqual(options, operatorRunOptions);
        });

        it("has a URI for each execution", async () => {
            const label = backend === TrainingBackend.RayJob ? "ray.io/cluster" : "jobset.sigs.k8s.io/jobset-uid";
            const { resources, resource } = await made();
            const { name } = resource("fraud-job").inputs.metadata;
            for (const pod of resources.flatMap(({ inputs }) => podsIn(inputs))) {
                assert.equal(variables(pod).MODEL_URI?.split("/").slice(-2).join("/"), `${name}/$(RUN_UID)`);
                const { valueFrom } = pod.containers[0]!.env.find((one) => one.name === "RUN_UID") as {
                    valueFrom?: object;
                };
                assert.deepEqual(valueFrom, { fieldRef: { fieldPath: `metadata.labels['${label}']` } });
            }
        });

        for (const [what, other] of Object.entries({
            image: { image: otherImage },
            retries: { retries: 7 },
            timeout: { timeout: "1h" },
            trigger: { triggers: ["1"] },
        })) {
            it(`starts a new run with another ${what}`, async () => {
                const nameOf = (recording: Recording) => recording.resource("fraud-job").inputs.metadata.name as string;
                assert.notEqual(nameOf(await made(other)), nameOf(await made()));
                assert.equal(nameOf(await made()), nameOf(await made()));
            });
        }

        it("outputs the URI of its result, and remembers it", async () => {
            for (const preview of [false, true]) {
                const { resource } = await made({}, { preview });
                const { model, jobName } = resource("fraud").outputs!;
                assert.match(model as string, /^pvc:\/\/fraud-training-model-[0-9a-f]{8}\/fraud-[0-9a-f]{8}\/uid$/);
                assert.equal((model as string).split("/")[3], jobName);
                assert.equal(resource("fraud-record").inputs.metadata.annotations["kubernetes-mlops/result"], model);
            }
        });

        it("is suspended if its run has completed before, and otherwise does not say so", async () => {
            assert.equal("suspend" in (await made()).resource("fraud-job").inputs.spec, false);
        });
    });
}

describe("the custom resources of operators", () => {
    it("a JobSet restarts all pods when one fails, and gives them host names", async () => {
        const { metadata, spec } = await job({ backend: TrainingBackend.JobSet, retries: 1, timeout: "1h" });
        assert.deepEqual(spec.network, {
            enableDNSHostnames: true,
            publishNotReadyAddresses: true,
            subdomain: metadata.name,
        });
        assert.equal(spec.failurePolicy.maxRestarts, 1);
        const [{ name, template }] = spec.replicatedJobs;
        assert.deepEqual([name, template.spec.backoffLimit, template.spec.activeDeadlineSeconds], ["node", 0, 3600]);
        assert.equal(variables(template.spec.template.spec).MASTER_ADDR, `${metadata.name}-node-0-0.${metadata.name}`);
    });

    it("a TrainJob refers to its own runtime, with the label and the container that Trainer expects", async () => {
        const { resource } = await train({ backend: TrainingBackend.TrainJob, gpu: { count: 4 } });
        const { metadata, spec } = resource("fraud-job").inputs;
        assert.deepEqual(spec, {
            runtimeRef: { apiGroup: "trainer.kubeflow.org", kind: "TrainingRuntime", name: metadata.name },
            activeDeadlineSeconds: 86400,
            trainer: { numNodes: 2, numProcPerNode: 4 },
        });
        const runtime = resource("fraud-runtime").inputs;
        assert.equal(runtime.metadata.name, metadata.name);
        assert.deepEqual(runtime.spec.mlPolicy, { numNodes: 2, torch: {} });
        const [{ name, template }] = runtime.spec.template.spec.replicatedJobs;
        assert.equal(name, "node");
        assert.deepEqual(template.metadata.labels, { "trainer.kubeflow.org/trainjob-ancestor-step": "trainer" });
        assert.equal(template.spec.template.spec.containers[0].name, "node");
        assert.equal(variables(template.spec.template.spec).PET_NNODES, undefined);
    });

    const overMpi = { backend: TrainingBackend.TrainJob, framework: TrainingFramework.Mpi };

    it("the launcher of MPI, itself a node, waits for the pods in which it starts processes", async () => {
        const { resource } = await train({ ...overMpi, nodes: 3 });
        assert.equal(resource("fraud-job").inputs.spec.trainer.numNodes, 3);
        const { mlPolicy, template } = resource("fraud-runtime").inputs.spec;
        assert.equal(mlPolicy.numNodes, 1);
        const [node, launcher] = template.spec.replicatedJobs;
        const [hosts] = launcher.template.spec.template.spec.initContainers;
        const run = resource("fraud-job").inputs.metadata.name;
        const names = ["launcher-0-0", "node-0-0", "node-0-1"].map((pod) => `${run}-${pod}.${run}`);
        assert.deepEqual([hosts.image, hosts.args], [workload.image, names]);
        assert.deepEqual(violations(launcher.template.spec.template.spec), []);
        assert.equal(node.template.spec.template.spec.initContainers, undefined);
        assert.deepEqual(node.template.spec.template.spec.containers[0].command, ["/usr/sbin/sshd"]);
        assert.deepEqual(launcher.dependsOn, [{ name: "node", status: "Ready" }]);
        assert.deepEqual(launcher.template.spec.template.spec.containers[0].command, ["torchrun", "train.py"]);
    });

    it("the launcher of MPI with one node is the only pod, and waits for no others", async () => {
        const { resource } = await train({ ...overMpi, nodes: 1, output: {} });
        const jobs = resource("fraud-runtime").inputs.spec.template.spec.replicatedJobs;
        assert.deepEqual(
            jobs.map(({ name, dependsOn }: { name: string; dependsOn?: object }) => [name, dependsOn]),
            [["launcher", undefined]],
        );
    });

    it("a RayJob passes the command to Ray, and the pods to its own cluster", async () => {
        const { spec } = await job({ backend: TrainingBackend.RayJob, nodes: 3, args: ["--name", "it's"] });
        assert.equal(spec.entrypoint, "torchrun train.py --name 'it'\\''s'");
        assert.equal(spec.shutdownAfterJobFinishes, true);
        const { headGroupSpec, workerGroupSpecs } = spec.rayClusterSpec;
        assert.equal(headGroupSpec.template.spec.containers[0].command, undefined);
        const [{ replicas, minReplicas, maxReplicas }] = workerGroupSpecs;
        assert.deepEqual([replicas, minReplicas, maxReplicas], [2, 2, 2]);
    });

    it("have names that are short enough for their pods", async () => {
        const create = (name: string, backend: TrainingBackend) =>
            run(() => new TrainingJob(name, { ...workload, ...several, backend }));
        await create("f".repeat(40), TrainingBackend.JobSet);
        await assert.rejects(create("f".repeat(41), TrainingBackend.JobSet), {
            message: `TrainingJob "${"f".repeat(41)}": the name is "${"f".repeat(41)}"; it must be at most 40 characters with backend "JobSet"`,
        });
        await assert.rejects(create("f".repeat(39), TrainingBackend.RayJob), /at most 38 characters/);
    });

    it("have an unknown result in a preview in which the content is not known yet", async () => {
        const args = { backend: TrainingBackend.JobSet, image: unknownOutput<string>() };
        const { resource } = await train(args, { preview: true });
        assert.deepEqual(unknownPaths(resource("fraud").outputs), ["jobName", "model"]);
    });
});

describe("the failure in the status of a run", () => {
    const statuses: [what: string, status: Parameters<typeof failureOf>[0], failure: string | undefined][] = [
        ["none yet", undefined, undefined],
        ["a JobSet that has completed", { terminalState: "Completed" }, undefined],
        ["a JobSet that has failed", { terminalState: "Failed" }, "its controller reports no reason"],
        ["a RayJob that has completed", { jobStatus: "SUCCEEDED", jobDeploymentStatus: "Complete" }, undefined],
        ["a RayJob that has failed", { jobStatus: "FAILED", message: "exit code 1" }, "exit code 1"],
        ["a RayJob that was stopped", { jobStatus: "STOPPED" }, "its controller reports no reason"],
        ["a Ray cluster that has failed", { jobDeploymentStatus: "Failed", message: "no pods" }, "no pods"],
        ["a TrainJob that has not failed", { conditions: [{ type: "Failed", status: "False" }] }, undefined],
        [
            "a TrainJob without a message",
            { conditions: [{ type: "Failed", status: "True" }] },
            "its controller reports no reason",
        ],
    ];
    for (const [what, status, failure] of statuses) {
        it(what, () => assert.equal(failureOf(status), failure));
    }
});
