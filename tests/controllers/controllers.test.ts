/**
 * More add-ons with their real controllers, from a mirror: installed by a Platform, tested in their main purpose, and
 * removed. Too slow for every run.
 */
import { strict as assert } from "node:assert";
import * as path from "node:path";

import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import type * as pulumi from "@pulumi/pulumi";

import * as mlops from "../../src";
import { describeBackendRuns, type BackendRuns } from "../support/backend-runs";
import { controllers, deleteLeftovers, mirrorOf } from "../support/controllers";
import { savedEnvironment } from "../support/environment";
import { createObjects, kubectl } from "../support/kubectl";
import { clusterQueue, localQueue, turnsIn } from "../support/kueue";
import { TestStack } from "../support/stack";
import type { ControllerMirror, ControllerName } from "./support";

const namespace = "controllers-test";
const image = (): string => savedEnvironment().baseImage!;

/** Fails unless tasks of it ran on two nodes. */
const onBothNodes = [
    "import ray",
    "ray.init()",
    "@ray.remote(scheduling_strategy='SPREAD')",
    "def node():",
    "    import time; time.sleep(2)",
    "    return ray.get_runtime_context().get_node_id()",
    "nodes = set(ray.get([node.remote() for _ in range(8)]))",
    "assert len(nodes) == 2, nodes",
].join("\n");

/** The image of the runs on Ray, when it has been built. */
let rayImage: string;

interface Case {
    names: ControllerName[];
    addons: mlops.AddonsArgs;
    groups: string[];
    namespaces: string[];
    /** Workloads of this package that run on the add-on, in the same update. */
    workloads?: (opts: pulumi.ComponentResourceOptions) => void;
    /** The main purpose of the add-on. */
    check: () => Promise<void>;
    /** The runs of this package that the add-on executes. */
    runs?: BackendRuns;
}

const wait = (condition: string, object: string): Promise<string> =>
    kubectl("wait", "--namespace", namespace, `--for=${condition}`, ...object.split(" "), "--timeout=180s");

const cases: Record<string, Case> = {
    "metrics-server reports what the node uses": {
        names: ["metrics-server"],
        addons: { metricsServer: { insecureKubeletTls: true } },
        groups: [],
        namespaces: [],
        check: async () => {
            await kubectl("wait", "--for=condition=Available", "apiservice/v1beta1.metrics.k8s.io", "--timeout=120s");
            const path = "/apis/metrics.k8s.io/v1beta1/nodes";
            const { items } = JSON.parse(await kubectl("get", "--raw", path)) as { items: unknown[] };
            assert.equal(items.length, 1);
        },
    },
    "Kubeflow Trainer runs a training of two nodes": {
        names: ["jobset", "trainer"],
        addons: { kubeflowTrainer: {} },
        groups: ["trainer.kubeflow.org", "jobset.x-k8s.io"],
        namespaces: ["kubeflow-system", "jobset-system"],
        workloads: (opts) => {
            const say = "import os; print('node', os.environ['PET_NODE_RANK'], 'of', os.environ['PET_NNODES'])";
            new mlops.TrainingJob(
                "train",
                {
                    workspace: { namespace },
                    image: image(),
                    command: ["python3", "-c", say],
                    backend: mlops.TrainingBackend.TrainJob,
                    nodes: 2,
                    resources: { cpu: "50m", memory: "64Mi" },
                    output: { accessMode: mlops.AccessMode.ReadWriteOnce },
                    runAsUser: 1000,
                    timeout: "5m",
                },
                opts,
            );
        },
        check: async () => {
            await wait("condition=Complete", "trainjob --all");
            const pods = "--selector=jobset.sigs.k8s.io/replicatedjob-name=node";
            const said = await kubectl("logs", "--namespace", namespace, pods, "--tail=-1");
            assert.deepEqual(said.trim().split("\n").sort(), ["node 0 of 2", "node 1 of 2"]);
        },
    },
    "KubeRay runs trainings of two nodes, one after the other in a queue without quota for both": {
        names: ["kuberay", "kueue"],
        addons: { kuberay: {}, kueue: {} },
        groups: ["ray.io", "kueue.x-k8s.io"],
        namespaces: ["kuberay-system", "kueue-system"],
        workloads: (opts) => {
            const { registry, baseImage } = savedEnvironment();
            const ray = new mlops.Image("ray", {
                repository: `${registry}/ray`,
                context: path.join(__dirname, "ray"),
                buildArgs: { BASE: baseImage! },
                network: "host",
            });
            ray.ref.apply((ref) => (rayImage = ref));
            const queues = [
                clusterQueue("controllers-test", "default", { cpu: "1500m", memory: "6Gi" }),
                localQueue("trainings", namespace, "controllers-test"),
            ].map((queue) => new CustomResource(queue.kind, queue, opts));
            for (const name of ["first", "second"]) {
                new mlops.TrainingJob(
                    name,
                    {
                        workspace: { namespace, queue: "trainings" },
                        image: ray.ref,
                        command: ["python3", "-c", onBothNodes],
                        backend: mlops.TrainingBackend.RayJob,
                        nodes: 2,
                        resources: { cpu: "500m", memory: "2Gi", sharedMemory: "256Mi" },
                        output: { accessMode: mlops.AccessMode.ReadWriteOnce },
                        runAsUser: 1000,
                        timeout: "10m",
                    },
                    { dependsOn: queues },
                );
            }
        },
        check: async () => {
            const path = "--output=jsonpath={.items[*].status.jobStatus}";
            assert.equal(await kubectl("get", "rayjobs", "--namespace", namespace, path), "SUCCEEDED SUCCEEDED");
            const [first, second] = await turnsIn(namespace);
            assert.ok(second!.admitted >= first!.finished, `both were admitted at the same time: ${second!.admitted}`);
        },
        runs: {
            namespace,
            backend: mlops.TrainingBackend.RayJob,
            resource: "rayjobs",
            clusterQueue: "controllers-test",
            image: () => rayImage,
            resources: { cpu: "500m", memory: "2Gi", sharedMemory: "256Mi" },
            // The pod of the command is Ray's, and goes on; Ray knows of the log.
            reason: /failed with exit code 1: .*the model is bad/,
        },
    },
    "Argo Workflows runs a Schedule": {
        names: ["argo-workflows"],
        // Its server embeds the user interface, which is not in any module.
        addons: { argoWorkflows: { server: false } },
        groups: ["argoproj.io"],
        namespaces: ["argo"],
        workloads: (opts) => {
            const say =
                "import os; open(os.environ['MODEL_DIR'] + '/model', 'w').write('ok'); print(os.environ['MODEL_URI'])";
            new mlops.Schedule(
                "nightly",
                {
                    workspace: { namespace },
                    image: image(),
                    command: ["python3", "-c", say],
                    schedule: "* * * * *",
                    backend: mlops.ScheduleBackend.CronWorkflow,
                    resources: { cpu: "10m", memory: "64Mi" },
                    output: { accessMode: mlops.AccessMode.ReadWriteOnce },
                    runAsUser: 1000,
                    timeout: "5m",
                },
                opts,
            );
        },
        check: async () => {
            const selector = "--selector=workflows.argoproj.io/cron-workflow=nightly";
            await kubectl("wait", "--namespace", namespace, "--for=create", "workflow", selector, "--timeout=120s");
            const names = await kubectl("get", "workflow", "--namespace", namespace, selector, "--output=name");
            const [run] = names.split("\n").map((name) => name.replace(/.*\//, ""));
            await wait("jsonpath={.status.phase}=Succeeded", `workflow/${run}`);
            const pods = `--selector=workflows.argoproj.io/workflow=${run}`;
            const said = await kubectl("logs", "--namespace", namespace, pods, "--container=main");
            assert.match(said, new RegExp(`^pvc://nightly-schedule-model-[0-9a-f]{8}/${run}$`, "m"));
        },
    },
    "KServe serves an InferenceService, with certificates of cert-manager": {
        names: ["cert-manager", "kserve"],
        addons: { kserve: {}, certManager: { selfSignedIssuer: true } },
        groups: ["serving.kserve.io", "cert-manager.io", "acme.cert-manager.io"],
        namespaces: ["kserve", "cert-manager"],
        workloads: (opts) => {
            new mlops.ModelServer(
                "hello",
                {
                    workspace: { namespace },
                    image: image(),
                    command: ["python3", "-m", "http.server", "8080", "--directory", "/tmp"],
                    backend: mlops.ServerBackend.KServe,
                    livenessPath: "/",
                    resources: { cpu: "10m", memory: "64Mi" },
                    runAsUser: 1000,
                },
                opts,
            );
        },
        check: async () => {
            await wait("condition=Ready", "inferenceservice/hello");
        },
    },
};

describe("a Platform with real controllers", function () {
    this.timeout("15m");

    for (const [title, { names, addons, groups, namespaces, workloads, check, runs }] of Object.entries(cases)) {
        describe(title, () => {
            let mirror: ControllerMirror;
            let stack: TestStack;
            before(async function () {
                this.timeout("60m");
                mirror = await controllers(names);
                const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
                await createObjects({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } });
                stack = await TestStack.create("controllers", () => {
                    const footprint = mlops.Footprint.Small;
                    const platform = new mlops.Platform("platform", { addons, footprint, mirror: mirrorOf(mirror) });
                    workloads?.({ dependsOn: platform });
                    return Promise.resolve({ addons: platform.addons });
                });
            });
            after(async () => {
                await kubectl("delete", "namespace", namespace);
                await stack.destroy();
                await deleteLeftovers(groups, namespaces);
            });

            it("is installed in one update", async () => {
                await stack.up();
            });

            it("serves its purpose", check);

            it("shows no change afterwards, nor does a refresh", async () => {
                assert.deepEqual(await stack.preview(), []);
                assert.deepEqual(await stack.refresh(), []);
            });

            if (runs) {
                describeBackendRuns("whose runs keep their promises", runs);
            }
        });
    }
});
