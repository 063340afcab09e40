/** Trainings that Kubeflow Trainer's real controller starts: over MPI, on several nodes and on one, and with JAX. */
import { strict as assert } from "node:assert";
import * as path from "node:path";

import { PersistentVolumeClaim } from "@pulumi/kubernetes/core/v1";

import * as mlops from "../../src";
import { controllers, deleteLeftovers, mirrorOf } from "../support/controllers";
import { savedEnvironment } from "../support/environment";
import { inOrder } from "../support/in-order";
import { createObjects, getObjects, kubectl } from "../support/kubectl";
import { TestStack } from "../support/stack";
import { skipAwait } from "../support/transforms";

const namespace = "mpi-test";
const inNamespace = (...args: string[]): Promise<string> => kubectl("--namespace", namespace, ...args);

/** Adds up what each process has, and says on which hosts they are, and in which of them the model can be written. */
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

/** They share a volume, in which each has directories of its own; and what fails is not tried again. */
const common = {
    workspace: { namespace },
    backend: mlops.TrainingBackend.TrainJob,
    output: { claim: "models" },
    runAsUser: 1000,
    retries: 0,
    timeout: "5m",
};

/** What the pods of a training's run have said, those of one of its Jobs. */
async function said(run: unknown, job: string): Promise<string> {
    const selector = `--selector=jobset.sigs.k8s.io/jobset-name=${String(run)},jobset.sigs.k8s.io/replicatedjob-name=${job}`;
    return inNamespace("logs", selector, "--tail=-1");
}

async function podsOf(run: unknown): Promise<string[]> {
    const selector = `--selector=jobset.sigs.k8s.io/jobset-name=${String(run)}`;
    const { items } = await getObjects<{ items: { spec: { hostname: string } }[] }>(
        "pods",
        "--namespace",
        namespace,
        selector,
    );
    return items.map(({ spec }) => spec.hostname).sort();
}

describe("trainings of Kubeflow Trainer, with its real controller", function () {
    this.timeout("15m");
    inOrder();

    let stack: TestStack;
    let runs: Record<string, unknown>;

    before(async function () {
        this.timeout("60m");
        const mirror = mirrorOf(await controllers(["jobset", "trainer"]));
        const { registry, baseImage } = savedEnvironment();
        const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
        await createObjects({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } });
        stack = await TestStack.create("mpi", () => {
            const addons = { kubeflowTrainer: {} };
            const platform = new mlops.Platform("mpi", { addons, footprint: mlops.Footprint.Small, mirror });
            const volume = new PersistentVolumeClaim(
                "models",
                {
                    metadata: { name: "models", namespace },
                    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
                },
                // There is no volume before somebody wants to write to it.
                { transforms: [skipAwait] },
            );
            const opts = { dependsOn: [platform, volume] };
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
                python: { base: baseImage! },
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
                    env: { STEPS: "40" },
                    checkpoint: { claim: "models" },
                    resources: { cpu: "100m", memory: "512Mi" },
                },
                opts,
            );
            return Promise.resolve({
                three: overMpi("three", { nodes: 3 }).jobName,
                one: overMpi("one", {}).jobName,
                jax: withJax.jobName,
            });
        });
    });
    after(async () => {
        await stack?.destroy();
        const groups = ["trainer.kubeflow.org", "jobset.x-k8s.io"];
        await deleteLeftovers(groups, ["kubeflow-system", "jobset-system", namespace]);
    });

    it("are through, with all that they need, in one update", async () => {
        runs = await stack.up();
    });

    it("over MPI have worked together on three nodes, two processes on each", async () => {
        const hosts = [
            `${String(runs.three)}-launcher-0-0`,
            `${String(runs.three)}-node-0-0`,
            `${String(runs.three)}-node-0-1`,
        ];
        const expected = `sum 111111 of ${hosts.flatMap((host) => [host, host]).join(" ")} files 0 1 2 3 4 5`;
        assert.ok((await said(runs.three, "launcher")).split("\n").includes(expected));
    });

    it("over MPI on one node have no more pods than it takes", async () => {
        const host = `${String(runs.one)}-launcher-0-0`;
        assert.deepEqual(await podsOf(runs.one), [host]);
        assert.ok((await said(runs.one, "launcher")).split("\n").includes(`sum 11 of ${host} ${host} files 0 1`));
    });

    it("with JAX have averaged what both nodes have computed", async () => {
        const [, error, processes] = /'error': ([\d.]+), 'processes': (\d+)/.exec(await said(runs.jax, "node")) ?? [];
        assert.equal(processes, "2");
        assert.ok(Number(error) < 0.1, error);
    });

    it("show no change then, nor does a refresh", async () => {
        assert.deepEqual(await stack.preview(), []);
        assert.deepEqual(await stack.refresh(), []);
    });
});
