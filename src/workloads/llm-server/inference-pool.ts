import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/customResource";

import { mapInput } from "../../arguments/inputs";
import { objectMeta } from "../../pod/metadata";
import type { EndpointPickerArgs, LlmServerArgs } from "./args";
import { llmPort } from "./command";
import { servingLabels, llmLabels } from "./pods";

/**
 * Returns the InferencePool of a server. For each request the endpoint picker chooses a pod, by cached prefix, loaded
 * adapter and number of requests.
 * Source: https://gateway-api-inference-extension.sigs.k8s.io/api-types/inferencepool/
 */
export function buildInferencePool(
    name: string,
    args: LlmServerArgs,
    picker: EndpointPickerArgs,
    nodes: number,
): CustomResourceArgs {
    return {
        apiVersion: "inference.networking.k8s.io/v1",
        kind: "InferencePool",
        metadata: objectMeta(name, args.workspace.namespace, llmLabels(name)),
        spec: {
            selector: { matchLabels: servingLabels(name, nodes) },
            targetPorts: [{ number: llmPort }],
            endpointPickerRef: {
                name: picker.service,
                port: { number: picker.port ?? 9002 },
                failureMode: mapInput(picker.failOpen ?? false, (open) => (open ? "FailOpen" : "FailClose")),
            },
        },
    };
}
