import * as assert from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";

import { type GpuArgs, GpuSharingMode, GpuVendor, TrainingJob } from "../../src";
import { bytesOf } from "../../src/arguments/quantity";
import { buildGpuRequirements } from "../../src/pod/gpu";
import { buildGpuClaimSpec } from "../../src/pod/gpu-claim";
import { workload } from "../support/arguments";
import { run } from "../support/mocks";

const tolerated = (key: string) => [{ key, operator: "Exists", effect: "NoSchedule" }];
const nvidia = tolerated("nvidia.com/gpu");

describe("the GPU requirements of a pod", () => {
    const needs: [what: string, gpu: GpuArgs | undefined, expected: object][] = [
        ["are empty without GPUs", undefined, { resources: {}, nodeRequirements: [], tolerations: [] }],
        ["one GPU", {}, { resources: { "nvidia.com/gpu": "1" }, nodeRequirements: [], tolerations: nvidia }],
        [
            "several GPUs of a product",
            { count: 8, product: "NVIDIA-H100-80GB-HBM3" },
            {
                resources: { "nvidia.com/gpu": "8" },
                nodeRequirements: [
                    { key: "nvidia.com/gpu.product", operator: "In", values: ["NVIDIA-H100-80GB-HBM3"] },
                ],
                tolerations: nvidia,
            },
        ],
        [
            "a minimum memory, in the unit of the label",
            { memory: "40Gi" },
            {
                resources: { "nvidia.com/gpu": "1" },
                nodeRequirements: [{ key: "nvidia.com/gpu.memory", operator: "Gt", values: ["40959"] }],
                tolerations: nvidia,
            },
        ],
        [
            "MIG devices",
            { mig: "1g.10gb+me", count: 2 },
            { resources: { "nvidia.com/mig-1g.10gb.me": "2" }, nodeRequirements: [], tolerations: nvidia },
        ],
        [
            "a shared GPU",
            { sharing: GpuSharingMode.TimeSlicing },
            {
                resources: { "nvidia.com/gpu": "1" },
                nodeRequirements: [
                    { key: "nvidia.com/gpu.sharing-strategy", operator: "In", values: ["time-slicing"] },
                ],
                tolerations: nvidia,
            },
        ],
        [
            "another resource name",
            { resource: "nvidia.com/gpu.shared" },
            { resources: { "nvidia.com/gpu.shared": "1" }, nodeRequirements: [], tolerations: nvidia },
        ],
        [
            "AMD GPUs",
            { vendor: GpuVendor.Amd, product: "MI300X" },
            {
                resources: { "amd.com/gpu": "1" },
                nodeRequirements: [{ key: "amd.com/gpu.product-name", operator: "In", values: ["MI300X"] }],
                tolerations: tolerated("amd.com/gpu"),
            },
        ],
        [
            "Intel GPUs",
            { vendor: GpuVendor.Intel, count: 2 },
            {
                resources: { "gpu.intel.com/xe": "2" },
                nodeRequirements: [],
                tolerations: tolerated("gpu.intel.com/xe"),
            },
        ],
        [
            "devices of a class, as a claim",
            { deviceClass: "gpu.nvidia.com", count: 2, memory: "70Gi" },
            {
                resources: {},
                nodeRequirements: [],
                tolerations: nvidia,
                claims: {
                    container: [{ name: "gpu" }],
                    pod: [{ name: "gpu", resourceClaimTemplateName: "fraud-gpu-1" }],
                },
            },
        ],
    ];
    for (const [what, gpu, expected] of needs) {
        it(what, () => assert.deepEqual(buildGpuRequirements(gpu, "fraud-gpu-1"), expected));
    }
});

describe("the ResourceClaimTemplate", () => {
    const request = (more: object) => ({
        spec: {
            devices: {
                requests: [
                    {
                        name: "gpu",
                        exactly: { deviceClassName: "gpu.nvidia.com", allocationMode: "ExactCount", count: 1, ...more },
                    },
                ],
            },
        },
    });
    const selectors = (...expressions: string[]) => ({
        selectors: expressions.map((expression) => ({ cel: { expression } })),
    });
    const deviceClass = "gpu.nvidia.com";
    const specs: [what: string, gpu: GpuArgs, expected: object][] = [
        ["any device of the class", { deviceClass }, request({})],
        [
            "devices by product and memory",
            { deviceClass, count: 4, product: 'H"100', memory: "70Gi" },
            request({
                count: 4,
                ...selectors(
                    'device.attributes["gpu.nvidia.com"].productName == "H\\"100"',
                    'device.capacity["gpu.nvidia.com"].memory.compareTo(quantity("70Gi")) >= 0',
                ),
            }),
        ],
        [
            "a MIG device",
            { deviceClass: "mig.nvidia.com", mig: "1g.10gb" },
            request({
                deviceClassName: "mig.nvidia.com",
                ...selectors('device.attributes["gpu.nvidia.com"].profile == "1g.10gb"'),
            }),
        ],
    ];
    for (const [what, gpu, expected] of specs) {
        it(what, () => assert.deepEqual(buildGpuClaimSpec(gpu), expected));
    }

    it("is named after its content, and the pod refers to it", async () => {
        const made = async (memory: string) => {
            const { resource } = await run(
                () => new TrainingJob("fraud", { ...workload, gpu: { deviceClass, memory: pulumi.output(memory) } }),
            );
            const { type, inputs, parent } = resource("fraud-gpu");
            assert.equal(type, "kubernetes:resource.k8s.io/v1:ResourceClaimTemplate");
            assert.equal(parent, "fraud");
            const { name } = (inputs as { metadata: { name: string } }).metadata;
            assert.ok(JSON.stringify(resource("fraud-job").inputs).includes(`"resourceClaimTemplateName":"${name}"`));
            return name;
        };
        assert.match(await made("40Gi"), /^fraud-training-gpu-[0-9a-f]{8}$/);
        assert.notEqual(await made("40Gi"), await made("70Gi"));
    });
});

describe("the bytes of a quantity", () => {
    const quantities: [string, number][] = [
        ["1", 1],
        ["16Gi", 16 * 2 ** 30],
        ["80G", 80e9],
        ["1e9", 1e9],
        ["1E3", 1e3],
        ["2E", 2e18],
        [".5Ki", 512],
        ["512Mi", 2 ** 29],
        ["3k", 3000],
    ];
    for (const [quantity, expected] of quantities) {
        it(quantity, () => assert.equal(bytesOf(quantity), expected));
    }
});
