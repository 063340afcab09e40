/**
 * Trainings that Kubeflow Trainer's real controller starts: over MPI, on several nodes and on one, with JAX, and with
 * DeepSpeed, in a queue of the real Kueue without quota for two of them.
 */
import { strict as assert } from "node:assert";
import * as path from "node:path";

import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import { PersistentVolumeClaim } from "@pulumi/kubernetes/core/v1";

import * as mlops from "../../src";
import { describeBackendRuns } from "../support/backend-runs";
import { controllers, deleteLeftovers, mirrorOf } from "../support/controllers";
import { savedEnvironment } from "../support/environment";
import { inOrder } from "../support/in-order";
import { createObjects, getObjects, kubectl } from "../support/kubectl";
import { clusterQueue, localQueue } from "../support/kueue";
import { TestStack } from "../support/stack";
import { skipAwait } from "../support/transforms";

const namespace = "trainer-test";
const inNamespace = (...args: string[]): Promise<string> => kubectl("--namespace", namespace, ...args);

/** Sums up a value of each process, and prints their hosts, and which of them can write the model. */
const sum = [
    "import os, socket",
    "from mpi4py import MPI",
    "world = MPI.COMM_WORLD",
    "total = world.allreduce(10 ** world.rank)",
    "hosts = world.gather(socket.gethostname())",
    "open(f\"{os.environ['MODEL_DIR']}/{world.rank}\", 'w').close()",
    "world.barrier()",
    "if world.rank == 0:",
    "    print('sum', total, 'of', *sorted(hosts), 'files', *sorted(os.listdir(os.environ['MODEL_DIR'])))",
].join("\n");

/** They share a volume, in which each has separate directories; failed ones are not retried. */
const common = {
    workspace: { namespace },
    backend: mlops.TrainingBackend.TrainJob,
    output: { claim: "models" },
    runAsUser: 1000,
    retries: 0,
    timeout: "5m",
};

/** The logs of the pods of a training's run, those of one of its Jobs. */
async function said(run: unknown, job: string): Promise<string> {
    const selector = `--selector=jobset.sigs.k8s.io/jobset-name=${String(run)},jobset.sigs.k8s.io/replicatedjob-name=${job}`;
    return inNamespace("logs", selector, "--tail=-1");
}

interface Pod {
    metadata: { creationTimestamp: string };
    spec: { hostname: string };
}

async function podsOf(run: unknown): Promise<Pod[]> {
    const selector = `--selector=jobset.sigs.k8s.io/jobset-name=${String(run)}`;
    return (await getObjects<{ items: Pod[] }>("pods", "--namespace", namespace, selector)).items;
}

/** When the first pod of a run was created, and when the run completed. */
async function timesOf(run: unknown): Promise<{ started: string; ended: string }> {
    const { status } = await getObjects<{
        status: { conditions: { type: string; lastTransitionTime: string }[] };
    }>("trainjob", String(run), "--namespace", namespace);
    const created = (await podsOf(run)).map(({ metadata }) => metadata.creationTimestamp);
    const [started] = created.sort();
    const ended = status.conditions.find(({ type }) => type === "Complete")?.lastTransitionTime;
    assert.ok(started !== undefined && ended !== undefined, `${String(run)} has not run`);
    return { started, ended };
}

describe("trainings of Kubeflow Trainer, with its real controller", function () {
    this.timeout("15m");
    inOrder();

    let stack: TestStack;
    let runs: Record<string, unknown>;

    before(async function () {
        this.timeout("60m");
        const mirror = mirrorOf(await controllers(["jobset", "trainer", "kueue"]));
        const { registry, baseImage } = savedEnvironment();
        const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
        await createObjects({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } });
        stack = await TestStack.create("trainer", () => {
            const addons = { kubeflowTrainer: {}, kueue: {} };
            const platform = new mlops.Platform("trainer", { addons, footprint: mlops.Footprint.Small, mirror });
            const volume = new PersistentVolumeClaim(
                "models",
                {
                    metadata: { name: "models", namespace },
                    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
                },
                // The volume is created when the first pod uses it.
                { transforms: [skipAwait] },
            );
            // Of pods that request 100m each, two fit and four do not.
            const queues = [
                clusterQueue("trainer-test", "default", { cpu: "300m", memory: "8Gi" }),
                localQueue("trainings", namespace, "trainer-test"),
            ].map((queue) => new CustomResource(queue.kind, queue, { dependsOn: platform }));
            const opts = { dependsOn: [platform, volume, ...queues] };
            const mpi = new mlops.Image("mpi", {
                repository: `${registry}/mpi`,
                context: path.join(__dirname, "mpi"),
                buildArgs: { BASE: baseImage! },
                network: "host",
            });
            const overMpi = (name: string, args: Partial<mlops.TrainingJobArgs>) =>
                new mlops.TrainingJob(
                    name,
                    {
                        ...common,
                        image: mpi.ref,
                        framework: mlops.TrainingFramework.Mpi,
                        command: ["mpirun", "-x", "MODEL_DIR", "python3", "-c", sum],
                        processesPerNode: 2,
                        resources: { cpu: "50m", memory: "128Mi" },
                        ...args,
                    },
                    opts,
                );
            const jax = new mlops.Image("jax", {
                repository: `${registry}/training-job`,
                context: path.join(__dirname, "../../examples/training-job/model"),
                python: { baseImage: baseImage! },
                network: "host",
            });
            const withJax = new mlops.TrainingJob(
                "jax",
                {
                    ...common,
                    image: jax.ref,
                    framework: mlops.TrainingFramework.Jax,
                    command: ["python3", "train.py"],
                    nodes: 2,
                    checkpoint: { claim: "models" },
                    resources: { cpu: "100m", memory: "512Mi" },
                },
                opts,
            );
            const deepSpeed = new mlops.Image("deepspeed", {
                repository: `${registry}/deepspeed`,
                context: path.join(__dirname, "deepspeed"),
                buildArgs: { BASE: mpi.ref },
                network: "host",
            });
            const withDeepSpeed = {
                workspace: { namespace, queue: "trainings" },
                image: deepSpeed.ref,
                nodes: 2,
                processesPerNode: 1,
                resources: { cpu: "100m", memory: "1Gi" },
            };
            const byTorchrun = new mlops.TrainingJob(
                "torchrun",
                { ...common, ...withDeepSpeed, command: ["torchrun", "/train.py"] },
                opts,
            );
            return Promise.resolve({
                torchrun: byTorchrun.jobName,
                mpirun: overMpi("mpirun", {
                    ...withDeepSpeed,
                    command: ["mpirun", "-x", "DS_ACCELERATOR", "python3", "/train.py"],
                }).jobName,
                three: overMpi("three", { nodes: 3 }).jobName,
                one: overMpi("one", {}).jobName,
                jax: withJax.jobName,
            });
        });
    });
    after(async () => {
        await stack?.destroy();
        const groups = ["trainer.kubeflow.org", "jobset.x-k8s.io", "kueue.x-k8s.io"];
        await deleteLeftovers(groups, ["kubeflow-system", "jobset-system", "kueue-system", namespace]);
    });

    it("complete, with everything that they need, in one update", async () => {
        runs = await stack.up();
    });

    it("over MPI have run on three nodes, with two processes on each", async () => {
        const hosts = [
            `${String(runs.three)}-launcher-0-0`,
            `${String(runs.three)}-node-0-0`,
            `${String(runs.three)}-node-0-1`,
        ];
        const expected = `sum 111111 of ${hosts.flatMap((host) => [host, host]).join(" ")} files 0 1 2 3 4 5`;
        assert.ok((await said(runs.three, "launcher")).split("\n").includes(expected));
    });

    it("over MPI on one node have no more pods than needed", async () => {
        const host = `${String(runs.one)}-launcher-0-0`;
        assert.deepEqual(
            (await podsOf(runs.one)).map(({ spec }) => spec.hostname),
            [host],
        );
        assert.ok((await said(runs.one, "launcher")).split("\n").includes(`sum 11 of ${host} ${host} files 0 1`));
    });

    it("with JAX have averaged the results of both nodes", async () => {
        const [, loss, processes] = /'loss': ([\d.]+), 'processes': (\d+)/.exec(await said(runs.jax, "node")) ?? [];
        assert.equal(processes, "2");
        assert.ok(Number(loss) < 0.1, loss);
    });

    for (const [launcher, job] of [
        ["torchrun", "node"],
        ["mpirun", "launcher"],
    ] as const) {
        it(`with DeepSpeed, started by ${launcher}, have sharded the optimizer over two nodes`, async () => {
            const ranks = (await said(runs[launcher], job)).match(/rank \d of .*/g);
            assert.deepEqual(ranks?.sort(), ["rank 0 of 2 part 4 error 0.0", "rank 1 of 2 part 4 error 0.0"]);
        });
    }

    it("in a queue have waited with all their pods until the previous one completed", async () => {
        const both = [await timesOf(runs.torchrun), await timesOf(runs.mpirun)];
        const [first, second] = both.sort((a, b) => (a.started < b.started ? -1 : 1));
        assert.ok(second!.started >= first!.ended, `they ran at the same time: ${JSON.stringify(both)}`);
    });

    it("show no change afterwards, nor does a refresh", async () => {
        assert.deepEqual(await stack.preview(), []);
        assert.deepEqual(await stack.refresh(), []);
    });

    for (const [backend, resource] of [
        [mlops.TrainingBackend.TrainJob, "trainjobs"],
        [mlops.TrainingBackend.JobSet, "jobsets"],
    ] as const) {
        describeBackendRuns(`of the backend ${backend}, in a team's hands`, {
            namespace,
            backend,
            resource,
            clusterQueue: "trainer-test",
        });
    }
});
