import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { restricted } from "./pod-template";

/** Returns an init container that runs a script with arguments in an image of the user, which must have /bin/sh. */
export const buildShellContainer = (
    name: string,
    image: pulumi.Input<string>,
    script: string,
    args: pulumi.Input<string>[],
): types.input.core.v1.Container => ({
    name,
    image,
    // The word after the script is the name of the process, $0.
    command: ["/bin/sh", "-c", script, name],
    args,
    resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "32Mi" } },
    securityContext: { ...restricted, readOnlyRootFilesystem: true },
});
