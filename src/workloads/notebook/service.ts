import type { types } from "@pulumi/kubernetes";

import { objectMeta } from "../../pod/metadata";
import type { NotebookArgs } from "./args";
import { editorOf } from "./editor";
import { notebookLabels, portName } from "./stateful-set";

/** The address of a notebook, the same for all its life. */
export function buildNotebookService(name: string, args: NotebookArgs): types.input.core.v1.Service {
    const labels = notebookLabels(name);
    return {
        // One that was stopped has no pod to wait for.
        metadata: objectMeta(name, args.workspace.namespace, labels, { "pulumi.com/skipAwait": "true" }),
        spec: {
            type: "ClusterIP",
            selector: labels,
            ports: [{ name: portName, port: editorOf(args).port, targetPort: portName, appProtocol: "http" }],
        },
    };
}
