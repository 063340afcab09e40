import * as pulumi from "@pulumi/pulumi";

import { mapInput } from "../../arguments/inputs";
import { type NotebookArgs, NotebookEditor } from "./args";

/** The home directory, in which the editor starts. */
export const homeDir = "/home/notebook";

/** How an editor is started and spoken to. */
interface Editor {
    command: pulumi.Input<string>[];
    port: number;
    /** The variable from which it takes its token. */
    tokenVariable: string;
    /** The path before all its own, without a slash at the end: nothing, unless it is to know of the route's. */
    path: pulumi.Input<string>;
    /** Whether its pages name others from where they are, so that it works below any path without knowing it. */
    relative: boolean;
    /** The path that answers 200 to everyone while it works. */
    healthPath: pulumi.Input<string>;
}

/**
 * The editor of a notebook.
 * Sources: https://jupyter-server.readthedocs.io/en/latest/other/full-config.html, https://coder.com/docs/code-server/
 */
export function editorOf({ editor, route }: NotebookArgs): Editor {
    if (editor === ("vscode" as NotebookEditor)) {
        return {
            command: [
                "code-server",
                "--bind-addr",
                "0.0.0.0:8080",
                "--auth",
                "password",
                "--disable-telemetry",
                "--disable-update-check",
                homeDir,
            ],
            port: 8080,
            tokenVariable: "PASSWORD",
            path: "",
            relative: true,
            healthPath: "/healthz",
        };
    }
    const path = mapInput(route?.path ?? "", (known) => known.replace(/\/+$/, ""));
    return {
        command: [
            "jupyter",
            "lab",
            "--ip=0.0.0.0",
            "--port=8888",
            "--no-browser",
            `--ServerApp.root_dir=${homeDir}`,
            // It writes absolute addresses into its pages.
            ...(route?.path === undefined ? [] : [mapInput(path, (known) => `--ServerApp.base_url=${known}/`)]),
        ],
        port: 8888,
        tokenVariable: "JUPYTER_TOKEN",
        path,
        relative: false,
        healthPath: mapInput(path, (known) => `${known}/api`),
    };
}
