import type { types } from "@pulumi/kubernetes";

import { objectMeta } from "../../pod/metadata";
import { notebookNames } from "../../pod/names";
import { buildService } from "../../serving/service";
import type { NotebookArgs } from "./args";
import { editorOf } from "./editor";
import { notebookLabels } from "./stateful-set";

/** Returns the Service of a notebook. */
export function buildNotebookService(name: string, args: NotebookArgs): types.input.core.v1.Service {
    const labels = notebookLabels(name);
    // A notebook that was stopped has no pod to wait for.
    const metadata = objectMeta(notebookNames.service(name), args.workspace.namespace, labels, {
        "pulumi.com/skipAwait": "true",
    });
    return buildService(metadata, labels, editorOf(args).port);
}
