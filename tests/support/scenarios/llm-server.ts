import { LlmBackend, LlmServer, type LlmServerArgs } from "../../../src";
import { image, otherImage, password } from "../arguments";
import { metadataEdit, type Scenario, type ScenarioEdit } from "./scenario";

const model = "meta-llama/Llama-3.1-8B-Instruct";
const gpu = { product: "NVIDIA-H100-80GB-HBM3" };

const scenario = (name: string, args: Partial<LlmServerArgs>, edits: ScenarioEdit[], crds?: string[]): Scenario => ({
    name,
    crds,
    create: (workspace, changes, opts) =>
        new LlmServer(name, { workspace, image, model, gpu, ...args, ...changes }, opts),
    edits,
});

export const scenarios: Scenario[] = [
    scenario("llm-plain", { apiKey: password, cache: { size: "20Gi" }, maxModelLen: 8192 }, [
        metadataEdit({
            "update cache": [],
            "update deployment": ["spec.template.metadata.annotations", "spec.template.metadata.labels.identity"],
            "update env": [],
            "update pdb": [],
            "update service": [],
        }),
        {
            what: "another image and a shorter context: a rolling update",
            edit: { image: otherImage, maxModelLen: 4096 },
            preview: ["update deployment args[5] image"],
        },
        {
            what: "another API key: another Secret, and a rolling update",
            edit: { apiKey: "correct-horse-battery-2" },
            preview: ["replace env data.VLLM_API_KEY metadata.name", "update deployment env"],
        },
        {
            what: "two GPUs: the model is divided among them",
            edit: { gpu: { ...gpu, count: 2 } },
            preview: [
                'update deployment args[4] resources.limits["nvidia.com/gpu"] resources.requests["nvidia.com/gpu"] volumeMounts volumes',
            ],
        },
        {
            what: "no surge, and more pods: in place",
            edit: { surge: false, replicas: 3 },
            preview: [
                "update deployment spec.replicas spec.strategy.rollingUpdate.maxSurge spec.strategy.rollingUpdate.maxUnavailable",
            ],
        },
        {
            what: "another storage class: another cache, and a rolling update",
            edit: { cache: { size: "20Gi", storageClass: "fast" } },
            preview: ["replace cache metadata.name spec.storageClassName", "update deployment volumes"],
        },
    ]),
    scenario(
        "llm-nodes",
        {
            backend: LlmBackend.LeaderWorkerSet,
            nodes: 2,
            model: "meta-llama/Llama-3.1-70B-Instruct",
            gpu: { ...gpu, count: 4 },
        },
        [
            metadataEdit({
                "update leaderworkerset": [
                    "spec.leaderWorkerTemplate.leaderTemplate.metadata.annotations",
                    "spec.leaderWorkerTemplate.leaderTemplate.metadata.labels.identity",
                    "spec.leaderWorkerTemplate.workerTemplate.metadata.annotations",
                    "spec.leaderWorkerTemplate.workerTemplate.metadata.labels.identity",
                ],
                "update pdb": [],
                "update service": [],
            }),
            {
                what: "another image: a rolling update",
                edit: { image: otherImage },
                preview: [
                    "update leaderworkerset spec.leaderWorkerTemplate.leaderTemplate.spec.image spec.leaderWorkerTemplate.workerTemplate.spec.image",
                ],
            },
            {
                what: "four nodes instead of two: in place",
                edit: { nodes: 4 },
                preview: [
                    "update leaderworkerset spec.leaderWorkerTemplate.leaderTemplate.spec.args[6] " +
                        "spec.leaderWorkerTemplate.leaderTemplate.spec.args[8] spec.leaderWorkerTemplate.size " +
                        "spec.leaderWorkerTemplate.workerTemplate.spec.args[6] " +
                        "spec.leaderWorkerTemplate.workerTemplate.spec.args[8]",
                ],
            },
            {
                what: "one node again: a Deployment instead",
                edit: { backend: undefined, nodes: undefined },
                preview: [
                    "create deployment",
                    "delete leaderworkerset",
                    'update service spec.selector["leaderworkerset.sigs.k8s.io/worker-index"]',
                ],
            },
        ],
        ["leaderworkerset.x-k8s.io/LeaderWorkerSet"],
    ),
    scenario(
        "llm-pool",
        {
            endpointPicker: { service: "picker" },
            route: { gateway: "public", hostnames: ["llm.example.com"] },
            loras: [{ name: "sql", uri: "pvc://adapters/sql" }],
        },
        [
            metadataEdit({
                "update deployment": ["spec.template.metadata.annotations", "spec.template.metadata.labels.identity"],
                "update pdb": [],
                "update pool": [],
                "update route": [],
                "update service": [],
            }),
            {
                what: "another endpoint picker: in place",
                edit: { endpointPicker: { service: "picker-2", port: 9003, failOpen: true } },
                preview: [
                    "update pool spec.endpointPickerRef.failureMode spec.endpointPickerRef.name spec.endpointPickerRef.port.number",
                ],
            },
            {
                what: "another path: in place",
                edit: { route: { gateway: "public", hostnames: ["llm.example.com"], path: "/llama", timeout: "5m" } },
                preview: [
                    "update route spec.rules[0].filters spec.rules[0].matches[0].path.value spec.rules[0].timeouts.request",
                ],
            },
            {
                what: "no endpoint picker: the route sends requests to the Service",
                edit: { endpointPicker: undefined },
                preview: [
                    "delete pool",
                    "update route spec.rules[0].backendRefs[0].group spec.rules[0].backendRefs[0].kind",
                ],
            },
            {
                what: "no route",
                edit: { route: undefined },
                preview: ["delete route"],
            },
        ],
        ["inference.networking.k8s.io/InferencePool", "gateway.networking.k8s.io/HTTPRoute"],
    ),
    scenario(
        "llm-kserve",
        {
            backend: LlmBackend.KServe,
            apiKey: password,
            loras: [{ name: "sql", uri: "acme/sql-lora" }],
            route: { gateway: "public", hostnames: ["llm.example.com"] },
        },
        [
            metadataEdit({
                "update env": [],
                "update inferenceservice": ["spec.annotations", "spec.labels"],
                "update record": [],
            }),
            {
                what: "another model and another image: KServe replaces its pods",
                edit: { image: otherImage, model: "Qwen/Qwen2.5-7B-Instruct" },
                preview: ["update inferenceservice spec.model.name spec.model.uri spec.template.image"],
            },
            {
                what: "no adapters, and two GPUs",
                edit: { loras: undefined, gpu: { ...gpu, count: 2 } },
                preview: [
                    'update inferenceservice spec.model.lora spec.parallelism.tensor spec.template.resources.limits["nvidia.com/gpu"] ' +
                        'spec.template.resources.requests["nvidia.com/gpu"] spec.template.volumeMounts spec.template.volumes',
                ],
            },
            {
                what: "the backend Deployment",
                edit: { backend: undefined },
                preview: [
                    "create deployment",
                    "create service",
                    "create pdb",
                    "create route",
                    "delete inferenceservice",
                    "delete record",
                ],
            },
        ],
        ["serving.kserve.io/LLMInferenceService", "gateway.networking.k8s.io/HTTPRoute"],
    ),
];
