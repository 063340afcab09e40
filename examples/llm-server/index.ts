import { Namespace } from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";
import * as mlops from "kubernetes-mlops";

const config = new pulumi.Config();

const team = new Namespace("llm-server", {
    metadata: { name: "llm-server", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
});

// One H100 serves the model to whoever has the key. The preview says how it fits: `pulumi preview` shows `memory`.
const server = new mlops.LlmServer("llm-server", {
    workspace: { namespace: team.metadata.name },
    // An image of vLLM by its digest: `crane digest vllm/vllm-openai:<version>` tells it.
    image: config.require("vllmImage"),
    model: "meta-llama/Llama-3.1-8B-Instruct",
    revision: "0e9e39f249a16976918f6564b8830bc894c89659",
    huggingFaceToken: config.requireSecret("huggingFaceToken"), // pulumi config set --secret huggingFaceToken hf_…
    apiKey: config.requireSecret("apiKey"),
    gpu: { product: "NVIDIA-H100-80GB-HBM3" },
    maxModelLen: 32768, // of the model's 131072 tokens
    kvCacheDtype: mlops.LlmKvCacheDtype.Fp8,
    toolCallParser: "llama3_json",
    // What is downloaded is kept, so that the next pod starts sooner.
    cache: { size: "100Gi", storageClass: config.get("storageClass") },
});

export const url = server.url; // for clients of OpenAI's API, inside the cluster
export const model = server.modelName;
export const memory = server.estimate;
