/**
 * How the scheduler of a real cluster treats the pods of `gpu`: on a simulated node, with GPUs of a device plugin and
 * of a driver (dynamic resource allocation). Nothing runs there; the tests check where pods are scheduled.
 */
import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";

import * as core from "@pulumi/kubernetes/core/v1";

import * as mlops from "../../src";
import { image } from "../support/arguments";
import { createObjects, getObjects, kubectl } from "../support/kubectl";
import { TestStack } from "../support/stack";

const namespace = "gpus";
const node = "gpu-node";
const product = "NVIDIA-H100-80GB-HBM3";
const deviceClass = "gpu.nvidia.com";

/** A node with four GPUs of a device plugin and two more of a driver, and a taint that keeps other pods away. */
async function createNode(): Promise<void> {
    const amounts = { cpu: "64", memory: "512Gi", pods: "110", "nvidia.com/gpu": "4" };
    const now = new Date().toISOString();
    const device = (name: string) => ({
        name,
        attributes: { productName: { string: "NVIDIA H100 80GB HBM3" }, type: { string: "gpu" } },
        capacity: { memory: { value: "81559Mi" } },
    });
    await createObjects(
        {
            apiVersion: "v1",
            kind: "Node",
            metadata: { name: node, labels: { "nvidia.com/gpu.product": product, "nvidia.com/gpu.memory": "81559" } },
            spec: { taints: [{ key: "nvidia.com/gpu", effect: "NoSchedule" }] },
            status: {
                capacity: amounts,
                allocatable: amounts,
                conditions: [{ type: "Ready", status: "True", lastHeartbeatTime: now, lastTransitionTime: now }],
            },
        },
        {
            apiVersion: "resource.k8s.io/v1",
            kind: "DeviceClass",
            metadata: { name: deviceClass },
            spec: { selectors: [{ cel: { expression: `device.driver == "${deviceClass}"` } }] },
        },
        {
            apiVersion: "resource.k8s.io/v1",
            kind: "ResourceSlice",
            metadata: { name: `${node}-gpus` },
            spec: {
                driver: deviceClass,
                nodeName: node,
                pool: { name: node, generation: 1, resourceSliceCount: 1 },
                devices: [device("gpu-0"), device("gpu-1")],
            },
        },
    );
}

interface Pod {
    metadata: { name: string };
    spec: { nodeName?: string };
    status: { conditions?: { type: string; reason?: string; message?: string }[] };
}

/** Trainings that request GPUs in different ways, by name. */
const asks: Record<string, mlops.GpuArgs> = {
    three: { count: 3, product, memory: "79Gi" },
    "three-more": { count: 3, product },
    "too-much-memory": { memory: "90Gi" },
    "another-product": { product: "NVIDIA-L4" },
    "a-part": { mig: "1g.10gb" },
    "two-devices": { deviceClass, count: 2, memory: "70Gi", product: "NVIDIA H100 80GB HBM3" },
    "two-more-devices": { deviceClass, count: 2 },
    "larger-devices": { deviceClass, memory: "90Gi" },
};

describe("the scheduling of pods that request GPUs", function () {
    this.timeout("2m");

    let stack: TestStack;

    before(async () => {
        await createNode();
        // eslint-disable-next-line @typescript-eslint/require-await -- the automation API takes async programs
        stack = await TestStack.create(namespace, async () => {
            const team = new core.Namespace(namespace, { metadata: { name: namespace } });
            let before: mlops.TrainingJob | undefined;
            for (const [name, gpu] of Object.entries(asks)) {
                // One after the other, so that their order is known.
                before = new mlops.TrainingJob(
                    name,
                    {
                        workspace: { namespace: team.metadata.name },
                        image,
                        gpu,
                        output: { uri: "s3://models" },
                        resources: { cpu: "1" },
                        // Nothing runs on that node.
                        wait: "never",
                    },
                    { dependsOn: before },
                );
            }
            return {};
        });
        await stack.up();
    });
    after(async () => {
        // That node has no kubelet to report that they have stopped.
        await kubectl("delete", "jobs", "--all", "--namespace", namespace, "--cascade=orphan");
        await kubectl("delete", "pods", "--all", "--namespace", namespace, "--force", "--grace-period=0");
        await kubectl("delete", `node/${node}`, `resourceslice/${node}-gpus`, `deviceclass/${deviceClass}`);
        await stack.destroy();
    });

    /** Where a training's pod was scheduled: the node, or the scheduler's reason why not. */
    async function placeOf(name: string): Promise<string> {
        for (;;) {
            const selector = `--selector=app.kubernetes.io/name=${name}`;
            const { items } = await getObjects<{ items: Pod[] }>("pods", "--namespace", namespace, selector);
            const [pod] = items;
            const refusal = pod?.status.conditions?.find(({ reason }) => reason === "Unschedulable")?.message;
            const place = pod?.spec.nodeName ?? refusal;
            if (place !== undefined) {
                return place;
            }
            await sleep(200);
        }
    }

    const places: [name: string, what: string, place: RegExp][] = [
        ["three", "three of the GPUs of this kind, behind their taint", /^gpu-node$/],
        ["three-more", "no three more, as there is one left", /Insufficient nvidia\.com\/gpu/],
        ["too-much-memory", "none that has more memory", /node affinity/],
        ["another-product", "none of another product", /node affinity/],
        ["a-part", "no MIG profile, as there are none", /Insufficient nvidia\.com\/mig-1g\.10gb/],
        ["two-devices", "two devices that match", /^gpu-node$/],
        ["two-more-devices", "no two more, as they are allocated", /cannot allocate all claims/],
        ["larger-devices", "none that has more memory, as a device", /cannot allocate all claims/],
    ];
    for (const [name, what, place] of places) {
        it(`${name}: ${what}`, async () => {
            assert.match(await placeOf(name), place);
        });
    }
});
