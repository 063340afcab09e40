import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { labelsOf, objectMeta } from "../../pod/metadata";
import { notebookNames } from "../../pod/names";
import { buildPodTemplate } from "../../pod/pod-template";
import { buildClaimVolume } from "../../pod/volumes";
import { buildReadinessProbe, httpPortName } from "../../serving/probes";
import { followed } from "../../serving/when-ready";
import type { NotebookArgs } from "./args";
import { editorOf, homeDir } from "./editor";
import { accountVolume, buildIdleContainer } from "./idle-shutdown";

/** Returns the labels of a notebook's objects. */
export function notebookLabels(name: string): Record<string, string> {
    return labelsOf(name, "notebook");
}

/** What the pod of a notebook depends on, in addition to its arguments. */
export interface NotebookContext {
    /** The name of the PersistentVolumeClaim of the home directory. */
    home: pulumi.Input<string>;
    /** The name of the Secret with the token and `secretEnv`. */
    secretName: pulumi.Input<string>;
    /** The name of the ServiceAccount that may stop the notebook, or undefined if it is never stopped. */
    serviceAccountName?: pulumi.Input<string>;
    /** The name of the ResourceClaimTemplate, with `gpu.deviceClass`. */
    claimTemplate?: pulumi.Input<string>;
}

/**
 * Returns the StatefulSet of a notebook. It does not set the number of pods, which is 1 when the StatefulSet is created
 * and 0 after the notebook was stopped, and belongs to the last one to scale it.
 */
export function buildNotebookStatefulSet(
    name: string,
    args: NotebookArgs,
    context: NotebookContext,
): types.input.apps.v1.StatefulSet {
    const labels = notebookLabels(name);
    const { home, secretName, serviceAccountName, claimTemplate } = context;
    const { command, port, tokenVariable, readinessPath } = editorOf(args);
    const isStoppedWhenIdle = serviceAccountName !== undefined;
    return {
        metadata: objectMeta(notebookNames.statefulSet(name), args.workspace.namespace, labels, {
            ...followed,
            ...(args.triggers && {
                "kubernetes-mlops/triggers": pulumi.all(args.triggers).apply((all) => all.join(", ")),
            }),
        }),
        spec: {
            serviceName: notebookNames.service(name),
            selector: { matchLabels: labels },
            // With OrderedReady, a pod that never becomes ready would block the update that fixes it.
            podManagementPolicy: "Parallel",
            template: buildPodTemplate(
                { ...args, command: args.command ?? command, secretEnv: { ...args.secretEnv, [tokenVariable]: "" } },
                {
                    labels,
                    container: {
                        ports: [{ name: httpPortName, containerPort: port }],
                        // No liveness probe: a restart would lose the work of the kernels.
                        readinessProbe: buildReadinessProbe(readinessPath),
                    },
                    spec: isStoppedWhenIdle ? { serviceAccountName } : {},
                    // The runtime files of kernels must not outlive them in the home directory.
                    env: { HOME: homeDir, JUPYTER_RUNTIME_DIR: "/tmp/jupyter" },
                    volumes: [
                        buildClaimVolume("home", home, { mountPath: homeDir }),
                        ...(isStoppedWhenIdle ? [{ volumes: [accountVolume], mounts: [] }] : []),
                    ],
                    sidecars: isStoppedWhenIdle ? [buildIdleContainer(name, args, secretName)] : [],
                    secretName,
                    claimTemplate,
                },
            ),
        },
    };
}
