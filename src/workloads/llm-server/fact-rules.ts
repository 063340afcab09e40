import { boolean, integer, matching, oneOf } from "../../arguments/formats";
import { object, plain, required, type Rule, rule } from "../../arguments/rules";
import { gpuRule } from "../../pod/gpu-args";
import { modelProblem } from "../../pod/model-volume";
import { LlmDtype, LlmKvCacheDtype, LlmQuantization, type LlmArchitectureArgs } from "./args";
import { isHubId } from "./model-name";

/** Why an argument cannot be an Output. */
export const decides = "it must be a plain value, because it decides which objects are created";

/** The rule of a number of tokens or requests. */
export const size: Rule = integer(1, 2 ** 31 - 1);

/** The rules of the arguments that decide on the parallelism, and on whether the model fits into GPU memory. */
export const factRules = {
    model: required(
        rule(llmModelProblem),
        'set it to a model ID on Hugging Face or a URI, for example "meta-llama/Llama-3.1-8B-Instruct"',
    ),
    maxModelLen: size,
    dtype: oneOf(Object.values(LlmDtype)),
    quantization: oneOf(Object.values(LlmQuantization)),
    kvCacheDtype: oneOf(Object.values(LlmKvCacheDtype)),
    gpuMemoryUtilization: rule((value) =>
        typeof value === "number" && value > 0 && value <= 1
            ? undefined
            : "it must be a number greater than 0 and at most 1",
    ),
    tensorParallelSize: integer(1, 1024),
    pipelineParallelSize: integer(1, 1024),
    architecture: object<LlmArchitectureArgs>({
        parameters: required(
            matching(
                /^\d+(\.\d+)?[MBT]$/,
                'it must be a number with the unit M, B or T (millions, billions or trillions), such as "8B"',
            ),
            "set the number of parameters of the model",
        ),
        layers: required(integer(1, 10000), "set it to num_hidden_layers in config.json"),
        kvHeads: required(integer(1, 10000), "set it to num_key_value_heads in config.json"),
        headDim: required(integer(1, 10000), "set it to head_dim in config.json"),
        attentionHeads: integer(1, 10000),
        contextLength: size,
    }),
    checkMemory: boolean,
    nodes: plain(integer(1, 1024), decides),
    gpu: gpuRule,
};

function llmModelProblem(model: unknown): string | undefined {
    if (isHubId(model)) {
        return undefined;
    }
    return typeof model === "string" && /^(pvc|oci|s3|gs):/.test(model)
        ? modelProblem(model)
        : 'it must be a model ID on Hugging Face, such as "meta-llama/Llama-3.1-8B-Instruct", or a URI that starts with ' +
              "pvc://, oci://, s3:// or gs://";
}
