import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { seconds } from "../../arguments/duration";
import { mapInput } from "../../arguments/inputs";
import { literal } from "../../arguments/words";
import { notebookNames } from "../../pod/names";
import { restricted } from "../../pod/pod-template";
import type { NotebookArgs } from "./args";
import { editorOf } from "./editor";
import { idleProgram } from "./idle-shutdown-program";

/** The directory in which pods expect the token of their ServiceAccount. */
const accountDir = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Returns the RBAC rules that allow scaling one StatefulSet. */
export function buildIdleRules(name: string) {
    return [{ apiGroups: ["apps"], resources: ["statefulsets/scale"], resourceNames: [name], verbs: ["patch"] }];
}

/** The volume with the token of the ServiceAccount. Only one container mounts it. */
export const accountVolume: types.input.core.v1.Volume = {
    name: "account",
    projected: {
        sources: [
            { serviceAccountToken: { path: "token", expirationSeconds: 3600 } },
            { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        ],
    },
};

/** Returns the container that stops an idle notebook. */
export function buildIdleContainer(
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
            literal(mapInput(path, (known) => `http://localhost:${port}${known}`)),
            String(idle),
            mapInput(
                args.workspace.namespace,
                (space) => `${apis}/namespaces/${space}/statefulsets/${notebookNames.statefulSet(name)}/scale`,
            ),
        ],
        env: [
            // Hides the GPUs, even if the image requests all of them.
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
