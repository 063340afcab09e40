/**
 * More add-ons with their real controllers, from a mirror: installed by a Platform, tried with the least that they are
 * there for, and removed. Too long for every run.
 */
import { strict as assert } from "node:assert";

import type * as pulumi from "@pulumi/pulumi";

import type { ControllerMirror, ControllerName } from "../../local/controllers";
import * as mlops from "../../src";
import { controllers, deleteLeftovers, mirrorOf } from "../support/controllers";
import { savedEnvironment } from "../support/environment";
import { createObjects, kubectl } from "../support/kubectl";
import { TestStack } from "../support/stack";

const namespace = "controllers-test";
const image = (): string => savedEnvironment().baseImage!;

interface Case {
    names: ControllerName[];
    addons: mlops.AddonsArgs;
    groups: string[];
    namespaces: string[];
    /** Workloads of this package that run on the add-on, in the same update. */
    workloads?: (opts: pulumi.ComponentResourceOptions) => void;
    /** What the add-on is there for. */
    check: () => Promise<void>;
}

const wait = (condition: string, object: string): Promise<string> =>
    kubectl("wait", "--namespace", namespace, `--for=${condition}`, ...object.split(" "), "--timeout=180s");

const cases: Record<string, Case> = {
    "metrics-server tells what the node uses": {
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
    "KubeRay makes the head of a Ray cluster": {
        names: ["kuberay"],
        addons: { kuberay: {} },
        groups: ["ray.io"],
        namespaces: ["kuberay-system"],
        // There is no image of Ray here: that its pod is made is all that can be seen.
        check: async () => {
            const head = {
                rayStartParams: {},
                template: { spec: { containers: [{ name: "ray-head", image: image() }] } },
            };
            await createObjects({
                apiVersion: "ray.io/v1",
                kind: "RayCluster",
                metadata: { name: "ray", namespace },
                spec: { headGroupSpec: head },
            });
            await wait("create", "service/ray-head-svc");
            const pods = ["pods", "--namespace", namespace, "--selector=ray.io/node-type=head", "--output=name"];
            assert.notEqual(await kubectl("get", ...pods), "");
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
                    healthPath: "/",
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

    for (const [title, { names, addons, groups, namespaces, workloads, check }] of Object.entries(cases)) {
        describe(title, () => {
            let mirror: ControllerMirror;
            let stack: TestStack;
            before(async function () {
                this.timeout("60m");
                mirror = await controllers(names);
                await createObjects({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
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

            it("does what it is there for", check);

            it("shows no change then, nor does a refresh", async () => {
                assert.deepEqual(await stack.preview(), []);
                assert.deepEqual(await stack.refresh(), []);
            });
        });
    }
});
