import { Notebook, type NotebookArgs } from "../../../src";
import { fullServerArgs, password } from "../arguments";
import {
    claimCases,
    claimScalars,
    type Fixture,
    label,
    length,
    list,
    nonEmptyString,
    object,
    subdomain,
    validWorkload,
    workloadAllowed,
    workloadCases,
    workloadMisspelt,
    workloadNames,
    workloadPlain,
    workloadScalars,
    workloadSecrets,
} from "./fixture";

/** All arguments of a Notebook. */
export const fullNotebookArgs: NotebookArgs = {
    workspace: fullServerArgs.workspace,
    image: fullServerArgs.image,
    command: ["start-notebook"],
    args: ["--verbose", ""],
    env: { LEVEL: "debug" },
    secretEnv: { API_KEY: password },
    resources: fullServerArgs.resources,
    gpu: fullServerArgs.gpu,
    mounts: fullServerArgs.mounts,
    runAsUser: 1000,
    readOnlyRootFilesystem: false,
    podSpec: { nodeSelector: { disk: "fast" } },
    labels: fullServerArgs.labels,
    annotations: fullServerArgs.annotations,
    podLabels: fullServerArgs.podLabels,
    podAnnotations: fullServerArgs.podAnnotations,
    token: password,
    home: { size: "50Gi", storageClass: "fast" },
    idleTimeout: "30m",
    triggers: ["2024-06-01"],
    startupTimeout: "30m",
    route: { gateway: "public", gatewayNamespace: "gateways", hostnames: ["lab.example.com"], path: "/fraud" },
};

const idle = 'it must be "never" or a duration in days, hours, minutes and seconds, for example "30m" or "2h"';

export const fixture: Fixture = {
    component: Notebook,
    valid: () => ({ ...validWorkload, token: "hunter3", route: { gateway: "public" } }),
    full: () => fullNotebookArgs,
    children: 7,
    scalars: [
        ...workloadScalars,
        ...claimScalars("home"),
        ["startupTimeout", ["", "15", "15 m", 15], length],
        ["route.gateway", ["Public", ""], subdomain],
        ["route.gatewayNamespace", ["a.b"], label],
    ],
    plain: [
        ...workloadPlain,
        ["editor", ["jupyter", "VSCode", 5], "it must be one of jupyterlab, vscode"],
        ["idleTimeout", ["", "2", "0h", "Never", "2 h", 5, false], idle],
    ],
    cases: [
        ...workloadCases,
        ...claimCases("home"),
        [{ token: "" }, `token is a secret, whose value is not shown; ${nonEmptyString}`],
        [{ token: 5 }, `token is a secret, whose value is not shown; ${nonEmptyString}`],
        [{ triggers: "today" }, `triggers is "today"; ${list}`],
        [{ triggers: [1] }, `triggers[0] is 1; ${nonEmptyString}`],
        [{ triggers: [undefined] }, "triggers[0] is missing; remove the entry or set it to a string"],
        [{ route: "public" }, `route ${object}`],
        [{ route: {} }, "route.gateway is missing; set the name of the Gateway, or remove the route"],
        [
            { env: { JUPYTER_TOKEN: "a" } },
            "env.JUPYTER_TOKEN cannot be set, because it is the token of the notebook; set token instead",
        ],
        [
            { editor: "vscode", secretEnv: { PASSWORD: "a" } },
            "secretEnv.PASSWORD cannot be set, because it is the token of the notebook; set token instead",
        ],
        [
            { mounts: [{ claim: "team", mountPath: "/home/notebook" }] },
            "mounts has a volume at /home/notebook, the home directory; mount it at another path, such as /home/notebook/data",
        ],
        [
            { mounts: [{ claim: "team", mountPath: "/home" }] },
            "mounts has a volume at /home, above the home directory /home/notebook; mount it at another path, such as " +
                "/home/notebook/data",
        ],
    ],
    secrets: [
        ...workloadSecrets,
        ["triggers[0]", "it would be stored in plain text in the StatefulSet: use a value that is not secret"],
    ],
    missing: [["workspace.namespace", "set the namespace"]],
    misspelt: [
        ["idle", `${workloadNames}, editor, token, home, idleTimeout, triggers, startupTimeout, route`],
        ["home.path", "claim, size, storageClass, accessMode, retain"],
        ...workloadMisspelt,
    ],
    allowed: [
        ...workloadAllowed,
        ["idleTimeout", ["never", "15s", "1d2h"]],
        ["editor", ["jupyterlab", "vscode", null]],
        ["env.PASSWORD", ["of something else"]],
        ["home", [null, undefined, {}]],
        ["mounts[0].mountPath", ["/home/notebook/team"]],
    ],
};
