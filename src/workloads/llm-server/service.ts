import type { types } from "@pulumi/kubernetes";

import { objectMeta } from "../../pod/metadata";
import { buildService } from "../../serving/service";
import type { LlmServerArgs } from "./args";
import { llmPort } from "./command";
import { servingLabels, llmLabels } from "./pods";

/** Returns the Service of a server. */
export function buildLlmService(name: string, args: LlmServerArgs, nodes: number): types.input.core.v1.Service {
    const labels = llmLabels(name);
    // Pulumi waits for the Deployment or the LeaderWorkerSet.
    const metadata = objectMeta(name, args.workspace.namespace, labels, { "pulumi.com/skipAwait": "true" });
    return buildService(metadata, servingLabels(name, nodes), llmPort);
}
