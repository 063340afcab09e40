import * as pulumi from "@pulumi/pulumi";

import { failOutput, mapInputs } from "../../arguments/inputs";
import { type Fields, object } from "../../arguments/rules";
import { gpuRule } from "../../pod/gpu-args";
import type { LlmServerArgs } from "./args";
import { fitOf, type LlmFit } from "./estimate";
import { fields } from "./rules";

/** What decides how many GPUs a server has, and whether it fits. */
export function factsOf(args: LlmServerArgs) {
    const { count, product, memory, mig, sharing } = args.gpu ?? {};
    return {
        model: args.model,
        nodes: args.nodes ?? 1,
        tensorParallel: args.tensorParallel,
        pipelineParallel: args.pipelineParallel,
        dtype: args.dtype,
        quantization: args.quantization,
        kvCacheDtype: args.kvCacheDtype,
        maxModelLen: args.maxModelLen,
        gpuMemoryUtilization: args.gpuMemoryUtilization,
        checkMemory: args.checkMemory,
        gpu: { count, product, memory, mig, sharing },
        architecture: args.architecture,
    };
}

const factFields = ((): Fields => {
    const { model, tensorParallel, pipelineParallel, dtype, quantization, kvCacheDtype, maxModelLen } = fields;
    const { gpuMemoryUtilization, checkMemory, nodes, architecture } = fields;
    const parallel = { tensorParallel, pipelineParallel, nodes, gpu: gpuRule };
    return {
        ...parallel,
        ...{ model, dtype, quantization, kvCacheDtype, maxModelLen, gpuMemoryUtilization, checkMemory, architecture },
    };
})();

/** Whether each fact is of the right kind; others have been told of where they stand. */
export function isSound(facts: object): boolean {
    let count = 0;
    object(factFields)(facts, "", { add: () => void count++, line: (_path, problem) => problem });
    return count === 0;
}

/** How a server fits into its GPUs. Where that is known only now, it fails here if it does not. */
export function fitOfServer(name: string, args: LlmServerArgs, resource: pulumi.Resource): pulumi.Input<LlmFit> {
    return mapInputs(factsOf(args), (facts) => {
        const fit = fitOf(facts);
        if (fit.problems.length > 0) {
            const lines = fit.problems.map(({ path, problem }) => `LlmServer "${name}": ${path} ${problem}`);
            return failOutput<LlmFit>(lines.join("\n"));
        }
        if (Object.keys(fit.estimate).length === 0 && facts.checkMemory !== false && pulumi.runtime.isDryRun()) {
            void pulumi.log.warn(
                "whether the model fits into the memory of its GPUs is not checked, because one of them is not known: " +
                    "give architecture, and gpu.product or gpu.memory, or set checkMemory to false",
                resource,
            );
        }
        return fit;
    });
}
