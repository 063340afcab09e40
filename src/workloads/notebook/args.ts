import * as pulumi from "@pulumi/pulumi";

import type { WorkloadArgs } from "../../pod/args";
import type { ClaimArgs } from "../../pod/claim-args";
import type { RouteArgs } from "../../serving/route-args";

/** The editor of a notebook. The image must contain it. */
export const NotebookEditor = {
    /** JupyterLab, on port 8888. */
    JupyterLab: "jupyterlab",
    /** VS Code in the browser (code-server), on port 8080. */
    VSCode: "vscode",
} as const;
export type NotebookEditor = (typeof NotebookEditor)[keyof typeof NotebookEditor];

/** The arguments of a Notebook. */
export interface NotebookArgs extends WorkloadArgs {
    /**
     * The editor. It determines the command, the port, the readiness probe and how activity is detected; your own
     * `command` must serve on the editor's port. Changing it restarts the pod. Defaults to JupyterLab.
     */
    editor?: NotebookEditor;
    /**
     * The token of JupyterLab or the password of code-server. It is treated as a secret even if it is not passed as one.
     * Changing it restarts the pod. Defaults to a token that is generated once and then stays the same.
     */
    token?: pulumi.Input<string>;
    /**
     * The volume of the home directory, `/home/notebook`, in which the editor starts. Defaults to a new
     * PersistentVolumeClaim of 10Gi, which is kept when the component is removed.
     */
    home?: ClaimArgs;
    /**
     * How long the notebook may be idle until it is stopped, for example "30m", or "never". Stopping it deletes its pod
     * and frees its GPUs; the home directory stays. JupyterLab is active while a cell runs or a kernel or terminal
     * produces output; VS Code is active while a browser is connected. Needs `python3` in the image. To start the
     * notebook again, run `kubectl scale statefulset <name> --replicas=1` or change `triggers`. Defaults to "2h".
     */
    idleTimeout?: string;
    /**
     * Arbitrary strings, such as a date. Changing any of them restarts the notebook, or starts it if it was stopped.
     * Everything outside the home directory is lost. Defaults to none.
     */
    triggers?: pulumi.Input<string>[];
    /**
     * How long `pulumi up` waits for the notebook to become ready: until it is scheduled, its image is pulled and the
     * editor runs. Defaults to "15m".
     */
    startupTimeout?: pulumi.Input<string>;
    /**
     * Exposes the notebook through a Gateway, at `publicUrl`. Its `timeout` defaults to "1h". Defaults to none: use
     * `kubectl port-forward service/<name> 8888` to reach the notebook.
     */
    route?: RouteArgs;
}
