import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { mapInput } from "../../arguments/inputs";
import { objectMeta } from "../../pod/metadata";
import type { ModelServerArgs } from "./args";
import {
    serverLabels,
    serverName,
    type ServerObjects,
    type ServerPart,
    buildServerPodTemplate,
    startupSeconds,
} from "./pods";

/** How long a rollout is waited for: it starts pods in waves, which take less than the longest that one may take. */
export function rolloutTimeout(args: ModelServerArgs): Record<string, pulumi.Input<string>> {
    return { "pulumi.com/timeoutSeconds": mapInput(startupSeconds(args), (limit) => String(2 * limit + 300)) };
}

/** New pods are ready before old ones go, in four waves at most. */
export const rollingUpdate = { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: 0 } };

/** The pods of a server as a Deployment. */
export function buildServerDeployment(
    name: string,
    args: ModelServerArgs,
    objects: ServerObjects,
    part?: ServerPart,
): types.input.apps.v1.Deployment {
    const labels = serverLabels(name, part);
    return {
        metadata: objectMeta(serverName(name, part), args.workspace.namespace, labels, {
            ...rolloutTimeout(args),
            // The number of pods is taken back from an autoscaler, or from who has scaled by hand, without a conflict.
            "pulumi.com/patchForce": "true",
        }),
        spec: {
            // Where an autoscaler owns the number, saying one here would set it back at every update.
            replicas: args.autoscaling ? undefined : (args.replicas ?? 1),
            selector: { matchLabels: labels },
            progressDeadlineSeconds: mapInput(startupSeconds(args), (limit) => limit + 60),
            strategy: rollingUpdate,
            template: buildServerPodTemplate(args, labels, objects),
        },
    };
}
