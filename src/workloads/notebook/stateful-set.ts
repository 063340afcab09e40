import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { seconds } from "../../arguments/duration";
import { mapInput } from "../../arguments/inputs";
import { labelsOf, objectMeta } from "../../pod/metadata";
import { buildPodTemplate } from "../../pod/pod-template";
import type { NotebookArgs } from "./args";
import { editorOf, homeDir } from "./editor";
import { accountVolume, idleContainer } from "./idle-shutdown";

/** The name of the container's port, by which Service and probe find it. */
export const portName = "http";

/** The labels of everything that belongs to a notebook. */
export function notebookLabels(name: string): Record<string, string> {
    return labelsOf(name, "notebook");
}

/** What a notebook refers to, besides its arguments. */
export interface NotebookContext {
    /** The claim of the home directory. */
    home: pulumi.Input<string>;
    /** The name of the Secret that holds the token and `secretEnv`. */
    secretName: pulumi.Input<string>;
    /** The ServiceAccount that may stop it; undefined where nothing does. */
    serviceAccountName?: pulumi.Input<string>;
    /** The name of the template of GPU claims, with `gpu.deviceClass`. */
    claimTemplate?: pulumi.Input<string>;
}

/**
 * The pod of a notebook. The number of pods is left out: one when it is created, none after it was stopped, and whoever
 * changes it owns it.
 */
export function buildNotebookStatefulSet(
    name: string,
    args: NotebookArgs,
    context: NotebookContext,
): types.input.apps.v1.StatefulSet {
    const labels = notebookLabels(name);
    const { home, secretName, serviceAccountName, claimTemplate } = context;
    const { command, port, tokenVariable, healthPath } = editorOf(args);
    const stops = serviceAccountName !== undefined;
    return {
        metadata: objectMeta(name, args.workspace.namespace, labels, {
            "pulumi.com/timeoutSeconds": mapInput(args.startupTimeout ?? "15m", (limit) => String(seconds(limit))),
            ...(args.triggers && {
                "kubernetes-mlops/triggers": pulumi.all(args.triggers).apply((all) => all.join(", ")),
            }),
        }),
        spec: {
            serviceName: name,
            selector: { matchLabels: labels },
            // With the other policy a pod that never gets ready is not replaced by one that would.
            podManagementPolicy: "Parallel",
            template: buildPodTemplate(
                { ...args, command: args.command ?? command, secretEnv: { ...args.secretEnv, [tokenVariable]: "" } },
                {
                    labels,
                    container: {
                        ports: [{ name: portName, containerPort: port }],
                        // No liveness probe: one that fails would end what the kernels work on.
                        readinessProbe: {
                            httpGet: { path: healthPath, port: portName },
                            periodSeconds: 5,
                            timeoutSeconds: 5,
                            failureThreshold: 3,
                        },
                    },
                    spec: stops ? { serviceAccountName } : {},
                    // What describes running kernels must not outlive them in the home directory.
                    env: { HOME: homeDir, JUPYTER_RUNTIME_DIR: "/tmp/jupyter" },
                    volumes: [
                        {
                            volumes: [{ name: "home", persistentVolumeClaim: { claimName: home } }],
                            mounts: [{ name: "home", mountPath: homeDir }],
                        },
                        ...(stops ? [{ volumes: [accountVolume], mounts: [] }] : []),
                    ],
                    sidecars: stops ? [idleContainer(name, args, secretName)] : [],
                    secretName,
                    claimTemplate,
                },
            ),
        },
    };
}
