import * as pulumi from "@pulumi/pulumi";

import type { WorkloadArgs } from "../../pod/args";
import type { ClaimArgs } from "../../pod/claim-args";
import type { RouteArgs } from "../../serving/route-args";

/** What the user works in, which must be in the image. */
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
     * What the user works in. It decides the command, the port and how the notebook is asked whether it works and is in
     * use; a `command` of your own must serve on that port. Another editor rolls the pod. Defaults to JupyterLab.
     */
    editor?: NotebookEditor;
    /**
     * What one signs in with, JupyterLab's token or code-server's password. It is a secret whether it is given as one
     * or not. Another one rolls the pod. Defaults to one that is made up once and then stays.
     */
    token?: pulumi.Input<string>;
    /**
     * The volume of the home directory, `/home/notebook`, in which the editor starts. Defaults to a claim of 10Gi that
     * the component creates and that outlives it.
     */
    home?: ClaimArgs;
    /**
     * After how long without use the notebook is stopped: its pod goes and with it all that it holds, GPUs above all;
     * the home directory stays. For example "30m", or "never". In use is a JupyterLab as long as a cell runs, a kernel
     * or a terminal has something to say; a VS Code as long as a browser is connected to it. Needs `python3` in the
     * image. `kubectl scale statefulset <name> --replicas=1` starts it again, and so does another entry in `triggers`.
     * Defaults to "2h".
     */
    idleTimeout?: string;
    /**
     * Texts, a change of any of which starts the notebook again, whether it runs or was stopped: a date, say. What is
     * not in the home directory is lost. Defaults to none.
     */
    triggers?: pulumi.Input<string>[];
    /**
     * How long `pulumi up` waits until the notebook answers: a node is found, the image is there and the editor runs.
     * Defaults to "15m".
     */
    startupTimeout?: pulumi.Input<string>;
    /**
     * The way from outside the cluster, by a Gateway of the platform. Its address is `publicUrl`; its `timeout` defaults
     * to "1h". Defaults to none: `kubectl port-forward service/<name> 8888` reaches it.
     */
    route?: RouteArgs;
}
