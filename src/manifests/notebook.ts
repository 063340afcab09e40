import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { seconds } from "../duration";
import type { NotebookArgs, NotebookEditor } from "../workloads/notebook";
import { mapInput } from "./inputs";
import { labelsOf, objectMeta } from "./metadata";
import { idleProgram } from "./notebook-idle";
import { podTemplate, restricted } from "./pod";

/** The home directory, in which the editor starts. */
export const homeDir = "/home/notebook";

/** The name of the container's port, by which Service and probe find it. */
const portName = "http";

/** Where pods find the token of their ServiceAccount. */
const accountDir = "/var/run/secrets/kubernetes.io/serviceaccount";

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

/** The labels of everything that belongs to a notebook. */
export function notebookLabels(name: string): Record<string, string> {
    return labelsOf(name, "notebook");
}

/** What the Role is called that lets a notebook be stopped. */
export function idleRoleName(name: string): string {
    return `${name}-idle-shutdown`;
}

/** The right to change the number of pods of one StatefulSet. */
export function idleRules(name: string) {
    return [{ apiGroups: ["apps"], resources: ["statefulsets/scale"], resourceNames: [name], verbs: ["patch"] }];
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
export function notebookStatefulSet(
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
            template: podTemplate(
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

/** The token of the ServiceAccount, for the one container that mounts it. */
const accountVolume: types.input.core.v1.Volume = {
    name: "account",
    projected: {
        sources: [
            { serviceAccountToken: { path: "token", expirationSeconds: 3600 } },
            { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        ],
    },
};

/** The container that stops a notebook which nobody uses. */
function idleContainer(
    name: string,
    args: NotebookArgs,
    secretName: pulumi.Input<string>,
): types.input.core.v1.Container {
    const { port, path, tokenVariable } = editorOf(args);
    const idle = seconds(args.idleTimeout ?? "2h");
    const apis = "https://kubernetes.default.svc/apis/apps/v1";
    return {
        name: "idle-shutdown",
        image: args.image,
        command: [
            "python3",
            "-c",
            idleProgram,
            args.editor ?? "jupyterlab",
            mapInput(path, (known) => `http://localhost:${port}${known}`),
            String(idle),
            mapInput(args.workspace.namespace, (space) => `${apis}/namespaces/${space}/statefulsets/${name}/scale`),
        ],
        env: [
            // An image that asks for all GPUs would see them here, too.
            { name: "NVIDIA_VISIBLE_DEVICES", value: "void" },
            ...(tokenVariable === "JUPYTER_TOKEN"
                ? [{ name: tokenVariable, valueFrom: { secretKeyRef: { name: secretName, key: tokenVariable } } }]
                : []),
        ],
        resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "64Mi" } },
        securityContext: { ...restricted, readOnlyRootFilesystem: true },
        terminationMessagePolicy: "FallbackToLogsOnError",
        volumeMounts: [{ name: "account", mountPath: accountDir, readOnly: true }],
    };
}

/** The address of a notebook, the same for all its life. */
export function notebookService(name: string, args: NotebookArgs): types.input.core.v1.Service {
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
