/**
 * A platform as a closed network installs it: charts and images from the local registry, real controllers, and what
 * they are there for.
 */
import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";

import type * as pulumi from "@pulumi/pulumi";

import { pauseImage } from "../../local/cluster/pause-image";
import type { ControllerMirror } from "../../local/controllers";
import * as mlops from "../../src";
import { controllers, deleteLeftovers, mirrorOf } from "../support/controllers";
import { savedEnvironment } from "../support/environment";
import { createObjects, getObjects, kubectl } from "../support/kubectl";
import { TestStack } from "../support/stack";

const namespace = "team";

interface Job {
    status: { startTime: string; completionTime: string };
}

const restricted = {
    allowPrivilegeEscalation: false,
    runAsNonRoot: true,
    runAsUser: 1000,
    capabilities: { drop: ["ALL"] },
    seccompProfile: { type: "RuntimeDefault" },
};

/** The example, and two trainings that do not fit its quota together. */
function trainings(): Promise<Record<string, pulumi.Output<unknown>>> {
    const example = require.resolve("../../examples/platform");
    delete require.cache[example];
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- it is run anew each time, as Pulumi does.
    const { workspace, addons } = require(example) as {
        workspace: { namespace: pulumi.Output<string>; queue: pulumi.Output<string> };
        addons: pulumi.Output<unknown>;
    };
    for (const name of ["first", "second"]) {
        new mlops.TrainingJob(name, {
            workspace,
            image: savedEnvironment().baseImage!,
            command: ["python", "-c", "import time; time.sleep(5)"],
            resources: { cpu: "200m", memory: "128Mi" },
            runAsUser: 1000,
            timeout: "5m",
        });
    }
    return Promise.resolve({ addons });
}

async function jobs(): Promise<Job[]> {
    return (await getObjects<{ items: Job[] }>("jobs", "--namespace", namespace)).items;
}

describe("a Platform on a real node, from a mirror", function () {
    this.timeout("10m");
    this.bail(true);

    let mirror: ControllerMirror;
    let stack: TestStack;

    before(async function () {
        this.timeout("40m");
        mirror = await controllers(["kueue", "jobset", "keda"]);
        stack = await TestStack.create("platform", trainings);
        await stack.configure({ "tests:mirror": JSON.stringify(mirrorOf(mirror)), "tests:cpu": "300m" });
    });
    after(async () => {
        await stack.destroy();
        const groups = ["kueue.x-k8s.io", "jobset.x-k8s.io", "keda.sh", "eventing.keda.sh"];
        await deleteLeftovers(groups, ["kueue-system", "jobset-system", "keda"]);
    });

    it("is installed in one update, with jobs of which one waits until the other is through", async () => {
        const { addons } = await stack.up();
        assert.deepEqual(Object.keys(addons as object).sort(), ["jobset", "keda", "kueue"]);
        const found = (await jobs()).sort((a, b) => (a.status.startTime < b.status.startTime ? -1 : 1));
        const [first, second] = found.map(({ status }) => status);
        assert.ok(first && second && found.length === 2, "there are not two jobs");
        assert.ok(second.startTime >= first.completionTime, "the jobs ran at the same time");
    });

    it("shows no change then, nor does a refresh", async () => {
        assert.deepEqual(await stack.preview(), []);
        assert.deepEqual(await stack.refresh(), []);
    });

    it("has images from the mirror only", async () => {
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

    it("scales a server to zero, and back", async () => {
        const labels = { app: "scaled" };
        const container = { name: "main", image: pauseImage, securityContext: restricted };
        const pod = (name: string) => ({
            metadata: { name, namespace, labels: { app: name } },
            spec: { containers: [container] },
        });
        await createObjects(
            {
                apiVersion: "apps/v1",
                kind: "Deployment",
                metadata: { name: "scaled", namespace },
                spec: {
                    selector: { matchLabels: labels },
                    template: { metadata: { labels }, spec: { containers: [container] } },
                },
            },
            {
                apiVersion: "keda.sh/v1alpha1",
                kind: "ScaledObject",
                metadata: { name: "scaled", namespace },
                spec: {
                    scaleTargetRef: { name: "scaled" },
                    minReplicaCount: 0,
                    maxReplicaCount: 1,
                    pollingInterval: 1,
                    cooldownPeriod: 1,
                    // As many as there are pods that want something of it.
                    triggers: [{ type: "kubernetes-workload", metadata: { podSelector: "app=client", value: "1" } }],
                },
            },
        );
        await replicas(0);
        await createObjects({ apiVersion: "v1", kind: "Pod", ...pod("client") });
        await replicas(1);
        await kubectl("delete", "pod", "client", "--namespace", namespace, "--grace-period=0", "--force");
        await replicas(0);
        await kubectl("delete", "scaledobject", "scaled", "--namespace", namespace);
    });

    async function replicas(count: number): Promise<void> {
        const deadline = Date.now() + 90_000;
        const path = "--output=jsonpath={.status.readyReplicas}";
        for (let found = -1; found !== count; await sleep(500)) {
            assert.ok(Date.now() < deadline, `the server has ${found} pods, not ${count}`);
            found = Number(await kubectl("get", "deployment", "scaled", "--namespace", namespace, path));
        }
    }

    it("leaves the CRDs when it is removed", async () => {
        const crds = await kubectl("get", "crd", "--output=name");
        await stack.up(() => Promise.resolve({}));
        assert.equal(await kubectl("get", "crd", "--output=name"), crds);
        assert.equal(await kubectl("get", "deployments", "--all-namespaces", "--output=name"), "");
    });
});
