import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as mlops from "kubernetes-mlops";

// A registry that this machine can push to and the cluster can pull from: `pulumi config set registry …`.
const registry = new pulumi.Config().get("registry") ?? "localhost:5001";

const team = new k8s.core.v1.Namespace("notebook", {
    metadata: { name: "notebook", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
});
const namespace = team.metadata.name;

// JupyterLab and the team's libraries. Trainings can run the same image.
const image = new mlops.Image("notebook", {
    repository: `${registry}/notebook`,
    context: "./image", // a requirements.txt with JupyterLab
    python: {},
});

// Shared by all notebooks of the team. On several nodes it needs storage such as NFS.
const shared = new k8s.core.v1.PersistentVolumeClaim("notebook-team", {
    metadata: { name: "team", namespace },
    spec: { accessModes: ["ReadWriteMany"], resources: { requests: { storage: "1Gi" } } },
});

const notebook = new mlops.Notebook("notebook", {
    workspace: { namespace },
    image: image.ref,
    resources: { cpu: "50m", memory: "512Mi" },
    // gpu: { count: 1 }, // free again as soon as the notebook is stopped
    home: { size: "1Gi" }, // kept when the notebook is stopped, and when it is removed
    mounts: [{ claim: shared.metadata.name, mountPath: "/home/notebook/team" }],
    idleTimeout: "1h",
});

export const url = notebook.url; // inside the cluster
export const token = notebook.token; // pulumi stack output token --show-secrets
export const statefulSet = notebook.statefulSetName;
export const home = notebook.homeClaim;
