import type { types } from "@pulumi/kubernetes";

import { objectMeta } from "../../pod/metadata";
import type { ModelServerArgs } from "./args";
import { portName, serverLabels, serverName, type ServerPart, serverPort } from "./pods";

/** The address of a server, the same for all its life. */
export function buildServerService(
    name: string,
    args: ModelServerArgs,
    part?: ServerPart,
): types.input.core.v1.Service {
    const labels = serverLabels(name, part);
    return {
        // The Deployment is waited for; a server of no replicas would let a wait for the Service run into its time limit.
        metadata: objectMeta(serverName(name, part), args.workspace.namespace, labels, {
            "pulumi.com/skipAwait": "true",
        }),
        spec: {
            type: "ClusterIP",
            selector: labels,
            ports: [{ name: portName, port: serverPort(args), targetPort: portName, appProtocol: "http" }],
        },
    };
}
