import { Notebook, NotebookEditor } from "../../../src";
import { image, otherImage } from "../arguments";
import { metadataEdit, type Scenario } from "./scenario";

export const scenarios: Scenario[] = [
    {
        name: "notebook-plain",
        create: (workspace, edits, opts) => new Notebook("notebook-plain", { workspace, image, ...edits }, opts),
        edits: [
            {
                what: "another image: the pod restarts, with the new image in both containers",
                edit: { image: otherImage },
                preview: ["update statefulset containers[1].image image"],
            },
            {
                what: "a custom token instead of the generated one: another Secret, and the pod restarts",
                edit: { token: "of-ones-own" },
                preview: [
                    "delete seed",
                    "replace env data.JUPYTER_TOKEN metadata.name",
                    "update statefulset containers[1].env env",
                ],
            },
            {
                what: "another secret variable: another Secret, and the pod restarts",
                edit: { secretEnv: { API_KEY: "a" } },
                preview: ["replace env data.API_KEY metadata.name", "update statefulset containers[1].env env"],
            },
            {
                what: "a trigger: the pod restarts",
                edit: { triggers: ["2024-06-01"] },
                preview: ["replace statefulset metadata.annotations.kubernetes-mlops/triggers"],
            },
            {
                what: "another trigger: the pod restarts",
                edit: { triggers: ["2024-06-02"] },
                preview: ["replace statefulset metadata.annotations.kubernetes-mlops/triggers"],
            },
            {
                what: "another storage class: a new claim, and the old one is kept",
                edit: { home: { storageClass: "fast" } },
                preview: ["replace home metadata.name spec.storageClassName", "update statefulset volumes"],
            },
            {
                what: "VS Code: another command, port and environment variable",
                edit: { editor: NotebookEditor.VSCode },
                preview: [
                    "replace env data.JUPYTER_TOKEN data.PASSWORD metadata.name",
                    "update service spec.ports[0].port",
                    "update statefulset command[0] command[1] command[2] command[3] command[4] command[5] command[6] command[7] containers[1].command[3] containers[1].command[4] containers[1].env env ports[0].containerPort readinessProbe.httpGet.path",
                ],
            },
            {
                what: "a longer idle timeout",
                edit: { idleTimeout: "8h" },
                preview: ["update statefulset containers[1].command[5]"],
            },
            {
                what: "no idle timeout",
                edit: { idleTimeout: "never" },
                preview: [
                    "delete account",
                    "delete binding",
                    "delete role",
                    "update statefulset containers[1] serviceAccountName volumes",
                ],
            },
        ],
    },
    {
        name: "notebook-route",
        crds: ["gateway.networking.k8s.io/HTTPRoute"],
        create: (workspace, edits, opts) =>
            new Notebook(
                "notebook-route",
                {
                    workspace,
                    image,
                    token: "of-ones-own",
                    gpu: { deviceClass: "gpu.nvidia.com" },
                    route: { gateway: "public", hostnames: ["lab.example.com"], path: "/fraud" },
                    ...edits,
                },
                opts,
            ),
        edits: [
            metadataEdit({
                "update account": [],
                "update binding": [],
                "update env": [],
                "update gpu": [],
                "update home": [],
                "update role": [],
                "update route": [],
                "update service": [],
                "update statefulset": ["spec.template.metadata.annotations", "spec.template.metadata.labels.identity"],
            }),
            {
                what: "another path: the route, and JupyterLab, which must know it",
                edit: { route: { gateway: "public", hostnames: ["lab.example.com"], path: "/claims" } },
                preview: [
                    "update route spec.rules[0].matches[0].path.value",
                    "update statefulset command[6] containers[1].command[4] readinessProbe.httpGet.path",
                ],
            },
            {
                what: "several GPUs: another ResourceClaimTemplate, and the pod restarts",
                edit: { gpu: { deviceClass: "gpu.nvidia.com", count: 2 } },
                preview: [
                    "replace gpu metadata.name spec.spec.devices.requests[0].exactly.count",
                    "update statefulset resourceClaims[0].resourceClaimTemplateName",
                ],
            },
            {
                what: "no route",
                edit: { route: undefined },
                preview: [
                    "delete route",
                    "update statefulset command[6] containers[1].command[4] readinessProbe.httpGet.path",
                ],
            },
        ],
    },
];
