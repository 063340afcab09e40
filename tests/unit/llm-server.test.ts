import * as assert from "node:assert/strict";

import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { LlmBackend, LlmServer, type LlmServerArgs } from "../../src";
import { estimateFit, type LlmFacts, resolveParallelism } from "../../src/workloads/llm-server/estimate";
import { kserveServiceName } from "../../src/workloads/llm-server/llm-inference-service";
import { findArchitecture, findGpuMemory, weightBits } from "../../src/workloads/llm-server/models";
import { image, password, workload } from "../support/arguments";
import { Recording, run, RunOptions, unknown, unknownOutput, unknownPaths } from "../support/mocks";
import { keepsOwner, ownerAnnotations } from "../support/ownership";
import { type PodSpec, violations } from "../support/pod-security";

const model = "meta-llama/Llama-3.1-8B-Instruct";
const h100 = { product: "NVIDIA-H100-80GB-HBM3" };

function serve(args: Partial<LlmServerArgs> = {}, options?: RunOptions): Promise<Recording> {
    return run(() => new LlmServer("llama", { ...workload, model, gpu: h100, ...args }), options);
}

function podOf(recording: Recording): PodSpec {
    const { spec } = recording.resource("llama-deployment").inputs as types.output.apps.v1.Deployment;
    return spec.template.spec;
}

const containerOf = (recording: Recording) => podOf(recording).containers[0]!;

/** The inputs of a resource that the tests check. */
interface Inputs {
    metadata: { name: string; annotations: object };
    spec: Record<string, unknown>;
    stringData: { value: object };
}

const inputsOf = (recording: Recording, name: string): Inputs => recording.resource(name).inputs as unknown as Inputs;

/** Returns the first rule of the route. */
const ruleOf = (recording: Recording): Record<string, unknown> =>
    (inputsOf(recording, "llama-route").spec.rules as [Record<string, unknown>])[0];

/** Returns the kind and name of each registered resource. */
function kinds({ resources }: Recording): string[] {
    return resources.map(({ type, name }) => `${type.split(":").pop()} ${name}`);
}

const selector = { "app.kubernetes.io/component": "llm-server", "app.kubernetes.io/name": "llama" };
const labels = { ...selector, "app.kubernetes.io/managed-by": "pulumi" };
const annotations = ownerAnnotations;

describe("an LlmServer", () => {
    it("creates a Deployment, a Service and a PodDisruptionBudget from the required arguments", async () => {
        const recording = await serve();
        assert.deepEqual(kinds(recording), [
            "LlmServer llama",
            "Deployment llama-deployment",
            "PodDisruptionBudget llama-pdb",
            "Service llama-service",
        ]);
        const health = { path: "/health", port: "http" };
        assert.deepEqual(recording.resource("llama-deployment").inputs, {
            apiVersion: "apps/v1",
            kind: "Deployment",
            metadata: {
                name: "llama",
                namespace: "ml",
                labels,
                annotations: {
                    ...annotations,
                    "pulumi.com/patchForce": "true",
                    "pulumi.com/waitFor": "jsonpath={.metadata.uid}",
                },
            },
            spec: {
                replicas: 1,
                selector: { matchLabels: selector },
                progressDeadlineSeconds: 1800,
                strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
                template: {
                    metadata: { labels: selector },
                    spec: {
                        automountServiceAccountToken: false,
                        enableServiceLinks: false,
                        securityContext: {
                            runAsNonRoot: true,
                            runAsUser: 2000,
                            fsGroup: 1000,
                            fsGroupChangePolicy: "OnRootMismatch",
                            seccompProfile: { type: "RuntimeDefault" },
                        },
                        affinity: {
                            nodeAffinity: {
                                requiredDuringSchedulingIgnoredDuringExecution: {
                                    nodeSelectorTerms: [
                                        {
                                            matchExpressions: [
                                                {
                                                    key: "nvidia.com/gpu.product",
                                                    operator: "In",
                                                    values: ["NVIDIA-H100-80GB-HBM3"],
                                                },
                                            ],
                                        },
                                    ],
                                },
                            },
                        },
                        tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }],
                        terminationGracePeriodSeconds: 90,
                        topologySpreadConstraints: [
                            {
                                maxSkew: 1,
                                topologyKey: "kubernetes.io/hostname",
                                whenUnsatisfiable: "ScheduleAnyway",
                                labelSelector: { matchLabels: selector },
                            },
                        ],
                        volumes: [{ name: "tmp", emptyDir: {} }],
                        containers: [
                            {
                                name: "main",
                                image,
                                command: ["vllm", "serve"],
                                args: [
                                    model,
                                    "--load-format=auto",
                                    `--served-model-name=${model}`,
                                    "--port=8000",
                                    "--tensor-parallel-size=1",
                                    "--gpu-memory-utilization=0.9",
                                    "--pipeline-parallel-size=1",
                                    "--shutdown-timeout=60",
                                ],
                                env: [
                                    { name: "HOME", value: "/tmp" },
                                    { name: "USER", value: "vllm" },
                                    { name: "VLLM_CACHE_ROOT", value: "/tmp/vllm" },
                                    { name: "TRITON_CACHE_DIR", value: "/tmp/triton" },
                                    { name: "TORCHINDUCTOR_CACHE_DIR", value: "/tmp/torchinductor" },
                                    { name: "HF_HOME", value: "/tmp/huggingface" },
                                    { name: "DO_NOT_TRACK", value: "1" },
                                ],
                                resources: {
                                    requests: { cpu: "4", memory: "24Gi", "nvidia.com/gpu": "1" },
                                    limits: { memory: "24Gi", "nvidia.com/gpu": "1" },
                                },
                                securityContext: {
                                    allowPrivilegeEscalation: false,
                                    capabilities: { drop: ["ALL"] },
                                    readOnlyRootFilesystem: true,
                                },
                                terminationMessagePolicy: "FallbackToLogsOnError",
                                volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
                                ports: [{ name: "http", containerPort: 8000 }],
                                startupProbe: {
                                    httpGet: health,
                                    periodSeconds: 5,
                                    timeoutSeconds: 5,
                                    failureThreshold: 240,
                                },
                                readinessProbe: {
                                    httpGet: health,
                                    periodSeconds: 5,
                                    timeoutSeconds: 5,
                                    failureThreshold: 3,
                                },
                                livenessProbe: {
                                    httpGet: health,
                                    periodSeconds: 10,
                                    timeoutSeconds: 10,
                                    failureThreshold: 6,
                                },
                                lifecycle: { preStop: { sleep: { seconds: 10 } } },
                            },
                        ],
                    },
                },
            },
        });
        assert.deepEqual(recording.resource("llama-service").inputs.spec, {
            type: "ClusterIP",
            selector,
            ports: [{ name: "http", port: 8000, targetPort: "http", appProtocol: "http" }],
        });
        assert.deepEqual(recording.resource("llama-pdb").inputs.spec, {
            maxUnavailable: 1,
            selector: { matchLabels: selector },
            unhealthyPodEvictionPolicy: "AlwaysAllow",
        });
        assert.deepEqual(recording.resource("llama").outputs, {
            url: "http://llama.ml.svc.cluster.local:8000/v1",
            modelName: model,
            serviceName: "llama",
            estimate: { weightsGiB: 15, kvCacheGiB: 55.2, kvCacheTokens: 452400, concurrentRequests: 3.5 },
        });
    });

    it("meets the restricted Pod Security Standard", async () => {
        assert.deepEqual(violations(podOf(await serve())), []);
    });

    it("passes its arguments to vLLM as options", async () => {
        const recording = await serve({
            revision: "main",
            servedModelName: "llama",
            maxModelLen: 8192,
            dtype: "bfloat16" as LlmServerArgs["dtype"],
            quantization: "fp8" as LlmServerArgs["quantization"],
            kvCacheDtype: "fp8" as LlmServerArgs["kvCacheDtype"],
            gpuMemoryUtilization: 0.8,
            maxNumSeqs: 32,
            prefixCaching: false,
            toolCallParser: "llama3_json",
            loras: [
                { name: "sql", uri: "pvc://adapters/sql/1" },
                { name: "mail", uri: "acme/mail" },
            ],
            maxLoraRank: 32,
            shutdownTimeout: "2m",
            gpu: { ...h100, count: 2 },
            args: ["--enforce-eager"],
        });
        assert.deepEqual(containerOf(recording).args, [
            model,
            "--load-format=auto",
            "--served-model-name=llama",
            "--port=8000",
            "--revision=main",
            "--tensor-parallel-size=2",
            "--max-model-len=8192",
            "--dtype=bfloat16",
            "--quantization=fp8",
            "--kv-cache-dtype=fp8",
            "--gpu-memory-utilization=0.8",
            "--max-num-seqs=32",
            "--pipeline-parallel-size=1",
            "--no-enable-prefix-caching",
            "--enable-auto-tool-choice",
            "--tool-call-parser=llama3_json",
            "--enable-lora",
            "--lora-modules",
            "sql=/lora/0",
            "mail=acme/mail",
            "--max-lora-rank=32",
            "--max-loras=2",
            "--shutdown-timeout=120",
            "--enforce-eager",
        ]);
        assert.deepEqual(podOf(recording).volumes, [
            { name: "tmp", emptyDir: {} },
            { name: "lora-0", persistentVolumeClaim: { claimName: "adapters", readOnly: true } },
            { name: "shm", emptyDir: { medium: "Memory", sizeLimit: "8Gi" } },
        ]);
        assert.deepEqual(containerOf(recording).volumeMounts, [
            { name: "tmp", mountPath: "/tmp" },
            { name: "lora-0", mountPath: "/lora/0", subPath: "sql/1", readOnly: true },
            { name: "shm", mountPath: "/dev/shm" },
        ]);
    });

    const addresses: [model: string, args: string[], volume: object | undefined][] = [
        [
            "pvc://models/run-1",
            ["/model", "--load-format=auto", "--served-model-name=llama"],
            { name: "model", persistentVolumeClaim: { claimName: "models", readOnly: true } },
        ],
        [
            `oci://registry.example/llama@sha256:${"c".repeat(64)}`,
            ["/model", "--load-format=auto", "--served-model-name=llama"],
            {
                name: "model",
                image: { reference: `registry.example/llama@sha256:${"c".repeat(64)}`, pullPolicy: "IfNotPresent" },
            },
        ],
        [
            "s3://models/llama",
            ["s3://models/llama", "--load-format=runai_streamer", "--served-model-name=llama"],
            undefined,
        ],
    ];
    for (const [address, args, volume] of addresses) {
        it(`serves ${address}`, async () => {
            const recording = await serve({ model: address, checkMemory: false, prefixCaching: true });
            assert.deepEqual(containerOf(recording).args.slice(0, 3), args);
            assert.ok(containerOf(recording).args.includes("--enable-prefix-caching"));
            assert.deepEqual(podOf(recording).volumes.slice(1), volume ? [volume] : []);
        });
    }

    it("stores tokens in a Secret and nowhere else", async () => {
        const recording = await serve({
            huggingFaceToken: pulumi.secret(password),
            apiKey: password,
            secretEnv: { OTHER: password },
        });
        const inputs = inputsOf(recording, "llama-env");
        assert.deepEqual(Object.keys(inputs.stringData.value).sort(), ["HF_TOKEN", "OTHER", "VLLM_API_KEY"]);
        const { name } = inputs.metadata;
        assert.match(name, /^llama-llm-server-env-[0-9a-f]{8}$/);
        assert.deepEqual(
            containerOf(recording).env.filter(({ valueFrom }) => valueFrom),
            ["OTHER", "HF_TOKEN", "VLLM_API_KEY"].map((key) => ({
                name: key,
                valueFrom: { secretKeyRef: { name, key } },
            })),
        );
        assert.ok(!recording.plainText.includes(password));
    });

    it("mounts a cache for downloads", async () => {
        const recording = await serve({ cache: { size: "50Gi" } });
        const claim = recording.resource("llama-cache");
        assert.deepEqual(claim.options, { retainOnDelete: true, ...keepsOwner });
        const { name } = claim.inputs.metadata as { name: string };
        assert.match(name, /^llama-llm-server-cache-[0-9a-f]{8}$/);
        assert.deepEqual(podOf(recording).volumes[1], { name: "cache", persistentVolumeClaim: { claimName: name } });
        assert.deepEqual(
            containerOf(recording).env.find((one) => one.name === "HF_HOME"),
            { name: "HF_HOME", value: "/cache/huggingface" },
        );
    });

    it("deletes an old pod before it creates a new one without surge", async () => {
        const { spec } = inputsOf(await serve({ surge: false }), "llama-deployment");
        assert.deepEqual(spec.strategy, { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } });
    });

    it("requests the GPUs that its parallelism needs", async () => {
        const recording = await serve({ tensorParallelSize: 2, pipelineParallelSize: 2 });
        assert.deepEqual(containerOf(recording).resources.limits, { memory: "24Gi", "nvidia.com/gpu": "4" });
    });

    it("shows in a preview everything that does not depend on an unknown model", async () => {
        const recording = await serve({ model: unknownOutput(), servedModelName: "llama" }, { preview: true });
        assert.deepEqual(unknownPaths(recording.resource("llama-deployment").inputs), [
            "spec.template.spec.containers[0].args[0]",
            "spec.template.spec.containers[0].args[1]",
            "spec.template.spec.containers[0].volumeMounts",
            "spec.template.spec.volumes",
        ]);
        assert.equal(recording.resource("llama").outputs!.estimate, unknown);
    });

    it("reports Outputs that do not fit with the same message as plain values", async () => {
        await assert.rejects(serve({ gpu: { product: pulumi.output("NVIDIA-L4") }, maxModelLen: 65536 }), {
            message:
                'LlmServer "llama": maxModelLen is 65536, but the KV cache has room for 31024 tokens: of 22.5 GiB per GPU, ' +
                "vLLM may use 20.2 (gpuMemoryUtilization is 0.9), and the weights take 15.0 and vLLM's overhead about 1.5; " +
                'set it to at most 31024, or use larger GPUs, more GPUs, a quantized model or kvCacheDtype "fp8"',
        });
        await assert.rejects(serve({ gpu: { ...h100, count: pulumi.output(2) }, tensorParallelSize: 4 }), {
            message:
                'LlmServer "llama": tensorParallelSize is 4, which times pipelineParallelSize (1) is 4; it must be 2, which ' +
                "is gpu.count (2) times nodes (1)",
        });
    });

    it("has no estimate if the GPU is unknown", async () => {
        const recording = await serve({ gpu: undefined }, { preview: true });
        assert.deepEqual(recording.resource("llama").outputs!.estimate, {});
    });
});

describe("an LlmServer on several nodes", () => {
    const args = { backend: LlmBackend.LeaderWorkerSet, nodes: 2, gpu: { ...h100, count: 4 } };

    it("is a LeaderWorkerSet whose leaders the Service selects", async () => {
        const recording = await serve({ ...args, model: "meta-llama/Llama-3.1-70B-Instruct" });
        const leaders = { ...selector, "leaderworkerset.sigs.k8s.io/worker-index": "0" };
        assert.deepEqual(kinds(recording), [
            "LlmServer llama",
            "LeaderWorkerSet llama-leaderworkerset",
            "PodDisruptionBudget llama-pdb",
            "Service llama-service",
        ]);
        assert.deepEqual(inputsOf(recording, "llama-service").spec.selector, leaders);
        // Evicting a worker restarts its group, so the budget covers workers, too.
        assert.deepEqual(inputsOf(recording, "llama-pdb").spec.selector, { matchLabels: selector });
        const { metadata, spec } = inputsOf(recording, "llama-leaderworkerset");
        assert.deepEqual(metadata.annotations, {
            ...annotations,
            "pulumi.com/patchForce": "true",
            "pulumi.com/waitFor": "jsonpath={.metadata.uid}",
        });
        const { leaderTemplate, workerTemplate, ...template } = spec.leaderWorkerTemplate as Record<
            "leaderTemplate" | "workerTemplate",
            { spec: PodSpec }
        >;
        assert.deepEqual(template, { size: 2, restartPolicy: "RecreateGroupOnPodRestart" });
        assert.deepEqual(
            { ...spec, leaderWorkerTemplate: undefined },
            {
                replicas: 1,
                networkConfig: { subdomainPolicy: "UniquePerReplica" },
                rolloutStrategy: {
                    type: "RollingUpdate",
                    rollingUpdateConfiguration: { maxSurge: 1, maxUnavailable: 0 },
                },
                leaderWorkerTemplate: undefined,
            },
        );
        const [leader, worker] = [leaderTemplate, workerTemplate].map((one) => one.spec);
        const own = ["--nnodes=2", "--node-rank=$(LWS_WORKER_INDEX)", "--master-addr=$(LWS_LEADER_ADDRESS)"];
        assert.deepEqual(leader!.containers[0]!.args.slice(-3), own);
        assert.deepEqual(worker!.containers[0]!.args.slice(-4), [...own, "--headless"]);
        assert.ok(leader!.containers[0]!.args.includes("--tensor-parallel-size=4"));
        assert.ok(leader!.containers[0]!.args.includes("--pipeline-parallel-size=2"));
        assert.equal(worker!.containers[0]!.startupProbe, undefined);
        assert.deepEqual(
            [leader, worker].flatMap((one) => violations(one!)),
            [],
        );
    });

    it("has shared memory even where each pod has one GPU", async () => {
        const { spec } = inputsOf(await serve({ ...args, gpu: h100 }), "llama-leaderworkerset");
        const { leaderTemplate } = spec.leaderWorkerTemplate as { leaderTemplate: { spec: { volumes: unknown[] } } };
        assert.deepEqual(leaderTemplate.spec.volumes, [
            { name: "tmp", emptyDir: {} },
            { name: "shm", emptyDir: { medium: "Memory", sizeLimit: "8Gi" } },
        ]);
    });
});

describe("the shared memory of an LlmServer", () => {
    const shares = async (args: Partial<LlmServerArgs>): Promise<boolean[]> => {
        const recording = await serve({ checkMemory: false, ...args });
        const { leaderWorkerTemplate: groups } =
            args.nodes === undefined ? {} : inputsOf(recording, "llama-leaderworkerset").spec;
        const pods = groups
            ? Object.values(groups as Record<string, { spec?: PodSpec }>).flatMap(({ spec }) => spec ?? [])
            : [podOf(recording)];
        return pods.map(({ volumes }) => (volumes as { name: string }[]).some((volume) => volume.name === "shm"));
    };

    it("exists if there are several processes, in the same pod or in several pods", async () => {
        assert.deepEqual(await shares({}), [false]);
        assert.deepEqual(await shares({ gpu: { ...h100, count: 2 } }), [true]);
        assert.deepEqual(await shares({ backend: LlmBackend.LeaderWorkerSet, nodes: 2 }), [true, true]);
    });
});

describe("the name of an LlmServer on several nodes", () => {
    const create = (name: string) => {
        const args = { backend: LlmBackend.LeaderWorkerSet, nodes: 2, checkMemory: false };
        return run(() => new LlmServer(name, { ...workload, model, gpu: h100, ...args }));
    };

    it("fits into the labels of each group's pods", async () => {
        await create("f".repeat(46));
        const long = "f".repeat(47);
        await assert.rejects(create(long), {
            message: `LlmServer "${long}": the name is "${long}"; it must be at most 46 characters with backend "LeaderWorkerSet"`,
        });
        // A name that is too long for every component is reported once.
        await assert.rejects(create("f".repeat(51)), /^[^\n]*at most 50 lowercase letters[^\n]*$/);
    });
});

describe("an LlmServer with an endpoint picker", () => {
    it("creates an InferencePool and routes to it", async () => {
        const recording = await serve({
            endpointPicker: { service: "picker" },
            route: { gateway: "public", hostnames: ["llm.example.com"], path: "/llama" },
        });
        assert.deepEqual(recording.resource("llama-pool").inputs, {
            apiVersion: "inference.networking.k8s.io/v1",
            kind: "InferencePool",
            metadata: { name: "llama", namespace: "ml", labels, annotations },
            spec: {
                selector: { matchLabels: selector },
                targetPorts: [{ number: 8000 }],
                endpointPickerRef: { name: "picker", port: { number: 9002 }, failureMode: "FailClose" },
            },
        });
        const rule = ruleOf(recording);
        assert.deepEqual(rule.backendRefs, [
            { group: "inference.networking.k8s.io", kind: "InferencePool", name: "llama", port: 8000 },
        ]);
        // Only /v1 is exposed, because vLLM checks the API key only there.
        assert.deepEqual(rule.matches, [{ path: { type: "PathPrefix", value: "/llama/v1" } }]);
        const rewritten = { type: "ReplacePrefixMatch", replacePrefixMatch: "/v1" };
        assert.deepEqual(rule.filters, [{ type: "URLRewrite", urlRewrite: { path: rewritten } }]);
        assert.deepEqual(rule.timeouts, { request: "10m" });
        assert.equal(recording.resource("llama").outputs!.publicUrl, "https://llm.example.com/llama/v1");
    });

    it("routes to the Service without an endpoint picker", async () => {
        const recording = await serve({ route: { gateway: "public", timeout: "5m" } });
        const rule = ruleOf(recording);
        assert.deepEqual(rule.backendRefs, [{ name: "llama", port: 8000 }]);
        assert.deepEqual(rule.matches, [{ path: { type: "PathPrefix", value: "/v1" } }]);
        assert.equal(rule.filters, undefined);
        assert.deepEqual(rule.timeouts, { request: "5m" });
        assert.equal(recording.resource("llama").outputs!.publicUrl, undefined);
    });
});

describe("an LlmServer with KServe", () => {
    it("is an LLMInferenceService without a Deployment, Service or route of its own", async () => {
        const recording = await serve({
            backend: LlmBackend.KServe,
            revision: "main",
            apiKey: password,
            loras: [
                { name: "sql", uri: "acme/sql" },
                { name: "mail", uri: "pvc://adapters/mail" },
            ],
            args: ["--enforce-eager", '--compilation-config={"level": 3}', "it's"],
            route: { gateway: "public", gatewayNamespace: "gateways", hostnames: ["llm.example.com"] },
        });
        assert.deepEqual(kinds(recording), [
            "LlmServer llama",
            "Secret llama-env",
            "LLMInferenceService llama-inferenceservice",
            "ConfigMap llama-record",
        ]);
        const { spec } = inputsOf(recording, "llama-inferenceservice");
        const { template, ...others } = spec;
        assert.deepEqual(others, {
            model: {
                uri: `hf://${model}:main`,
                name: model,
                lora: {
                    adapters: [
                        { name: "sql", uri: "hf://acme/sql" },
                        { name: "mail", uri: "pvc://adapters/mail" },
                    ],
                    maxAdapters: 2,
                },
            },
            replicas: 1,
            parallelism: { tensor: 1 },
            router: {
                gateway: { refs: [{ name: "public", namespace: "gateways" }] },
                route: { http: { spec: { hostnames: ["llm.example.com"] } } },
                scheduler: {},
            },
        });
        const [container] = (template as PodSpec).containers;
        assert.equal(container!.command, undefined);
        assert.equal(container!.securityContext.readOnlyRootFilesystem, false);
        assert.deepEqual(container!.args, [
            "--gpu-memory-utilization=0.9",
            "--pipeline-parallel-size=1",
            "--enforce-eager",
            "'--compilation-config={\"level\": 3}'",
            "'it'\\''s'",
        ]);
        assert.deepEqual(container!.startupProbe, { periodSeconds: 10, failureThreshold: 120 });
        assert.deepEqual((template as PodSpec).volumes, [
            { name: "lora-pvc-mail", persistentVolumeClaim: { claimName: "adapters", readOnly: true } },
            { name: "tmp", emptyDir: {} },
        ]);
        assert.deepEqual(violations(template as PodSpec), []);
        const { outputs } = recording.resource("llama");
        assert.equal(outputs!.url, "http://llama-kserve-workload-svc.ml.svc.cluster.local:8000/v1");
        assert.equal(outputs!.publicUrl, "https://llm.example.com/ml/llama/v1");
    });

    it("has no router without a route, and does not change model URIs", async () => {
        const recording = await serve({
            backend: LlmBackend.KServe,
            model: "pvc://models/run-1",
            checkMemory: false,
        });
        const { spec } = inputsOf(recording, "llama-inferenceservice");
        assert.deepEqual(spec.model, { uri: "pvc://models/run-1", name: "llama" });
        // The volume that KServe mounts, which it would declare writable itself.
        assert.deepEqual((spec.template as PodSpec).volumes[0], {
            name: "kserve-pvc-source",
            persistentVolumeClaim: { claimName: "models", readOnly: true },
        });
        assert.equal(spec.router, undefined);
    });

    it("has a Service whose long name is shortened as KServe does it", () => {
        assert.equal(kserveServiceName("a".repeat(43)), `${"a".repeat(43)}-kserve-workload-svc`);
        assert.equal(
            kserveServiceName("a".repeat(44)),
            "aaaaaaaaaaa4c3c7c067634daec9716a80ea886d123-kserve-workload-svc",
        );
    });
});

describe("the parallelism of a model", () => {
    const spreads: [
        given: Parameters<typeof resolveParallelism>[0],
        expected: [tensor: number, pipeline: number, gpus: number],
    ][] = [
        [{ nodes: 1 }, [1, 1, 1]],
        [{ nodes: 1, gpu: { count: 4 } }, [4, 1, 4]],
        [{ nodes: 2, gpu: { count: 8 } }, [8, 2, 8]],
        [{ nodes: 2, gpu: { count: 8 }, pipelineParallelSize: 1 }, [16, 1, 8]],
        [{ nodes: 1, gpu: { count: 4 }, pipelineParallelSize: 2 }, [2, 2, 4]],
        [{ nodes: 1, tensorParallelSize: 2 }, [2, 1, 2]],
        [{ nodes: 2, tensorParallelSize: 4 }, [4, 2, 4]],
        [{ nodes: 1, gpu: { count: 2 }, tensorParallelSize: 4 }, [4, 1, 2]],
    ];
    for (const [given, [tensorParallelSize, pipelineParallelSize, gpus]] of spreads) {
        it(`${JSON.stringify(given)} is ${tensorParallelSize} × ${pipelineParallelSize} with ${gpus} GPUs per pod`, () => {
            assert.deepEqual(resolveParallelism(given), { tensorParallelSize, pipelineParallelSize, gpus });
        });
    }
});

describe("the memory of a model", () => {
    // In GiB, from vLLM's logs and the files of the models.
    const cases: [what: string, facts: Partial<LlmFacts>, weights: number, tokens: number][] = [
        // vLLM logs "model weights take 14.99GiB".
        ["Llama 3.1 8B on an A100", { gpu: { product: "NVIDIA-A100-SXM4-80GB" } }, 15, 454992],
        ["Llama 3.1 8B with a KV cache of 8 bits", { gpu: h100, kvCacheDtype: "fp8" }, 15, 904816],
        ["Llama 3.1 8B on two GPUs", { gpu: { ...h100, count: 2 } }, 7.5, 1027344],
        [
            "Qwen 2.5 72B in 4 bits",
            { model: "Qwen/Qwen2.5-72B-Instruct-AWQ", gpu: h100, maxModelLen: 32768 },
            38.6,
            103328,
        ],
        // Its files are 5.6 GB.
        [
            "Qwen 2.5 7B in 4 bits",
            { model: "Qwen/Qwen2.5-7B-Instruct-AWQ", gpu: { product: "NVIDIA-L4" } },
            5.2,
            253744,
        ],
        [
            "a model with architecture",
            {
                model: "pvc://models/a",
                architecture: { parameters: "500M", layers: 24, kvHeads: 2, headDim: 64, contextLength: 4096 },
                gpu: { memory: "16Gi" },
            },
            0.9,
            1045824,
        ],
        [
            "Llama 3.2 1B on a MIG device",
            { model: "meta-llama/Llama-3.2-1B", gpu: { mig: "1g.10gb" }, maxModelLen: 4096 },
            2.3,
            155328,
        ],
    ];
    for (const [what, facts, weightsGiB, kvCacheTokens] of cases) {
        it(`${what}: ${weightsGiB} GiB of weights and a KV cache for ${kvCacheTokens} tokens`, () => {
            const { estimate, problems } = estimateFit({ model, nodes: 1, ...facts });
            assert.deepEqual(problems, []);
            assert.deepEqual([estimate.weightsGiB, estimate.kvCacheTokens], [weightsGiB, kvCacheTokens]);
        });
    }

    it("is unknown for a shared GPU, a quantization of several widths or an unknown model", () => {
        const unknown: Partial<LlmFacts>[] = [
            { gpu: { ...h100, sharing: "mps" } },
            { gpu: h100, quantization: "compressed-tensors" },
            { gpu: h100, model: "acme/llama" },
            { gpu: {} },
        ];
        for (const facts of unknown) {
            assert.deepEqual(estimateFit({ model, nodes: 1, ...facts }), { estimate: {}, problems: [] });
        }
    });

    it("is estimated but not checked without checkMemory", () => {
        const { estimate, problems } = estimateFit({
            model,
            nodes: 1,
            gpu: { product: "NVIDIA-L4" },
            checkMemory: false,
        });
        assert.deepEqual([estimate.kvCacheTokens, problems], [31024, []]);
        assert.deepEqual(estimateFit({ model, nodes: 1, gpu: { product: "Tesla-T4" }, checkMemory: false }), {
            estimate: {},
            problems: [],
        });
    });
});

describe("built-in facts", () => {
    it("include models of any organization by name, but not models derived from them", () => {
        for (const name of ["unsloth/Meta-Llama-3.1-8B-Instruct", "meta-llama/Llama-3.1-8B"]) {
            assert.equal(findArchitecture(name)?.layers, 32, name);
        }
        for (const name of ["acme/Llama-3.1-8B-1M", "meta-llama/Llama-3.1-80B", "pvc://models/Llama-3.1-8B"]) {
            assert.equal(findArchitecture(name), undefined, name);
        }
    });

    it("include GPUs and MIG devices by product", () => {
        const products: [product: string, mebibytes: number | undefined][] = [
            ["NVIDIA-A100-SXM4-40GB", 40960],
            ["NVIDIA-A100-80GB-PCIe", 81920],
            ["NVIDIA-H100-NVL", 95830],
            ["NVIDIA-L40S", 46068],
            ["NVIDIA-L4-SHARED", 23034],
            ["Tesla-T4", 15360],
            ["AMD_Instinct_MI300X_OAM", 196592],
            ["NVIDIA-A100-SXM4-80GB-MIG-1g.10gb", 9728],
            ["NVIDIA-L400", undefined],
        ];
        for (const [product, mebibytes] of products) {
            assert.equal(findGpuMemory(product, undefined), mebibytes && mebibytes * 2 ** 20, product);
        }
    });

    it("include bits per weight by the name of the model or the quantization", () => {
        const bits: [model: string, quantization: string | undefined, bits: number | undefined][] = [
            ["a/b", undefined, 16],
            ["a/b", "fp8", 8],
            ["a/b", "compressed-tensors", undefined],
            ["a/b-AWQ", undefined, 4.16],
            ["a/b-GPTQ-Int8", undefined, 8.16],
            ["a/b-FP8", undefined, 8],
        ];
        for (const [name, quantization, expected] of bits) {
            assert.equal(weightBits(name, 2, quantization), expected);
        }
    });
});
