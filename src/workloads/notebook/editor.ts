import * as pulumi from "@pulumi/pulumi";

import { mapInput } from "../../arguments/inputs";
import { literal } from "../../arguments/words";
import { type NotebookArgs, NotebookEditor } from "./args";

/** The home directory, in which the editor starts. */
export const homeDir = "/home/notebook";

/** How an editor is started and reached. */
interface Editor {
    command: pulumi.Input<string>[];
    port: number;
    /** The environment variable from which it reads its token. */
    tokenVariable: string;
    /** The base path without a trailing slash. Empty, unless the editor must know the path of the route. */
    path: pulumi.Input<string>;
    /** Whether its pages contain relative links, so that it works below any path without knowing it. */
    relative: boolean;
    /** The path of the readiness probe, which must answer without a token. */
    readinessPath: pulumi.Input<string>;
}

/**
 * Returns how the editor of a notebook is started and reached.
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
            readinessPath: "/healthz",
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
            // Its pages contain absolute links.
            ...(route?.path === undefined
                ? []
                : [literal(mapInput(path, (known) => `--ServerApp.base_url=${known}/`))]),
        ],
        port: 8888,
        tokenVariable: "JUPYTER_TOKEN",
        path,
        relative: false,
        readinessPath: mapInput(path, (known) => `${known}/api`),
    };
}
