/**
 * A platform as a closed network installs it: charts and images from the local registry, real controllers, and tests of
 * their main purpose.
 */
import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";

import type * as pulumi from "@pulumi/pulumi";

import { pauseImage } from "../../local/offline/pause-image";
import * as mlops from "../../src";
import type { ControllerMirror } from "../controllers/support";
import { controllers, deleteLeftovers, mirrorOf } from "../support/controllers";
import { savedEnvironment } from "../support/environment";
import { runExample } from "../support/examples";
import { simulateGpus } from "../support/gpus";
import { inOrder } from "../support/in-order";
import { createObjects, getObjects, kubectl } from "../support/kubectl";
import { TestStack } from "../support/stack";

const namespace = "team";

interface Job {
    status: { startTime: string; completionTime: string; succeeded: number };
}

const restricted = {
    allowPrivilegeEscalation: false,
    runAsNonRoot: true,
    runAsUser: 1000,
    capabilities: { drop: ["ALL"] },
    seccompProfile: { type: "RuntimeDefault" },
};

/** The example, two trainings of two pods each that together exceed its quota of GPUs, and a server. */
function workloads(): Promise<Record<string, pulumi.Output<unknown>>> {
    const { workspace, addons } = runExample<{
        workspace: { namespace: pulumi.Output<string>; queue: pulumi.Output<string> };
        addons: pulumi.Output<unknown>;
    }>("platform");
    for (const backend of [mlops.TrainingBackend.Job, mlops.TrainingBackend.JobSet]) {
        new mlops.TrainingJob(backend.toLowerCase(), {
            workspace,
            image: savedEnvironment().baseImage!,
            command: ["python", "-c", "import os, time; print(os.environ['PET_MASTER_ADDR']); time.sleep(5)"],
            backend,
            nodes: 2,
            gpu: {},
            resources: { cpu: "50m", memory: "64Mi" },
            output: { accessMode: mlops.AccessMode.ReadWriteOnce },
            runAsUser: 1000,
            timeout: "5m",
        });
    }
    new mlops.ModelServer("server", {
        // KEDA's CRDs exist once the platform is installed.
        workspace: { namespace: addons.apply(() => workspace.namespace) },
        image: savedEnvironment().baseImage!,
        command: ["python", "-m", "http.server", "8080", "--directory", "/tmp"],
        livenessPath: "/",
        autoscaling: {
            min: 0,
            max: 2,
            scaleDownAfter: "1s",
            // One for each pod that requests it.
            triggers: [{ type: "kubernetes-workload", metadata: { podSelector: "app=client", value: "1" } }],
        },
        resources: { cpu: "20m", memory: "64Mi" },
        runAsUser: 1000,
    });
    return Promise.resolve({ addons });
}

async function jobs(): Promise<Job[]> {
    return (await getObjects<{ items: Job[] }>("jobs", "--namespace", namespace)).items;
}

describe("a Platform on a real node, from a mirror", function () {
    this.timeout("10m");
    inOrder();

    let mirror: ControllerMirror;
    let stack: TestStack;

    before(async function () {
        this.timeout("40m");
        await simulateGpus("4");
        mirror = await controllers(["kueue", "jobset", "keda"]);
        stack = await TestStack.create("platform", workloads);
        await stack.configure({ "kubernetes-mlops:mirror": JSON.stringify(mirrorOf(mirror)), "tests:gpus": "3" });
    });
    after(async () => {
        await stack.destroy();
        const groups = ["kueue.x-k8s.io", "jobset.x-k8s.io", "keda.sh", "eventing.keda.sh"];
        await deleteLeftovers(groups, ["kueue-system", "jobset-system", "keda"]);
        await simulateGpus(null);
    });

    it("is installed in one update, with two trainings, one of which waits with all its pods until the other completes", async () => {
        const { addons } = await stack.up();
        assert.deepEqual(Object.keys(addons as object).sort(), ["jobset", "keda", "kueue"]);
        const found = (await jobs()).sort((a, b) => (a.status.startTime < b.status.startTime ? -1 : 1));
        const [first, second] = found.map(({ status }) => status);
        assert.ok(first && second && found.length === 2, "there are not two jobs");
        // All pods of both have started, although the quota never had GPUs for three of the four at once.
        assert.deepEqual(
            found.map(({ status }) => status.succeeded),
            [2, 2],
        );
        assert.ok(second.startTime >= first.completionTime, "the jobs ran at the same time");
    });

    it("shows no change afterwards, nor does a refresh", async () => {
        assert.deepEqual(await stack.preview(), []);
        assert.deepEqual(await stack.refresh(), []);
    });

    it("uses images from the mirror only", async () => {
        for (const system of ["kueue-system", "jobset-system", "keda"]) {
            const path = "--output=jsonpath={.items[*].spec.containers[*].image}";
            const images = (await kubectl("get", "pods", "--namespace", system, path)).split(" ");
            assert.ok(
                images.length > 0 && images.every((image) => image.startsWith(`${mirror.images}/`)),
                images.join(),
            );
        }
    });

    it("runs a JobSet", async () => {
        const pod = {
            restartPolicy: "Never",
            containers: [
                { name: "main", image: pauseImage, command: ["/busybox", "true"], securityContext: restricted },
            ],
        };
        const job = { parallelism: 1, completions: 1, backoffLimit: 0, template: { spec: pod } };
        await createObjects({
            apiVersion: "jobset.x-k8s.io/v1alpha2",
            kind: "JobSet",
            metadata: { name: "set", namespace },
            spec: {
                replicatedJobs: ["driver", "worker"].map((name) => ({ name, replicas: 1, template: { spec: job } })),
            },
        });
        await kubectl("wait", "--namespace", namespace, "--for=condition=Completed", "jobset/set", "--timeout=60s");
    });

    it("scales a server to zero and back, which is no change to the stack", async () => {
        await replicas(0);
        assert.deepEqual(await stack.preview(), []);
        const container = { name: "main", image: pauseImage, securityContext: restricted };
        await createObjects({
            apiVersion: "v1",
            kind: "Pod",
            metadata: { name: "client", namespace, labels: { app: "client" } },
            spec: { containers: [container] },
        });
        await replicas(1);
        assert.deepEqual(await stack.refresh(), []);
        await kubectl("delete", "pod", "client", "--namespace", namespace, "--grace-period=0", "--force");
        await replicas(0);
    });

    async function replicas(count: number): Promise<void> {
        const deadline = Date.now() + 90_000;
        const path = "--output=jsonpath={.status.readyReplicas}";
        for (let found = -1; found !== count; await sleep(500)) {
            assert.ok(Date.now() < deadline, `the server has ${found} pods, not ${count}`);
            found = Number(await kubectl("get", "deployment", "server", "--namespace", namespace, path));
        }
    }

    it("keeps the CRDs when it is removed", async () => {
        const crds = await kubectl("get", "crd", "--output=name");
        await stack.up(() => Promise.resolve({}));
        assert.equal(await kubectl("get", "crd", "--output=name"), crds);
        assert.equal(await kubectl("get", "deployments", "--all-namespaces", "--output=name"), "");
    });
});
