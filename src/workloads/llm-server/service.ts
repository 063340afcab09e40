import type { types } from "@pulumi/kubernetes";

import { objectMeta } from "../../pod/metadata";
import type { LlmServerArgs } from "./args";
import { llmPort } from "./command";
import { answeringLabels, llmLabels, portName } from "./pods";

/** The address of a server, the same for all its life. */
export function buildLlmService(name: string, args: LlmServerArgs, nodes: number): types.input.core.v1.Service {
    const labels = llmLabels(name);
    return {
        // The pods are waited for where they are made.
        metadata: objectMeta(name, args.workspace.namespace, labels, { "pulumi.com/skipAwait": "true" }),
        spec: {
            type: "ClusterIP",
            selector: answeringLabels(name, nodes),
            ports: [{ name: portName, port: llmPort, targetPort: portName, appProtocol: "http" }],
        },
    };
}
