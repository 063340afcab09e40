/**
 * More add-ons with their real controllers, from a mirror: installed by a Platform, tried with the least that they are
 * there for, and removed. Too long for every run.
 */
import { strict as assert } from "node:assert";

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
    /** What the add-on is there for. */
    check: () => Promise<void>;
}

const wait = (condition: string, object: string): Promise<string> =>
    kubectl("wait", "--namespace", namespace, `--for=${condition}`, object, "--timeout=180s");

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
    "Kubeflow Trainer runs a TrainJob": {
        names: ["jobset", "trainer"],
        addons: { kubeflowTrainer: {} },
        groups: ["trainer.kubeflow.org", "jobset.x-k8s.io"],
        namespaces: ["kubeflow-system", "jobset-system"],
        check: async () => {
            const pod = { containers: [{ name: "node", image: image(), command: ["python3", "-c", "print(1)"] }] };
            const labels = { "trainer.kubeflow.org/trainjob-ancestor-step": "trainer" };
            const job = { name: "node", template: { metadata: { labels }, spec: { template: { spec: pod } } } };
            await createObjects(
                {
                    apiVersion: "trainer.kubeflow.org/v1alpha1",
                    kind: "TrainingRuntime",
                    metadata: { name: "plain", namespace, labels: { "trainer.kubeflow.org/framework": "torch" } },
                    spec: { mlPolicy: { numNodes: 1 }, template: { spec: { replicatedJobs: [job] } } },
                },
                {
                    apiVersion: "trainer.kubeflow.org/v1alpha1",
                    kind: "TrainJob",
                    metadata: { name: "train", namespace },
                    spec: { runtimeRef: { kind: "TrainingRuntime", name: "plain" } },
                },
            );
            await wait("condition=Complete", "trainjob/train");
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
        check: async () => {
            const server = {
                name: "kserve-container",
                image: image(),
                command: ["python3", "-m", "http.server", "8080"],
                ports: [{ containerPort: 8080 }],
                resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { cpu: "500m", memory: "128Mi" } },
            };
            await createObjects({
                apiVersion: "serving.kserve.io/v1beta1",
                kind: "InferenceService",
                metadata: { name: "hello", namespace },
                spec: { predictor: { minReplicas: 1, containers: [server] } },
            });
            await wait("condition=Ready", "inferenceservice/hello");
        },
    },
};

describe("a Platform with real controllers", function () {
    this.timeout("15m");

    for (const [title, { names, addons, groups, namespaces, check }] of Object.entries(cases)) {
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
