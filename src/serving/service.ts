import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { httpPortName } from "./probes";

/** Returns the Service of pods that serve HTTP. */
export function buildService(
    metadata: types.input.meta.v1.ObjectMeta,
    selector: Record<string, string>,
    port: pulumi.Input<number>,
): types.input.core.v1.Service {
    return {
        metadata,
        spec: {
            type: "ClusterIP",
            selector,
            ports: [{ name: httpPortName, port, targetPort: httpPortName, appProtocol: "http" }],
        },
    };
}
