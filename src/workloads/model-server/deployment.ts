import type { types } from "@pulumi/kubernetes";

import { objectMeta } from "../../pod/metadata";
import { progressDeadlineSeconds } from "../../serving/rollout";
import { followed } from "../../serving/when-ready";
import type { ModelServerArgs } from "./args";
import {
    serverLabels,
    serverName,
    type ServerObjects,
    type ServerPart,
    buildServerPodTemplate,
    startupSeconds,
} from "./pods";

/** New pods become ready before old ones are deleted, in at most four waves. */
export const rollingUpdate = { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: 0 } };

/** Returns the Deployment of a server, or of its canary or shadow. */
export function buildServerDeployment(
    name: string,
    args: ModelServerArgs,
    objects: ServerObjects,
    part?: ServerPart,
): types.input.apps.v1.Deployment {
    const labels = serverLabels(name, part);
    return {
        metadata: objectMeta(serverName(name, part), args.workspace.namespace, labels, {
            ...followed,
            // Takes the number of pods back from an autoscaler or from `kubectl scale` without a conflict.
            "pulumi.com/patchForce": "true",
        }),
        spec: {
            // With an autoscaler, a number here would reset it at every update.
            replicas: args.autoscaling ? undefined : (args.replicas ?? 1),
            selector: { matchLabels: labels },
            progressDeadlineSeconds: progressDeadlineSeconds(startupSeconds(args)),
            strategy: rollingUpdate,
            template: buildServerPodTemplate(args, labels, objects),
        },
    };
}
