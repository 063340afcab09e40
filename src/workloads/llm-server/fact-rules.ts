import { integer, matching, oneOf, truth } from "../../arguments/formats";
import { object, plain, required, type Rule, rule } from "../../arguments/rules";
import { gpuRule } from "../../pod/gpu-args";
import { modelProblem } from "../../pod/model-volume";
import { LlmDtype, LlmKvCacheDtype, LlmQuantization, type LlmArchitectureArgs } from "./args";
import { isOnHub } from "./model-name";

/** Why an argument that decides which objects there are cannot be an Output. */
export const decides = "it decides what is created: give a plain value";

/** A number of tokens or requests. */
export const size: Rule = integer(1, 2 ** 31 - 1);

/** The rules of the arguments that decide how many GPUs a server has, and whether the model fits into their memory. */
export const factRules = {
    model: required(rule(llmModelProblem), 'name it, for example "meta-llama/Llama-3.1-8B-Instruct"'),
    maxModelLen: size,
    dtype: oneOf(Object.values(LlmDtype)),
    quantization: oneOf(Object.values(LlmQuantization)),
    kvCacheDtype: oneOf(Object.values(LlmKvCacheDtype)),
    gpuMemoryUtilization: rule((value) =>
        typeof value === "number" && value > 0 && value <= 1 ? undefined : "it must be a number above 0 and at most 1",
    ),
    tensorParallel: integer(1, 1024),
    pipelineParallel: integer(1, 1024),
    architecture: object<LlmArchitectureArgs>({
        parameters: required(
            matching(/^\d+(\.\d+)?[MBT]$/, 'it must be a number of millions, billions or trillions, such as "8B"'),
            "say how many weights it has",
        ),
        layers: required(integer(1, 10000), "give num_hidden_layers"),
        kvHeads: required(integer(1, 10000), "give num_key_value_heads"),
        headDim: required(integer(1, 10000), "give head_dim"),
        attentionHeads: integer(1, 10000),
        contextLength: size,
    }),
    checkMemory: truth,
    nodes: plain(integer(1, 1024), decides),
    gpu: gpuRule,
};

function llmModelProblem(model: unknown): string | undefined {
    if (isOnHub(model)) {
        return undefined;
    }
    return typeof model === "string" && /^(pvc|oci|s3|gs):/.test(model)
        ? modelProblem(model)
        : 'it must be a name on Hugging Face, such as "meta-llama/Llama-3.1-8B-Instruct", or an address that begins ' +
              "with pvc://, oci://, s3:// or gs://";
}
