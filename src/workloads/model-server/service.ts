import type { types } from "@pulumi/kubernetes";

import { objectMeta } from "../../pod/metadata";
import { buildService } from "../../serving/service";
import type { ModelServerArgs } from "./args";
import { serverLabels, serverName, type ServerPart, serverPort } from "./pods";

/** Returns the Service of a server, or of its canary or shadow. */
export function buildServerService(
    name: string,
    args: ModelServerArgs,
    part?: ServerPart,
): types.input.core.v1.Service {
    const labels = serverLabels(name, part);
    // Pulumi waits for the Deployment. Without pods, as with 0 replicas, a wait for the Service would never end.
    const metadata = objectMeta(serverName(name, part), args.workspace.namespace, labels, {
        "pulumi.com/skipAwait": "true",
    });
    return buildService(metadata, labels, serverPort(args));
}
