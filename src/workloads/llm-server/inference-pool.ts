import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/customResource";

import { mapInput } from "../../arguments/inputs";
import { objectMeta } from "../../pod/metadata";
import type { EndpointPickerArgs, LlmServerArgs } from "./args";
import { llmPort } from "./command";
import { answeringLabels, llmLabels } from "./pods";

/**
 * The pods of a server, of which an endpoint picker chooses one for each request: the one that has its beginning in the
 * cache, or the adapter loaded, or the fewest requests.
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
            selector: { matchLabels: answeringLabels(name, nodes) },
            targetPorts: [{ number: llmPort }],
            endpointPickerRef: {
                name: picker.service,
                port: { number: picker.port ?? 9002 },
                failureMode: mapInput(picker.failOpen ?? false, (open) => (open ? "FailOpen" : "FailClose")),
            },
        },
    };
}
