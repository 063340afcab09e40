import { LlmBackend, LlmServer, type LlmServerArgs } from "../../../src";
import { image, otherImage, password } from "../arguments";
import type { Story, StoryEdit } from "./story";

const model = "meta-llama/Llama-3.1-8B-Instruct";
const gpu = { product: "NVIDIA-H100-80GB-HBM3" };

const story = (name: string, args: Partial<LlmServerArgs>, edits: StoryEdit[], crds?: string[]): Story => ({
    name,
    crds,
    create: (workspace, changes, opts) =>
        new LlmServer(name, { workspace, image, model, gpu, ...args, ...changes }, opts),
    edits,
});

export const stories: Story[] = [
    story("llm-plain", { apiKey: password, cache: { size: "20Gi" }, maxModelLen: 8192 }, [
        {
            what: "another image and a shorter context: a rolling update",
            edit: { image: otherImage, maxModelLen: 4096 },
            preview: ["update deployment args[6] image"],
        },
        {
            what: "another token: another Secret, and a rolling update with it",
            edit: { apiKey: "correct-horse-battery-2" },
            preview: [
                "update deployment env[7].valueFrom.secretKeyRef.name",
                "replace env metadata.name stringData.VLLM_API_KEY",
            ],
        },
        {
            what: "two GPUs: the model is spread over them",
            edit: { gpu: { ...gpu, count: 2 } },
            preview: ["update deployment args"],
        },
        {
            what: "one pod goes before a new one comes, and there are more of them: in place",
            edit: { surge: false, replicas: 3 },
            preview: [
                "update deployment spec.replicas spec.strategy.rollingUpdate.maxSurge spec.strategy.rollingUpdate.maxUnavailable",
            ],
        },
        {
            what: "a larger cache grows",
            edit: { cache: { size: "40Gi" } },
            preview: ["update cache spec.resources.requests.storage"],
        },
    ]),
    story(
        "llm-nodes",
        {
            backend: LlmBackend.LeaderWorkerSet,
            nodes: 2,
            model: "meta-llama/Llama-3.1-70B-Instruct",
            gpu: { ...gpu, count: 4 },
        },
        [
            {
                what: "another image: a rolling update",
                edit: { image: otherImage },
                preview: ["update leaderworkerset"],
            },
            {
                what: "a third node: in place",
                edit: { nodes: 4 },
                preview: ["update leaderworkerset"],
            },
            {
                what: "one node again: a Deployment in its place",
                edit: { backend: undefined, nodes: undefined },
                preview: ["create deployment", "delete leaderworkerset", "update service", "update pdb"],
            },
        ],
        ["leaderworkerset.x-k8s.io/LeaderWorkerSet"],
    ),
    story(
        "llm-pool",
        {
            endpointPicker: { service: "picker" },
            route: { gateway: "public", hostnames: ["llm.example.com"] },
            loras: [{ name: "sql", uri: "pvc://adapters/sql" }],
        },
        [
            {
                what: "another endpoint picker: in place",
                edit: { endpointPicker: { service: "picker-2", port: 9003, failOpen: true } },
                preview: ["update pool"],
            },
            {
                what: "another path: in place",
                edit: { route: { gateway: "public", hostnames: ["llm.example.com"], path: "/llama", timeout: "5m" } },
                preview: ["update route"],
            },
            {
                what: "no endpoint picker: the route leads to the Service",
                edit: { endpointPicker: undefined },
                preview: ["delete pool", "update route"],
            },
            {
                what: "no route",
                edit: { route: undefined },
                preview: ["delete route"],
            },
        ],
        ["inference.networking.k8s.io/InferencePool", "gateway.networking.k8s.io/HTTPRoute"],
    ),
    story(
        "llm-kserve",
        {
            backend: LlmBackend.KServe,
            apiKey: password,
            loras: [{ name: "sql", uri: "acme/sql-lora" }],
            route: { gateway: "public", hostnames: ["llm.example.com"] },
        },
        [
            {
                what: "another model and another image: KServe rolls its pods",
                edit: { image: otherImage, model: "Qwen/Qwen2.5-7B-Instruct" },
                preview: ["update inferenceservice"],
            },
            {
                what: "no adapters, and two GPUs",
                edit: { loras: undefined, gpu: { ...gpu, count: 2 } },
                preview: ["update inferenceservice"],
            },
            {
                what: "a Deployment of the component's own",
                edit: { backend: undefined },
                preview: [
                    "create deployment",
                    "create service",
                    "create pdb",
                    "create route",
                    "delete inferenceservice",
                ],
            },
        ],
        ["serving.kserve.io/LLMInferenceService", "gateway.networking.k8s.io/HTTPRoute"],
    ),
];
