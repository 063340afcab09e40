import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as mlops from "kubernetes-mlops";

const config = new pulumi.Config();

const team = new k8s.core.v1.Namespace("llm-server", {
    metadata: { name: "llm-server", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
});

// One H100 serves the model to clients that have the key. `pulumi preview` shows how it fits, as `memory`.
const server = new mlops.LlmServer("llm-server", {
    workspace: { namespace: team.metadata.name },
    // An image of vLLM by its digest, which `crane digest vllm/vllm-openai:<version>` prints.
    image: config.require("vllmImage"),
    model: "meta-llama/Llama-3.1-8B-Instruct",
    revision: "0e9e39f249a16976918f6564b8830bc894c89659",
    huggingFaceToken: config.requireSecret("huggingFaceToken"), // pulumi config set --secret huggingFaceToken hf_…
    apiKey: config.requireSecret("apiKey"),
    gpu: { product: "NVIDIA-H100-80GB-HBM3" },
    maxModelLen: 32768, // of the model's 131072 tokens
    kvCacheDtype: mlops.LlmKvCacheDtype.Fp8,
    toolCallParser: "llama3_json",
    cache: { size: "100Gi" }, // keeps the download, so that the next pod starts sooner
});

export const url = server.url; // for clients of OpenAI's API, inside the cluster
export const model = server.modelName;
export const memory = server.estimate;
